"""GET /api/orders/aggregated, as the document shows it and as it is refused."""

from datetime import date
from decimal import Decimal

import pytest

from orders.services.fold_sales import fold_sales
from orders.services.sale_metrics import GroupBy
from tests.factories import OfferFactory
from tests.orders.api.sales.calls import refusal
from tests.orders.counting import a_sale_of
from tests.orders.selling import a_customer

PATH = "/api/orders/aggregated"
DAY = date(2026, 6, 2)
JUNE = "?startDate=2026-06-01&endDate=2026-06-30"


def test_metrics_are_those_of_the_document(api, customer, offer):
    """1,000 orders that brought 99,999.99: 99.99 each, cut and not rounded."""
    for status, count in (("completed", 4), ("processing", 2), ("cancelled", 3)):
        for _ in range(count):
            a_sale_of(DAY, offer, customer=customer, status=status, total=Decimal("16.67"))
    a_sale_of(DAY, offer, customer=customer, status="refunded")

    for _ in range(2):
        answer = api.get(PATH + JUNE)
        assert (answer.status_code, answer.json()) == (
            200,
            {
                "totalOrders": 10,
                "totalRevenue": 100.02,
                "averageOrderValue": 10,
                "ordersByStatus": {"completed": 5, "pending": 2, "cancelled": 3},
            },
        )
        fold_sales()


def test_no_orders_are_zeros(api):
    assert api.get(PATH).json() == {
        "totalOrders": 0,
        "totalRevenue": 0,
        "averageOrderValue": 0,
        "ordersByStatus": {"completed": 0, "pending": 0, "cancelled": 0},
    }


@pytest.mark.parametrize(
    ("group_by", "key"),
    [
        ("day", "2026-06-02"),
        ("week", "2026-06-01"),
        ("month", "2026-06"),
        ("status", "completed"),
        ("customer", "cust_123"),
        ("offer", "offer_456"),
        ("paymentMethod", "credit_card"),
    ],
)
def test_groups_are_of_every_documented_kind(api, customer, offer, group_by, key):
    a_sale_of(DAY, offer, customer=customer)

    assert api.get(f"{PATH}{JUNE}&groupBy={group_by}").json()["groups"] == [
        {"key": key, "totalOrders": 1, "totalRevenue": 99.99, "averageOrderValue": 99.99}
    ]


def test_kinds_of_groups_are_those_of_the_document():
    documented = ["day", "week", "month", "status", "customer", "offer", "paymentMethod"]
    assert GroupBy.values == documented


def test_currencies_are_told_apart_where_there_are_several(api, customer, offer):
    euro = OfferFactory(base_price=Decimal("5.00"), currency="EUR")
    a_sale_of(DAY, offer, customer=customer)
    a_sale_of(DAY, euro, customer=customer)

    both, one = api.get(PATH + JUNE).json(), api.get(PATH + JUNE + "&currency=EUR").json()
    assert both["revenueByCurrency"] == {"EUR": 5, "USD": 99.99}
    assert (one["totalOrders"], one["totalRevenue"], "revenueByCurrency" in one) == (1, 5, False)


@pytest.mark.parametrize(
    "query",
    [
        "startDate=2026-06-02&endDate=2026-06-01",
        "startDate=2026-13-01",
        "startDate=2026-02-30",
        "startDate=20260601",
        "startDate=2026-W23-1",
        "endDate=",
        "endDate=yesterday",
        "endDate=2026-06-01T00:00:00Z",
        "startDate=9999-12-31",
        "groupBy=hour",
        "groupBy=",
        "groupBy=Day",
        "currency=usd",
        "currency=%00",
        "startDate=%00",
        "startdate=2026-06-01",
        "startDate=2026-06-01&startDate=2026-06-02",
    ],
)
def test_wrong_parameters_are_refused(api, query):
    status, word, _ = refusal(api.get(f"{PATH}?{query}"))

    assert (status, word) == (400, "INVALID_REQUEST")


def test_key_of_an_establishment_sees_its_own_orders_and_another_all(api, as_key, customer, offer):
    a_sale_of(DAY, offer, customer=customer)
    a_sale_of(DAY, offer, customer=a_customer())

    for _ in range(2):
        seen = [
            each.get(PATH + JUNE).json()["totalOrders"]
            for each in (api, as_key("orders:read", of=None))
        ]
        assert seen == [1, 2]
        fold_sales()


def test_metrics_need_the_scope_to_read(as_key):
    assert refusal(as_key("orders:create").get(PATH))[:2] == (403, "FORBIDDEN")
    assert as_key("orders:read").get(PATH).status_code == 200
