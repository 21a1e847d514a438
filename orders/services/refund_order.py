from collections.abc import Iterator
from decimal import Decimal
from hashlib import sha256
from uuid import UUID

import orjson
from django.db.models import Sum
from django.utils import timezone

from config.errors import Refusal
from orders.errors import OrderMoved, RefundTooHigh, WrongState
from orders.models import Order, OrderEvent, OrderLine, Payment
from orders.services.announce_order import announce_order
from orders.services.lock_order import lock_order
from orders.services.move_payment import refund_coins, refundable_amount
from orders.services.record_event import asked_before, attempt, record_event
from orders.services.request_refund import request_refund
from orders.services.shown_amounts import shown_amount, shown_coins, shown_paid
from orders.services.what_cancelling_does import Effect, share_of, who_is_told
from orders.vocabulary import Announced, Reason


def refund_order(  # noqa: PLR0913 - what, how much, by whom and why, as seen
    order: Order,
    *,
    amount: Decimal,
    reason: Reason | None,
    by: str,
    note: str = "",
    notify: bool = True,
    operation_id: UUID | None = None,
    seen: str | None = None,
    line: OrderLine | None = None,
) -> Order:
    """Give coins or money back for an order that was paid; the goods are not touched.

    A reward must be completed or cancelled. Completed, and with nothing left to refund, it is
    refunded then, and announced as cancelled; else the status stays, and nobody is told.

    Money of a sale, for one of its lines if said, is requested back and goes after the commit; when
    it has gone, that is announced, and a completed sale that got all of it back is refunded.

    Locks the player and the order. An operation id refunds once. Where `seen`, that of the `Effect`
    that was shown, is given, it is refused with OrderMoved if something else would be done now.
    """
    with attempt(order, "Refund", by=by):
        order = lock_order(order.pk)
        if asked_before(order, operation_id, OrderEvent.Kind.REFUND):
            return order
        _check(order, amount, line)
        if seen is not None and seen != _seen(order, amount, line):
            raise OrderMoved("The order has changed meanwhile. Look at it again.")
        before = {"status": order.status, "refunded": str(order.refunded)}
        if order.is_sale:
            payment = request_refund(
                order, amount, line=line, by=by, reason=reason or "", is_told=notify
            )
        else:
            payment = refund_coins(order, amount, by=by, note=note[:500])
        ends = _ends(order, Decimal(0)) and not order.is_sale
        if ends:
            order.refund(reason=reason, at=timezone.now())
        record_event(
            order,
            OrderEvent.Kind.REFUND,
            by=by,
            reason=reason or "",
            note=note,
            before=before,
            after={
                "status": order.status,
                "refunded": str(order.refunded),
                **({"payment": payment.code} if payment and order.is_sale else {}),
                **({"item": line.code} if line else {}),
            },
            operation_id=operation_id,
        )
        if ends:
            announce_order(order, Announced.CANCELLED, reason=reason or "", notify=notify)
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


def what_refunding_does(
    order: Order, amount: Decimal, *, notify: bool = True, line: OrderLine | None = None
) -> Effect:
    """Look without a lock, and change nothing."""
    try:
        _check(order, amount, line)
    except Refusal as refusal:
        return Effect([], refusal=refusal.message)
    said = share_of(order, amount)
    if left := order.refundable - amount:
        said += f"; {shown_paid(order, left)} can be refunded later"
    lines = [f"{said}.", *_what_stays(order, amount, line)]
    lines += _who_is_told(order, amount, notify=notify)
    return Effect(lines, seen=_seen(order, amount, line))


def refundable_of(order: Order, line: OrderLine) -> Decimal:
    """What can still be given back for the line: no more than it cost, nor than the order has."""
    refunds = order.payments.filter(kind=Payment.Kind.REFUND, line=line)
    given = refunds.exclude(status=Payment.Status.FAILED).aggregate(Sum("amount"))["amount__sum"]
    return min(order.refundable, line.amount - (given or 0))


def _what_stays(order: Order, amount: Decimal, line: OrderLine | None) -> Iterator[str]:
    if line is not None:
        yield f"It is for {line}."
    if order.status == Order.Status.PROCESSING and amount == order.refundable:
        yield "The order stays processing: cancel it, unless the goods are to be given away."
    if order.status == Order.Status.COMPLETED:
        yield f"The goods stay with the {'buyer' if order.is_sale else 'player'}."


def _who_is_told(order: Order, amount: Decimal, *, notify: bool) -> Iterator[str]:
    ends = _ends(order, amount)
    if order.is_sale:
        if ends:
            yield "The order is refunded when the money has gone back."
        told = who_is_told(order, notify=notify)
        yield f"When it has gone, {told[0].lower()}{told[1:]}"
    elif ends:
        yield "The order is refunded then, and told of as cancelled."
        yield who_is_told(order, notify=notify)
    else:
        yield "The order stays as it is. Nobody is told, neither by mail nor by webhook."


def _check(order: Order, amount: Decimal, line: OrderLine | None) -> None:
    if why_not := why_not_refunded(order):
        raise WrongState(why_not)
    refundable_amount(order, amount)
    if line is not None and amount > (left := refundable_of(order, line)):
        raise RefundTooHigh(
            f"{shown_amount(order, amount)} is more than the {shown_paid(order, left)} that can be"
            f" refunded for {line}.",
            refundable=left,
        )


def _ends(order: Order, amount: Decimal) -> bool:
    """Whether nothing is left to refund of a completed order after so much more."""
    return order.status == Order.Status.COMPLETED and order.refundable == amount


def _seen(order: Order, amount: Decimal, line: OrderLine | None) -> str:
    amounts = [shown_coins(each) for each in (order.charged, order.refunded, amount)]
    of_line = [line.pk] if line else []
    return sha256(orjson.dumps([order.pk, order.status, *amounts, *of_line])).hexdigest()
