"""What became of payments is found out, wherever the process that began them died."""

from contextlib import suppress
from datetime import timedelta
from decimal import Decimal

import pytest
import time_machine
from django.utils import timezone

from orders.errors import PaymentInFlight
from orders.gateways.offline import OfflineGateway
from orders.gateways.port import GatewayMisconfigured, GatewaySilent, Outcome, State
from orders.gateways.sandbox import SandboxGateway
from orders.models import Order, Payment, PaymentGateway, SandboxTransaction
from orders.services import (
    capture_payment as capturing,
)
from orders.services import (
    give_up_payment as giving_up,
)
from orders.services import (
    settle_payments as settling,
)
from orders.services import (
    take_payment as taking,
)
from orders.services.cancel_sale import cancel_sale
from orders.services.capture_payment import capture_payment
from orders.services.give_up_payment import give_up_payment
from orders.services.open_charge import open_charge, wait_after
from orders.services.record_outcome import record_outcome
from orders.services.settle_payments import settle_payment, settle_payments
from tests.orders.looking import announced, everything, timeline
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
from tests.orders.selling import BY, a_sale

pytestmark = pytest.mark.django_db
PRICE = Decimal("99.99")
SOON = timedelta(minutes=1)
MUCH_LATER = timedelta(minutes=6)


class Died(BaseException):
    """The process is gone: nothing of it is caught, nothing after it runs."""


def dying(monkeypatch, where, name, *, after=False):
    """Let whoever calls it die: before it has begun, or when it is done."""
    original = getattr(where, name)

    def die(*args, **kwargs):
        if after:
            original(*args, **kwargs)
        raise Died

    monkeypatch.setattr(where, name, die)


def later(time):
    return time_machine.travel(timezone.now() + time, tick=True)


@pytest.mark.parametrize(
    ("where", "name", "after", "then"),
    [
        (SandboxGateway, "prepare", False, "failed"),
        (SandboxGateway, "prepare", True, "failed"),
        (taking, "keep_reference", False, "failed"),
        (taking, "keep_reference", True, "failed"),
        (SandboxGateway, "confirm", False, "failed"),
        (SandboxGateway, "confirm", True, "completed"),
        (taking, "record_outcome", False, "completed"),
        (taking, "record_outcome", True, "completed"),
    ],
)
def test_charge_whose_process_died_is_settled_as_the_gateway_knows_it(
    monkeypatch, where, name, after, then
):
    order = a_sale()
    with monkeypatch.context() as patch:
        dying(patch, where, name, after=after)
        with pytest.raises(Died):
            pay(order)

    with later(SOON):
        settle_payments(10)
    if then == "failed":
        assert money(order) == ("pending_payment", "pending", 0, 0)
        assert Payment.objects.get().is_in_flight
    with later(MUCH_LATER):
        settle_payments(10)

    taken = PRICE if then == "completed" else 0
    assert payments(order) == [("charge", then, PRICE)]
    assert money(order) == ("processing" if taken else "payment_failed", then, taken, 0)
    assert books(order) == [("charge", "paid" if taken else "given_up", PRICE)]
    assert announced(order) == ["order.created", "order.paid" if taken else "order.payment_failed"]


@pytest.mark.parametrize(
    ("where", "name", "after"),
    [
        (capturing, "settle_payment", False),
        (SandboxGateway, "capture", False),
        (SandboxGateway, "capture", True),
        (settling, "record_outcome", False),
    ],
)
def test_capture_whose_process_died_is_done(monkeypatch, where, name, after):
    order = an_authorized_sale()
    with monkeypatch.context() as patch:
        dying(patch, where, name, after=after)
        with pytest.raises(Died):
            capture_payment(order, amount=PRICE, by=BY)
    assert money(order) == ("pending_payment", "authorized", 0, 0)

    with later(SOON):
        settle_payments(10)

    assert money(order) == ("processing", "completed", PRICE, 0)
    assert books(order) == [("charge", "paid", PRICE)]


