from django.utils import timezone

from orders.models import Order, WebhookMessage
from orders.vocabulary import Announced, Reason


def announce_order(
    order: Order, event: Announced, *, reason: Reason | str = "", notify: bool = True
) -> None:
    """Have the establishment told by webhook and, where `notify`, the player by mail.

    Both are rows written in this transaction; workers send them after it. The caller holds the
    order's lock, and saves it after. `reason` is for what is delayed or cancelled (DOMAIN 1.8).
    """
    now = timezone.now()
    order.last_message += 1
    data = {
        "transactionId": str(order.transaction_id),
        "productId": str(order.product_id),
        "playerId": str(order.player.uuid),
    }
    if reason:
        data["reason"] = str(reason)
    WebhookMessage.objects.create(
        order=order,
        establishment_id=order.establishment_id,
        number=order.last_message,
        event=event,
        data=data,
        created_at=now,
    )
