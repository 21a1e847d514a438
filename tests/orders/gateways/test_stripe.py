"""The adapter against a server that answers like Stripe."""

import json
import logging
from datetime import timedelta
from decimal import Decimal

import pytest
import stripe
from django.utils import timezone

from orders.gateways import stripe as adapter
from orders.gateways.port import (
    Charge,
    GatewayMisconfigured,
    GatewaySilent,
    Notice,
    NoticeRefused,
    Outcome,
    RefundOf,
    State,
)
from orders.gateways.stripe import StripeGateway, read_notice
from orders.gateways.stripe_answers import minor_units
from orders.vocabulary import Dispute
from tests.orders.gateways.stripe_double import SECRET

KEY = "txn_0123456789abcdef"
BACK = "https://shop.example/pay?token=t&orderId=ord_1"


@pytest.fixture
def gateway(stripe_books):
    return StripeGateway("stripe_1")


def charge(reference="", **changes):
    fields = {
        "key": KEY,
        "reference": reference,
        "amount": Decimal("99.99"),
        "currency": "USD",
        "order_code": "ord_1",
        "description": "Order ord_1",
    }
    return Charge(**fields | changes)


def prepared(gateway, **changes):
    return charge(gateway.prepare(charge(**changes)), **changes)


def paid(gateway, **changes):
    one = prepared(gateway, **changes)
    assert gateway.confirm(one, token="tok_visa").state is State.PAID
    return one


def refund_of(one, *, key="txn_refund", amount="10.00", reference=""):
    return RefundOf(key=key, reference=reference, amount=Decimal(amount), charge=one)


def begin(gateway, one=None):
    return gateway.begin_checkout(
        one or charge(),
        title="Two lanterns",
        back_to=BACK,
        ends_at=timezone.now() + timedelta(hours=1),
    )


def paths(books):
    return [f"{method} {path.removeprefix('/v1/')}" for method, path, _, _ in books.asked]


# --- Charges by a token -------------------------------------------------------------------------


def test_token_is_prepared_then_confirmed(gateway, stripe_books):
    reference = gateway.prepare(charge())
    outcome = gateway.confirm(charge(reference), token="tok_visa")

    assert outcome == Outcome(state=State.PAID, reference=reference)
    [intent] = stripe_books.intents.values()
    assert (intent["id"], intent["amount"], intent["currency"]) == (reference, 9999, "usd")
    assert intent["metadata"] == {"payment": KEY, "order": "ord_1"}
    _, _, sent, key = stripe_books.asked[0]
    assert key == f"{KEY}-prepare"
    assert sent == {
        "amount": "9999",
        "currency": "usd",
        "allowed_payment_method_types[0]": "card",
        "capture_method": "automatic",
        "description": "Order ord_1",
        "metadata[payment]": KEY,
        "metadata[order]": "ord_1",
    }


def test_whatever_is_repeated_is_done_once(gateway, stripe_books):
    references = {gateway.prepare(charge()) for _ in range(3)}
    [reference] = references
    outcomes = [gateway.confirm(charge(reference), token="tok_visa") for _ in range(3)]

    assert outcomes == [Outcome(state=State.PAID, reference=reference)] * 3
    assert len(stripe_books.intents) == 1


@pytest.mark.parametrize(
    ("token", "why"),
    [
        ("tok_chargeDeclined", "Your card was declined."),
        (
            "tok_threeDSecure2Required",
            "This payment required an authentication action to complete.",
        ),
        ("tok_unknown", adapter.TOKEN_UNUSABLE),
    ],
)
def test_declined_token_says_why_and_nothing_is_taken(gateway, stripe_books, token, why):
    one = prepared(gateway)

    outcome = gateway.confirm(one, token=token)

    assert (outcome.state, outcome.why) == (State.DECLINED, why)
    assert stripe_books.intents[one.reference]["amount_received"] == 0
    # What was told as declined cannot become a payment later.
    assert gateway.look_up(one).state in (State.DECLINED, State.GIVEN_UP)


def test_payment_method_is_taken_as_it_is(gateway, stripe_books):
    one = prepared(gateway)
    stripe_books.methods["pm_1"] = {"id": "pm_1", "token": "tok_visa"}

    assert gateway.confirm(one, token="pm_1").state is State.PAID
    assert "POST payment_methods" not in paths(stripe_books)


def test_money_is_set_aside_and_taken_later(gateway):
    one = prepared(gateway, is_to_capture=False)

    authorized = gateway.confirm(one, token="tok_visa")
    captured = [gateway.capture(one), gateway.capture(one)]

    assert authorized.state is State.AUTHORIZED
    assert [outcome.state for outcome in captured] == [State.PAID, State.PAID]


