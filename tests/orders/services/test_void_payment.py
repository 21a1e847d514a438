from decimal import Decimal

import pytest

from catalog.models import Product
from orders.cancelling import Cancelling
from orders.errors import AmountWrong, PaymentInFlight, PaymentRefused, WrongState
from orders.gateways.port import GatewaySilent
from orders.gateways.sandbox import SandboxGateway
from orders.services.cancel_order import cancel_order
from orders.services.capture_payment import capture_payment
from orders.services.give_up_payment import give_up_payment
from orders.services.void_payment import void_payment
from tests.orders.looking import everything, last_event
from tests.orders.paying import (
    a_paid_sale,
    an_authorized_sale,
    books,
    money,
    pay,
    payments,
    settle_all,
)
from tests.orders.selling import BY, a_sale

pytestmark = pytest.mark.django_db
PRICE = Decimal("99.99")


def in_flight(token):
    order = a_sale()
    pay(order, token)
    return order


def failed():
    order = a_sale()
    with pytest.raises(PaymentRefused):
        pay(order, "tok_chargeDeclined")
    return order


def voided():
    order = a_sale()
    void_payment(order, by=BY)
    return order


def test_what_was_set_aside_is_taken():
    order = an_authorized_sale()

    payment = capture_payment(order, amount=PRICE, by=BY)

    assert payment.status == "completed"
    assert money(order) == ("processing", "completed", PRICE, 0)
    assert capture_payment(order, amount=PRICE, by=BY).pk == payment.pk
    assert books(order) == [("charge", "paid", PRICE)]
    assert (last_event(order).kind, last_event(order).by) == ("payment", BY)


def test_capture_that_is_refused_fails_the_payment():
    order = an_authorized_sale(token="tok_captureDeclined")

    with pytest.raises(PaymentRefused):
        capture_payment(order, amount=PRICE, by=BY)

    assert money(order) == ("payment_failed", "failed", 0, 0)


def test_capture_that_is_not_answered_stays_in_flight_until_it_is_settled():
    order = an_authorized_sale(token="tok_captureTimeout")

    payment = capture_payment(order, amount=PRICE, by=BY)

    assert (payment.status, payment.is_in_flight) == ("authorized", True)
    with pytest.raises(PaymentInFlight):
        cancel_order(order, how=Cancelling(), by=BY)
    settle_all(order)
    assert money(order) == ("processing", "completed", PRICE, 0)


@pytest.mark.parametrize(
    ("make", "amount", "refusal"),
    [
        (an_authorized_sale, "99.98", AmountWrong),
        (a_sale, "99.99", WrongState),
        (failed, "99.99", WrongState),
        (voided, "99.99", WrongState),
        (lambda: in_flight("tok_timeout"), "99.99", WrongState),
    ],
)
def test_what_cannot_be_captured_is_refused(make, amount, refusal):
    order = make()
    before = everything()

    with pytest.raises(refusal):
        capture_payment(order, amount=Decimal(amount), by=BY)

    assert everything() == before


@pytest.mark.parametrize("make", [an_authorized_sale, lambda: in_flight("tok_timeoutBefore")])
def test_voided_payment_cancels_its_order_and_frees_the_stock(make):
    order = make()

    payment = void_payment(order, by=BY)

    assert payment.status == "voided"
    assert money(order) == ("cancelled", "voided", 0, 0)
    assert books(order) == [("charge", "given_up", PRICE)]
    assert Product.objects.get().reserved == 0


def test_order_is_voided_though_no_payment_has_begun():
    order = a_sale()

    assert void_payment(order, by=BY) is None

    assert (money(order), payments(order)) == (("cancelled", "voided", 0, 0), [])


def test_payment_that_turns_out_to_be_done_is_not_voided():
    order = in_flight("tok_timeout")

    with pytest.raises(WrongState):
        void_payment(order, by=BY)

    assert money(order) == ("processing", "completed", PRICE, 0)


@pytest.mark.parametrize("make", [a_paid_sale, failed, voided])
def test_what_cannot_be_voided_is_refused(make):
    order = make()
    before = everything()

    with pytest.raises(WrongState):
        void_payment(order, by=BY)

    assert everything() == before


def test_order_is_not_cancelled_while_the_gateway_does_not_say(monkeypatch):
    def silent(*_args):
        raise GatewaySilent

    order = in_flight("tok_timeoutBefore")
    monkeypatch.setattr(SandboxGateway, "give_up", silent)
    for act in (give_up_payment, void_payment):
        with pytest.raises(PaymentInFlight):
            act(order, by=BY)
    with pytest.raises(PaymentInFlight):
        cancel_order(order, how=Cancelling(), by=BY)

    assert money(order) == ("pending_payment", "pending", 0, 0)
    assert Product.objects.get().reserved == 1
    monkeypatch.undo()
    settle_all(order)
    assert payments(order) == [("charge", "voided", PRICE)]


def test_voiding_that_was_not_answered_is_done_and_can_be_asked_again():
    order = an_authorized_sale(token="tok_voidTimeout")
    with pytest.raises(PaymentInFlight):
        void_payment(order, by=BY)
    assert books(order) == [("charge", "given_up", PRICE)]
    refused = last_event(order)
    assert (refused.kind, refused.by, refused.after) == (
        "refused",
        BY,
        {"attempt": "Void", "code": PaymentInFlight.code},
    )

    void_payment(order, by=BY)

    assert money(order) == ("cancelled", "voided", 0, 0)
