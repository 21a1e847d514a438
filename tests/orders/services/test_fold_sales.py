"""Which days are to be counted again, and what a fold leaves."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection

from orders import tasks
from orders.models import Order, OrderLine, SaleChange, SaleTotal
from orders.services import fold_sales as folding
from orders.services.fold_sales import fold_sales
from orders.services.refund_payment import refund_payment
from orders.services.sale_metrics import sale_metrics
from tests.factories import OfferFactory
from tests.orders.counting import a_sale_of, add_line, noon
from tests.orders.paying import a_paid_sale
from tests.orders.reserving import a_reservation
from tests.orders.selling import BY, a_customer, a_sale

TODAY = date(2026, 3, 4)
YESTERDAY = TODAY - timedelta(1)


@pytest.fixture
def customer(db):
    return a_customer()


@pytest.fixture
def offer(db):
    return OfferFactory()


@pytest.fixture
def order(customer, offer):
    """A sale of yesterday, folded."""
    order = a_sale_of(YESTERDAY, offer, customer=customer)
    fold_sales(now=noon(TODAY))
    assert changed() == []
    return order


def changed():
    return [*SaleChange.objects.order_by("day").values_list("day", flat=True).distinct()]


def totals():
    rows = SaleTotal.objects.order_by("period", "dimension", "key", "establishment_id")
    return [
        *rows.values_list(
            *("period", "begins", "dimension", "key", "establishment_id", "orders", "revenue")
        )
    ]


def test_fold_counts_a_day_and_its_month_by_each_dimension(order, customer):
    price, of = Decimal("99.99"), customer.establishment_id
    cells = [("offer", order.lines.get().offer_id), ("payment_method", "credit_card")]
    cells += [("status", "completed")]

    assert totals() == [
        (period, begins, dimension, key, scope, 1, price)
        for period, begins in (("day", YESTERDAY), ("month", date(2026, 3, 1)))
        for dimension, key in cells
        for scope in (of, None)
    ]


def test_fold_says_how_many_days_it_counted_and_does_it_once(customer, offer):
    for days in (0, 1, 2, 40):
        a_sale_of(TODAY - timedelta(days), offer, customer=customer)

    assert (fold_sales(now=noon(TODAY)), fold_sales(now=noon(TODAY))) == (3, 0)
    assert changed() == [TODAY]


def test_open_day_keeps_one_change_and_is_folded_when_it_is_over(customer, offer):
    for _ in range(3):
        a_sale_of(TODAY, offer, customer=customer)

    fold_sales(now=noon(TODAY))
    assert [*SaleChange.objects.values_list("day", flat=True)] == [TODAY]
    assert totals() == []

    assert fold_sales(now=noon(TODAY + timedelta(1))) == 1
    assert (
        changed(),
        SaleTotal.objects.get(period="day", key="completed", establishment=None).orders,
    ) == (
        [],
        3,
    )


def test_days_without_a_fold_are_caught_up(customer, offer):
    for days in range(5):
        a_sale_of(TODAY + timedelta(days), offer, customer=customer)

    assert fold_sales(now=noon(TODAY + timedelta(10))) == 5
    assert changed() == []


CHANGES = {
    "status": {"status": "processing", "display_status": "processing"},
    "total": {"total": 7},
    "currency": {"currency": "EUR"},
    "payment method": {"payment_method": "paypal"},
    "payment status": {"payment_status": "refunded"},
    "establishment": {"establishment": None},
}


@pytest.mark.parametrize("name", CHANGES)
def test_change_of_an_old_order_opens_its_day(order, name):
    Order.objects.filter(pk=order.pk).update(**CHANGES[name])

    assert changed() == [YESTERDAY]


def test_order_that_gets_another_customer_opens_its_day(order):
    Order.objects.filter(pk=order.pk).update(player=a_customer())

    assert changed() == [YESTERDAY]


def test_order_that_moves_to_another_day_opens_both(order):
    Order.objects.filter(pk=order.pk).update(created_at=noon(TODAY - timedelta(9)))

    assert changed() == [TODAY - timedelta(9), YESTERDAY]


LINE_CHANGES = {
    "status": {"status": "cancelled"},
    "quantity": {"quantity": 7},
    "price": {"unit_price": 1},
}


@pytest.mark.parametrize("name", LINE_CHANGES)
def test_change_of_an_old_line_opens_its_day(order, name):
    OrderLine.objects.filter(order=order).update(**LINE_CHANGES[name])

    assert changed() == [YESTERDAY]


def test_line_that_is_added_or_removed_later_opens_its_day(order, offer):
    line = add_line(order, offer)
    assert changed() == [YESTERDAY]
    fold_sales(now=noon(TODAY))

    OrderLine.objects.filter(pk=line.pk).delete()
    assert changed() == [YESTERDAY]


def test_order_that_is_deleted_opens_its_day_and_leaves_no_total(order):
    order.lines.all().delete()
    Order.objects.filter(pk=order.pk).delete()
    assert changed() == [YESTERDAY]

    fold_sales(now=noon(TODAY))
    assert totals() == []


def test_what_metrics_do_not_tell_opens_nothing(order):
    Order.objects.filter(pk=order.pk).update(last_event=7, reference="x", charged=1)
    OrderLine.objects.filter(order=order).update(stock="taken")
    a_reservation()

    assert changed() == []


def test_money_that_went_back_in_full_leaves_the_revenue_though_its_day_was_folded(db):
    order = a_paid_sale()
    day = order.created_at.date()
    tomorrow = noon(day + timedelta(1))

    def revenue():
        return sale_metrics(establishment_id=None, start=day, end=day).whole.revenue

    fold_sales(now=tomorrow)
    assert (changed(), revenue()) == ([], order.charged)
    refund_payment(order, amount=Decimal(1), by=BY)
    assert revenue() == order.charged
    fold_sales(now=tomorrow)
    refund_payment(order, amount=order.charged - 1, by=BY)

    assert (changed(), revenue()) == ([day], 0)
    fold_sales(now=tomorrow)
    assert (changed(), revenue()) == ([], 0)


def test_clock_knocks_for_a_fold_and_the_task_makes_it(settings, customer, offer):
    planned = settings.CELERY_BEAT_SCHEDULE["fold sales for the metrics"]
    assert (planned["task"], planned["schedule"]) == (tasks.fold_sales.name, timedelta(minutes=2))
    a_sale_of(YESTERDAY, offer, customer=customer)

    tasks.fold_sales()

    assert changed() == []
    assert SaleTotal.objects.get(period="day", dimension="status", establishment=None).orders == 1


def test_sales_as_services_make_them_are_counted(customer, offer):
    order = a_sale(offer, customer=customer)

    day = order.created_at.date()
    assert changed() == [day]
    metrics = sale_metrics(establishment_id=customer.establishment_id, start=day, end=day)
    assert (metrics.whole.orders, metrics.orders_by_status["pending"]) == (1, 1)


def test_fold_that_fails_in_the_middle_has_done_nothing_and_the_next_does_it(
    order, customer, offer, monkeypatch
):
    a_sale_of(YESTERDAY, offer, customer=customer)
    before = totals()
    with monkeypatch.context() as broken:
        broken.setattr(folding, "SUM_MONTH", "SELECT 1 / 0")
        with pytest.raises(Exception, match="division by zero"):
            fold_sales(now=noon(TODAY))

    assert (changed(), totals()) == ([YESTERDAY], before)
    assert fold_sales(now=noon(TODAY)) == 1


def test_totals_of_a_cell_are_there_once(order):
    with connection.cursor() as cursor, pytest.raises(Exception, match="one_sale_total_per_cell"):
        cursor.execute(folding.SUM_MONTH, {"month": date(2026, 3, 1)})
