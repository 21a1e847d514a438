"""The timeline of an order in words: who did what and why, and what it changed."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Model
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html_join

from config.admin import list_of
from inventory.models import PlayerOrder
from orders.models import Mail, Order, OrderEvent, OrderLine
from orders.models.deliveries import RECIPIENT, shown_field
from orders.services.shown_amounts import shown_amount
from orders.vocabulary import PaymentStatus
from players.admin.people import named
from players.admin.personal_data import HIDDEN, may_see_personal_data

PERSONAL = frozenset({*RECIPIENT, "to"})
# How far back the page goes; no order that is used as meant comes near it.
EVENTS = 200
AMOUNT = re.compile(r"-?[0-9]+\.[0-9]{2}")
KINDS = OrderEvent.Kind
# The reason of the event says it already, and every amount.
SAID = {"delay_reason", "currency"}
LABELS = {"display_status": "Shown as", "is": "The payment is"}
WORDS: dict[str, dict[str, str]] = {
    "status": dict(Order.Status.choices),
    "payment_status": dict(PaymentStatus.choices),
    "display_status": dict(Order.DisplayStatus.choices),
}
STOCK: dict[str, str] = dict(OrderLine.Stock.choices)
FOUND_IN: dict[str, type[Model]] = {"loot_taken_by": PlayerOrder, "mail": Mail}
ORDER = {name: place for place, name in enumerate(RECIPIENT)}
LOOKS = {
    KINDS.RESERVATION: "info",
    KINDS.ACQUISITION: "success",
    KINDS.TRACKING: "success",
    KINDS.DELAY: "warning",
    KINDS.CANCELLATION: "danger",
    KINDS.REFUND: "danger",
    KINDS.REFUSED: "danger",
    KINDS.CREATION: "info",
    KINDS.PAYMENT: "success",
    KINDS.PAYMENT_REFUSED: "warning",
    KINDS.VERIFICATION: "success",
    KINDS.ITEM_CANCELLED: "danger",
    KINDS.COMPLETION: "success",
    KINDS.REFUND_DONE: "success",
    KINDS.REFUND_FAILED: "danger",
    KINDS.DISPUTE: "danger",
}


@dataclass(frozen=True, slots=True)
class ShownEvent:
    """An event as staff read it."""

    number: int
    title: str
    look: str
    at: datetime
    by: Any
    reason: str
    note: str
    changes: list[tuple[str, str, str]]
    operation_id: str
    request_id: str
    is_refused: bool


def timeline_of(request: HttpRequest, order: Order) -> list[ShownEvent]:
    """The latest first; four queries at most, however many there are."""
    events = list(order.events.order_by("-number")[:EVENTS])
    people = named(request, {event.by for event in events})
    openly = may_see_personal_data(request)
    return [
        ShownEvent(
            number=event.number,
            title=title_of(event),
            look=LOOKS.get(KINDS(event.kind), "default"),
            at=event.created_at,
            by=people[event.by],
            reason=reason_of(event),
            note=event.note.removeprefix(f"{event.after.get('attempt')}: "),
            changes=changes_of(request, order, event, openly=openly),
            operation_id=str(event.operation_id),
            request_id=event.request_id,
            is_refused=event.kind == KINDS.REFUSED,
        )
        for event in events
    ]


def title_of(event: OrderEvent) -> str:
    attempt = event.after.get("attempt")
    if event.kind == KINDS.REFUSED and attempt:
        return f"Refused: {attempt}"
    if event.kind == KINDS.REFUND and "payment" in event.after:
        return "Refund requested"
    return event.get_kind_display()


def reason_of(event: OrderEvent) -> str:
    if event.reason:
        return f"Reason: {event.get_reason_display()}"
    return "No reason given" if event.kind == KINDS.CANCELLATION else ""


def changes_of(
    request: HttpRequest, order: Order, event: OrderEvent, *, openly: bool
) -> list[tuple[str, str, str]]:
    """What changed, from what, to what; nothing that the title or the note says already."""
    if event.kind == KINDS.REFUSED:
        return []
    names = [name for name in {**event.before, **event.after} if name not in SAID]
    changes = []
    for name in sorted(names, key=lambda name: ORDER.get(name, 0)):
        before = value_of(request, order, event.before, name, openly=openly)
        after = value_of(request, order, event.after, name, openly=openly)
        if before != after or name in PERSONAL:
            changes.append((LABELS.get(name) or shown_field(name), before, after))
    return changes


def value_of(
    request: HttpRequest, order: Order, side: Mapping[str, Any], name: str, *, openly: bool
) -> str:
    value = side.get(name)
    if value in (None, "", [], {}):
        return ""
    if name in PERSONAL and not openly:
        return HIDDEN
    if name == "stock" and isinstance(value, list):
        # Of each line, in their order; once where they share it.
        shared = value[:1] if len(set(value)) == 1 else value
        return ", ".join(str(STOCK.get(each, each)) for each in shared).lower()
    if name in WORDS:
        return str(WORDS[name].get(value, value)).lower()
    if name in FOUND_IN:
        return link_to(request, order, name, value)
    return in_words(order, value)


def link_to(request: HttpRequest, order: Order, name: str, value: Any) -> str:
    """To what was written or taken, where this member of staff may see it."""
    model = FOUND_IN[name]
    keys = value if isinstance(value, list) else [value]
    if not request.user.has_perm(f"{model._meta.app_label}.view_{model._meta.model_name}"):
        return in_words(order, keys)
    links = [(address_of(name, key), key) for key in keys]
    return format_html_join(", ", '<a href="{}" class="text-link">{}</a>', links)


def address_of(name: str, key: Any) -> str:
    if name == "mail":
        return reverse("admin:orders_mail_change", args=[key])
    return list_of(PlayerOrder, q=key)


def in_words(order: Order, value: Any) -> str:
    """Lists and mappings in a line; amounts in what the order is paid in."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return ", ".join(f"{name}: {in_words(order, each)}" for name, each in value.items())
    if isinstance(value, list):
        return ", ".join(in_words(order, each) for each in value)
    if isinstance(value, str) and AMOUNT.fullmatch(value):
        return shown_amount(order, Decimal(value))
    return str(value)
