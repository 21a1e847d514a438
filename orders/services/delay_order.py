from uuid import UUID

from orders.errors import ReasonNotOffered, WrongState
from orders.models import Order, OrderEvent
from orders.services.announce_order import announce_order
from orders.services.lock_order import lock_order
from orders.services.record_event import asked_before, attempt, record_event
from orders.vocabulary import DELAY_REASONS, Announced, Reason


def delay_order(  # noqa: PLR0913 - which, why, by whom and who is told
    *,
    order: Order,
    reason: Reason | str,
    by: str,
    note: str = "",
    notify: bool = True,
    operation_id: UUID | None = None,
) -> Order:
    """Say that the order takes longer, and announce it; a tracking number ends the delay.

    An order that is delayed can be delayed again, also for the same reason: it is announced again.
    Refused with ReasonNotOffered and WrongState.
    """
    with attempt(order, "Delay", by=by):
        order = lock_order(order.pk)
        if asked_before(order, operation_id, OrderEvent.Kind.DELAY):
            return order
        if reason not in DELAY_REASONS:
            raise ReasonNotOffered(f"{reason} is not a reason for a delay.")
        if why_not := why_not_delayed(order):
            raise WrongState(why_not)
        record_event(
            order,
            OrderEvent.Kind.DELAY,
            by=by,
            reason=reason,
            note=note,
            before={"display_status": order.display_status, "delay_reason": order.delay_reason},
            after={
                "display_status": Order.DisplayStatus.DELAYED,
                "delay_reason": reason,
            },
            operation_id=operation_id,
        )
        order.display_status, order.delay_reason = Order.DisplayStatus.DELAYED, reason
        announce_order(order, Announced.DELAYED, reason=reason, notify=notify)
        order.save()
    return order


def why_not_delayed(order: Order) -> str:
    """Why the order cannot be delayed now; empty where it can."""
    if order.status != Order.Status.RESERVED:
        return f"An order is delayed while it is reserved; it is {order.status}."
    return ""