def test_money_that_was_set_aside_is_given_up(gateway, stripe_books):
    one = prepared(gateway, is_to_capture=False)
    gateway.confirm(one, token="tok_visa")

    assert [gateway.give_up(one).state, gateway.give_up(one).state] == [State.GIVEN_UP] * 2
    assert gateway.capture(one).state is State.GIVEN_UP
    assert stripe_books.intents[one.reference]["amount_received"] == 0


def test_what_was_paid_cannot_be_given_up(gateway):
    one = paid(gateway)

    assert gateway.give_up(one) == Outcome(state=State.PAID, reference=one.reference)


def test_what_was_given_up_cannot_be_confirmed(gateway, stripe_books):
    one = prepared(gateway)
    gateway.give_up(one)

    assert gateway.confirm(one, token="tok_visa").state is State.GIVEN_UP
    assert stripe_books.intents[one.reference]["amount_received"] == 0


def test_what_nobody_heard_of_is_open_and_given_up_without_a_question(gateway, stripe_books):
    assert gateway.look_up(charge()) == Outcome(state=State.OPEN)
    assert gateway.give_up(charge()) == Outcome(state=State.GIVEN_UP)
    assert stripe_books.asked == []


def test_prepared_charge_is_open(gateway):
    one = prepared(gateway)

    assert gateway.look_up(one) == Outcome(state=State.OPEN, reference=one.reference)


# --- Silence ------------------------------------------------------------------------------------


def test_lost_answer_is_asked_for_again_under_the_same_key(gateway, stripe_books):
    one = prepared(gateway)
    stripe_books.lose("confirm", "after")

    assert gateway.confirm(one, token="tok_visa").state is State.PAID
    keys = [key for _, path, _, key in stripe_books.asked if path.endswith("confirm")]
    assert keys == [f"{KEY}-confirm"] * 2


@pytest.mark.parametrize(
    ("how", "then"),
    [
        ("hang", State.PAID),
        ("after", State.PAID),
        ("before", State.OPEN),
        (500, State.OPEN),
        (429, State.OPEN),
    ],
)
def test_silence_is_told_and_the_fate_is_looked_up(monkeypatch, stripe_books, how, then):
    monkeypatch.setattr(adapter, "RETRIES", 0)
    monkeypatch.setattr(adapter, "READ_SECONDS", 0.3)
    gateway = StripeGateway("stripe_1")
    one = prepared(gateway)
    stripe_books.lose("confirm", how)

    with pytest.raises(GatewaySilent):
        gateway.confirm(one, token="tok_visa")

    assert gateway.look_up(one).state is then


def test_refused_key_is_a_matter_for_operators(gateway, stripe_books):
    stripe_books.lose("payment_intents", 401)

    with pytest.raises(GatewayMisconfigured, match="Stripe refuses the key"):
        gateway.prepare(charge())


def test_missing_key_is_named(settings):
    settings.GATEWAY_CREDENTIALS = {}

    with pytest.raises(GatewayMisconfigured, match=r"^GATEWAY_STRIPE_1_SECRET_KEY is not set$"):
        StripeGateway("stripe_1")


def test_refused_request_says_so(gateway):
    with pytest.raises(GatewayMisconfigured, match=r"at least \$0.50"):
        gateway.prepare(charge(amount=Decimal("0.10")))


def test_token_is_in_no_log_and_no_message(gateway, stripe_books, caplog):
    caplog.set_level(logging.INFO)
    one = prepared(gateway)
    stripe_books.lose("payment_methods", 401)
    with pytest.raises(GatewayMisconfigured) as refused:
        gateway.confirm(one, token="tok_secretOfTheBuyer")
    outcome = gateway.confirm(one, token="tok_unknown")

    assert "tok_" not in f"{refused.value!r} {outcome!r} {caplog.text}"
    assert refused.value.__cause__ is None


@pytest.mark.parametrize(
    ("amount", "currency", "units"),
    [
        ("99.99", "USD", 9999),
        ("0.50", "EUR", 50),
        ("500.00", "JPY", 500),
        ("5.00", "UGX", 500),
        ("5.00", "ISK", 500),
        ("5.10", "KWD", 5100),
        ("9999999999.99", "USD", 999999999999),
    ],
)
def test_amounts_are_in_the_smallest_unit(amount, currency, units):
    assert minor_units(Decimal(amount), currency) == units


def test_amount_that_the_currency_has_not_is_refused():
    with pytest.raises(GatewayMisconfigured, match=r"There is no amount of 500\.50 JPY"):
        minor_units(Decimal("500.50"), "JPY")


# --- The payment page of Stripe -----------------------------------------------------------------


