"""An order at a glance: where it stands, what it cost, where its unit is, how far the delivery."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import localize
from django.utils.timesince import timesince

from orders.models import Delivery, Order, Payment, PaymentGateway
from orders.models.deliveries import shown_field
from orders.services.shown_amounts import shown_coins, shown_paid
from orders.services.what_cancelling_does import live_charge_of
from orders.vocabulary import PaymentStatus
from players.admin.personal_data import may_see_personal_data, shown_name

LOOKS = {
    "Pending": "info",
    "Sent": "primary",
    "Delayed": "warning",
    "Acquired": "success",
    "Cancelled": "danger",
    "Awaiting payment": "info",
    "Payment failed": "warning",
    "Processing": "primary",
    "Completed": "success",
    "Refunded": "danger",
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
    if order.is_sale:
        paid = paid_for(order)
        paid.notes.extend([*on_its_way(order), *not_given_back(order)])
        return [status_of(order), paid, items_of(order), way_of(order)]
    return [status_of(order), paid_for(order), *goods_of(order), delivery_of(order)]


def status_of(order: Order) -> Fact:
    shown = order.get_display_status_display()
    if waiting := waits_for(order):
        notes = [f"Waits for {waiting}", order.get_delay_reason_display()]
    else:
        ended = order.cancelled_at or order.completed_at
        notes = [f"{order.get_status_display()} {localize(ended)}"]
        if order.cancelled_at:
            notes.append(order.get_cancel_reason_display() or "No reason given")
    return Fact("Status", shown, [note for note in notes if note], LOOKS[shown])


def paid_for(order: Order) -> Fact:
    if not order.charged:
        notes = [f"of {in_currency(order, order.total)}"]
        return Fact("Paid", "nothing", [*notes, *payment_status_of(order)])
    notes = ["nothing given back"]
    if order.refunded:
        notes = [f"{shown_paid(order, order.refunded)} given back, or on its way"]
        if not order.is_sale:
            notes = [f"{shown_coins(order.refunded)} given back"]
    if order.refunded and order.refundable:
        notes.append(f"{shown_paid(order, order.refundable)} not")
    return Fact("Paid", in_currency(order, order.charged), [*notes, *payment_status_of(order)])


def on_its_way(order: Order) -> list[str]:
    """Money that is not taken yet, and still may be."""
    charge = live_charge_of(order)
    if charge is None or charge.status == Payment.Status.COMPLETED:
        return []
    where = "set aside" if charge.status == Payment.Status.AUTHORIZED else "on its way"
    return [f"{shown_paid(order, charge.amount)} is {where}"]


def not_given_back(order: Order) -> list[str]:
    """Refunds that failed, while staff are still to see to them."""
    failed = order.payments.failed_refunds().order_by("pk") if order.charged else ()
    return [f"{shown_paid(order, each.amount)} could not be given back" for each in failed]


def in_currency(order: Order, amount: Decimal) -> str:
    """As lists have it: `12.50 USD`, `100 COIN`."""
    shown = shown_paid(order, amount)
    return shown if order.is_sale else f"{shown} {order.currency}"


def payment_status_of(order: Order) -> list[str]:
    return [f"Payment: {order.get_payment_status_display().lower()}"] if order.is_sale else []


def items_of(order: Order) -> Fact:
    """The items of a sale, which may be many: the panel has them one by one."""
    lines = list(order.lines.all())
    units = sum(line.quantity for line in lines)
    states = Counter(line.get_status_display().lower() for line in lines)
    answer = str(lines[0]) if len(lines) == 1 else f"{len(lines):,} items, {units:,} units"
    return Fact("Items", answer, [f"{count:,} {state}" for state, count in states.items()])


def way_of(order: Order) -> Fact:
    """Through which gateway a sale is paid, or was: staff may have said that it was outside."""
    method = order.payment_method.replace("_", " ")
    charge = live_charge_of(order)
    if charge is None or charge.gateway == order.gateway_id:
        return Fact("Paid through", str(order.gateway), [method])
    took = PaymentGateway.objects.get(pk=charge.gateway)
    return Fact("Paid through", str(took), [f"Ordered with {order.gateway}, {method}"])


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
    if order.is_sale:
        return order.code
    return f"{order.reference or order.code} ({str(order.transaction_id)[:8]})"


def waits_for(order: Order) -> str:
    """What an open order waits for, and how long; nothing of one that is over."""
    return sale_waits_for(order) if order.is_sale else reward_waits_for(order)


def how_long_since(moment: datetime) -> str:
    said = timesince(moment, depth=1)
    return "less than a minute" if said.startswith("0") else said


def reward_waits_for(order: Order) -> str:
    if order.status != Order.Status.RESERVED:
        return ""
    delivery = order.delivery
    if delivery.sent_at:
        return f"its arrival, {how_long_since(delivery.sent_at)} after it was sent"
    if delivery.captured_at:
        what = "its handing over" if order.is_digital else "its tracking number"
        return f"{what}, for {how_long_since(delivery.captured_at)}"
    what = "its handing over" if order.is_digital else "delivery details"
    if order.expires_at is None:
        return what
    if order.expires_at <= timezone.now():
        return f"{what}; its hold ran out"
    return f"{what}, until {localize(order.expires_at)}"


def sale_waits_for(order: Order) -> str:
    if order.status == Order.Status.PROCESSING:
        return f"its completion, for {how_long_since(order.updated_at)}"
    if not order.is_unpaid:
        return ""
    what = "another try to pay" if order.status == Order.Status.PAYMENT_FAILED else "its payment"
    if order.payment_status == PaymentStatus.AUTHORIZED:
        what = "its capture"
    if order.expires_at is None:
        return what
    if order.expires_at <= timezone.now():
        return f"{what}; its time ran out"
    return f"{what}, until {localize(order.expires_at)}"


def about(request: HttpRequest, order: Order) -> list[str]:
    """Which order it is, and where it stands, for a page that asks what to do with it."""
    what = ", ".join(str(line) for line in order.lines.all())
    paid = f"{in_currency(order, order.charged) if order.charged else 'nothing'} paid"
    if order.refunded:
        paid += f", {shown_paid(order, order.refunded)} given back"
    where = order.get_display_status_display().lower()
    if order.delivery.tracking_number:
        where = "" if order.display_status == Order.DisplayStatus.SENT else f"{where}, "
        where += f"sent under {order.delivery.tracking_number}"
    whom = shown_name(order.player, openly=may_see_personal_data(request))
    return [f"{what} for {whom}: {where}; {paid}."]
