"""Metrics against a recount in plain Python, whatever was folded, changed or left alone before."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from orders.errors import MetricsPeriodInvalid
from orders.models import Order, OrderLine
from orders.services.fold_sales import fold_sales
from orders.services.sale_metrics import MOST_GROUPS, GroupBy, Total, period, sale_metrics
from tests.factories import OfferFactory, PlayerFactory
from tests.orders.counting import a_sale_of, add_line, found, noon, recount
from tests.orders.selling import a_customer

TODAY = date(2026, 3, 4)
DAYS = [TODAY - timedelta(days) for days in (0, 1, 2, 4, 5, 20, 31, 35, 62, 63, 65, 400)]
STATUSES = [
    *("pending_payment", "payment_failed", "processing", "completed", "cancelled", "refunded"),
]
PAYMENTS = ["pending", "completed", "partially_refunded", "refunded"]
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


# One has no line: then no change of a line opens the day of its order.
BEGINNING = [
    ("sell", 0, 0, DAYS[1], "completed", "paypal", 1),
    ("sell", 1, 1, DAYS[4], "processing", "paypal", 2),
    ("sell", 2, 2, DAYS[8], "completed", "credit_card", 0),
    ("fold", 0),
]
ENDING = [("ask", DAYS[-1], TODAY), ("fold", 0), ("ask", DAYS[-1], TODAY)]
index = st.integers(0, 2)
nth_row = st.integers(0, 3)
steps = st.one_of(
    st.tuples(
        st.just("sell"),
        *(index, index, st.sampled_from(DAYS), st.sampled_from(STATUSES)),
        *(st.sampled_from(METHODS), st.integers(0, 3)),
    ),
    st.tuples(st.just("move"), nth_row, st.sampled_from(STATUSES)),
    st.tuples(st.just("pay"), nth_row, st.sampled_from(PAYMENTS)),
    st.tuples(st.just("reprice"), nth_row, st.integers(1, 500)),
    st.tuples(st.just("cancel line"), nth_row),
    st.tuples(st.just("add line"), nth_row, index),
    st.tuples(st.just("delete line"), nth_row),
    st.tuples(st.just("delete"), nth_row),
    st.tuples(st.just("fold"), st.integers(0, 3)),
    st.tuples(st.just("ask"), st.sampled_from(DAYS), st.sampled_from(DAYS)),
)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(history=st.lists(steps, max_size=25))
def test_metrics_are_a_recount_after_any_history(shop, history):
    live(shop, history)


@pytest.mark.parametrize("name", ["sale_changed", "sale_line_made"])
def test_history_without_a_trigger_is_not_a_recount(shop, name):
    """The control: the test before this one sees what a day that stays closed gets wrong."""
    table = "orders_orderline" if "line" in name else "orders_order"
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER {name}")

    @seed(1)
    @settings(
        max_examples=40,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=[HealthCheck.function_scoped_fixture],
    )
    @given(history=st.lists(steps, max_size=25))
    def live_without_it(history):
        live(shop, history)

    with pytest.raises(AssertionError):
        live_without_it()


def live(shop, history):
    with transaction.atomic():
        for name, *values in [*BEGINNING, *history, *ENDING]:
            take[name](shop, *values)
        transaction.set_rollback(True)


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
    "pay": lambda _shop, number, status: nth(Order, number).update(payment_status=status),
    "reprice": lambda _shop, number, total: nth(Order, number).update(total=total),
    "cancel line": lambda _shop, number: nth(OrderLine, number).update(status="cancelled"),
    "add line": lambda shop, number, offer: [
        add_line(order, shop[1][offer]) for order in nth(Order, number)
    ],
    "delete line": lambda _shop, number: nth(OrderLine, number).delete(),
    "delete": delete,
    "fold": lambda _shop, days_ago: fold_sales(now=noon(TODAY - timedelta(days_ago))),
    "ask": ask_all,
}


def test_revenue_is_of_what_is_paid_and_not_refunded(shop):
    [customer, *_], [offer, *_] = shop
    for status in STATUSES:
        a_sale_of(TODAY, offer, customer=customer, status=status)

    metrics = sale_metrics(establishment_id=None, start=TODAY, end=TODAY, group_by=GroupBy.STATUS)

    assert metrics.whole == Total(6, Decimal("199.98"))
    assert metrics.whole.average == Decimal("33.33")
    assert metrics.orders_by_status == {"completed": 2, "pending": 3, "cancelled": 1}
    assert list(metrics.groups.items()) == [
        ("pending_payment", Total(1, Decimal(0))),
        ("payment_failed", Total(1, Decimal(0))),
        ("processing", Total(1, Decimal("99.99"))),
        ("completed", Total(1, Decimal("99.99"))),
        ("cancelled", Total(1, Decimal(0))),
        ("refunded", Total(1, Decimal(0))),
    ]


def test_order_whose_money_went_back_in_full_has_no_revenue_whatever_its_status(shop):
    [customer, *_], [offer, *_] = shop
    for status in STATUSES:
        a_sale_of(TODAY, offer, customer=customer, status=status, payment_status="refunded")
    a_sale_of(TODAY, offer, customer=customer, payment_status="partially_refunded")

    for _ in range(2):
        for group_by in (None, *GroupBy):
            asked = {"start": TODAY, "end": TODAY, "group_by": group_by}
            metrics = sale_metrics(establishment_id=None, **asked)
            groups = metrics.groups or {"": metrics.whole}
            assert metrics.whole == Total(7, Decimal("99.99"))
            assert sum(each.revenue for each in groups.values()) == Decimal("99.99")
        fold_sales(now=noon(TODAY + timedelta(1)))


def test_average_is_cut_and_not_rounded():
    assert Total(1000, Decimal("99999.99")).average == Decimal("99.99")


def test_days_are_those_of_utc_and_both_inclusive(shop):
    [customer, *_], [offer, *_] = shop
    for day in (date(2026, 2, 28), date(2026, 3, 1), date(2026, 3, 2), date(2026, 3, 3)):
        midnight = noon(day) - timedelta(hours=12)
        a_sale_of(day, offer, customer=customer, at=midnight)
        a_sale_of(day, offer, customer=customer, at=midnight - timedelta(microseconds=1))
    asked = {"start": date(2026, 3, 1), "end": date(2026, 3, 2), "group_by": GroupBy.DAY}

    for _ in range(2):
        metrics = sale_metrics(establishment_id=None, **asked)
        assert {key: total.orders for key, total in metrics.groups.items()} == {
            "2026-03-01": 2,
            "2026-03-02": 2,
        }
        fold_sales(now=noon(TODAY))


def test_groups_by_customer_offer_and_method_are_cut_to_those_with_most_revenue(shop, monkeypatch):
    customers, [offer, penny, _] = shop
    monkeypatch.setattr("orders.services.sale_metrics.MOST_GROUPS", 2)
    assert MOST_GROUPS == 1000
    for customer, sold in zip(customers, (penny, offer, penny), strict=True):
        a_sale_of(TODAY, sold, customer=customer, payment_method=customer.customer_code)
    a_sale_of(TODAY, penny, customer=customers[2], payment_method="cust_none")

    for group_by in (GroupBy.CUSTOMER, GroupBy.PAYMENT_METHOD):
        metrics = sale_metrics(establishment_id=None, start=TODAY, end=TODAY, group_by=group_by)
        assert list(metrics.groups.items()) == [
            (customers[1].customer_code, Total(1, Decimal("99.99"))),
            ("cust_none", Total(2, Decimal("0.02"))),
        ]
        assert metrics.is_cut
        assert metrics.whole == Total(4, Decimal("100.02"))
    by_offer = sale_metrics(establishment_id=None, start=TODAY, end=TODAY, group_by=GroupBy.OFFER)
    assert ([*by_offer.groups], by_offer.is_cut) == ([offer.pk, penny.pk], False)


def test_an_order_counts_once_for_an_offer_and_without_its_cancelled_items(shop):
    [customer, *_], [offer, penny, _] = shop
    order = a_sale_of(TODAY, offer, customer=customer, total=Decimal("200.00"))
    add_line(order, offer, quantity=2)
    add_line(order, penny)
    order.lines.filter(position=0).update(status="cancelled")

    for _ in range(2):
        metrics = sale_metrics(
            establishment_id=None, start=TODAY, end=TODAY, group_by=GroupBy.OFFER
        )
        assert metrics.groups == {
            offer.pk: Total(1, Decimal("199.98")),
            penny.pk: Total(1, Decimal("0.01")),
        }
        assert metrics.whole == Total(1, Decimal("200.00"))
        fold_sales(now=noon(TODAY + timedelta(1)))


def test_period_is_30_days_that_end_today():
    now = noon(TODAY)

    assert period(None, None, now=now) == (date(2026, 2, 3), TODAY)
    assert period(None, date(2026, 1, 31), now=now) == (date(2026, 1, 2), date(2026, 1, 31))
    assert period(TODAY, None, now=now) == (TODAY, TODAY)
    with pytest.raises(MetricsPeriodInvalid):
        period(TODAY + timedelta(1), None, now=now)


@pytest.mark.parametrize("group_by", [None, *GroupBy])
def test_any_days_of_the_calendar_can_be_asked_for(shop, group_by):
    [customer, *_], [offer, *_] = shop
    a_sale_of(TODAY, offer, customer=customer)
    for _ in range(2):
        whole = sale_metrics(establishment_id=None, start=date.min, end=date.max, group_by=group_by)
        for end in (date.min, date(1960, 1, 1)):
            none = sale_metrics(establishment_id=None, start=None, end=end, group_by=group_by)
            assert none.whole == Total()
        assert whole.whole == Total(1, Decimal("99.99"))
        fold_sales(now=noon(TODAY + timedelta(1)))


@pytest.mark.parametrize("group_by", [None, *GroupBy])
def test_metrics_are_one_statement(shop, group_by, django_assert_num_queries):
    [customer, *_], [offer, *_] = shop
    for day in DAYS:
        a_sale_of(day, offer, customer=customer)
    fold_sales(now=noon(TODAY))

    with django_assert_num_queries(1):
        sale_metrics(establishment_id=None, start=DAYS[-1], end=TODAY, group_by=group_by)
