"""The addresses of the files of exports: who knows one may fetch the file until it expires."""

from urllib.parse import quote
from uuid import UUID

from django.conf import settings
from django.core.signing import BadSignature, TimestampSigner

from config.admin import as_uuid
from orders.models import Export

SIGNER = TimestampSigner(salt="orders.exports")


def export_link(export: Export) -> str:
    """An address that opens its file for EXPORT_LINK_TTL, without a login."""
    return f"{settings.PUBLIC_URL}/exports?link={quote(SIGNER.sign(export.pk.hex))}"


def export_of_link(signed: str) -> UUID | None:
    """The export that a link opens; none where the link is not ours, or has expired."""
    try:
        return as_uuid(SIGNER.unsign(signed, max_age=settings.EXPORT_LINK_TTL))
    except BadSignature:
        return None