def test_checkout_is_one_page_however_often_it_is_asked_for(gateway, stripe_books):
    ends_at = timezone.now() + timedelta(hours=1)
    asked = {"title": "Two lanterns", "back_to": BACK, "ends_at": ends_at}

    first, second = (gateway.begin_checkout(charge(), **asked) for _ in range(2))
    third = gateway.begin_checkout(charge(first.reference), **asked)

    assert first == second == third
    [session] = stripe_books.sessions.values()
    assert first.url == f"https://checkout.stripe.com/c/pay/{session['id']}"
    assert (session["amount_total"], session["currency"]) == (9999, "usd")
    assert (
        session["metadata"]
        == session["payment_intent_metadata"]
        == {
            "payment": KEY,
            "order": "ord_1",
        }
    )
    assert {session["success_url"], session["cancel_url"]} == {BACK}
    assert session["expires_at"] == int(ends_at.timestamp())


def test_checkout_is_open_until_it_is_paid(gateway, stripe_books):
    one = charge(begin(gateway).reference)

    before = gateway.look_up(one)
    intent = stripe_books.buyer_pays(one.reference)

    assert before == Outcome(state=State.OPEN)
    assert gateway.look_up(one) == Outcome(state=State.PAID, reference=intent)
    assert gateway.give_up(one) == Outcome(state=State.PAID, reference=intent)


def test_checkout_that_ended_was_given_up(gateway, stripe_books):
    one = charge(begin(gateway).reference)
    stripe_books.session_ends(one.reference)

    why = "The payment page was left without paying."
    assert gateway.look_up(one) == Outcome(state=State.GIVEN_UP, why=why)
    assert gateway.give_up(one) == Outcome(state=State.GIVEN_UP, why=why)


def test_checkout_is_given_up(gateway, stripe_books):
    one = charge(begin(gateway).reference)

    assert gateway.give_up(one).state is State.GIVEN_UP
    assert stripe_books.sessions[one.reference]["status"] == "expired"
    assert gateway.look_up(one).state is State.GIVEN_UP


def test_buyer_who_is_faster_has_paid(gateway, stripe_books, monkeypatch):
    one = charge(begin(gateway).reference)
    retrieve = gateway._session
    seen = []

    def pays_after_the_first_look(charge):
        seen.append(retrieve(charge))
        if len(seen) == 1:
            stripe_books.buyer_pays(one.reference)
        return seen[-1]

    monkeypatch.setattr(gateway, "_session", pays_after_the_first_look)

    assert gateway.give_up(one).state is State.PAID


def test_checkout_can_set_money_aside(gateway, stripe_books):
    one = charge(is_to_capture=False)
    one = charge(begin(gateway, one).reference, is_to_capture=False)
    stripe_books.buyer_pays(one.reference)

    assert gateway.look_up(one).state is State.AUTHORIZED
    assert gateway.capture(one).state is State.PAID


# --- Refunds ------------------------------------------------------------------------------------


@pytest.mark.parametrize("by", ["token", "checkout"])
def test_refund_is_done_once(gateway, stripe_books, by):
    if by == "token":
        one = paid(gateway)
    else:
        one = charge(begin(gateway).reference)
        stripe_books.buyer_pays(one.reference)

    outcomes = [gateway.refund(refund_of(one)) for _ in range(2)]

    [made] = stripe_books.refunds.values()
    assert outcomes == [Outcome(state=State.PAID, reference=made["id"])] * 2
    assert (made["amount"], made["metadata"]) == (1000, {"payment": "txn_refund", "order": "ord_1"})


def test_refund_is_done_once_also_when_its_key_is_forgotten(gateway, stripe_books):
    one = paid(gateway)
    first = gateway.refund(refund_of(one))
    stripe_books.answers.clear()

    assert gateway.refund(refund_of(one)) == first
    assert len(stripe_books.refunds) == 1


def test_two_refunds_are_two(gateway, stripe_books):
    one = paid(gateway)

    gateway.refund(refund_of(one))
    gateway.refund(refund_of(one, key="txn_other"))

    assert [made["amount"] for made in stripe_books.refunds.values()] == [1000, 1000]


def test_refund_takes_its_time(gateway, stripe_books):
    one = paid(gateway)
    outcome = gateway.refund(refund_of(one, amount="7.00"))
    assert outcome.state is State.OPEN

    stripe_books.refund_ends(outcome.reference, "failed", "expired_or_canceled_card")

    looked_up = gateway.look_up_refund(refund_of(one, reference=outcome.reference))
    assert looked_up == Outcome(
        state=State.DECLINED,
        reference=outcome.reference,
        why="Stripe says: expired_or_canceled_card",
    )


