from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.core.cache import cache
from django.db import connection

from orders.errors import FilterTooSlow
from orders.models import Order
from orders.odata.query import read_query
from orders.services import list_sales as listing
from orders.services.list_sales import SaleItem, SaleRow, list_sales
from tests.factories import EstablishmentFactory
from tests.orders.odata.shop import write_sales
from tests.orders.odata.test_filters import SALES

NEWEST_FIRST = "cbhagedf"


@pytest.fixture
def shop(db):
    establishment = EstablishmentFactory()
    write_sales(SALES, establishment=establishment)
    return establishment


@pytest.fixture
def remembering(monkeypatch):
    """Every page is far down."""
    cache.clear()
    monkeypatch.setattr(listing, "COUNTED", 1)


def listed(shop, **options):
    query = read_query({f"${name}": [str(value)] for name, value in options.items()})
    return list_sales(establishment_id=shop and shop.pk, query=query)


def letters(page):
    return "".join(row.code[4] for row in page.rows)


def test_sales_are_listed_newest_first(shop):
    page = listed(shop)

    assert letters(page) == NEWEST_FIRST
    assert (page.count, page.count_is_estimate) == (8, False)
    assert page.rows[1] == SaleRow(
        code="ord_b2",
        customer_code="cust_ann",
        status="pending_payment",
        total=Decimal(20),
        created_at=datetime(2026, 6, 2, 23, 59, 59, 500_000, UTC),
        items=(),
    )


def test_sales_are_listed_with_their_items_in_order(shop):
    [row] = listed(shop, filter="id eq 'ord_b2'", expand="items").rows

    assert row.items == (
        SaleItem("item_b2_1", "offer_mug", 2, Decimal(5), "pending"),
        SaleItem("item_b2_2", "offer_cap", 1, Decimal(10), "verified"),
    )


@pytest.mark.parametrize(
    ("ordering", "expected"),
    [
        ("id desc", "hgfedcba"),
        ("createdAt", "fdegahbc"),
        ("updatedAt desc", "acbghfed"),
        ("totalAmount desc", "dfagbech"),
        ("customerId", "ghcdabef"),
        ("customerId desc,totalAmount", "efbacdhg"),
        ("status,id desc", "egacbhdf"),
        ("paymentMethod", "cehdfgab"),
        ("paymentMethod desc", "abgfdhce"),
        ("paymentStatus", "dahcgbfe"),
    ],
)
def test_sales_are_listed_in_the_order_that_is_asked_for(shop, ordering, expected):
    assert letters(listed(shop, orderby=ordering)) == expected


@pytest.mark.parametrize(
    "ordering",
    [
        "createdAt desc",
        "paymentMethod",
        "paymentMethod desc",
        "totalAmount,status desc",
        "customerId desc",
        "id",
    ],
)
def test_page_goes_on_where_the_one_before_ended(shop, remembering, ordering):
    whole = letters(listed(shop, orderby=ordering))

    pages = [letters(listed(shop, orderby=ordering, skip=skip, top=2)) for skip in (0, 2, 4, 6, 8)]

    assert pages == [*(whole[at : at + 2] for at in (0, 2, 4, 6)), ""]


def test_page_far_down_does_not_repeat_what_new_sales_pushed_down(shop, remembering):
    listed(shop, top=2)
    Order.objects.filter(code="ord_f6").update(created_at=datetime(2026, 7, 1, tzinfo=UTC))

    assert letters(listed(shop, top=2, skip=2)) == NEWEST_FIRST[2:4]


def test_count_is_an_estimate_beyond_what_is_counted(shop, monkeypatch):
    monkeypatch.setattr(listing, "COUNTED", 3)

    few = listed(shop, filter="totalAmount gt 99.98", top=1)
    many = listed(shop, top=1, skip=6)

    assert (few.count, few.count_is_estimate) == (3, False)
    assert many.count_is_estimate
    assert many.count >= 8  # the page and one more


def test_end_of_the_list_is_counted_exactly(shop, monkeypatch):
    monkeypatch.setattr(listing, "COUNTED", 3)

    page = listed(shop, top=5, skip=4)

    assert (letters(page), page.count, page.count_is_estimate) == (NEWEST_FIRST[4:], 8, False)


def test_count_is_independent_of_the_page(shop):
    counts = [listed(shop, filter="status eq 'pending'", top=top, skip=skip).count
              for top, skip in ((50, 0), (1, 0), (0, 0), (2, 1), (1, 100))]  # fmt: skip

    assert counts == [4] * 5


def test_count_is_left_out_if_it_is_not_wanted(shop):
    assert listed(shop, count="false").count is None


def test_sales_of_others_are_not_listed(shop):
    assert letters(listed(EstablishmentFactory())) == ""
    assert letters(listed(None)) == NEWEST_FIRST


def test_filter_cannot_reach_sales_of_others(shop):
    page = listed(EstablishmentFactory(), filter="true or id eq 'ord_a1' or items/any()")

    assert (page.rows, page.count) == ([], 0)


@pytest.mark.parametrize("top", [1, 8])
def test_page_takes_as_many_queries_for_one_row_as_for_many(shop, top, django_assert_num_queries):
    with django_assert_num_queries(7 if top == 1 else 6):  # counted, where it is not the end
        listed(shop, filter="items/any()  or true", top=top, expand="items")


def test_filter_that_takes_too_long_is_given_up(shop, monkeypatch):
    def sleep(*_):
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = '10ms'; SELECT pg_sleep(5)")

    monkeypatch.setattr(listing, "_page", sleep)

    with pytest.raises(FilterTooSlow):
        listed(shop)
