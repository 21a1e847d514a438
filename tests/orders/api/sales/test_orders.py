"""Orders by the sales API: the examples of its document, field for field, and what is refused."""

from datetime import UTC, datetime

import pytest
import time_machine

from orders.models import Order
from tests.orders.api.sales import calls
from tests.orders.api.sales.calls import refusal
from tests.orders.api.sales.states import a_sale_that_is
from tests.orders.looking import everything, last_event
from tests.orders.selling import a_sale

pytestmark = pytest.mark.django_db

BODY = {**calls.CREATION, "items": [{"offerId": "offer_456", "quantity": 1, "price": 99.99}]}
NOT_THERE = (404, "ORDER_NOT_FOUND", "Order does not exist")


@time_machine.travel(datetime(2026, 6, 2, 10, 30, tzinfo=UTC), tick=False)
def test_create_answers_the_fields_of_the_document(api, customer, offer):
    answer = api.post("/api/orders/initiate-payment", BODY)

    order = Order.objects.get()
    assert (answer.status_code, answer.json()) == (
        201,
        {
            "orderId": order.code,
            "status": "pending_payment",
            "totalAmount": 99.99,
            "paymentUrl": order.payment_url,
            "createdAt": "2026-06-02T10:30:00Z",
        },
    )


@time_machine.travel(datetime(2026, 6, 2, 10, 30, tzinfo=UTC), tick=False)
def test_get_answers_the_fields_of_the_document(api, customer, offer):
    order = a_sale(offer, customer=customer)

    answer = api.get(f"/api/orders/{order.code}")

    assert (answer.status_code, answer.json()) == (
        200,
        {
            "id": order.code,
            "customerId": "cust_123",
            "status": "pending_payment",
            "items": [
                {
                    "id": f"item_{order.code[4:]}_1",
                    "offerId": "offer_456",
                    "quantity": 1,
                    "price": 99.99,
                    "status": "pending",
                }
            ],
            "totalAmount": 99.99,
            "createdAt": "2026-06-02T10:30:00Z",
        },
    )


@pytest.mark.parametrize("code", ["ord_789", "ord%00", "%F0%9F", "x" * 1_000])
def test_an_order_that_is_not_there_is_a_404(api, code):
    assert refusal(api.get(f"/api/orders/{code}")) == NOT_THERE


def test_an_order_of_another_establishment_is_not_there(api):
    assert refusal(api.get(f"/api/orders/{a_sale().code}")) == NOT_THERE


def test_a_path_that_is_not_there_is_refused_in_the_dialect(api):
    assert refusal(api.get("/api/orders/ord_1/none")) == (404, "NOT_FOUND", "Not found")


def test_a_status_is_changed_as_in_the_document(api, customer, offer):
    order = a_sale(offer, customer=customer)
    body = {"status": "processing", "reason": "Payment confirmed"}

    with time_machine.travel(datetime(2026, 6, 2, 10, 35, tzinfo=UTC), tick=False):
        answer = api.put(f"/api/orders/{order.code}/status", body)

    assert (answer.status_code, answer.json()) == (
        200,
        {"id": order.code, "status": "processing", "updatedAt": "2026-06-02T10:35:00Z"},
    )
    event = last_event(order)
    assert (event.note, event.by) == ("Payment confirmed", api.name)


@pytest.mark.parametrize(
    "status", ["pending", "reserved", "refunded", "payment_failed", "Processing", "paid"]
)
def test_a_status_that_cannot_be_brought_about_is_refused(api, customer, offer, status):
    order = a_sale(offer, customer=customer)
    before = everything()

    answer = api.put(f"/api/orders/{order.code}/status", {"status": status})

    assert refusal(answer)[:2] == (400, "INVALID_STATUS")
    assert everything() == before


def test_many_orders_are_cancelled_as_in_the_document(api, customer, new_offer):
    sales = [a_sale(new_offer(), customer=customer) for _ in range(3)]
    codes = [order.code for order in sales]

    answer = api.post("/api/orders/bulk-cancel", {"orderIds": codes, "reason": "Customer request"})

    assert (answer.status_code, answer.json()) == (
        200,
        {
            "cancelled": 3,
            "failed": 0,
            "results": [{"orderId": code, "status": "cancelled"} for code in codes],
        },
    )
    assert last_event(sales[0]).note == "Customer request"


