from uuid import UUID

from django.utils import timezone

from orders.errors import WebhookEndpointOff
from orders.models import Order, OrderEvent, WebhookDelivery, WebhookEndpoint
from orders.retries import RETRIED_FOR
from orders.services.lock_order import lock_order
from orders.services.record_event import asked_before, attempt, record_event


def resend_webhook(
    delivery: WebhookDelivery, *, by: str, operation_id: UUID | None = None
) -> Order:
    """Have it sent now, also if it was delivered, and tried for three days from now.

    Refused with WebhookEndpointOff. Locks the player and the order, then endpoint and delivery.
    """
    message = delivery.message
    with attempt(message.order, "Send webhook again", by=by):
        order = lock_order(message.order_id)
        if asked_before(order, operation_id, OrderEvent.Kind.RESENT):
            return order
        endpoint = WebhookEndpoint.objects.select_for_update(no_key=True).get(
            pk=delivery.endpoint_id
        )
        if endpoint.state != WebhookEndpoint.State.ACTIVE:
            raise WebhookEndpointOff("Its endpoint is switched off.")
        locked = WebhookDelivery.objects.select_for_update(no_key=True).get(pk=delivery.pk)
        before = {"state": locked.state}
        now = timezone.now()
        locked.send_again(at=now, until=now + RETRIED_FOR)
        locked.save(update_fields=["state", "due_at", "give_up_at"])
        record_event(
            order,
            OrderEvent.Kind.RESENT,
            by=by,
            note=f"Webhook: {message.get_event_display()}",
            before=before,
            after={"state": locked.state, "endpoint": str(endpoint)},
            operation_id=operation_id,
        )
        order.save()
    return order
