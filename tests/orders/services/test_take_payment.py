from decimal import Decimal

import pytest

from orders.errors import (
    AmountWrong,
    GatewayNotOffered,
    PaymentInFlight,
    PaymentRefused,
    WrongState,
)
from orders.gateways.port import GatewayMisconfigured
from orders.gateways.sandbox import SandboxGateway
from orders.models import Order, OrderEvent, Payment, PaymentGateway
from orders.services.cancel_sale import cancel_sale
from orders.services.complete_order import complete_order
from orders.services.open_charge import open_charge
from orders.services.settle_payments import settle_payment
from tests.factories import OfferFactory
from tests.orders.looking import announced, everything, last_event, timeline
from tests.orders.paying import (
    a_paid_sale,
    an_authorized_sale,
    books,
    money,
    pay,
    payments,
    refund,
    settle_all,
)
from tests.orders.reserving import a_reservation
from tests.orders.selling import BY, a_sale

pytestmark = pytest.mark.django_db
PRICE = Decimal("99.99")


def test_payment_is_taken_and_the_order_processed():
    order = a_sale()

    payment = pay(order)

    assert money(order) == ("processing", "completed", PRICE, 0)
    assert Order.objects.get().expires_at is None
    assert (payment.status, payment.token_end, payment.reference, payment.ask_at) == (
        "completed",
        "visa",
        f"sandbox_{payment.code}",
        None,
    )
    assert books(order) == [("charge", "paid", PRICE)]
    assert timeline(order) == ["creation", "payment", "payment"]
    assert last_event(order).after == {
        "status": "processing",
        "payment_status": "completed",
        "payment": payment.code,
        "amount": "99.99",
        "is": "completed",
    }
    assert announced(order) == ["order.created", "order.paid"]


def test_token_is_kept_nowhere():
    order = a_sale()
    pay(order, "tok_1234567890secretvisa")

    rows = str(everything()) + str([*OrderEvent.objects.values()]) + str(books(order))

    assert "1234567890" not in rows
    assert Payment.objects.get().token_end == "visa"


def test_refused_payment_is_kept_and_can_be_tried_again():
    order = a_sale()

    with pytest.raises(PaymentRefused) as refused:
        pay(order, "tok_chargeDeclinedInsufficientFunds")

    assert refused.value.message == "The card has insufficient funds."
    assert money(order) == ("payment_failed", "failed", 0, 0)
    assert Order.objects.get().expires_at is not None
    assert announced(order) == ["order.created", "order.payment_failed"]

    with pytest.raises(PaymentRefused):
        pay(order, "tok_chargeDeclined")
    pay(order)

    assert money(order) == ("processing", "completed", PRICE, 0)
    assert payments(order) == [
        ("charge", "failed", PRICE),
        ("charge", "failed", PRICE),
        ("charge", "completed", PRICE),
    ]


def test_order_that_is_paid_gives_the_payment_that_it_has():
    order = a_sale()
    first = pay(order)
    before = everything()

    again = pay(order, "tok_mastercard")

    assert again.pk == first.pk
    assert everything() == before
    assert books(order) == [("charge", "paid", PRICE)]


def test_silent_gateway_leaves_the_payment_in_flight_and_nothing_new_is_done():
    order = a_sale()

    payment = pay(order, "tok_timeout")

    assert (payment.status, payment.is_in_flight) == ("pending", True)
    assert money(order) == ("pending_payment", "pending", 0, 0)
    before = everything()
    assert pay(order).pk == payment.pk
    assert everything() == before

    settle_payment(payment.pk)

    assert money(order) == ("processing", "completed", PRICE, 0)
    assert books(order) == [("charge", "paid", PRICE)]


def test_charge_of_a_code_is_asked_for_once_more_as_the_same_one():
    order = a_sale()
    first = pay(order, "tok_timeoutBefore", payment_code="txn_mine")
    assert first.is_in_flight

    again = pay(order, payment_code="txn_mine")
    once_more = pay(order, payment_code="txn_mine")

    assert (again.pk, again.status, once_more.pk) == (first.pk, "completed", first.pk)
    assert books(order) == [("charge", "paid", PRICE)]


def test_code_of_a_refused_charge_is_refused_again():
    order = a_sale()
    for _ in range(2):
        with pytest.raises(PaymentRefused):
            pay(order, "tok_chargeDeclined", payment_code="txn_mine")

    assert payments(order) == [("charge", "failed", PRICE)]
    assert announced(order).count("order.payment_failed") == 1


