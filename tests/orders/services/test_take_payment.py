from decimal import Decimal

import pytest

from orders.errors import PaymentRefused
from orders.models import Order, Payment
from orders.services.take_payment import take_payment
from tests.orders.looking import announced, timeline
from tests.orders.selling import a_sale

pytestmark = pytest.mark.django_db
BY = "key:1"


def pay(order, token="tok_visa", amount=None, **values):
    amount = order.total if amount is None else Decimal(amount)
    return take_payment(
        order, token=token, amount=amount, **{"is_to_capture": True, "by": BY} | values
    )


def found(order):
    order = Order.objects.get(pk=order.pk)
    return order.status, order.payment_status, order.charged, order.refunded


def test_payment_is_taken_and_the_order_processed():
    order = a_sale()

    payment = pay(order)

    assert found(order) == ("processing", "completed", Decimal("99.99"), 0)
    assert (payment.status, payment.token_end, payment.reference, payment.ask_at) == (
        "completed",
        "visa",
        f"sandbox_{payment.code}",
        None,
    )
    assert timeline(order) == ["creation", "payment", "payment"]
    assert announced(order) == ["order.created", "order.paid"]


def test_refused_payment_is_kept_and_can_be_tried_again():
    order = a_sale()

    with pytest.raises(PaymentRefused) as refused:
        pay(order, "tok_chargeDeclinedInsufficientFunds")

    assert refused.value.message == "The card has insufficient funds."
    assert found(order) == ("payment_failed", "failed", 0, 0)
    assert announced(order) == ["order.created", "order.payment_failed"]

    pay(order)

    assert found(order) == ("processing", "completed", Decimal("99.99"), 0)
    assert [*Payment.objects.order_by("pk").values_list("status", flat=True)] == [
        "failed",
        "completed",
    ]
