from datetime import UTC, datetime
from urllib.parse import quote

import pytest
import time_machine

from tests.factories import EstablishmentFactory
from tests.orders.api.sales.calls import refusal
from tests.orders.odata.shop import write_sales
from tests.orders.odata.test_filters import SALES
from tests.orders.selling import a_sale

PATH = "/api/orders/odata"


@pytest.fixture
def sales(establishment):
    write_sales(SALES, establishment=establishment)


def asked(api, text):
    return api.get(f"{PATH}?$filter={quote(text)}")


def test_list_is_as_the_document_shows_it(api, sales):
    answer = asked(api, "id eq 'ord_a1'")

    assert answer.status_code == 200
    assert answer.json() == {
        "value": [
            {
                "id": "ord_a1",
                "customerId": "cust_ann",
                "status": "completed",
                "items": [],
                "totalAmount": 99.99,
                "createdAt": "2026-06-02T10:30:00Z",
            }
        ],
        "count": 1,
    }


def test_list_expands_items(api, sales):
    answer = api.get(f"{PATH}?$filter=id%20eq%20'ord_a1'&$expand=items")

    [sale] = answer.json()["value"]
    assert sale["items"] == [
        {
            "id": "item_a1_1",
            "offerId": "offer_mug",
            "quantity": 1,
            "price": 99.99,
            "status": "fulfilled",
        }
    ]


def test_list_is_paged_and_ordered(api, sales):
    answer = api.get(f"{PATH}?$orderby=totalAmount%20desc&$skip=1&$top=2")

    assert [sale["id"] for sale in answer.json()["value"]] == ["ord_f6", "ord_a1"]
    assert answer.json()["count"] == 8


def test_list_has_no_count_if_it_is_not_wanted(api, sales):
    assert api.get(f"{PATH}?$top=0&$count=false").json() == {"value": []}


def test_times_that_were_answered_find_their_order(api, customer, offer):
    with time_machine.travel(datetime(2026, 6, 2, 10, 30, 0, 600_000, UTC), tick=False):
        order = a_sale(offer, customer=customer)
    with time_machine.travel(datetime(2026, 6, 2, 10, 31, 0, 600_000, UTC), tick=False):
        changed = api.put(f"/api/orders/{order.code}/status", {"status": "cancelled"}).json()
    [sale] = api.get(PATH).json()["value"]

    created, updated = sale["createdAt"], changed["updatedAt"]
    found = {
        text: len(asked(api, text).json()["value"])
        for field, shown in (("createdAt", created), ("updatedAt", updated))
        for text in (f"{field} {operator} {shown}" for operator in ("eq", "le", "gt", "lt"))
    }

    assert found == {
        "createdAt eq 2026-06-02T10:30:00Z": 1,
        "createdAt le 2026-06-02T10:30:00Z": 1,
        "createdAt gt 2026-06-02T10:30:00Z": 0,
        "createdAt lt 2026-06-02T10:30:00Z": 0,
        "updatedAt eq 2026-06-02T10:31:00Z": 1,
        "updatedAt le 2026-06-02T10:31:00Z": 1,
        "updatedAt gt 2026-06-02T10:31:00Z": 0,
        "updatedAt lt 2026-06-02T10:31:00Z": 0,
    }


def test_order_of_a_list_by_what_is_no_field_is_refused(api, sales):
    answer = api.get(f"{PATH}?$orderby=password")

    assert refusal(answer) == (
        400,
        "INVALID_REQUEST",
        (
            '$orderby: "password" is not one of id, customerId, status, paymentStatus,'
            " paymentMethod, totalAmount, createdAt, updatedAt, with asc or desc after it."
        ),
    )
    assert answer.json()["error"]["details"] == {"option": "$orderby"}


def test_filter_that_is_none_is_refused_with_its_place(api, sales):
    answer = asked(api, "status eq 'completed' and password eq 'x'")

    assert answer.json()["error"]["details"] == {"position": 27}
    assert refusal(answer) == (
        400,
        "INVALID_FILTER",
        (
            'Character 27: there is no field "password"; there are id, customerId, status,'
            " paymentStatus, paymentMethod, totalAmount, createdAt, updatedAt."
        ),
    )


@pytest.mark.parametrize(
    "query",
    ["$top=1001", "$skip=-1", "$skip=x", "$expand=", "$select=id", "$top=1&$top=2"],
)
def test_option_that_is_none_is_refused(api, sales, query):
    assert refusal(api.get(f"{PATH}?{query}"))[:2] == (400, "INVALID_REQUEST")


@pytest.mark.parametrize(
    "text", ["id eq '%00'", "%ff%fe", "(" * 5_000, "1e999999999 eq 1", "status eq 'x' or " * 2_000]
)
def test_hostile_filter_is_refused(api, sales, text):
    answer = api.get(f"{PATH}?$filter={text.replace(' ', '%20')}")

    assert refusal(answer)[:2] == (400, "INVALID_FILTER")


def test_too_many_options_are_refused(api, db):
    answer = api.get(f"{PATH}?{'&'.join(f'a{n}=1' for n in range(2_000))}")

    assert refusal(answer)[:2] == (400, "INVALID_REQUEST")


def test_sales_of_other_establishments_are_not_listed(as_key, sales):
    stranger = as_key("orders:read", of=EstablishmentFactory())

    assert stranger.get(PATH).json() == {"value": [], "count": 0}
    assert asked(stranger, "id eq 'ord_a1' or true").json() == {"value": [], "count": 0}


def test_key_of_no_establishment_lists_all_sales(as_key, sales):
    assert as_key("orders:read", of=None).get(PATH).json()["count"] == 8


def test_list_needs_the_scope(as_key, sales):
    assert refusal(as_key("orders:create").get(PATH))[:2] == (403, "FORBIDDEN")
