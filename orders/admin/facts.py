"""An order at a glance: where it stands, what it cost, where its unit is, how far the delivery."""

from dataclasses import dataclass

from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import localize
from django.utils.timesince import timesince

from orders.models import Delivery, Order
from orders.models.deliveries import shown_field
from orders.services.move_payment import shown_coins
from players.admin.personal_data import may_see_personal_data, shown_name

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
    if order.status == Order.Status.RESERVED:
        notes = [f"Waits for {waits_for(order)}", order.get_delay_reason_display()]
    else:
        ended = order.cancelled_at or order.completed_at
        notes = [f"{order.get_status_display()} {localize(ended)}"]
        if order.cancelled_at:
            notes.append(order.get_cancel_reason_display() or "No reason given")
    return Fact("Status", shown, [note for note in notes if note], LOOKS[shown])


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
        return Fact("Delivery", delivery.tracking_number, [f"Sent {localize(delivery.sent_at)}"])
    if order.is_digital:
        return Fact("Delivery", "Nothing is shipped", ["Digital"])
    if delivery.captured_at:
        return Fact("Delivery", "Address known", [f"Captured {localize(delivery.captured_at)}"])
    if missing := missing_of(delivery):
        return Fact("Delivery", "Address missing", [f"Missing: {missing}"])
    return Fact("Delivery", "Address not captured", ["All that is needed is there"])


def missing_of(delivery: Delivery) -> str:
    return ", ".join(shown_field(name).lower() for name in delivery.missing)


def address_of(delivery: Delivery) -> str:
    """Where it goes, in a line; empty where nothing of it is known."""
    parts = (
        delivery.address_line1,
        delivery.address_line2,
        f"{delivery.postal_code} {delivery.city}".strip(),
        delivery.province,
        delivery.country,
    )
    return ", ".join(part for part in parts if part)


def shown_recipient(delivery: Delivery, *, openly: bool) -> str:
    """Who receives it, where, and the mail address; the last two are not for everybody."""
    name = f"{delivery.first_name} {delivery.last_name}".strip()
    parts = [part for part in (name, address_of(delivery), delivery.email) if part]
    return ", ".join(parts) if openly or not parts else "an address that is hidden from you"


def name_of(order: Order) -> str:
    """By what people call it; references repeat from supplier to supplier."""
    return f"{order.reference or order.code} ({str(order.transaction_id)[:8]})"


def waits_for(order: Order) -> str:
    """What an open order waits for, and how long; nothing of one that is over."""
    if order.status != Order.Status.RESERVED:
        return ""
    delivery = order.delivery
    if delivery.sent_at:
        return f"its arrival, {timesince(delivery.sent_at, depth=1)} after it was sent"
    if delivery.captured_at:
        what = "its handing over" if order.is_digital else "its tracking number"
        return f"{what}, for {timesince(delivery.captured_at, depth=1)}"
    what = "its handing over" if order.is_digital else "delivery details"
    if order.expires_at is None:
        return what
    if order.expires_at <= timezone.now():
        return f"{what}; its hold ran out"
    return f"{what}, until {localize(order.expires_at)}"


def about(request: HttpRequest, order: Order) -> list[str]:
    """Which order it is, and where it stands, for a page that asks what to do with it."""
    what = ", ".join(str(line) for line in order.lines.all())
    paid = f"{shown_coins(order.charged)} {order.currency} paid"
    if order.refunded:
        paid += f", {shown_coins(order.refunded)} given back"
    where = order.get_display_status_display().lower()
    if order.delivery.tracking_number:
        where = "" if order.display_status == Order.DisplayStatus.SENT else f"{where}, "
        where += f"sent under {order.delivery.tracking_number}"
    whom = shown_name(order.player, openly=may_see_personal_data(request))
    return [f"{what} for {whom}: {where}; {paid}."]
