from uuid import UUID, uuid4

import structlog
from django.db import transaction
from django.utils import timezone

from inventory.fulfilment.vocabulary import EntryType, Source
from inventory.models import PlayerOrder
from inventory.services.accept_player_orders import (
    EntryDraft,
    OrderDraft,
    accept_player_order,
    new_order,
)
from inventory.services.knock_for_fulfilment import knock_for_fulfilment
from orders.errors import WrongState
from orders.models import Order, OrderEvent, OrderLine
from orders.services.announce_order import announce_order
from orders.services.capture_delivery import take_out_of_stock
from orders.services.lock_order import lock_order
from orders.services.record_event import asked_before, attempt, record_event
from orders.vocabulary import Announced

TOLD = {
    Order.Kind.REWARD: (OrderEvent.Kind.ACQUISITION, Announced.ACQUIRED),
    Order.Kind.SALE: (OrderEvent.Kind.COMPLETION, Announced.COMPLETED),
}


def complete_order(
    *,
    order: Order,
    by: str,
    note: str = "",
    notify: bool = True,
    operation_id: UUID | None = None,
) -> Order:
    """Let the player have what was reserved, or bought (DOMAIN 1.4 #6, 1.6.5, 3.2).

    What is still held is taken out of stock; items that were cancelled stay so. Loot of a product
    is given by a player order, placed in this transaction and once for each line; workers fulfil it
    after. Refused with WrongState.
    """
    with attempt(order, "Complete", by=by):
        order = lock_order(order.pk)
        kind, event = TOLD[Order.Kind(order.kind)]
        if asked_before(order, operation_id, kind):
            return order
        if why_not := why_not_completed(order):
            raise WrongState(why_not)
        before = {"status": order.status, "display_status": order.display_status}
        take_out_of_stock(order, by=by)
        order.complete(at=timezone.now())
        record_event(
            order,
            kind,
            by=by,
            note=note,
            before=before,
            after={"status": order.status, "display_status": order.display_status},
            operation_id=operation_id,
        )
        announce_order(order, event, notify=notify)
        order.save()
        # Last: placing the loot takes the player's acceptance lock, which comes after all rows.
        for line in order.lines.all():
            if line.status == OrderLine.Status.CANCELLED:
                continue
            line.fulfil()
            if line.product.loot_id:
                line.player_order = _place_loot(order, line, by=by)
            line.save(update_fields=["status", "player_order"])
    return order


def why_not_completed(order: Order) -> str:
    """Why the order cannot be completed now; empty where it can."""
    if order.is_sale:
        return _why_not_handed_over(order)
    if order.status != Order.Status.RESERVED:
        return f"An order is completed while it is reserved; it is {order.status}."
    if not order.is_digital and not order.delivery.captured_at:
        return "The delivery details must be captured before the order is completed."
    return ""


def _why_not_handed_over(order: Order) -> str:
    if order.status != Order.Status.PROCESSING:
        now = order.get_status_display().lower()
        return f"A sale is completed while it is processing; it is {now}."
    if (
        order.charged
        and not order.refundable
        and any(line.is_open and line.amount for line in order.lines.all())
    ):
        return "All that was paid is refunded: it can be cancelled, not completed."
    return ""


def _place_loot(order: Order, line: OrderLine, *, by: str) -> PlayerOrder:
    entry = EntryDraft(
        type=EntryType.FILL_LOOT, quantity=line.quantity, loot_id=line.product.loot_id
    )
    draft = OrderDraft(source=Source.WEB_SITE, order_id=str(uuid4()), entries=(entry,))
    placed, _ = accept_player_order(
        new_order(
            draft,
            player_id=order.player_id,
            placed_by=by,
            permissions=frozenset({"loot"}),
            request_id=structlog.contextvars.get_contextvars().get("request_id", ""),
            reason=f"Order {order.transaction_id}",
        )
    )
    transaction.on_commit(knock_for_fulfilment)
    return placed