@pytest.mark.parametrize("make", [an_authorized_sale, lambda: in_flight("tok_timeoutBefore")])
@pytest.mark.parametrize(
    ("where", "name", "after"),
    [
        (SandboxGateway, "give_up", False),
        (SandboxGateway, "give_up", True),
        (giving_up, "record_outcome", False),
    ],
)
def test_giving_up_whose_process_died_is_done(monkeypatch, make, where, name, after):
    order = make()
    with monkeypatch.context() as patch:
        dying(patch, where, name, after=after)
        with pytest.raises(Died):
            give_up_payment(order, by=BY)

    with later(SOON):
        settle_payments(10)

    assert payments(order) == [("charge", "voided", PRICE)]
    assert money(order) == ("pending_payment", "pending", 0, 0)
    assert books(order) == [("charge", "given_up", PRICE)]


@pytest.mark.parametrize(
    ("where", "name", "after"),
    [
        (settling, "_send", False),
        (settling, "_send", True),
        (SandboxGateway, "refund", False),
        (SandboxGateway, "refund", True),
        (settling, "record_outcome", False),
        (settling, "record_outcome", True),
    ],
)
def test_refund_whose_process_died_goes_back_once(monkeypatch, where, name, after):
    order = a_paid_sale()
    refund(order, 30)
    with monkeypatch.context() as patch:
        dying(patch, where, name, after=after)
        with pytest.raises(Died):
            settle_payments(1)
    assert money(order)[2:] == (PRICE, 30)

    with later(SOON):
        settle_payments(10)

    assert money(order) == ("processing", "partially_refunded", PRICE, 30)
    assert books(order) == [("charge", "paid", PRICE), ("refund", "paid", 30)]


def in_flight(token):
    order = a_sale()
    pay(order, token)
    return order


def test_settling_twice_changes_nothing_the_second_time():
    order = in_flight("tok_timeout")
    payment = order.payments.get()

    settle_payment(payment.pk)
    before, told = everything(), timeline(order)
    settle_payment(payment.pk)
    record_outcome(payment, Outcome(state=State.PAID))
    record_outcome(payment, Outcome(state=State.DECLINED))
    record_outcome(payment, Outcome(state=State.GIVEN_UP))
    record_outcome(payment, Outcome(state=State.OPEN))

    assert (everything(), timeline(order)) == (before, told)


def test_silent_gateway_is_asked_less_and_less_often(monkeypatch):
    def silent(*_args):
        raise GatewaySilent

    now = timezone.now()
    with time_machine.travel(now, tick=False):
        order = in_flight("tok_timeout")
    monkeypatch.setattr(SandboxGateway, "look_up", silent)
    waits = []
    for _ in range(8):
        payment = order.payments.get()
        waits.append((payment.ask_at - now).total_seconds())
        now = payment.ask_at
        with time_machine.travel(now, tick=False):
            assert settle_payments(10) == 1
            assert settle_payments(10) == 0

    assert waits == [30, 30, 60, 120, 240, 480, 900, 900]
    assert wait_after(1_000_000) == timedelta(minutes=15)


def test_silent_gateway_holds_up_no_other(monkeypatch):
    def silent(self, _charge):
        calls.append(self.id)
        raise GatewaySilent

    calls = []
    first, second, other = (in_flight("tok_timeout") for _ in range(3))
    Payment.objects.filter(order=other).update(gateway="offline")
    from_offline = _offline_pays(monkeypatch)
    monkeypatch.setattr(SandboxGateway, "look_up", silent)

    with later(SOON):
        assert settle_payments(10) == 2

    assert (calls, from_offline) == (["sandbox"], ["offline"])
    assert [money(order)[0] for order in (first, second, other)] == [
        "pending_payment",
        "pending_payment",
        "processing",
    ]


def _offline_pays(monkeypatch):
    calls = []
    PaymentGateway.objects.create(pk="offline", name="Offline", kind="offline")

    def look_up(self, _charge):
        calls.append(self.id)
        return Outcome(state=State.PAID)

    monkeypatch.setattr(OfflineGateway, "look_up", look_up)
    return calls


