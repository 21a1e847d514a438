from decimal import Decimal
from hashlib import sha256
from uuid import UUID

import orjson
from django.utils import timezone

from config.errors import Refusal
from orders.errors import OrderMoved, WrongState
from orders.models import Order, OrderEvent
from orders.services.announce_order import announce_order
from orders.services.lock_order import lock_order
from orders.services.move_payment import refund_coins, refundable_amount, shown_coins
from orders.services.record_event import asked_before, attempt, record_event
from orders.services.what_cancelling_does import Effect, share_of, who_is_told
from orders.vocabulary import Announced, Reason


def refund_order(  # noqa: PLR0913 - what, how much, by whom and why, as seen
    order: Order,
    *,
    amount: Decimal,
    reason: Reason,
    by: str,
    note: str = "",
    notify: bool = True,
    operation_id: UUID | None = None,
    seen: str | None = None,
) -> Order:
    """Give coins back for a completed or a cancelled order; the goods are not touched.

    A completed order of which nothing is left to refund is refunded then, and announced as
    cancelled; else the status stays, and nobody is told. Locks the player and the order. An
    operation id refunds once. Where `seen`, that of the `Effect` that was shown, is given, it is
    refused with OrderMoved if something else would be done now.
    """
    with attempt(order, "Refund", by=by):
        order = lock_order(order.pk)
        if asked_before(order, operation_id, OrderEvent.Kind.REFUND):
            return order
        _check(order, amount)
        if seen is not None and seen != _seen(order, amount):
            raise OrderMoved("The order has changed meanwhile. Look at it again.")
        before = {"status": order.status, "refunded": str(order.refunded)}
        refund_coins(order, amount, by=by, note=note[:500])
        ends = _ends(order, Decimal(0))
        if ends:
            order.refund(reason=reason, at=timezone.now())
        record_event(
            order,
            OrderEvent.Kind.REFUND,
            by=by,
            reason=reason,
            note=note,
            before=before,
            after={"status": order.status, "refunded": str(order.refunded)},
            operation_id=operation_id,
        )
        if ends:
            announce_order(order, Announced.CANCELLED, reason=reason, notify=notify)
        order.save()
    return order


def why_not_refunded(order: Order) -> str:
    """Why nothing of the order can be refunded; empty: something can, as far as it knows."""
    if order.status == Order.Status.RESERVED:
        return "It is only reserved: cancel it, and the coins go back."
    if not order.charged:
        return "Nothing was paid."
    if not order.refundable:
        return "All that was paid is refunded already."
    return ""


def what_refunding_does(order: Order, amount: Decimal, *, notify: bool = True) -> Effect:
    """Look without a lock, and change nothing."""
    try:
        _check(order, amount)
    except Refusal as refusal:
        return Effect([], refusal=refusal.message)
    said = f"{share_of(order, amount)} back to the player"
    if left := order.refundable - amount:
        said += f"; {shown_coins(left)} can be refunded later"
    lines = [f"{said}."]
    if order.status == Order.Status.COMPLETED:
        lines.append("The goods stay with the player.")
    if _ends(order, amount):
        lines.append("The order is refunded then, and told of as cancelled.")
        lines.append(who_is_told(order, notify=notify))
    else:
        lines.append("The order stays as it is. Nobody is told, neither by mail nor by webhook.")
    return Effect(lines, seen=_seen(order, amount))


def _check(order: Order, amount: Decimal) -> None:
    if why_not := why_not_refunded(order):
        raise WrongState(why_not)
    refundable_amount(order, amount)


def _ends(order: Order, amount: Decimal) -> bool:
    """Whether nothing is left to refund of a completed order after so much more."""
    return order.status == Order.Status.COMPLETED and order.refundable == amount


def _seen(order: Order, amount: Decimal) -> str:
    amounts = [shown_coins(each) for each in (order.charged, order.refunded, amount)]
    return sha256(orjson.dumps([order.pk, order.status, *amounts])).hexdigest()
