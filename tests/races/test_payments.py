"""Money moves once, whoever asks for it at the same time: buyers, keys, staff, jobs, notices."""

from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from orders.errors import PaymentInFlight, PaymentRefused, RefundTooHigh, WrongState
from orders.gateways.sandbox import SandboxGateway
from orders.models import Order, Payment, SandboxTransaction
from orders.services import record_outcome as recording
from orders.services import refund_order as refunding
from orders.services.audit_all_ledgers import audit_all_ledgers
from orders.services.cancel_sale import cancel_sale
from orders.services.open_charge import open_charge
from orders.services.refund_payment import refund_payment
from orders.services.settle_payments import settle_payment, settle_payments
from orders.services.take_notice import take_notice
from players.services.lock_player import lock_player
from tests.orders.looking import announced
from tests.orders.paying import a_paid_sale, books, money, pay, payments, settle_all
from tests.orders.selling import BY, a_sale
from tests.threads import Gate, blocked, threads, wait_until

pytestmark = pytest.mark.django_db(transaction=True)
PRICE = Decimal("99.99")
EACH = 6


@pytest.fixture(autouse=True)
def _patience(settings):
    settings.PLAYER_ORDER_LOCK_WAIT = timedelta(seconds=30)


@contextmanager
def stopped(monkeypatch, where, name, *, after=False):
    """A gate in the way of whoever calls it."""
    gate, original = Gate(), getattr(where, name)

    def stop(*args, **kwargs):
        answer = original(*args, **kwargs) if after else None
        gate.stop(name)
        return answer if after else original(*args, **kwargs)

    monkeypatch.setattr(where, name, stop)
    try:
        yield gate
    finally:
        gate.open()
        monkeypatch.setattr(where, name, original)


def assert_books_agree(order):
    """What the gateway took and gave is what we say."""
    found = Order.objects.get(pk=order.pk)
    sums = {"charge": Decimal(0), "refund": Decimal(0)}
    for kind, state, amount in books(order):
        sums[kind] += amount if state == "paid" else 0
    assert (found.charged, found.refunded) == (sums["charge"], sums["refund"])
    assert audit_all_ledgers(limit=10)["findings"] == []


def test_order_that_many_pay_at_once_is_paid_once():
    order = a_sale()

    with threads(EACH) as start:
        calls = [start(pay, order, f"tok_{number}") for number in range(EACH)]
        found = {call.result().pk for call in calls}

    assert len(found) == 1
    assert payments(order) == [("charge", "completed", PRICE)]
    assert money(order) == ("processing", "completed", PRICE, 0)
    assert announced(order) == ["order.created", "order.paid"]
    assert SandboxTransaction.objects.count() == 1
    assert_books_agree(order)


def test_second_payment_while_the_first_is_at_the_gateway_is_the_first(monkeypatch):
    order = a_sale()
    with threads(1) as start, stopped(monkeypatch, SandboxGateway, "confirm") as gate:
        first = start(pay, order)
        wait_until(lambda: gate.came)

        assert pay(order).is_in_flight

        gate.open()
        assert first.result().status == "completed"
    assert payments(order) == [("charge", "completed", PRICE)]
    assert_books_agree(order)


def test_without_looking_under_the_lock_the_fence_refuses_a_second_charge(monkeypatch):
    order = a_sale()
    pay(order, "tok_timeout")

    with pytest.raises(IntegrityError):
        Payment.objects.create(
            order=order,
            gateway="sandbox",
            kind="charge",
            amount=PRICE,
            currency="USD",
            created_at=timezone.now(),
        )


@pytest.mark.parametrize("is_before", [True, False])
def test_order_that_is_cancelled_while_it_is_paid_keeps_no_money(monkeypatch, is_before):
    """The gateway is asked to give up: before it has charged, or after."""
    order = a_sale()
    with (
        threads(1) as start,
        stopped(monkeypatch, SandboxGateway, "confirm", after=not is_before) as gate,
    ):
        paying = start(pay, order)
        wait_until(lambda: gate.came)

        cancel_sale(order, by="staff:1")

        gate.open()
        paying.exception()
    settle_all(order)

    assert money(order)[0] == "cancelled"
    taken = 0 if is_before else PRICE
    assert money(order)[2:] == (taken, taken)
    assert Order.objects.get().lines.get().stock == "released"
    assert_books_agree(order)


def test_many_pay_and_many_cancel_and_the_books_agree():
    for _ in range(3):
        order = a_sale()

        with threads(2 * EACH) as start:
            calls = [
                (start(pay, order), start(cancel_sale, order, by="staff:1")) for _ in range(EACH)
            ]
            paying = {call.exception() for call, _ in calls}
            cancelling = {call.exception() for _, call in calls}
        settle_all(order)

        # What was given up is told as refused to whoever was paying.
        kinds = {type(fault) for fault in paying | cancelling if fault}
        assert kinds <= {WrongState, PaymentInFlight, PaymentRefused}
        status, _, charged, refunded = money(order)
        if None in cancelling:
            assert (status, refunded) == ("cancelled", charged)
        else:
            assert (status, charged, refunded) == ("processing", PRICE, 0)
        assert_books_agree(order)


def test_refunds_that_together_exceed_the_charge_are_not_all_made():
    order = a_paid_sale()

    with threads(EACH) as start:
        calls = [start(refund_payment, order, amount=Decimal(40), by=BY) for _ in range(EACH)]
        faults = [type(call.exception()) for call in calls if call.exception()]

    assert faults == [RefundTooHigh] * (EACH - 2)
    assert money(order) == ("processing", "partially_refunded", PRICE, 80)
    assert_books_agree(order)


