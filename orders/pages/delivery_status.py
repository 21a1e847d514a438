"""What the delivery page says of an order, in the words of the player."""

from dataclasses import dataclass
from datetime import datetime

from orders.explanations import why_cancelled, why_delayed
from orders.models import Order
from orders.services.write_mail import address_of

Shown = Order.DisplayStatus


@dataclass(frozen=True)
class Status:
    """`tone` chooses the colour: ask, wait, good, late or over."""

    tone: str
    badge: str
    heading: str
    text: str


@dataclass(frozen=True)
class Step:
    name: str
    at: datetime | None
    is_next: bool = False


def status_of(order: Order) -> Status:
    """Where the order stands and what comes next."""
    match order.display_status:
        case Shown.ACQUIRED:
            return Status("good", "Complete", "It is yours", _acquired(order))
        case Shown.CANCELLED:
            why = why_cancelled(order.cancel_reason)
            if order.status == Order.Status.REFUNDED:
                return Status("over", "Refunded", "This order was refunded", why)
            return Status("over", "Cancelled", "This order was cancelled", why)
        case Shown.DELAYED:
            why = why_delayed(order.delay_reason)
            return Status("late", "Delayed", "It takes longer than planned", why)
        case Shown.SENT:
            text = "The tracking number tells where the parcel is."
            return Status("good", "Sent", "It is on its way", text)
    return _pending(order)


def _pending(order: Order) -> Status:
    digital = order.is_digital
    if order.delivery.captured_at:
        text = (
            "There is nothing left for you to do. "
            + ("We tell you" if digital else "We tell you the tracking number")
            + (f" at {mail}" if (mail := address_of(order)) else " on this page")
            + (" when it is yours." if digital else " when it is sent.")
        )
        return Status("wait", "Confirmed", "Thank you, all is confirmed", text)
    if digital:
        text = "Nothing is shipped. Confirm that you want it, and where news of it should go."
        return Status("ask", "Your turn", "Confirm your reward", text)
    text = "Check what we know, complete what is missing, and confirm."
    return Status("ask", "Your turn", "Where should it be sent?", text)


def _acquired(order: Order) -> str:
    if order.product is not None and order.product.loot_id:
        return "What it holds has been put into your inventory."
    if order.is_digital:
        return "The order is complete. Enjoy it!"
    return "The order is complete. Enjoy it, when you hold it in your hands!"


def steps_of(order: Order) -> list[Step]:
    """What has happened, and of an open order also what will, the next of it marked."""
    captured = "Confirmed" if order.is_digital else "Address confirmed"
    steps = [Step("Reserved", order.created_at), Step(captured, order.delivery.captured_at)]
    if not order.is_digital:
        steps.append(Step("Sent", order.delivery.sent_at))
    if order.cancelled_at:
        return [
            *(step for step in [*steps, Step("Complete", order.completed_at)] if step.at),
            Step(status_of(order).badge, order.cancelled_at),
        ]
    if order.completed_at:
        return [*(step for step in steps if step.at), Step("Complete", order.completed_at)]
    steps.append(Step("Complete", None))
    first = next(index for index, step in enumerate(steps) if step.at is None)
    steps[first] = Step(steps[first].name, None, is_next=True)
    return steps
