from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from catalog.models import Product, StockMovement
from catalog.services.lock_products import lock_products
from catalog.services.move_stock import move_stock
from orders.errors import ActionsInvalid, ItemNotFound, WrongState
from orders.models import Order, OrderEvent, OrderLine
from orders.services.ask_not_being_paid import ask_not_being_paid
from orders.services.cancel_sale import cancel_sale
from orders.services.lock_order import lock_order
from orders.services.process_free_sale import process_free_sale
from orders.services.record_event import asked_before, attempt, record_event

KINDS = {"cancel": OrderEvent.Kind.ITEM_CANCELLED, "verify": OrderEvent.Kind.VERIFICATION}


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemAction:
    """What is to be done with one item of an order; `reason` in words, for a cancel needed."""

    item_code: str
    action: Literal["cancel", "verify"]
    reason: str = ""


def act_on_items(
    order: Order, *, actions: Sequence[ItemAction], by: str, operation_id: UUID | None = None
) -> list[OrderLine]:
    """Verify or cancel items of a sale, all of it or nothing (DOMAIN 3.7).

    Returns the lines in the order of the actions.
    """
    _ask_shape(actions)
    with attempt(order, "Act on items", by=by):
        order = lock_order(order.pk)
        lines = _named(order, actions)
        if asked_before(order, operation_id, KINDS[actions[0].action]):
            return lines
        for line, asked in zip(lines, actions, strict=True):
            if why_not := why_not_acted_on(order, line, asked.action):
                raise WrongState(why_not)
        asked_lines = list(zip(lines, actions, strict=True))
        cancelled = [line for line, asked in asked_lines if asked.action == "cancel"]
        if cancelled and order.is_unpaid:
            ask_not_being_paid(order)
        products = lock_products(line.product_id for line in cancelled)
        for number, (line, asked) in enumerate(asked_lines):
            own = operation_id if number == 0 else None
            if asked.action == "verify":
                _verify(order, line, by=by, operation_id=own)
            else:
                product = products[line.product_id]
                _cancel(order, line, product, reason=asked.reason, by=by, operation_id=own)
        if cancelled:
            _settle(order, note=actions[-1].reason, by=by)
        else:
            order.save()
    return lines


def why_not_acted_on(order: Order, line: OrderLine, action: str) -> str:
    """Why the item cannot be cancelled or verified now; empty where it can."""
    if not (order.is_unpaid or order.status == Order.Status.PROCESSING):
        return f"Items are changed before an order has ended; it is {order.status}."
    if action == "cancel" and order.charged:
        return "Items of an order that is paid cannot be cancelled yet."
    if action == "verify" and line.status != OrderLine.Status.PENDING:
        return f"An item is verified while it is pending; {line.code} is {line.status}."
    if not line.is_open:
        return f"Item {line.code} is {line.status}."
    return ""


def _ask_shape(actions: Sequence[ItemAction]) -> None:
    if not actions:
        raise ActionsInvalid("No item is named")
    named = [asked.item_code for asked in actions]
    if twice := sorted({code for code in named if named.count(code) > 1}):
        raise ActionsInvalid(f"Items are named twice: {', '.join(twice)}")
    for asked in actions:
        if asked.action == "cancel" and not asked.reason.strip():
            raise ActionsInvalid(f"A reason is needed to cancel item {asked.item_code}")


def _named(order: Order, actions: Sequence[ItemAction]) -> list[OrderLine]:
    lines = {line.code: line for line in order.lines.all()}
    for asked in actions:
        if asked.item_code not in lines:
            raise ItemNotFound(f"The order has no item {asked.item_code}")
    return [lines[asked.item_code] for asked in actions]


def _verify(order: Order, line: OrderLine, *, by: str, operation_id: UUID | None) -> None:
    line.verify()
    line.save(update_fields=["status"])
    record_event(
        order,
        OrderEvent.Kind.VERIFICATION,
        by=by,
        before={"item": line.code, "status": OrderLine.Status.PENDING},
        after={"item": line.code, "status": line.status},
        operation_id=operation_id,
    )


def _cancel(  # noqa: PLR0913 - what of which order, why, by whom
    order: Order,
    line: OrderLine,
    product: Product,
    *,
    reason: str,
    by: str,
    operation_id: UUID | None,
) -> None:
    before = {"item": line.code, "status": line.status, "total": str(order.total)}
    move_stock(
        product,
        StockMovement.Kind.RELEASE,
        quantity=line.quantity,
        order_line_id=line.pk,
        by=by,
        note=reason[:500],
    )
    line.stock = OrderLine.Stock.RELEASED
    line.cancel()
    line.save(update_fields=["stock", "status"])
    if order.is_unpaid:
        order.total -= line.amount
    record_event(
        order,
        OrderEvent.Kind.ITEM_CANCELLED,
        by=by,
        note=reason,
        before=before,
        after={"item": line.code, "status": line.status, "total": str(order.total)},
        operation_id=operation_id,
    )


def _settle(order: Order, *, note: str, by: str) -> None:
    """What follows for the order: it is cancelled with its last item, or nothing is left to pay."""
    if not any(line.is_open for line in order.lines.all()):
        order.save()
        cancel_sale(order, note=note, by=by)
        return
    if order.is_unpaid and not order.total:
        process_free_sale(order, by=by)
    order.save()