def test_without_the_lock_two_refunds_are_stopped_by_the_fence_alone(monkeypatch):
    """Both ask before either has written: the second would give back what is not there."""

    def without_lock(order_id):
        return Order.objects.select_related("player", "delivery").get(pk=order_id)

    monkeypatch.setattr(refunding, "lock_order", without_lock)
    order = a_paid_sale()
    with threads(2) as start, stopped(monkeypatch, refunding, "_check", after=True) as gate:
        calls = [start(refund_payment, order, amount=Decimal(60), by=BY) for _ in range(2)]
        wait_until(lambda: len(gate.came) == 2)
        gate.open()
        faults = [type(call.exception()) for call in calls if call.exception()]

    assert faults == [IntegrityError]
    assert money(order)[2:] == (PRICE, 60)


def test_payment_that_is_settled_by_all_at_once_is_recorded_once(monkeypatch):
    order = a_sale()
    payment = pay(order, "tok_timeout")
    Payment.objects.update(ask_at=timezone.now())

    with (
        threads(3 * EACH) as start,
        stopped(monkeypatch, SandboxGateway, "look_up", after=True) as gate,
    ):
        calls = [
            call
            for _ in range(EACH)
            for call in (
                start(settle_payment, payment.pk),
                start(settle_payments, 10),
                start(take_notice, "sandbox", payment.code),
            )
        ]
        # One of the jobs has claimed it, and all the others ask at the same time.
        wait_until(lambda: len(gate.came) >= 2 * EACH + 1)
        gate.open()
        for call in calls:
            call.result()

    assert payments(order) == [("charge", "completed", PRICE)]
    assert [*order.events.order_by("number").values_list("kind", flat=True)] == [
        "creation",
        "payment",
        "payment",
    ]
    assert announced(order) == ["order.created", "order.paid"]
    assert_books_agree(order)


def test_jobs_share_the_payments_and_ask_for_each_once(monkeypatch):
    orders = [a_sale() for _ in range(4)]
    for order in orders:
        pay(order, "tok_timeout")
    Payment.objects.update(ask_at=timezone.now())

    with threads(EACH) as start:
        calls = [start(settle_payments, 10) for _ in range(EACH)]
        asked = sum(call.result() for call in calls)

    assert asked == 4
    assert {money(order) for order in orders} == {("processing", "completed", PRICE, 0)}


def test_refund_that_is_asked_for_by_all_at_once_goes_back_once(monkeypatch):
    order = a_paid_sale()
    refunding.refund_order(order, amount=Decimal(30), reason=None, by=BY)
    payment = Payment.objects.get(kind="refund")

    with threads(EACH) as start:
        for call in [start(settle_payment, payment.pk) for _ in range(EACH)]:
            call.result()

    assert books(order) == [("charge", "paid", PRICE), ("refund", "paid", 30)]
    assert announced(order).count("order.refunded") == 1
    assert_books_agree(order)


def test_buyer_who_opens_the_checkout_again_and_again_has_one():
    order = a_sale()

    with threads(EACH) as start:
        calls = [start(open_charge, order, amount=PRICE, by=BY) for _ in range(EACH)]
        found = {call.result().pk for call in calls}

    assert (len(found), payments(order)) == (1, [("charge", "pending", PRICE)])


def test_gateway_is_asked_while_nothing_is_locked(monkeypatch):
    """Whoever waits for a gateway keeps nobody waiting."""
    order = a_sale()
    with threads(1) as start, stopped(monkeypatch, SandboxGateway, "confirm") as gate:
        paying = start(pay, order)
        wait_until(lambda: gate.came)

        with pytest.raises(WrongState):
            refund_payment(order, amount=Decimal(1), by=BY)
        assert blocked() == 0

        gate.open()
        paying.result()


def test_payment_whose_order_is_busy_when_it_was_taken_is_recorded_later(monkeypatch, settings):
    settings.PLAYER_ORDER_LOCK_WAIT = timedelta(milliseconds=50)
    order = a_sale()
    with threads(1) as start, stopped(monkeypatch, SandboxGateway, "confirm", after=True) as gate:
        paying = start(pay, order)
        wait_until(lambda: gate.came)
        with transaction.atomic():
            lock_player(order.player_id)
            gate.open()

            assert paying.result().is_in_flight

    assert books(order) == [("charge", "paid", PRICE)]
    settle_all(order)
    assert money(order) == ("processing", "completed", PRICE, 0)
    assert_books_agree(order)


def test_without_the_lock_what_is_settled_at_once_is_recorded_once_by_the_fence(monkeypatch):
    def without_lock(order_id):
        return Order.objects.select_related("player", "delivery").get(pk=order_id)

    order = a_sale()
    payment = pay(order, "tok_timeout")
    monkeypatch.setattr(recording, "lock_order", without_lock)
    with threads(2) as start, stopped(monkeypatch, recording, "_take") as gate:
        # The lock of the payment is in the way of the second; the first has not committed.
        calls = [start(settle_payment, payment.pk) for _ in range(2)]
        wait_until(lambda: len(gate.came) == 1 and blocked() == 1)
        gate.open()
        for call in calls:
            call.result()

    assert payments(order) == [("charge", "completed", PRICE)]
    assert_books_agree(order)
