"""Creating and showing an order, field for field as the document of the sales API has it."""

from datetime import UTC, datetime

import pytest
import time_machine

from orders.models import Order
from tests.orders.api.sales.calls import refusal
from tests.orders.selling import a_sale

pytestmark = pytest.mark.django_db

BODY = {
    "customerId": "cust_123",
    "items": [{"offerId": "offer_456", "quantity": 1, "price": 99.99}],
    "paymentMethod": "credit_card",
    "paymentGatewayId": "sandbox",
}
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
