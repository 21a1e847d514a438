from uuid import UUID

from orders.errors import WebhookEndpointMoved
from orders.models import WebhookEndpoint
from orders.webhook_client import checked
from orders.webhook_signatures import secret_of
from players.models import Establishment


def create_webhook_endpoint(
    *, endpoint_id: UUID, establishment: Establishment, url: str
) -> tuple[WebhookEndpoint, str]:
    """An endpoint, switched on, and its secret.

    Refused with WebhookUrlRefused where it could never be called, and with WebhookEndpointMoved
    where the id is that of an endpoint already: its secret was shown then.
    """
    checked(url)
    endpoint, is_new = WebhookEndpoint.objects.get_or_create(
        pk=endpoint_id, defaults={"establishment": establishment, "url": url}
    )
    if not is_new:
        raise WebhookEndpointMoved("The endpoint is there already, and its secret was shown.")
    return endpoint, secret_of(endpoint.pk, endpoint.secret_version)