def test_refund_whose_answer_was_lost_is_found(monkeypatch, stripe_books):
    monkeypatch.setattr(adapter, "RETRIES", 0)
    gateway = StripeGateway("stripe_1")
    one = paid(gateway)
    assert gateway.look_up_refund(refund_of(one)) == Outcome(state=State.OPEN)
    stripe_books.lose("refunds", "before")
    with pytest.raises(GatewaySilent):
        gateway.refund(refund_of(one))

    assert gateway.look_up_refund(refund_of(one)) == Outcome(state=State.OPEN)
    made = gateway.refund(refund_of(one))
    assert gateway.look_up_refund(refund_of(one)) == made


def test_refund_of_more_than_was_paid_is_refused(gateway, stripe_books):
    one = paid(gateway)

    outcome = gateway.refund(refund_of(one, amount="100.00"))

    assert outcome.state is State.DECLINED
    assert "greater than" in outcome.why
    assert stripe_books.refunds == {}


# --- Disputes -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("statuses", "stands"),
    [
        ([], None),
        (["needs_response"], Dispute.OPEN),
        (["under_review"], Dispute.OPEN),
        (["warning_needs_response"], Dispute.OPEN),
        (["a word of tomorrow"], Dispute.OPEN),
        (["won"], Dispute.WON),
        (["warning_closed"], Dispute.WON),
        (["prevented"], Dispute.WON),
        (["lost"], Dispute.LOST),
        (["won", "lost"], Dispute.LOST),
        (["lost", "needs_response", "won"], Dispute.OPEN),
    ],
)
def test_dispute_stands_as_its_worst_part(gateway, stripe_books, statuses, stands):
    one, other = paid(gateway), paid(gateway, key="txn_other")
    stripe_books.bank_disputes(other.reference)
    for status in statuses:
        stripe_books.bank_disputes(one.reference, status)

    assert gateway.look_up_dispute(one) == stands


# --- Notices ------------------------------------------------------------------------------------


def notice(kind="checkout.session.completed", thing=None, *, secret=SECRET, at=None):
    thing = thing or {"id": "cs_1", "object": "checkout.session", "metadata": {"payment": KEY}}
    event = {
        "id": "evt_1",
        "object": "event",
        "api_version": "2026-10-28.endive",
        "type": kind,
        "data": {"object": thing},
    }
    body = json.dumps(event)
    signature = stripe.WebhookSignature.generate_signature_header(body, secret, timestamp=at)
    return {"body": body.encode(), "signature": signature}


def test_notice_names_its_payment(stripe_books):
    assert read_notice("stripe_1", **notice()) == Notice(KEY)


@pytest.mark.parametrize("metadata", [{}, None, {"payment": 5}, {"other": "x"}])
def test_notice_about_something_else_names_none(stripe_books, metadata):
    thing = {"id": "re_1", "object": "refund", "metadata": metadata}

    assert read_notice("stripe_1", **notice("refund.updated", thing)) is None


@pytest.mark.parametrize(
    ("intent", "said"), [("pi_1", Notice("pi_1", is_dispute=True)), (None, None), (5, None)]
)
def test_notice_of_a_dispute_names_what_was_paid(stripe_books, intent, said):
    thing = {"id": "du_1", "object": "dispute", "metadata": {}, "payment_intent": intent}

    assert read_notice("stripe_1", **notice("charge.dispute.created", thing)) == said


@pytest.mark.parametrize(
    "forged",
    [
        notice(secret="whsec_of_somebody_else"),
        notice(at=1_700_000_000),
        notice() | {"body": notice()["body"].replace(KEY.encode(), b"txn_other")},
        notice() | {"signature": ""},
        notice() | {"signature": "t=,v1="},
        notice() | {"signature": "t=1,v0=aa"},
        notice() | {"body": b"\xff\xfe"},
    ],
)
def test_notice_that_nobody_signed_is_refused(stripe_books, forged):
    with pytest.raises(NoticeRefused):
        read_notice("stripe_1", **forged)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"{}", b'{"object": "v2.core.event"}'])
def test_signed_nonsense_is_refused(stripe_books, body):
    signature = stripe.WebhookSignature.generate_signature_header(body.decode(), SECRET)

    with pytest.raises(NoticeRefused):
        read_notice("stripe_1", body=body, signature=signature)


def test_without_a_secret_no_notice_is_believed(settings):
    settings.GATEWAY_CREDENTIALS = {"GATEWAY_STRIPE_1_WEBHOOK_SECRET": ""}

    with pytest.raises(GatewayMisconfigured, match="WEBHOOK_SECRET"):
        read_notice("stripe_1", **notice(secret=""))