def test_each_order_is_cancelled_for_itself(api, customer, new_offer):
    good = a_sale(new_offer(), customer=customer)
    over = a_sale_that_is("cancelled", new_offer(), customer=customer)
    codes = ["ord_none", good.code, over.code, good.code]

    said = api.post("/api/orders/bulk-cancel", {"orderIds": codes, "reason": "x"}).json()

    assert (said["cancelled"], said["failed"]) == (1, 2)
    assert [(row["orderId"], row["status"]) for row in said["results"]] == [
        ("ord_none", "failed"),
        (good.code, "cancelled"),
        (over.code, "failed"),
    ]
    errors = [row.get("error", {}).get("code") for row in said["results"]]
    assert errors == ["ORDER_NOT_FOUND", None, "INVALID_STATUS"]


def test_an_item_is_cancelled_as_in_the_document(api, customer, new_offer):
    order = a_sale(new_offer(), new_offer(), customer=customer)
    item = f"item_{order.code[4:]}_1"
    action = {"itemId": item, "action": "cancel", "reason": "Out of stock"}

    answer = api.post("/api/orders/items/action", {"orderId": order.code, "items": [action]})

    assert (answer.status_code, answer.json()) == (
        200,
        {"orderId": order.code, "items": [{"itemId": item, "status": "cancelled"}]},
    )
    assert api.get(f"/api/orders/{order.code}").json()["totalAmount"] == 99.98


@pytest.mark.parametrize(
    ("actions", "told"),
    [
        ([("1", "cancel", "x"), ("3", "verify", "")], (404, "ITEM_NOT_FOUND")),
        ([("1", "verify", ""), ("1", "cancel", "x")], (400, "INVALID_REQUEST")),
        ([("1", "verify", ""), ("2", "cancel", "")], (400, "INVALID_REQUEST")),
        ([("1", "verify", ""), ("2", "fulfil", "")], (400, "INVALID_REQUEST")),
        ([], (400, "INVALID_REQUEST")),
    ],
)
def test_actions_on_items_are_done_all_or_none(api, customer, new_offer, actions, told):
    order = a_sale(new_offer(), new_offer(), customer=customer)
    before = everything()
    items = [
        {"itemId": f"item_{order.code[4:]}_{number}", "action": action, "reason": reason}
        for number, action, reason in actions
    ]

    answer = api.post("/api/orders/items/action", {"orderId": order.code, "items": items})

    assert refusal(answer)[:2] == told
    assert everything() == before


def test_a_payment_is_processed_as_in_the_document(api, customer, offer):
    order = a_sale(offer, customer=customer)
    details = {"method": "credit_card", "token": "tok_visa", "amount": 99.99}
    body = {"orderId": order.code, "action": "process", "paymentDetails": details}

    answer = api.post("/api/orders/payment-workflow", body)

    assert (answer.status_code, answer.json()) == (
        200,
        {
            "orderId": order.code,
            "paymentStatus": "completed",
            "transactionId": order.payments.get().code,
        },
    )
    assert api.post("/api/orders/payment-workflow", body).json() == answer.json()


def test_a_payment_that_is_refused_is_a_402(api, customer, offer):
    order = a_sale(offer, customer=customer)
    details = {"token": "tok_chargeDeclinedInsufficientFunds", "amount": 99.99}
    body = {"orderId": order.code, "action": "process", "paymentDetails": details}

    answer = api.post("/api/orders/payment-workflow", body)

    assert refusal(answer) == (402, "PAYMENT_FAILED", "The card has insufficient funds.")
    assert api.get(f"/api/orders/{order.code}").json()["status"] == "payment_failed"


