"""An order at a glance: where it stands, what it cost, where its unit is, how far the delivery."""

from dataclasses import dataclass

from django.utils import timezone
from django.utils.formats import localize
from django.utils.timesince import timesince, timeuntil

from orders.models import Order
from orders.services.move_payment import shown_coins

LOOKS = {
    "Pending": "info",
    "Sent": "primary",
    "Delayed": "warning",
    "Acquired": "success",
    "Cancelled": "danger",
}


@dataclass(frozen=True, slots=True)
class Fact:
    """A card: what it is about, the answer, and what to add to it."""

    title: str
    answer: str
    notes: list[str]
    look: str = ""


def facts_of(order: Order) -> list[Fact]:
    """The cards of the page; lines and products are at hand."""
    return [status_of(order), paid_for(order), *goods_of(order), delivery_of(order)]


def status_of(order: Order) -> Fact:
    shown = order.get_display_status_display()
    notes = [order.get_status_display()]
    if order.status == Order.Status.RESERVED:
        notes = [f"Waits: {waits_for(order)}"]
        if order.delay_reason:
            notes.append(order.get_delay_reason_display())
    elif order.cancel_reason:
        notes.append(order.get_cancel_reason_display())
    return Fact("Status", shown, notes, LOOKS[shown])


def paid_for(order: Order) -> Fact:
    if not order.charged:
        return Fact("Paid", "nothing", [f"of {shown_coins(order.total)} {order.currency}"])
    notes = ["nothing given back"]
    if order.refunded:
        notes = [f"{shown_coins(order.refunded)} given back"]
    if order.refunded and order.refundable:
        notes.append(f"{shown_coins(order.refundable)} not")
    return Fact("Paid", f"{shown_coins(order.charged)} {order.currency}", notes)


def goods_of(order: Order) -> list[Fact]:
    return [
        Fact(
            "Product",
            f"{line.quantity:,} × {line.product}" if line.quantity > 1 else str(line.product),
            [
                f"{line.get_stock_display()}; {line.product.available:,} more available",
                f"{line.product.get_kind_display()}",
            ],
        )
        for line in order.lines.all()
    ]


def delivery_of(order: Order) -> Fact:
    delivery = order.delivery
    if delivery.tracking_number:
        notes = [f"Sent {localize(delivery.sent_at)}"]
        return Fact("Delivery", delivery.tracking_number, notes)
    if delivery.captured_at:
        return Fact("Delivery", "Address known", [f"Captured {localize(delivery.captured_at)}"])
    missing = [name.replace("_", " ").replace("line1", "line 1") for name in delivery.missing]
    notes = [f"Missing: {', '.join(missing)}" if missing else "All is there, not captured yet"]
    return Fact("Delivery", "No address yet" if missing else "Address not captured", notes)


def waits_for(order: Order) -> str:
    """What an open order waits for, and how long it does; nothing of one that is over."""
    if order.status != Order.Status.RESERVED:
        return ""
    delivery = order.delivery
    if delivery.sent_at:
        return f"arrival; sent {timesince(delivery.sent_at, depth=1)} ago"
    if delivery.captured_at:
        return f"to be sent; for {timesince(delivery.captured_at, depth=1)}"
    if order.expires_at is None:
        return "delivery details"
    if order.expires_at <= timezone.now():
        return "its hold ran out"
    return f"delivery details, within {timeuntil(order.expires_at, depth=1)}"


def about(order: Order) -> list[str]:
    """Which order it is, and where it stands, for a page that asks what to do with it."""
    what = ", ".join(str(line) for line in order.lines.all())
    paid = f"{shown_coins(order.charged)} {order.currency} paid"
    if order.refunded:
        paid += f", {shown_coins(order.refunded)} given back"
    where = order.get_display_status_display().lower()
    if order.delivery.tracking_number:
        where += f", sent under {order.delivery.tracking_number}"
    return [f"{what} for player {order.player_id}: {where}; {paid}."]
