"""Whatever is sent, the answer is one of the documented ones, and nothing is done by halves."""

import pytest

from catalog.models import Product, StockMovement
from orders.models import Order
from tests.factories import ProductFactory
from tests.orders.api.sales import calls
from tests.orders.api.sales.calls import refusal
from tests.orders.api.sales.states import a_sale_that_is

pytestmark = pytest.mark.django_db

BODIES = [
    *(b"", b"{", b'{"a": "', b"null", b"[]", b"1", b"\x00"),
    *(b'{"amount": NaN}', b'{"amount": 1e999}', b'{"reason": "\\ud800"}', b'{"reason": "\xff"}'),
    *('{"reason": "x"}'.encode("utf-16"), b'{"a":' * 5_000, b"[" * 5_000),
]
VALUES = [
    *(None, True, 0, -1, 10**30, 1.5, 1e300, 5e-324, 99.985, 2**31, 10**10),
    *("", " ", "\x00", "a\x00b", "a" * 100_000, "\U0001f600", "\u202e", "' OR 1=1", "5", "NaN"),
    *([], [None], ["a"], [[]], {}, {"a": 1}, [{}], [{"\x00": None}]),
]
FIELDS = {
    calls.CREATE: [
        *("customerId", "items", "items.0", "items.0.offerId", "items.0.quantity"),
        *("items.0.price", "paymentMethod", "paymentGatewayId"),
    ],
    calls.PROCESS_STATUS: ["status", "reason"],
    calls.BULK_CANCEL: ["orderIds", "orderIds.0", "reason"],
    calls.CANCEL_ITEM: [
        *("orderId", "items", "items.0", "items.0.itemId", "items.0.action", "items.0.reason"),
    ],
    calls.PROCESS: [
        *("orderId", "action", "paymentDetails", "paymentDetails.method"),
        *("paymentDetails.token", "paymentDetails.amount"),
    ],
    calls.CREATE_OFFER: [
        *("productId", "name", "description", "pricing", "pricing.basePrice", "pricing.currency"),
        *("pricing.billingCycle", "offerGroupId", "attributes", "attributes.a", "status"),
    ],
}


def replaced(body, name, value):
    """The body with another value at `items.0.price`, say."""
    head, _, rest = name.partition(".")
    if isinstance(body, list):
        return [replaced(body[0], rest, value) if rest else value]
    inner = replaced(body.get(head, {}), rest, value) if rest else value
    return {**body, head: inner}


def sums_hold():
    """The stock is what its ledger says, and all that is held is held for an order."""
    for product in Product.objects.all():
        moved = StockMovement.objects.filter(product=product)
        changes = moved.values_list("stock_change", "reserved_change")
        assert (product.stock, product.reserved) == tuple(map(sum, zip(*changes, strict=True)))


@pytest.fixture
def calling(as_key, customer, establishment, new_offer):
    api = as_key("orders:*", "offers:create", "prices:set")
    offer = new_offer(id="offer_456", product__units=1_000)
    product = ProductFactory(establishment=establishment)
    order = a_sale_that_is("awaiting payment", offer, customer=customer)

    def making(name, change=None, **given):
        body = calls.body_of(name, order=order, product=product)
        if change:
            given["body"] = replaced(body, *change)
        return calls.call(api, name, order=order, product=product, **given)

    return making


@pytest.mark.parametrize("name", FIELDS)
def test_a_body_that_is_no_json_object_is_a_400(calling, name):
    for body in BODIES:
        assert refusal(calling(name, body=body))[:2] == (400, "INVALID_REQUEST"), body
    assert Order.objects.count() == 1


@pytest.mark.parametrize("name", FIELDS)
def test_a_field_of_any_kind_is_taken_or_refused(calling, name):
    for field in FIELDS[name]:
        for value in VALUES:
            answer = calling(name, (field, value))
            assert answer.status_code in {200, 201, 400, 404}, (field, value, answer.text)
            if answer.status_code >= 400:
                refusal(answer)
    sums_hold()


@pytest.mark.parametrize("content_type", ["", "text/plain", "application/x-www-form-urlencoded"])
def test_a_body_of_another_type_is_a_400(calling, content_type):
    answer = calling(calls.CREATE, content_type=content_type)

    assert refusal(answer) == (
        400,
        "INVALID_REQUEST",
        "Content-Type should be application/json",
    )


def test_a_body_that_is_too_large_is_a_400(calling, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 10

    assert refusal(calling(calls.CREATE))[:2] == (400, "INVALID_REQUEST")


@pytest.mark.parametrize("many", [("items", 101), ("orderIds", 101)])
def test_more_than_a_hundred_are_refused(calling, many):
    field, count = many
    name = calls.CREATE if field == "items" else calls.BULK_CANCEL
    orders = [f"ord_{number}" for number in range(count)]
    value = calls.CREATION["items"] * count if field == "items" else orders

    answer = calling(name, (field, value))

    assert refusal(answer)[:2] == (400, "INVALID_REQUEST")
    assert list(answer.json()["error"]["details"]) == [field]


def test_orders_that_are_named_twice_count_once(calling):
    answer = calling(calls.BULK_CANCEL, ("orderIds", ["ord_1", "ord_2"] * 100))

    assert [row["orderId"] for row in answer.json()["results"]] == ["ord_1", "ord_2"]