@pytest.mark.parametrize("fault", [GatewayMisconfigured("No key."), ZeroDivisionError()])
def test_fault_keeps_the_payment_in_flight(monkeypatch, fault):
    def fail(*_args):
        raise fault

    order = in_flight("tok_timeout")
    with monkeypatch.context() as patch, later(SOON):
        patch.setattr(SandboxGateway, "look_up", fail)
        assert settle_payments(10) == 1

    assert order.payments.get().is_in_flight
    settle_all(order)
    assert money(order) == ("processing", "completed", PRICE, 0)


def test_checkout_waits_for_its_buyer_but_not_one_that_has_no_page():
    with_page, without = a_sale(), a_sale()
    for order in (with_page, without):
        open_charge(order, amount=PRICE, by=BY)
    Payment.objects.filter(order=with_page).update(reference="page_1")

    with later(MUCH_LATER):
        settle_payments(10)

    assert payments(with_page) == [("charge", "pending", PRICE)]
    assert payments(without) == [("charge", "voided", PRICE)]
    assert [money(order)[:2] for order in (with_page, without)] == [
        ("pending_payment", "pending"),
        ("pending_payment", "pending"),
    ]


def test_charge_without_a_reference_for_too_long_is_not_confirmed():
    order = in_flight("tok_timeoutBefore")
    Payment.objects.update(reference="")

    with later(MUCH_LATER):
        payment = pay(order, payment_code=Payment.objects.get().code)

    assert payment.is_in_flight
    assert books(order) == [("charge", "open", PRICE)]


def test_what_is_being_given_up_is_not_confirmed_and_not_taken_again():
    order = in_flight("tok_timeoutBefore")
    Payment.objects.update(intent="void")

    with suppress(PaymentInFlight):
        pay(order, payment_code=Payment.objects.get().code)

    assert books(order) == [("charge", "open", PRICE)]


def test_money_that_comes_after_all_for_an_order_that_waits_is_a_payment():
    order = in_flight("tok_timeoutBefore")
    payment = order.payments.get()
    record_outcome(payment, Outcome(state=State.DECLINED, why="No."))

    record_outcome(payment, Outcome(state=State.PAID))

    assert payments(order) == [("charge", "completed", PRICE)]
    assert money(order) == ("processing", "completed", PRICE, 0)


def test_money_that_comes_after_all_for_a_cancelled_order_goes_back():
    order = in_flight("tok_timeout")
    payment = order.payments.get()
    record_outcome(payment, Outcome(state=State.GIVEN_UP))
    cancel_sale(order, by=BY)
    record_outcome(payment, Outcome(state=State.PAID))
    assert money(order) == ("cancelled", "completed", PRICE, PRICE)
    settle_all(order)

    assert payments(order) == [("charge", "completed", PRICE), ("refund", "completed", PRICE)]
    assert money(order) == ("cancelled", "refunded", PRICE, PRICE)
    assert books(order) == [("charge", "paid", PRICE), ("refund", "paid", PRICE)]


def test_money_that_was_taken_twice_is_told_and_not_counted():
    order = a_sale()
    first = pay(order, "tok_timeoutBefore")
    record_outcome(first, Outcome(state=State.DECLINED, why="No."))
    pay(order)

    for _ in range(2):
        record_outcome(first, Outcome(state=State.PAID, reference="pi_1"))

    assert money(order) == ("processing", "completed", PRICE, 0)
    told = order.events.filter(note="The gateway took money that is not owed. Pay it back there.")
    assert [event.after for event in told] == [{"payment": first.code, "reference": "pi_1"}]


def test_nothing_is_asked_before_its_time():
    order = in_flight("tok_timeout")

    assert settle_payments(10) == 0

    assert money(order) == ("pending_payment", "pending", 0, 0)
    assert SandboxTransaction.objects.get().state == "paid"
    assert Order.objects.get().last_event == 2
