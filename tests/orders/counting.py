"""Sales of any day and state, and what they come to: counted one by one, in plain Python."""

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from decimal import ROUND_DOWN, Decimal

from django.db.models import Max

from orders.models import Order, OrderLine
from orders.services.sale_metrics import REPORTED_AS, GroupBy, Total

SHOWN = {"pending_payment": "awaiting_payment"}


def noon(day):
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)


def a_sale_of(day, offer, *, customer, at=None, status="completed", quantity=1, **fields):
    """A sale as if made on that day, in that state, without its history; of 0 it has no line."""
    at = at or noon(day)
    ended = status in ("cancelled", "refunded")
    order = Order.objects.create(
        kind="sale",
        establishment=customer.establishment,
        player=customer,
        status=status,
        display_status=SHOWN.get(status, status),
        gateway_id="sandbox",
        payment_token="x",
        created_at=at,
        cancelled_at=at if ended else None,
        **{
            "total": quantity * offer.base_price,
            "currency": offer.currency,
            "payment_method": "credit_card",
            "payment_status": "pending",
            **fields,
        },
    )
    if quantity:
        add_line(order, offer, quantity=quantity)
    return order


def add_line(order, offer, *, quantity=1):
    # Another may have been deleted before it.
    last = order.lines.aggregate(Max("position"))["position__max"]
    return OrderLine.objects.create(
        order=order,
        position=0 if last is None else last + 1,
        product=offer.product,
        offer=offer,
        quantity=quantity,
        unit_price=offer.base_price,
    )


def recount(*, establishment_id, start, end, group_by=None, currency=None):
    """What `sale_metrics` must say, as plain values."""
    orders = Order.objects.filter(kind="sale").select_related("player").prefetch_related("lines")
    orders = [
        order
        for order in orders
        if start <= order.created_at.astimezone(UTC).date() <= end
        and establishment_id in (None, order.establishment_id)
        and currency in (None, order.currency)
    ]
    whole, groups, by_currency = Total(), defaultdict(Total), defaultdict(Total)
    by_status = {"completed": 0, "pending": 0, "cancelled": 0}
    for order in orders:
        revenue = order.total if earns(order) else Decimal(0)
        whole.add(1, revenue)
        by_currency[order.currency].add(1, revenue)
        by_status[REPORTED_AS[order.status]] += 1
        for key, amount in _groups(order, group_by, revenue):
            groups[key].add(1, amount)
    return plain(whole, by_status, by_currency, groups if group_by else None)


def earns(order):
    """Paid, and not all of it refunded."""
    return order.status in ("processing", "completed") and order.payment_status != "refunded"


def plain(whole, by_status, by_currency, groups):
    def values(total):
        return total.orders, total.revenue, average(total)

    return {
        "whole": values(whole),
        "by_status": by_status,
        "by_currency": {key: values(total) for key, total in by_currency.items()},
        "groups": None if groups is None else {key: values(each) for key, each in groups.items()},
    }


def found(metrics):
    """The same of what the service answers."""
    return plain(metrics.whole, metrics.orders_by_status, metrics.by_currency, metrics.groups)


def average(total):
    if not total.orders:
        return Decimal(0)
    return (total.revenue / total.orders).quantize(Decimal("0.01"), ROUND_DOWN)


def _groups(order, group_by, revenue):
    day = order.created_at.astimezone(UTC).date()
    if group_by == GroupBy.OFFER:
        amounts = defaultdict(Decimal)
        for line in order.lines.all():
            is_sold = earns(order) and line.status != "cancelled"
            amounts[line.offer_id] += line.amount if is_sold else 0
        return amounts.items()
    keys = {
        None: "",
        GroupBy.DAY: f"{day}",
        GroupBy.WEEK: f"{day - timedelta(day.weekday())}",
        GroupBy.MONTH: f"{day:%Y-%m}",
        GroupBy.STATUS: order.status,
        GroupBy.CUSTOMER: order.player.customer_code,
        GroupBy.PAYMENT_METHOD: order.payment_method,
    }
    return [(keys[group_by], revenue)]
