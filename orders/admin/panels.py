"""What belongs to an order: its lines, payments, delivery, stock, what was told of it."""

from typing import Any

from django.db.models import Max, Prefetch
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from catalog.admin.products import moved
from catalog.models import StockMovement
from config.admin import Panel
from orders.admin.facts import address_of
from orders.admin.links import given_by, link
from orders.admin.sale_panels import buyer_of, items_of, money_of
from orders.models import Order, OrderLine, WebhookDelivery
from orders.services.shown_amounts import shown_coins
from players.admin.people import named
from players.admin.personal_data import HIDDEN, may_see_personal_data, shown_email

ROWS = 50
LINES = Prefetch(
    "lines",
    OrderLine.objects.select_related("product", "offer", "player_order").order_by("position"),
)


def panels_of(request: HttpRequest, order: Order) -> list[Panel]:
    """Those that this member of staff may see; a fixed number of queries."""
    if order.is_sale:
        panels = [buyer_of(request, order), items_of(request, order)]
    else:
        panels = [delivery_of(request, order), lines_of(request, order)]
    may_view = request.user.has_perm
    if may_view("orders.view_payment"):
        panels.append(payments_of(request, order))
    if may_view("catalog.view_stockmovement"):
        panels.append(stock_of(request, order))
    if may_view("orders.view_webhookdelivery"):
        panels.append(webhooks_of(request, order))
    if may_view("orders.view_mail"):
        panels.append(mail_of(request, order))
    return panels


def lines_of(request: HttpRequest, order: Order) -> Panel:
    lines = order.lines.all()
    return Panel(
        title="Lines",
        headers=("Product", "Quantity", "Price", "State", "Stock", "Loot given by"),
        rows=[
            (
                link(request, line.product),
                f"{line.quantity:,}",
                f"{shown_coins(line.unit_price)} {order.currency}",
                line.get_status_display(),
                line.get_stock_display(),
                given_by(request, line),
            )
            for line in lines
        ],
    )


def delivery_of(request: HttpRequest, order: Order) -> Panel:
    delivery = order.delivery
    openly = may_see_personal_data(request)
    name = f"{delivery.first_name} {delivery.last_name}".strip()
    address = address_of(delivery)
    page: Any = ""
    if openly:
        page = format_html(
            '<a href="{}" class="text-link" rel="noreferrer" target="_blank">Open</a>',
            delivery.track_url,
        )
    return Panel(
        title="Delivery",
        headers=("Name", "Address", "E-mail", "Captured", "Tracking number", "Sent", "Its page"),
        rows=[
            (
                (name if openly else HIDDEN) if name else "not known",
                (broken(address) if openly else HIDDEN) if address else "not known",
                shown_email(delivery.email, openly=openly) or "not known",
                delivery.captured_at or "not yet",
                delivery.tracking_number or "none",
                delivery.sent_at or "not yet",
                page or HIDDEN,
            )
        ],
    )


def broken(text: str) -> SafeString:
    """Within a cell, also where there is no space to break it at."""
    return format_html('<span style="overflow-wrap: anywhere">{}</span>', text)


def payments_of(request: HttpRequest, order: Order) -> Panel:
    if order.is_sale:
        return money_of(request, order)
    payments = list(order.payments.select_related("coin_entry").order_by("-pk")[:ROWS])
    people = named(request, {each.coin_entry.by for each in payments if each.coin_entry})
    charged, refunded = shown_coins(order.charged), shown_coins(order.refunded)
    return Panel(
        title=f"Payments: {charged} charged, {refunded} refunded",
        headers=("Time", "What", "Amount", "Through", "State", "Who", "Balance after", "Code"),
        rows=[
            (
                each.created_at,
                each.get_kind_display(),
                f"{shown_coins(each.amount)} {each.currency}",
                each.gateway,
                each.get_status_display(),
                people.get(each.coin_entry.by) if each.coin_entry else "",
                link(request, each.coin_entry, shown_coins(each.coin_entry.balance))
                if each.coin_entry
                else "",
                each.code,
            )
            for each in payments
        ],
        empty="Nothing was charged.",
    )


def stock_of(request: HttpRequest, order: Order) -> Panel:
    lines = [line.pk for line in order.lines.all()]
    movements = StockMovement.objects.filter(order_line_id__in=lines).select_related("product")
    rows = list(movements.order_by("-pk")[:ROWS])
    people = named(request, {each.by for each in rows})
    return Panel(
        title="Stock",
        headers=("Time", "Product", "What", "Stock", "Reserved", "Who"),
        rows=[
            (
                each.created_at,
                link(request, each.product),
                each.get_kind_display(),
                moved(each.stock_change, each.stock),
                moved(each.reserved_change, each.reserved),
                people[each.by],
            )
            for each in rows
        ],
        empty="No unit has moved.",
    )


def webhooks_of(request: HttpRequest, order: Order) -> Panel:
    """Messages with their deliveries; those that no endpoint was there for, too."""
    messages = list(order.messages.order_by("-number")[:ROWS])
    deliveries: dict[int, list[WebhookDelivery]] = {}
    found = WebhookDelivery.objects.filter(message__in=messages).select_related("endpoint")
    for delivery in found.annotate(last=Max("attempts__at")).order_by("pk"):
        deliveries.setdefault(delivery.message_id, []).append(delivery)
    rows: list[tuple[object, ...]] = []
    for message in messages:
        told = (message.number, message.event, message.created_at)
        rows += [
            (
                *told,
                each.endpoint.url,
                link(request, each, each.get_state_display()),
                each.attempts_made,
                getattr(each, "last", None) or "never",
                each.due_at or "",
            )
            for each in deliveries.get(message.pk, ())
        ] or [(*told, "no endpoint yet", "", "", "", "")]
    return Panel(
        title="Webhooks",
        headers=(
            "No.",
            "Event",
            "Since",
            "Endpoint",
            "State",
            "Attempts",
            "Last attempt",
            "Next attempt",
        ),
        rows=rows,
        empty="Nothing was announced.",
    )


def mail_of(request: HttpRequest, order: Order) -> Panel:
    openly = may_see_personal_data(request)
    return Panel(
        title="Mail",
        headers=("Written", "Subject", "To", "State", "Sent", "Attempts", "Error"),
        rows=[
            (
                mail.created_at,
                link(request, mail, mail.subject if openly else mail.get_event_display()),
                shown_email(mail.to, openly=openly),
                mail.get_state_display(),
                mail.sent_at or "not yet",
                mail.attempts,
                mail.error if openly else "",
            )
            for mail in order.mail.order_by("-pk")[:ROWS]
        ],
        empty="None was written.",
    )
