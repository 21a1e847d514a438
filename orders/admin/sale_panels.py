"""What belongs to a sale: who buys, the items, the money."""

from django.http import HttpRequest
from django.utils.html import format_html

from config.admin import Panel
from orders.admin.facts import how_long_since
from orders.admin.links import given_by, link
from orders.models import Order, OrderLine, Payment
from orders.services.shown_amounts import shown_money
from players.admin.personal_data import HIDDEN, may_see_personal_data, shown_email

ROWS = 50


def buyer_of(request: HttpRequest, order: Order) -> Panel:
    delivery = order.delivery
    openly = may_see_personal_data(request)
    name = f"{delivery.first_name} {delivery.last_name}".strip()
    page: object = HIDDEN
    if openly:
        page = format_html(
            '<a href="{}" class="text-link" rel="noreferrer" target="_blank">Open</a>',
            order.payment_url,
        )
    return Panel(
        title="Buyer",
        headers=("Name", "E-mail", "Customer id", "Payment page"),
        rows=[
            (
                (name if openly else HIDDEN) if name else "not known",
                shown_email(delivery.email, openly=openly) or "not known",
                order.player.customer_code or "none",
                page if order.total else "none: nothing to pay",
            )
        ],
    )


def items_of(request: HttpRequest, order: Order) -> Panel:
    lines = [named(line, order) for line in order.lines.all()]
    return Panel(
        title=f"Items: {shown_money(order.total, order.currency)}",
        headers=(
            "Item",
            "Offer",
            "Product",
            "Quantity",
            "Price",
            "Amount",
            "State",
            "Stock",
            "Loot given by",
        ),
        rows=[
            (
                line.code,
                link(request, line.offer) if line.offer else "",
                link(request, line.product),
                f"{line.quantity:,}",
                f"{line.unit_price:,.2f}",
                f"{line.amount:,.2f}",
                line.get_status_display(),
                line.get_stock_display(),
                given_by(request, line),
            )
            for line in lines
        ],
    )


def named(line: OrderLine, order: Order) -> OrderLine:
    """The line with its order at hand, which its code is made of."""
    line.order = order
    return line


def money_of(request: HttpRequest, order: Order) -> Panel:
    """Charges and refunds, the latest first; what is in flight says so."""
    charged = shown_money(order.charged, order.currency)
    refunded = shown_money(order.refunded, order.currency)
    payments = order.payments.select_related("line__product").order_by("-pk")[:ROWS]
    return Panel(
        title=f"Payments: {charged} charged, {refunded} refunded or on its way back",
        headers=("Time", "What", "Amount", "Through", "State", "For", "Why", "Reference", "Code"),
        rows=[
            (
                each.created_at,
                each.get_kind_display(),
                shown_money(each.amount, each.currency),
                each.gateway,
                state_of(each),
                each.line or "the order",
                each.failure,
                each.reference,
                link(request, each, each.code),
            )
            for each in payments
        ],
        empty="Nothing was charged.",
    )


def state_of(payment: Payment) -> str:
    """With how long its gateway has not said what became of it."""
    state = payment.get_status_display()
    if not payment.is_in_flight:
        return state
    return f"{state}, in flight for {how_long_since(payment.created_at)}"
