"""How webhooks are signed: as Standard Webhooks says, so that its libraries can verify them.

`webhook-signature` is `v1,` and the base64 of HMAC-SHA256 over `id.timestamp.body`, once for each
secret that is valid.
"""

import base64
import hashlib
import hmac
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings

SECRET_PREFIX = "whsec_"  # noqa: S105 - what every secret begins with
# For so long after a rotation the old secret is valid too.
GRACE = timedelta(days=1)


def secret_of(endpoint_id: UUID, version: int) -> str:
    """Derived, so that a stolen database signs nothing; another version is another secret."""
    key = _hmac(settings.WEBHOOK_SECRET.encode(), f"webhook {endpoint_id} {version}".encode())
    return SECRET_PREFIX + base64.b64encode(key).decode()


def valid_secrets(
    endpoint_id: UUID, version: int, rotated_at: datetime | None, *, at: datetime
) -> list[str]:
    """The newest first; the one before it for a day."""
    versions = [version, version - 1] if grace_runs(rotated_at, at=at) else [version]
    return [secret_of(endpoint_id, each) for each in versions]


def grace_runs(rotated_at: datetime | None, *, at: datetime) -> bool:
    """Whether the secret from before the last rotation is valid too; of older ones none is."""
    return rotated_at is not None and at < rotated_at + GRACE


def sign(secrets: list[str], *, message_id: UUID, at: datetime, body: bytes) -> dict[str, str]:
    """The three headers of a call that is made at that moment."""
    timestamp = str(int(at.timestamp()))
    signed = f"{message_id}.{timestamp}.".encode() + body
    signatures = [
        base64.b64encode(_hmac(base64.b64decode(secret.removeprefix(SECRET_PREFIX)), signed))
        for secret in secrets
    ]
    return {
        "webhook-id": str(message_id),
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(f"v1,{signature.decode()}" for signature in signatures),
    }


def _hmac(key: bytes, message: bytes) -> bytes:
    return hmac.digest(key, message, hashlib.sha256)
