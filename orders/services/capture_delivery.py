from collections.abc import Mapping
from uuid import UUID

from django.utils import timezone

from catalog.models import StockMovement
from catalog.services.lock_products import lock_products
from catalog.services.move_stock import move_stock
from orders.errors import WrongState
from orders.models import Order, OrderEvent, OrderLine
from orders.services.lock_order import lock_order
from orders.services.record_event import asked_before, attempt, record_event
from orders.services.update_details import ask_whether_complete, change_recipient


def capture_delivery(
    *, order: Order, overrides: Mapping[str, str], by: str, operation_id: UUID | None = None
) -> Order:
    """Settle where the order goes, and take its unit out of stock (DOMAIN 1.4 #2, 1.6.3).

    `overrides` replace what is stored; of what is digital nothing is needed. The order does not run
    out any more. Done once: while it is reserved, a repetition gives it as it is, and its overrides
    are ignored. Refused with WrongState, NotOneLine and DeliveryIncomplete.
    """
    with attempt(order, "Capture the delivery details", by=by):
        order = lock_order(order.pk)
        if asked_before(order, operation_id, OrderEvent.Kind.CAPTURE):
            return order
        delivery = order.delivery
        if order.status == Order.Status.RESERVED and delivery.captured_at:
            return order
        if why_not := why_not_captured(order):
            raise WrongState(why_not)
        before, after = change_recipient(delivery, overrides)
        ask_whether_complete(order)
        take_out_of_stock(order, by=by)
        delivery.captured_at = timezone.now()
        order.expires_at = None
        record_event(
            order,
            OrderEvent.Kind.CAPTURE,
            by=by,
            before=before,
            after=after,
            operation_id=operation_id,
        )
        delivery.save(update_fields=["captured_at", *after])
        order.save(update_fields=["expires_at", "last_event", "updated_at"])
    return order


def why_not_captured(order: Order) -> str:
    """Why the delivery details cannot be captured now; empty where they can."""
    if order.status != Order.Status.RESERVED:
        return f"Delivery details are captured while the order is reserved; it is {order.status}."
    if order.delivery.captured_at:
        return "The delivery details are captured already."
    return ""


def take_out_of_stock(order: Order, *, by: str) -> None:
    """Take the units that are held for the order; the caller holds its lock."""
    held = [line for line in order.lines.all() if line.stock == OrderLine.Stock.HELD]
    products = lock_products(line.product_id for line in held)
    for line in held:
        move_stock(
            products[line.product_id],
            StockMovement.Kind.TAKE,
            quantity=line.quantity,
            order_line_id=line.pk,
            by=by,
        )
        line.stock = OrderLine.Stock.TAKEN
        line.save(update_fields=["stock"])
