"""What a call of an endpoint consists of: the body, the same each time, and the headers."""

from typing import Any
from uuid import UUID

import orjson
from django.utils import timezone

from orders.models import WebhookEndpoint, WebhookMessage
from orders.webhook_signatures import sign, valid_secrets


def body_of(message: WebhookMessage) -> bytes:
    """The JSON of DOMAIN 1.8, with what lets the receiver sort messages and drop repeated ones."""
    return written(
        id=str(message.uuid),
        event=message.event,
        sequence=message.number,
        createdAt=message.created_at,
        data=message.data,
    )


def written(**fields: Any) -> bytes:
    return orjson.dumps(fields, option=orjson.OPT_UTC_Z)


def headers_of(endpoint: WebhookEndpoint, *, message_id: UUID, body: bytes) -> dict[str, str]:
    """Signed for this moment: every attempt has a timestamp of its own."""
    now = timezone.now()
    secrets = valid_secrets(endpoint.pk, endpoint.secret_version, endpoint.rotated_at, at=now)
    return {
        "Content-Type": "application/json",
        "User-Agent": "Quartermaster-Webhooks/1",
        **sign(secrets, message_id=message_id, at=now, body=body),
    }
