from dataclasses import replace
from decimal import Decimal

import pytest
from celery import current_app

from orders.gateways.offline import OfflineGateway
from orders.gateways.port import Charge, GatewaySilent, Outcome, RefundOf, State
from orders.gateways.registry import gateway_of
from orders.gateways.sandbox import SandboxGateway
from orders.models import PaymentGateway, SandboxTransaction
from orders.tasks import take_notice
from tests.orders.paying import money, pay
from tests.orders.selling import a_sale

pytestmark = pytest.mark.django_db
CHARGE = Charge(
    key="txn_1",
    reference="",
    amount=Decimal(10),
    currency="USD",
    order_code="ord_1",
    description="Order ord_1",
)
REFUND = RefundOf(key="txn_2", reference="", amount=Decimal(4), charge=CHARGE)
PAID = Outcome(state=State.PAID, reference="sandbox_txn_1")


@pytest.fixture
def sandbox():
    return gateway_of(PaymentGateway.objects.get(pk="sandbox"))


def books():
    found = SandboxTransaction.objects.order_by("created_at")
    return [*found.values_list("key", "state", "amount")]


def test_gateway_is_found_by_the_kind_of_its_row(sandbox):
    offline = PaymentGateway(pk="cash", kind="offline")

    assert (type(sandbox), sandbox.id) == (SandboxGateway, "sandbox")
    assert (type(gateway_of(offline)), gateway_of(offline).id) == (OfflineGateway, "cash")


@pytest.mark.parametrize(
    ("token", "outcome"),
    [
        ("tok_visa", PAID),
        ("tok_whatever", PAID),
        (
            "tok_chargeDeclined",
            Outcome(state=State.DECLINED, reference="sandbox_txn_1", why="The card was declined."),
        ),
        (
            "tok_chargeDeclinedExpiredCard",
            Outcome(state=State.DECLINED, reference="sandbox_txn_1", why="The card has expired."),
        ),
        (
            "tok_chargeDeclinedAnything",
            Outcome(state=State.DECLINED, reference="sandbox_txn_1", why="The card was declined."),
        ),
    ],
)
def test_token_says_what_becomes_of_a_charge(sandbox, token, outcome):
    assert sandbox.look_up(CHARGE) == Outcome(state=State.OPEN)
    assert sandbox.prepare(CHARGE) == sandbox.prepare(CHARGE) == "sandbox_txn_1"
    assert sandbox.confirm(CHARGE, token=token) == outcome
    # Another token for the same charge is not heard any more.
    assert sandbox.confirm(CHARGE, token="tok_visa") == outcome
    assert sandbox.look_up(CHARGE) == outcome
    assert len(books()) == 1


@pytest.mark.parametrize(
    ("token", "state"), [("tok_timeout", State.PAID), ("tok_timeoutBefore", State.OPEN)]
)
def test_silence_comes_after_the_charge_or_before(sandbox, token, state):
    sandbox.prepare(CHARGE)

    with pytest.raises(GatewaySilent):
        sandbox.confirm(CHARGE, token=token)

    assert sandbox.look_up(CHARGE).state == state


def test_money_is_set_aside_and_taken_once(sandbox):
    charge = replace(CHARGE, is_to_capture=False)

    assert sandbox.confirm(charge, token="tok_visa").state == State.AUTHORIZED
    assert (sandbox.capture(charge), sandbox.capture(charge)) == (PAID, PAID)
    assert sandbox.give_up(charge) == PAID


def test_what_is_given_up_takes_nothing_ever(sandbox):
    assert sandbox.give_up(CHARGE).state == State.GIVEN_UP

    assert sandbox.confirm(CHARGE, token="tok_visa").state == State.GIVEN_UP
    assert sandbox.capture(CHARGE).state == State.GIVEN_UP
    assert books() == [("txn_1", "given_up", 10)]


def test_refund_of_a_key_is_made_once(sandbox):
    sandbox.confirm(CHARGE, token="tok_visa")
    given = Outcome(state=State.PAID, reference="sandbox_txn_2")

    assert sandbox.look_up_refund(REFUND) == Outcome(state=State.OPEN)
    assert (sandbox.refund(REFUND), sandbox.refund(REFUND)) == (given, given)
    assert sandbox.look_up_refund(REFUND) == given
    assert books() == [("txn_1", "paid", 10), ("txn_2", "paid", 4)]


def test_no_more_is_given_back_than_was_taken(sandbox):
    assert sandbox.refund(REFUND).state == State.DECLINED
    sandbox.confirm(CHARGE, token="tok_visa")
    sandbox.refund(REFUND)

    assert sandbox.refund(replace(REFUND, key="txn_3", amount=Decimal(7))).state == State.DECLINED
    assert sandbox.refund(replace(REFUND, key="txn_4", amount=Decimal(6))).state == State.PAID


@pytest.mark.parametrize(
    ("token", "first", "then"),
    [
        ("tok_refundPending", State.OPEN, State.PAID),
        ("tok_refundFails", State.DECLINED, State.DECLINED),
        ("tok_refundTimeout", GatewaySilent, State.PAID),
    ],
)
def test_token_of_the_charge_says_what_becomes_of_its_refunds(sandbox, token, first, then):
    sandbox.confirm(CHARGE, token=token)

    if first is GatewaySilent:
        with pytest.raises(GatewaySilent):
            sandbox.refund(REFUND)
    else:
        assert sandbox.refund(REFUND).state == first

    assert sandbox.look_up_refund(REFUND).state == then


def test_notice_comes_beside_the_answer(monkeypatch):
    sent = []
    monkeypatch.setattr(current_app, "send_task", lambda name, args, **_: sent.append((name, args)))
    order = a_sale()

    payment = pay(order, "tok_answersTwice")

    assert sent == [("orders.tasks.take_notice", ["sandbox", payment.code])]
    before = money(order), order.events.count()
    for name, args in sent:
        assert name == take_notice.name
        take_notice(*args)
    assert (money(order), order.events.count()) == before


def test_broker_that_is_away_keeps_no_payment_from_being_answered(monkeypatch):
    def refuse(*_args, **_kwargs):
        raise ConnectionError

    monkeypatch.setattr(current_app, "send_task", refuse)
    order = a_sale()

    pay(order, "tok_answersTwice")

    assert money(order)[0] == "processing"


def test_offline_gateway_takes_nothing_and_lets_go_of_everything():
    offline = OfflineGateway("cash")

    assert offline.prepare(CHARGE) == ""
    states = [
        offline.confirm(CHARGE, token="tok_visa"),
        offline.look_up(CHARGE),
        offline.capture(CHARGE),
        offline.give_up(CHARGE),
        offline.refund(REFUND),
        offline.look_up_refund(REFUND),
    ]
    assert [outcome.state for outcome in states] == [
        State.DECLINED,
        State.OPEN,
        State.DECLINED,
        State.GIVEN_UP,
        State.PAID,
        State.PAID,
    ]
