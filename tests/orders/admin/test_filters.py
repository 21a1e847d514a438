from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from orders.models import Order
from tests.factories import OfferFactory
from tests.orders import states
from tests.orders.admin.asking import ORDERS
from tests.orders.paying import a_paid_sale
from tests.orders.selling import a_sale
from tests.staff import said, staff

pytestmark = pytest.mark.django_db


def listed(**narrowed):
    page = staff("view").get(ORDERS, narrowed)
    return [row.pk for row in page.context["cl"].result_list]


@pytest.fixture
def three():
    """A reward of 100 coins, an unpaid sale of 12 USD, a paid one of 24."""
    mug = OfferFactory(base_price=Decimal(12), currency="USD")
    return {
        "reward": states.reserved(),
        "unpaid": a_sale(mug),
        "paid": a_paid_sale(mug, quantity=2),
    }


@pytest.mark.parametrize(
    ("narrowed", "names"),
    [
        ({}, ["paid", "unpaid", "reward"]),
        ({"kind__exact": "reward"}, ["reward"]),
        ({"kind__exact": "sale"}, ["paid", "unpaid"]),
        ({"display_status__exact": "awaiting_payment"}, ["unpaid"]),
        ({"status__exact": "processing"}, ["paid"]),
        ({"payment_status__exact": "completed"}, ["paid"]),
        ({"gateway__id__exact": "sandbox"}, ["paid", "unpaid"]),
        ({"gateway__isnull": "True"}, ["reward"]),
        ({"total_from": "12"}, ["paid", "unpaid", "reward"]),
        ({"total_from": "12.01"}, ["paid", "reward"]),
        ({"total_to": "12"}, ["unpaid"]),
        ({"total_from": "13", "total_to": " 24.00 "}, ["paid"]),
        ({"total_from": "13", "kind__exact": "sale"}, ["paid"]),
    ],
)
def test_list_of_both_kinds_is_narrowed(three, narrowed, names):
    assert listed(**narrowed) == [three[name].pk for name in names]


@pytest.mark.parametrize(
    "narrowed",
    [
        {"total_from": "x"},
        {"total_to": "NaN"},
        {"total_to": "1e99"},
        {"total_to": "-"},
        {"created_from": "yesterday"},
        {"created_to": "2026-02-30"},
        {"created_to": "9999-12-31"},
        {"establishment_id": "x"},
        {"unchanged": "2d"},
    ],
)
def test_what_cannot_be_read_matches_nothing(three, narrowed):
    assert listed(**narrowed) == []


@pytest.mark.parametrize(
    ("narrowed", "title"), [({"created_from": "foo"}, "day (UTC)"), ({"total_to": "x"}, "amount")]
)
def test_what_cannot_be_read_is_said(narrowed, title):
    page = staff("view").get(ORDERS, narrowed)

    assert said(page) == [f"What was filled in for {title} cannot be read, so nothing matches."]


@pytest.mark.parametrize("name", ["total__gte", "created_at__gte", "player__email__startswith"])
def test_other_columns_are_not_asked(three, name):
    assert staff("view").get(ORDERS, {name: "1"}).status_code == 400


def test_days_are_those_of_utc_with_both_ends(three):
    for day, order in enumerate(three.values(), start=1):
        last_moment = datetime(2026, 3, day, 23, 59, 59, 999_999, tzinfo=UTC)
        Order.objects.filter(pk=order.pk).update(created_at=last_moment)

    first, second, third = (order.pk for order in three.values())
    assert listed(created_from="2026-03-02") == [third, second]
    assert listed(created_to="2026-03-02") == [second, first]
    assert listed(created_from="2026-03-02", created_to="2026-03-02") == [second]


def test_establishment_is_chosen_from_all(three):
    order = three["unpaid"]

    page = staff("view").get(ORDERS, {"establishment_id": str(order.establishment_id)})

    assert [row.pk for row in page.context["cl"].result_list] == [order.pk]
    assert str(three["reward"].establishment_id) in page.content.decode()


def test_open_order_that_nothing_happens_with_is_listed_after_so_long(three):
    ended = states.completed()
    two_days_ago = timezone.now() - timedelta(days=2)
    Order.objects.filter(pk__in=[three["unpaid"].pk, ended.pk]).update(updated_at=two_days_ago)

    assert listed(unchanged="1d") == [three["unpaid"].pk]
    assert listed(unchanged="3d") == []


def test_filter_that_is_filled_in_keeps_the_others(three):
    page = staff("view").get(ORDERS, {"kind__exact": "sale", "total_from": "13"})

    shown = page.content.decode()
    assert '<input type="hidden" name="kind__exact" value="sale">' in shown
    assert 'href="?kind__exact=sale"' in shown


def test_filters_of_the_list_have_names_and_choices_that_tell_them_apart(three):
    filters = staff("view").get(ORDERS).context["cl"].filter_specs
    titles = [str(each.title) for each in filters]

    assert len(set(titles)) == len(titles)
    stage = "stage (Reserved: pending, sent or delayed)"
    assert {"status, as listed", stage, "payment status"} <= set(titles)
    [gateway] = [each for each in filters if each.title == "gateway"]
    assert [name for _, name in gateway.lookup_choices] == ["Sandbox"]
    assert gateway.empty_value_display == "None (rewards)"
