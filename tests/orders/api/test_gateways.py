import json
from decimal import Decimal

import pytest
import stripe
from django.test import Client
from structlog.testing import capture_logs

from orders.models import Order, Payment, PaymentGateway
from orders.services.begin_checkout import begin_checkout
from orders.services.give_up_payment import give_up_payment
from tests.factories import OfferFactory
from tests.orders.gateways.stripe_double import SECRET
from tests.orders.selling import a_sale

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def order(stripe_books):
    PaymentGateway.objects.create(pk="stripe_1", name="Stripe", kind="stripe")
    order = a_sale(OfferFactory(base_price=Decimal("99.99")), gateway_id="stripe_1")
    begin_checkout(order, amount=order.total, back_to="https://shop.example", by="player:1")
    return order


def knock(payment_code, *, secret=SECRET, gateway="stripe_1"):
    session = {"object": "checkout.session", "metadata": {"payment": payment_code}}
    return tell("checkout.session.completed", session, secret=secret, gateway=gateway)


def tell(kind, thing, *, secret=SECRET, gateway="stripe_1"):
    event = {"id": "evt_1", "object": "event", "type": kind, "data": {"object": thing}}
    body = json.dumps(event)
    signature = stripe.WebhookSignature.generate_signature_header(body, secret)
    return Client(enforce_csrf_checks=True).post(
        f"/payments/{gateway}/webhook",
        body,
        content_type="application/json",
        headers={"Stripe-Signature": signature},
    )


def test_signed_notice_settles_the_payment_however_often_it_comes(order, stripe_books):
    payment = order.payments.get()
    stripe_books.buyer_pays(payment.reference)

    answers = [knock(payment.code) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [204] * 3
    order = Order.objects.get()
    assert (order.status, order.charged) == ("processing", Decimal("99.99"))
    assert order.payments.count() == 1


def test_notice_is_believed_no_more_than_that_something_happened(order):
    """What it says was paid is asked for, and the gateway says that it was not."""
    assert knock(order.payments.get().code).status_code == 204
    assert Order.objects.get().status == "pending_payment"


def test_unsigned_notice_does_nothing(order, stripe_books):
    payment = order.payments.get()
    stripe_books.buyer_pays(payment.reference)
    asked = len(stripe_books.asked)

    answer = knock(payment.code, secret="whsec_of_somebody_else")

    assert answer.status_code == 400
    assert len(stripe_books.asked) == asked
    assert Order.objects.get().status == "pending_payment"


@pytest.mark.parametrize("gateway", ["sandbox", "stripe_2", "coins", "%00", "x" * 500])
def test_gateway_that_sends_no_notices_is_not_found(order, gateway):
    assert knock(order.payments.get().code, gateway=gateway).status_code == 404


@pytest.mark.parametrize("code", ["txn_unknown", None, 5, "\0", "x" * 5000])
def test_notice_about_nothing_of_ours_is_heard(order, stripe_books, code):
    asked = len(stripe_books.asked)

    assert knock(code).status_code == 204
    assert len(stripe_books.asked) == asked


def test_notice_is_to_be_sent_again_where_the_gateway_is_silent(order, stripe_books, monkeypatch):
    monkeypatch.setattr("orders.gateways.stripe.RETRIES", 0)
    payment = order.payments.get()
    give_up_payment(order, by="key:1")
    stripe_books.lose("sessions", "before")

    answer = knock(payment.code)

    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert Payment.objects.get().status == "voided"


def test_gateway_that_is_off_is_heard(order, stripe_books):
    payment = order.payments.get()
    PaymentGateway.objects.filter(pk="stripe_1").update(is_active=False)
    stripe_books.buyer_pays(payment.reference)

    assert knock(payment.code).status_code == 204
    assert Order.objects.get().status == "processing"


def test_without_its_secret_it_is_to_be_sent_again(order, settings):
    settings.GATEWAY_CREDENTIALS = {}

    assert knock(order.payments.get().code).status_code == 503


def test_only_posts_are_notices(order):
    assert Client().get("/payments/stripe_1/webhook").status_code == 405


# --- Disputes -----------------------------------------------------------------------------------


@pytest.fixture
def paid(order, stripe_books):
    payment = order.payments.get()
    stripe_books.buyer_pays(payment.reference)
    knock(payment.code)
    return Payment.objects.get()


def told(order):
    events = order.events.filter(kind="dispute").order_by("number")
    return [(event.by, event.before, event.after) for event in events]


def test_dispute_is_told_once_and_moves_no_money(order, paid, stripe_books):
    dispute = stripe_books.bank_disputes(paid.reference)
    before = Order.objects.values().get(), order.payments.count()

    with capture_logs() as logs:
        answers = [tell("charge.dispute.created", dispute) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [204, 204]
    assert told(order) == [("system", {"dispute": ""}, {"dispute": "open", "payment": paid.code})]
    said = [each for each in logs if each["event"] == "payment_disputed"]
    assert [(each["order"], each["payment"], each["dispute"]) for each in said] == [
        (order.code, paid.code, "open")
    ]
    after = Order.objects.values().get(), order.payments.count()
    assert after == (before[0] | {"last_event": before[0]["last_event"] + 1}, before[1])
    assert Payment.objects.get().dispute == "open"


@pytest.mark.parametrize("ends", ["won", "lost"])
def test_end_of_a_dispute_is_told(order, paid, stripe_books, ends):
    dispute = stripe_books.bank_disputes(paid.reference)
    tell("charge.dispute.created", dispute)
    dispute["status"] = ends

    # What the notice says is not believed: it is asked for.
    assert tell("charge.dispute.closed", dispute | {"status": "x"}).status_code == 204

    assert told(order)[1:] == [
        ("system", {"dispute": "open"}, {"dispute": ends, "payment": paid.code})
    ]
    assert Order.objects.get().status == "processing"


def test_dispute_of_which_the_gateway_knows_nothing_is_none(order, paid):
    thing = {"object": "dispute", "payment_intent": paid.reference}

    assert tell("charge.dispute.created", thing).status_code == 204
    assert (told(order), Payment.objects.get().dispute) == ([], "")


@pytest.mark.parametrize("intent", ["pi_of_somebody_else", None, "\0", "x" * 5000])
def test_dispute_of_nothing_of_ours_is_heard(order, paid, stripe_books, intent):
    asked = len(stripe_books.asked)

    thing = {"object": "dispute", "payment_intent": intent}

    assert tell("charge.dispute.created", thing).status_code == 204
    assert len(stripe_books.asked) == asked


def test_dispute_is_to_be_told_again_where_the_gateway_is_silent(
    order, paid, stripe_books, monkeypatch
):
    monkeypatch.setattr("orders.gateways.stripe.RETRIES", 0)
    dispute = stripe_books.bank_disputes(paid.reference)
    stripe_books.lose("disputes", 500)

    assert tell("charge.dispute.created", dispute).status_code == 503
    assert told(order) == []
    assert tell("charge.dispute.created", dispute).status_code == 204
    assert len(told(order)) == 1
