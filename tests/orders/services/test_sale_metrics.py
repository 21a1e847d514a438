"""Metrics against a recount in plain Python, whatever was folded, changed or left alone before."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orders.errors import MetricsPeriodInvalid
from orders.models import Order, OrderLine, SaleChange, SaleTotal
from orders.services.fold_sales import fold_sales
from orders.services.sale_metrics import MOST_GROUPS, GroupBy, Total, period, sale_metrics
from tests.factories import EstablishmentFactory, OfferFactory, PlayerFactory
from tests.orders.counting import a_sale_of, add_line, found, noon, recount
from tests.orders.selling import a_customer, a_sale

TODAY = date(2026, 3, 4)
DAYS = [TODAY - timedelta(days) for days in (0, 1, 2, 4, 5, 20, 31, 35, 62, 63, 65, 400)]
STATUSES = [
    *("pending_payment", "payment_failed", "processing", "completed", "cancelled", "refunded"),
]
METHODS = ["credit_card", "paypal"]


@pytest.fixture
def shop(db):
    """Three customers, one without an establishment; offers in two currencies."""
    customers = [a_customer(), a_customer(), PlayerFactory(customer_code="cust_none")]
    offers = [
        OfferFactory(base_price=Decimal("99.99")),
        OfferFactory(base_price=Decimal("0.01")),
        OfferFactory(base_price=Decimal("33.33"), currency="EUR"),
    ]
    return customers, offers


index = st.integers(0, 2)
steps = st.one_of(
    st.tuples(
        st.just("sell"),
        *(index, index, st.sampled_from(DAYS), st.sampled_from(STATUSES)),
        *(st.sampled_from(METHODS), st.integers(1, 3)),
    ),
    st.tuples(st.just("move"), st.integers(0, 9), st.sampled_from(STATUSES)),
    st.tuples(st.just("reprice"), st.integers(0, 9), st.integers(1, 500)),
    st.tuples(st.just("cancel line"), st.integers(0, 9)),
    st.tuples(st.just("add line"), st.integers(0, 9), index),
    st.tuples(st.just("delete"), st.integers(0, 9)),
    st.tuples(st.just("fold"), st.integers(0, 3)),
    st.tuples(st.just("ask"), st.sampled_from(DAYS), st.sampled_from(DAYS)),
)


class Undone(Exception):  # noqa: N818 - it undoes an example
    pass


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(history=st.lists(steps, max_size=25))
def test_metrics_are_a_recount_after_any_history(shop, history):
    with pytest.raises(Undone), transaction.atomic():
        for name, *values in [*history, ("ask", DAYS[-1], TODAY), ("fold", 0), ("ask", *DAYS[:2])]:
            take[name](shop, *values)
        raise Undone


def sell(shop, customer, offer, day, status, method, quantity):
    a_sale_of(
        day,
        shop[1][offer],
        customer=shop[0][customer],
        status=status,
        payment_method=method,
        quantity=quantity,
    )


def nth(model, number):
    rows = model.objects.order_by("pk")
    return rows.filter(pk__in=[row.pk for row in rows[number : number + 1]])


def move(shop, number, status):
    for order in nth(Order, number):
        Order.objects.filter(pk=order.pk).update(
            status=status,
            display_status={"pending_payment": "awaiting_payment"}.get(status, status),
            cancelled_at=order.created_at if status in ("cancelled", "refunded") else None,
        )


def delete(shop, number):
    for order in nth(Order, number):
        order.lines.all().delete()
        Order.objects.filter(pk=order.pk).delete()


def ask_all(shop, one, other):
    start, end = sorted((one, other))
    establishment = shop[0][0].establishment_id
    for group_by in (None, *GroupBy):
        for of, currency in ((None, None), (establishment, None), (None, "EUR")):
            asked = {
                "establishment_id": of,
                "start": start,
                "end": end,
                "group_by": group_by,
                "currency": currency,
            }
            assert found(sale_metrics(**asked)) == recount(**asked), asked


take = {
    "sell": sell,
    "move": move,
    "reprice": lambda shop, number, total: nth(Order, number).update(total=total),
    "cancel line": lambda shop, number: nth(OrderLine, number).update(status="cancelled"),
    "add line": lambda shop, number, offer: [
        add_line(order, shop[1][offer]) for order in nth(Order, number)
    ],
    "delete": delete,
    "fold": lambda shop, days_ago: fold_sales(now=noon(TODAY - timedelta(days_ago))),
    "ask": ask_all,
}
