from django.db import transaction

from orders.errors import WebhookEndpointMoved
from orders.models import WebhookDelivery, WebhookEndpoint


@transaction.atomic
def switch_webhook_endpoint(endpoint: WebhookEndpoint, *, on: bool, reason: str) -> WebhookEndpoint:
    """Send to it, or no longer; refused where it is so already. `reason` is of switching it off.

    What waits for an endpoint is given up when it is switched off, and what happens meanwhile is
    not kept for it: `replay_webhooks` sends both.
    """
    endpoint = WebhookEndpoint.objects.select_for_update(no_key=True).get(pk=endpoint.pk)
    if on == (endpoint.state == WebhookEndpoint.State.ACTIVE):
        raise WebhookEndpointMoved(f"It is switched {'on' if on else 'off'} already.")
    if on:
        endpoint.enable()
        endpoint.unanswered = 0
        endpoint.save(update_fields=["state", "disabled_reason", "unanswered"])
    else:
        switch_off(endpoint, reason=reason)
    return endpoint


def switch_off(endpoint: WebhookEndpoint, *, reason: str) -> None:
    """The caller holds the endpoint's lock."""
    endpoint.disable(reason=reason)
    endpoint.save(update_fields=["state", "disabled_reason"])
    WebhookDelivery.objects.filter(endpoint=endpoint, due_at__isnull=False).update(
        state=WebhookDelivery.State.FAILED, due_at=None
    )
