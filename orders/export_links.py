"""The addresses of the files of exports: whoever knows one may fetch the file, without a login."""

from urllib.parse import quote
from uuid import UUID

from django.conf import settings
from django.core.signing import BadSignature, Signer, TimestampSigner

from config.admin import as_uuid
from orders.models import Export

SHORT = TimestampSigner(salt="orders.exports")
KEPT = Signer(salt="orders.exports.kept")


def export_link(export: Export) -> str:
    """An address that opens its file for EXPORT_LINK_TTL."""
    return _address(SHORT.sign(export.pk.hex))


def kept_link(export: Export) -> str:
    """An address that opens its file for as long as that is kept."""
    return _address(KEPT.sign(export.pk.hex))


def export_of_link(signed: str) -> UUID | None:
    """The export that a link opens; none where the link is not ours, or has expired."""
    try:
        return as_uuid(KEPT.unsign(signed))
    except BadSignature:
        pass
    try:
        return as_uuid(SHORT.unsign(signed, max_age=settings.EXPORT_LINK_TTL))
    except BadSignature:
        return None


def _address(signed: str) -> str:
    return f"{settings.PUBLIC_URL}/exports?link={quote(signed)}"
