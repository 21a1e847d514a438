from uuid import UUID

from orders.models import WebhookEndpoint
from orders.webhook_client import checked
from orders.webhook_signatures import secret_of
from players.models import Establishment


def create_webhook_endpoint(
    *, endpoint_id: UUID, establishment: Establishment, url: str
) -> tuple[WebhookEndpoint, str]:
    """An endpoint, switched on, and its secret. The same id again is the same endpoint.

    Refused with WebhookUrlRefused where it could never be called.
    """
    checked(url)
    endpoint, _ = WebhookEndpoint.objects.get_or_create(
        pk=endpoint_id, defaults={"establishment": establishment, "url": url}
    )
    return endpoint, secret_of(endpoint.pk, endpoint.secret_version)
