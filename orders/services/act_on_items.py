from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from catalog.models import Product, StockMovement
from catalog.services.lock_products import lock_products
from catalog.services.move_stock import move_stock
from config.errors import Refusal
from orders.cancelling import Cancelling
from orders.errors import ActionsInvalid, ItemNotFound, WrongState
from orders.models import Order, OrderEvent, OrderLine
from orders.services.cancel_order import cancel_order
from orders.services.lock_order import lock_order
from orders.services.process_free_sale import process_free_sale
from orders.services.record_event import asked_before, attempt, record_event
from orders.services.refund_order import refundable_of
from orders.services.request_refund import request_refund
from orders.services.stop_paying import ask_not_being_paid, give_up_pending

CANCEL, VERIFY = "cancel", "verify"
KINDS = {CANCEL: OrderEvent.Kind.ITEM_CANCELLED, VERIFY: OrderEvent.Kind.VERIFICATION}


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemAction:
    """What is to be done with one item of an order. `reason`, in words, is needed to cancel it."""

    item_code: str
    action: Literal["cancel", "verify"]
    reason: str = ""


def act_on_items(
    order: Order, *, actions: Sequence[ItemAction], by: str, operation_id: UUID | None = None
) -> list[OrderLine]:
    """Verify or cancel items of a sale, all that is asked or nothing (DOMAIN 3.7).

    Returns the lines in the order of the actions. Verifying records that the caller has confirmed
    stock and offer: there is nothing to ask, as the units are held, and what was bought is owed.

    The units of an item that is cancelled are free again. An order that is not paid then costs so
    much less: a payment on its way is given up before, while nothing is locked, so not in a
    transaction. One that is paid costs what it did, and the item's price is asked back from the
    gateway. With its last item an order is cancelled.

    Refused with ActionsInvalid, ItemNotFound, WrongState, PaymentInFlight.
    """
    _ask_shape(actions)
    if any(asked.action == CANCEL for asked in actions):
        _stop_paying(order, actions, by=by)
    with attempt(order, "Change items", by=by):
        order = lock_order(order.pk)
        lines = _named(order, actions)
        if asked_before(order, operation_id, KINDS[actions[0].action]):
            return lines
        _ask(order, lines, actions)
        cancelled = [
            line for line, asked in zip(lines, actions, strict=True) if asked.action == CANCEL
        ]
        if cancelled and order.is_unpaid:
            ask_not_being_paid(order)
        products = lock_products(line.product_id for line in cancelled)
        for line, asked in zip(lines, actions, strict=True):
            if asked.action == CANCEL:
                _release(line, products[line.product_id], reason=asked.reason, by=by)
                before, after = _cancel(order, line, by=by)
            else:
                before, after = _verify(line)
            record_event(
                order,
                KINDS[asked.action],
                by=by,
                note=asked.reason,
                before={"item": line.code, **before},
                after={"item": line.code, **after},
                operation_id=operation_id if line is lines[0] else None,
            )
        if order.is_unpaid and not order.total and _open_lines(order):
            process_free_sale(order, by=by)
        order.save()
        if not _open_lines(order):
            cancel_order(order, how=Cancelling(note="Its last item was cancelled."), by=by)
    return lines


def why_not_acted_on(order: Order, line: OrderLine, action: str) -> str:
    """Why the item cannot be cancelled or verified now; empty where it can."""
    if not (order.is_unpaid or order.status == Order.Status.PROCESSING):
        return f"Items are changed before the order has ended; it is {order.status}."
    if action == VERIFY and line.status != OrderLine.Status.PENDING:
        return f"An item is verified while it is pending; {line.code} is {line.status}."
    if not line.is_open:
        return f"Item {line.code} is {line.status} already."
    return ""


def _ask_shape(actions: Sequence[ItemAction]) -> None:
    if not actions:
        raise ActionsInvalid("No item is named")
    named = [asked.item_code for asked in actions]
    if twice := sorted({code for code in named if named.count(code) > 1}):
        raise ActionsInvalid(f"Items are named twice: {', '.join(twice)}")
    for asked in actions:
        if asked.action == CANCEL and not asked.reason.strip():
            raise ActionsInvalid(f"A reason is needed to cancel item {asked.item_code}")


def _named(order: Order, actions: Sequence[ItemAction]) -> list[OrderLine]:
    lines = {line.code: line for line in order.lines.all()}
    for asked in actions:
        if asked.item_code not in lines:
            raise ItemNotFound(f"The order has no item {asked.item_code}")
    return [lines[asked.item_code] for asked in actions]


def _ask(order: Order, lines: Sequence[OrderLine], actions: Sequence[ItemAction]) -> None:
    for line, asked in zip(lines, actions, strict=True):
        if why_not := why_not_acted_on(order, line, asked.action):
            raise WrongState(why_not)


def _stop_paying(order: Order, actions: Sequence[ItemAction], *, by: str) -> None:
    """Not for what would be refused anyhow: that is found again, and told of, under the lock."""
    try:
        _ask(order, _named(order, actions), actions)
    except Refusal:
        return
    give_up_pending(order, by=by)


def _open_lines(order: Order) -> list[OrderLine]:
    return [line for line in order.lines.all() if line.is_open]


def _verify(line: OrderLine) -> tuple[dict[str, str], dict[str, str]]:
    """What it changed: from what, to what."""
    before = {"status": line.status}
    line.verify()
    line.save(update_fields=["status"])
    return before, {"status": line.status}


def _release(line: OrderLine, product: Product, *, reason: str, by: str) -> None:
    move_stock(
        product,
        StockMovement.Kind.RELEASE,
        quantity=line.quantity,
        order_line_id=line.pk,
        by=by,
        note=reason[:500],
    )
    line.stock = OrderLine.Stock.RELEASED


def _cancel(order: Order, line: OrderLine, *, by: str) -> tuple[dict[str, str], dict[str, str]]:
    """What it changed: from what, to what. What is paid for stays in the total."""
    before = {"status": line.status}
    line.cancel()
    line.save(update_fields=["stock", "status"])
    after = {"status": line.status}
    if order.is_unpaid:
        before["total"] = str(order.total)
        order.total -= line.amount
        after["total"] = str(order.total)
    else:
        before["refunded"] = str(order.refunded)
        request_refund(order, refundable_of(order, line), line=line, by=by)
        after["refunded"] = str(order.refunded)
    return before, after