def test_money_is_set_aside_and_the_order_waits():
    order = a_sale()

    payment = pay(order, is_to_capture=False)

    assert (payment.status, payment.ask_at) == ("authorized", None)
    assert money(order) == ("pending_payment", "authorized", 0, 0)
    assert pay(order, is_to_capture=False).pk == payment.pk
    assert books(order) == [("charge", "authorized", PRICE)]


def test_open_checkout_is_given_up_before_a_token_is_charged():
    order = a_sale()
    checkout = open_charge(order, amount=PRICE, by=BY)
    assert open_charge(order, amount=PRICE, by=BY).pk == checkout.pk

    pay(order)

    assert payments(order) == [("charge", "voided", PRICE), ("charge", "completed", PRICE)]
    assert money(order) == ("processing", "completed", PRICE, 0)


def test_checkout_is_not_opened_beside_a_charge():
    in_flight, set_aside, paid = a_sale(), an_authorized_sale(), a_paid_sale()
    pay(in_flight, "tok_timeout")

    for order, refusal in (
        (in_flight, PaymentInFlight),
        (set_aside, WrongState),
        (paid, WrongState),
    ):
        with pytest.raises(refusal):
            open_charge(order, amount=PRICE, by=BY)
        assert order.payments.count() == 1


def cancelled():
    order = a_sale()
    return cancel_sale(order, by=BY)


def completed():
    return complete_order(order=a_paid_sale(), by=BY)


def refunded():
    order = a_paid_sale()
    refund(order, 10)
    settle_all(order)
    return Order.objects.get(pk=order.pk)


def switched_off():
    order = a_sale()
    PaymentGateway.objects.update(is_active=False)
    return order


def offline():
    PaymentGateway.objects.create(pk="bank", name="Bank transfer", kind="offline")
    return a_sale(gateway_id="bank")


@pytest.mark.parametrize(
    ("make", "values", "refusal"),
    [
        (a_sale, {"amount": "99.98"}, AmountWrong),
        (a_sale, {"amount": "100"}, AmountWrong),
        (cancelled, {}, WrongState),
        (completed, {}, WrongState),
        (refunded, {}, WrongState),
        (an_authorized_sale, {}, WrongState),
        (a_paid_sale, {"is_to_capture": False}, WrongState),
        (a_paid_sale, {"amount": "1"}, AmountWrong),
        (lambda: a_sale(OfferFactory(base_price=0)), {}, WrongState),
        (a_reservation, {}, WrongState),
        (switched_off, {}, GatewayNotOffered),
        (offline, {}, GatewayNotOffered),
        (offline, {"is_to_capture": False}, GatewayNotOffered),
    ],
)
def test_what_cannot_be_paid_is_refused(make, values, refusal):
    order = make()
    before, asked = everything(), books(order)

    with pytest.raises(refusal):
        pay(order, **values)

    assert (everything(), books(order)) == (before, asked)


def test_sandbox_begins_nothing_where_goods_are_real_and_ends_what_has_begun(settings):
    new, begun = a_sale(), a_paid_sale(token="tok_timeout")
    settings.SANDBOX_GATEWAY = False
    before = everything()

    with pytest.raises(GatewayNotOffered):
        pay(new)

    assert (everything(), books(new)) == (before, [])
    settle_all(begun)
    assert money(begun) == ("processing", "completed", PRICE, 0)
    refund(begun, PRICE)
    settle_all(begun)
    assert books(begun) == [("charge", "paid", PRICE), ("refund", "paid", PRICE)]


def test_gateway_that_cannot_be_used_took_nothing(monkeypatch):
    def refuse(*_args):
        raise GatewayMisconfigured("GATEWAY_SANDBOX_SECRET_KEY is not set")

    monkeypatch.setattr(SandboxGateway, "prepare", refuse)
    order = a_sale()

    with pytest.raises(PaymentRefused) as refused:
        pay(order)

    assert refused.value.message == "The payment gateway cannot be used now."
    assert money(order) == ("payment_failed", "failed", 0, 0)


def test_gateway_that_cannot_be_used_any_more_leaves_an_older_charge_unknown(monkeypatch):
    order = a_sale()
    pay(order, "tok_timeout", payment_code="txn_mine")

    def refuse(*_args):
        raise GatewayMisconfigured("No key.")

    with monkeypatch.context() as patch:
        patch.setattr(SandboxGateway, "prepare", refuse)
        assert pay(order, payment_code="txn_mine").is_in_flight

    settle_all(order)
    assert money(order) == ("processing", "completed", PRICE, 0)
