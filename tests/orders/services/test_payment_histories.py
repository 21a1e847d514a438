"""Whatever is asked, in whatever order, and wherever a process dies: the books agree in the end."""

from contextlib import ExitStack, suppress
from datetime import timedelta
from decimal import Decimal
from unittest import mock

import pytest
import time_machine
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config.errors import Refusal
from orders.gateways.sandbox import SandboxGateway
from orders.models import Order, Payment
from orders.services import settle_payments as settling
from orders.services import take_payment as taking
from orders.services.cancel_sale import cancel_sale
from orders.services.capture_payment import capture_payment
from orders.services.complete_order import complete_order
from orders.services.open_charge import open_charge
from orders.services.refund_payment import refund_payment
from orders.services.retry_refund import retry_refund
from orders.services.settle_payments import settle_payments
from orders.services.take_notice import take_notice
from orders.services.void_payment import void_payment
from tests.orders.paying import books, pay, settle_all
from tests.orders.selling import BY, a_customer, a_sale

pytestmark = pytest.mark.django_db
TOKENS = (
    "tok_visa",
    "tok_chargeDeclined",
    "tok_timeout",
    "tok_timeoutBefore",
    "tok_captureDeclined",
    "tok_captureTimeout",
    "tok_voidTimeout",
    "tok_refundPending",
    "tok_refundFails",
    "tok_refundTimeout",
)


class Died(BaseException):
    pass


def capture(order):
    capture_payment(order, amount=order.total, by=BY)


def void(order):
    void_payment(order, by=BY)


def cancel(order):
    cancel_sale(order, by=BY)


def complete(order):
    complete_order(order=order, by=BY)


def check_out(order):
    open_charge(order, amount=order.total, by=BY)


def refund_part(order):
    refund_payment(order, amount=Decimal(40), by=BY)


def refund_rest(order):
    refund_payment(order, amount=Order.objects.get(pk=order.pk).refundable, by=BY)


def try_again(order):
    for payment in order.payments.failed_refunds():
        retry_refund(payment, by=BY)


def hear(order):
    for payment in order.payments.all():
        take_notice("sandbox", payment.code)


def paying(token, *, is_to_capture):
    def act(order):
        pay(order, token, is_to_capture=is_to_capture)

    act.__name__ = f"{'pay' if is_to_capture else 'authorize'}_{token}"
    return act


ACTS = (
    *(capture, void, cancel, complete, check_out, refund_part, refund_rest, try_again),
    *(settle_all, hear),
    *(paying(token, is_to_capture=True) for token in TOKENS),
    *(paying(token, is_to_capture=False) for token in TOKENS),
)
DEATHS = (
    None,
    *((SandboxGateway, name) for name in ("prepare", "confirm", "capture", "give_up", "refund")),
    (taking, "keep_reference"),
    (taking, "record_outcome"),
    (settling, "record_outcome"),
)


def dying(death, *, is_after):
    where, name = death
    original = getattr(where, name)

    def die(*args, **kwargs):
        if is_after:
            original(*args, **kwargs)
        raise Died

    return mock.patch.object(where, name, die)


steps = st.lists(
    st.tuples(st.sampled_from(ACTS), st.sampled_from(DEATHS), st.booleans()), min_size=1, max_size=8
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps=steps)
def test_books_agree_after_any_history(steps):
    order = a_sale(customer=a_customer())
    for act, death, is_after in steps:
        with ExitStack() as stack:
            stack.enter_context(suppress(Refusal, Died))
            if death is not None:
                stack.enter_context(dying(death, is_after=is_after))
            act(order)
    for minutes in (6, 30, 60):
        with time_machine.travel(timezone.now() + timedelta(minutes=minutes), tick=True):
            settle_payments(20)

    order = Order.objects.get(pk=order.pk)
    taken = given_back = Decimal(0)
    for kind, state, amount in books(order):
        taken += amount if (kind, state) == ("charge", "paid") else 0
        given_back += amount if (kind, state) == ("refund", "paid") else 0
    assert (order.charged, order.refunded) == (taken, given_back)
    assert given_back <= taken <= order.total
    assert not Payment.objects.filter(order=order, ask_at__isnull=False).exists()
    assert order.is_unpaid <= (taken == 0)
    assert (order.status in ("processing", "completed", "refunded")) <= (taken == order.total)
    product = order.lines.get().product
    held = order.is_unpaid or order.status == "processing"
    sold = order.status in ("completed", "refunded")
    assert (product.stock, product.reserved) == (9 if sold else 10, 1 if held else 0)