@pytest.mark.parametrize(
    ("action", "details", "told"),
    [
        ("process", {"token": "tok_visa", "amount": 99.98}, "INVALID_AMOUNT"),
        ("process", {"token": "tok_visa"}, "INVALID_REQUEST"),
        ("authorize", {"amount": 99.99}, "INVALID_REQUEST"),
        ("capture", {}, "INVALID_REQUEST"),
        ("refund", {"amount": 0.001}, "INVALID_REQUEST"),
        ("refund", {"amount": 1}, "INVALID_STATUS"),
        ("pay", {"token": "tok_visa", "amount": 99.99}, "INVALID_REQUEST"),
    ],
)
def test_a_payment_that_cannot_be_is_refused(api, customer, offer, action, details, told):
    order = a_sale(offer, customer=customer)
    before = everything()
    body = {"orderId": order.code, "action": action, "paymentDetails": details}

    answer = api.post("/api/orders/payment-workflow", body)

    assert refusal(answer)[:2] == (400, told)
    assert everything() == before


def test_a_gateway_that_stays_silent_leaves_the_payment_pending(api, customer, offer):
    order = a_sale(offer, customer=customer)
    details = {"token": "tok_timeout", "amount": 99.99}
    body = {"orderId": order.code, "action": "process", "paymentDetails": details}

    first, again = [api.post("/api/orders/payment-workflow", body) for _ in range(2)]

    assert (first.status_code, first.json()["paymentStatus"]) == (200, "pending")
    assert again.json() == first.json()
    assert order.payments.count() == 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"customerId": "cust_none"}, "There is no customer cust_none"),
        ({"paymentGatewayId": "none"}, "There is no payment gateway none"),
        (
            {"items": [{"offerId": "none", "quantity": 1, "price": 1}]},
            "Offer none is not sold",
        ),
        (
            {"items": [{"offerId": "offer_456", "quantity": 1, "price": 1}]},
            "The price of offer offer_456 is 99.99, not 1",
        ),
    ],
)
def test_an_order_of_what_is_not_there_is_refused(api, customer, offer, change, message):
    answer = api.post("/api/orders/initiate-payment", {**BODY, **change})

    assert refusal(answer) == (400, "INVALID_REQUEST", message)
    assert not Order.objects.exists()


def test_an_order_of_more_than_there_is_holds_nothing(api, customer, offer):
    items = [{"offerId": "offer_456", "quantity": 11, "price": 99.99}]
    before = everything()

    answer = api.post("/api/orders/initiate-payment", {**BODY, "items": items})

    assert refusal(answer) == (400, "INSUFFICIENT_INVENTORY", "Not enough stock")
    assert answer.json()["error"]["details"] == {"available": {"offer_456": 10}}
    assert everything() == before


def test_a_key_may_set_prices_with_the_scope_for_it(as_key, customer, offer):
    items = [{"offerId": "offer_456", "quantity": 1, "price": 0}]
    api = as_key("orders:create", "prices:set")

    said = api.post("/api/orders/initiate-payment", {**BODY, "items": items}).json()

    assert (said["status"], said["totalAmount"], said["paymentUrl"]) == ("processing", 0, None)


def test_wrong_fields_are_named_by_their_place(api):
    items = [{"offerId": "o", "quantity": 0, "price": 1}]

    answer = api.post("/api/orders/initiate-payment", {"items": items})

    assert refusal(answer)[:2] == (400, "INVALID_REQUEST")
    assert answer.json()["error"]["details"] == {
        "customerId": ["This field is required."],
        "items.0.quantity": ["Ensure this value is greater than or equal to 1."],
        "paymentMethod": ["This field is required."],
        "paymentGatewayId": ["This field is required."],
    }


def test_a_method_that_is_not_there_is_a_405(api):
    answer = api.post("/api/orders/ord_1", {})

    assert refusal(answer) == (405, "METHOD_NOT_ALLOWED", 'Method "POST" not allowed')
    assert answer["Allow"] == "GET, HEAD"


def test_a_fault_of_ours_names_the_request_and_nothing_else(api, monkeypatch):
    def failing(*_args, **_fields):
        raise RuntimeError("the password is xyzzy")

    monkeypatch.setattr("orders.api.sales.doors.SalesApi.find_order", failing)

    answer = api.get("/api/orders/ord_1")

    assert refusal(answer)[:2] == (500, "INTERNAL_ERROR")
    assert answer.json()["meta"]["requestId"] == answer["X-Request-ID"]
    assert "xyzzy" not in answer.text
