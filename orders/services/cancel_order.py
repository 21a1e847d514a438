from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID, uuid4

from django.utils import timezone

from catalog.services.lock_products import lock_products
from catalog.services.move_stock import move_stock
from inventory.errors import OrderNotUndone
from inventory.models import PlayerOrder
from inventory.services.undo_player_order import Undoing, undo_player_order
from orders.cancelling import Cancelling
from orders.errors import LootNotTaken, OrderMoved
from orders.models import Order, OrderEvent
from orders.services.announce_order import announce_order
from orders.services.give_up_payment import refuse_in_flight
from orders.services.lock_order import lock_order
from orders.services.move_payment import refund_coins
from orders.services.payment_status import payment_status_of
from orders.services.record_event import asked_before, attempt, record_event
from orders.services.request_refund import request_refund
from orders.services.what_cancelling_does import (
    POLICIES,
    Fate,
    plan_cancelling,
    seen_of,
)
from orders.vocabulary import Announced


def cancel_order(
    order: Order,
    *,
    how: Cancelling,
    by: str,
    operation_id: UUID | None = None,
    seen: str | None = None,
) -> Order:
    """Cancel an order: coins, stock and loot at once (DOMAIN 1.4 #7, #8; 3.2).

    Money of a sale is requested back, and goes after the commit. While a charge may still take some
    it is refused with PaymentInFlight: whoever cancels a sale gives up its payment first.

    Locks the player, the order, its products, then the player's acceptance of orders on inventory.
    An operation id cancels once. Where `seen`, that of the `Effect` that was shown, is given, it is
    refused with OrderMoved if something else would be done now.
    """
    with attempt(order, "Cancel", by=by):
        order = lock_order(order.pk)
        if asked_before(order, operation_id, OrderEvent.Kind.CANCELLATION):
            return order
        plan = plan_cancelling(order, how)
        if order.is_sale:
            refuse_in_flight(order)
        if seen is not None and seen != seen_of(order, how, plan):
            raise OrderMoved("What cancelling would do has changed meanwhile. Look at it again.")
        before = {"status": order.status, "display_status": order.display_status}
        _move_stock(plan.fates, by=by, note=how.note)
        _refund(order, plan.coins, how, by=by)
        taken = [_take_loot(order, given, undoing, how, by=by) for given, undoing in plan.undoings]
        order.cancel(reason=how.reason, at=timezone.now())
        if order.is_sale:
            order.payment_status = payment_status_of(order)
        record_event(
            order,
            OrderEvent.Kind.CANCELLATION,
            by=by,
            reason=how.reason or "",
            note=how.note,
            before=before,
            after={
                "status": order.status,
                "display_status": order.display_status,
                "refunded": str(plan.coins),
                "stock": [units for _, units, _ in plan.fates],
                "loot_taken_by": [undone.order_id for undone in taken],
            },
            operation_id=operation_id,
        )
        announce_order(order, Announced.CANCELLED, reason=how.reason or "", notify=how.notify)
        order.save()
    return order


def _refund(order: Order, amount: Decimal, how: Cancelling, *, by: str) -> None:
    if order.is_sale:
        request_refund(order, amount, by=by, reason=how.reason or "", is_told=how.notify)
    else:
        refund_coins(order, amount, by=by, note=how.note[:500])


def _move_stock(fates: Sequence[Fate], *, by: str, note: str) -> None:
    products = lock_products([line.product_id for line, *_ in fates])
    for line, units, movement in fates:
        if movement is not None:
            move_stock(
                products[line.product_id],
                movement,
                quantity=line.quantity,
                order_line_id=line.pk,
                by=by,
                note=note[:500],
            )
        line.stock = units
        line.cancel()
        line.save(update_fields=["stock", "status"])


def _take_loot(
    order: Order, given: PlayerOrder, undoing: Undoing, how: Cancelling, *, by: str
) -> PlayerOrder:
    why = f": {how.reason.label}" if how.reason else ""
    try:
        return undo_player_order(
            order=given,
            policy=POLICIES[how.loot],
            seen=undoing.seen,
            placed_by=by,
            reason=f"Order {order.transaction_id} was cancelled{why}",
            order_id=uuid4(),
        )
    except OrderNotUndone as error:
        raise LootNotTaken(error.message) from error
