from typing import Any
from uuid import UUID

from django.db import connection
from django.utils import timezone

from orders.models import Order, Payment, WebhookMessage
from orders.retries import RETRIED_FOR
from orders.services.write_mail import write_mail
from orders.vocabulary import UNGIVEN, Announced, Reason

# Only to endpoints that are on: what others miss can be replayed.
DELIVER = """
    INSERT INTO orders_webhookdelivery
        (message_id, endpoint_id, state, attempts_made, give_up_at, due_at, created_at)
    SELECT %(message)s, id, 'waiting', 0, %(give_up_at)s, %(now)s, %(now)s
    FROM orders_webhookendpoint
    WHERE establishment_id = %(establishment)s AND state = 'active'
"""


def announce_order(
    order: Order,
    event: Announced,
    *,
    reason: Reason | str = "",
    notify: bool = True,
    refund: Payment | None = None,
) -> None:
    """Have the establishment told by webhook and, where `notify`, the player by mail.

    Both are rows written in this transaction; workers send them after it. The caller holds the
    order's lock, and saves it after. Of a sale its status is told as it is now. `reason` is for
    what is delayed or cancelled, `refund` the one that brought money of a sale back;
    webhooks say UNGIVEN where a reward that is cancelled has none (DOMAIN 1.8).
    """
    if order.establishment_id is not None:
        _tell(order.establishment_id, order, event, reason)
    if notify:
        write_mail(order, event, reason=reason, refund=refund)


def _tell(establishment_id: UUID, order: Order, event: Announced, reason: Reason | str) -> None:
    now = timezone.now()
    order.last_message += 1
    data = _sale(order) if order.is_sale else _reward(order)
    if event == Announced.CANCELLED and not order.is_sale:
        reason = reason or UNGIVEN
    if reason:
        data["reason"] = str(reason)
    message = WebhookMessage.objects.create(
        order=order,
        establishment_id=establishment_id,
        number=order.last_message,
        event=event,
        data=data,
        created_at=now,
    )
    values: dict[str, Any] = {
        "message": message.pk,
        "establishment": establishment_id,
        "now": now,
        "give_up_at": now + RETRIED_FOR,
    }
    with connection.cursor() as cursor:
        cursor.execute(DELIVER, values)


def _reward(order: Order) -> dict[str, str]:
    return {
        "transactionId": str(order.transaction_id),
        "productId": str(order.product_id),
        "playerId": str(order.player.uuid),
    }


def _sale(order: Order) -> dict[str, str]:
    return {
        "orderId": order.code,
        "customerId": order.player.customer_code,
        "status": order.status,
        "paymentStatus": order.payment_status,
    }
