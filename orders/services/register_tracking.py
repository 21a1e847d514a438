from uuid import UUID

from django.utils import timezone

from orders.errors import WrongState
from orders.models import Order, OrderEvent
from orders.services.announce_order import announce_order
from orders.services.ask_one_line import ask_one_line
from orders.services.lock_order import lock_order
from orders.services.record_event import asked_before, attempt, record_event
from orders.vocabulary import Announced


def register_tracking(
    *,
    order: Order,
    tracking_number: str,
    by: str,
    notify: bool = True,
    operation_id: UUID | None = None,
) -> Order:
    """Note that the order was sent, under this number, and announce it (DOMAIN 1.4 #5, 1.6.4).

    The number under which it is sent already changes nothing and announces nothing; another
    replaces it. Any number ends a delay. Refused with NotOneLine and WrongState.
    """
    ask_one_line(tracking_number=tracking_number)
    with attempt(order, "Register a tracking number", by=by):
        order = lock_order(order.pk)
        if asked_before(order, operation_id, OrderEvent.Kind.TRACKING):
            return order
        if why_not := why_not_tracked(order):
            raise WrongState(why_not)
        delivery = order.delivery
        before = {
            "tracking_number": delivery.tracking_number,
            "display_status": order.display_status,
        }
        after = {
            "tracking_number": tracking_number,
            "display_status": Order.DisplayStatus.SENT,
        }
        if before == after:
            return order
        record_event(
            order,
            OrderEvent.Kind.TRACKING,
            by=by,
            before=before,
            after=after,
            operation_id=operation_id,
        )
        delivery.tracking_number, delivery.sent_at = tracking_number, timezone.now()
        delivery.save(update_fields=["tracking_number", "sent_at"])
        order.display_status, order.delay_reason = Order.DisplayStatus.SENT, ""
        announce_order(order, Announced.SENT, notify=notify)
        order.save()
    return order


def why_not_tracked(order: Order) -> str:
    """Why no tracking number can be registered now; empty where one can."""
    if order.status != Order.Status.RESERVED:
        return f"An order is sent while it is reserved; it is {order.status}."
    if not order.delivery.captured_at:
        return "The delivery details must be captured before the order is sent."
    return ""
