from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from orders.errors import AmountWrong, GatewayNotOffered, PaymentInFlight, WrongState
from orders.gateways import stripe as adapter
from orders.gateways.port import GatewaySilent
from orders.models import Order, Payment, PaymentGateway
from orders.services import begin_checkout as service
from orders.services.begin_checkout import begin_checkout
from orders.services.give_up_payment import give_up_payment
from orders.services.refund_payment import refund_payment
from orders.services.retry_refund import retry_refund
from orders.services.settle_payments import settle_payment, settle_payments
from orders.services.take_notice import take_notice
from orders.services.take_payment import take_payment
from tests.factories import OfferFactory
from tests.orders.selling import a_sale

pytestmark = pytest.mark.django_db(transaction=True)
BACK = "https://shop.example/back"
BY = "player:1"


@pytest.fixture
def order(stripe_books):
    PaymentGateway.objects.create(pk="stripe_1", name="Stripe", kind="stripe")
    return a_sale(OfferFactory(base_price=Decimal("99.99")), gateway_id="stripe_1")


def begin(order, amount="99.99"):
    return begin_checkout(order, amount=Decimal(amount), back_to=BACK, by=BY)


def state_of(order):
    order = Order.objects.get(pk=order.pk)
    charge = order.payments.charges().order_by("-pk").first()
    return order.status, order.payment_status, charge.status, charge.is_in_flight


def test_buyer_is_sent_to_the_page_of_the_gateway_and_pays(order, stripe_books):
    url = begin(order)

    [session] = stripe_books.sessions.values()
    payment = order.payments.get()
    assert url == session["url"]
    assert (payment.reference, payment.token_end) == (session["id"], "")
    assert session["expires_at"] == int((payment.created_at + timedelta(hours=1)).timestamp())
    assert state_of(order) == ("pending_payment", "pending", "pending", True)

    intent = stripe_books.buyer_pays(session["id"])
    settle_payment(payment.pk)

    assert state_of(order) == ("processing", "completed", "completed", False)
    payment = Payment.objects.get()
    assert (payment.reference, payment.amount) == (intent, Decimal("99.99"))
    assert Order.objects.get().charged == Decimal("99.99")


def test_asked_twice_there_is_one_charge_and_one_page(order, stripe_books):
    assert begin(order) == begin(order)
    assert len(stripe_books.sessions) == order.payments.count() == 1


def test_page_whose_address_was_lost_is_the_same_one(order, stripe_books, monkeypatch):
    monkeypatch.setattr(adapter, "RETRIES", 0)
    stripe_books.lose("sessions", "after")
    with pytest.raises(PaymentInFlight):
        begin(order)

    assert begin(order) == next(iter(stripe_books.sessions.values()))["url"]
    assert len(stripe_books.sessions) == order.payments.count() == 1


def test_page_that_is_over_leads_back(order, stripe_books):
    begin(order)
    [session] = stripe_books.sessions
    stripe_books.buyer_pays(session)

    assert begin(order) == BACK
    assert state_of(order) == ("processing", "completed", "completed", False)


def test_who_left_can_begin_anew(order, stripe_books):
    begin(order)
    [first] = stripe_books.sessions
    stripe_books.session_ends(first)

    assert begin(order) == BACK
    assert state_of(order) == ("pending_payment", "pending", "voided", False)
    assert begin(order) not in (BACK, stripe_books.sessions[first]["url"])


def test_charge_that_was_given_up_meanwhile_closes_its_page(order, stripe_books, monkeypatch):
    keep = service.keep_reference

    def given_up_first(payment, reference):
        give_up_payment(order, by=BY)
        return keep(payment, reference)

    monkeypatch.setattr(service, "keep_reference", given_up_first)

    with pytest.raises(PaymentInFlight):
        begin(order)

    [session] = stripe_books.sessions.values()
    assert session["status"] == "expired"
    assert state_of(order) == ("pending_payment", "pending", "voided", False)


def test_token_gives_the_open_page_up(order, stripe_books):
    begin(order)

    take_payment(order, token="tok_visa", amount=order.total, is_to_capture=True, by="key:1")

    [session] = stripe_books.sessions.values()
    assert session["status"] == "expired"
    assert [each.status for each in order.payments.order_by("pk")] == ["voided", "completed"]


@pytest.mark.parametrize("is_offered", [True, False])
def test_token_call_that_is_refused_leaves_the_page_open(order, stripe_books, is_offered):
    begin(order)
    PaymentGateway.objects.filter(pk="stripe_1").update(is_active=is_offered)
    amount, refusal = ("1", AmountWrong) if is_offered else ("99.99", GatewayNotOffered)
    before = state_of(order)

    with pytest.raises(refusal):
        take_payment(
            order, token="tok_visa", amount=Decimal(amount), is_to_capture=True, by="key:1"
        )

    assert state_of(order) == before
    assert [session["status"] for session in stripe_books.sessions.values()] == ["open"]


@pytest.mark.parametrize("kind", ["offline", "sandbox"])
def test_gateway_without_a_page_is_refused_before_anything_is_opened(kind):
    PaymentGateway.objects.create(pk="other", name="Other", kind=kind)
    order = a_sale(gateway_id="other")

    with pytest.raises(GatewayNotOffered):
        begin(order)

    assert not order.payments.exists()


@pytest.mark.parametrize("amount", ["99.98", "100", "-1"])
def test_other_amount_is_refused(order, stripe_books, amount):
    with pytest.raises(AmountWrong):
        begin(order, amount)

    assert (order.payments.count(), stripe_books.asked) == (0, [])


def test_paid_order_is_refused(order, stripe_books):
    take_payment(order, token="tok_visa", amount=order.total, is_to_capture=True, by="key:1")

    with pytest.raises(WrongState):
        begin(order)

    assert stripe_books.sessions == {}


def test_gateway_without_credentials_is_refused_and_nothing_stays_open(order, settings):
    settings.GATEWAY_CREDENTIALS = {}

    with pytest.raises(GatewayNotOffered):
        begin(order)

    assert not order.payments.open_charge().exists()
    assert Order.objects.get().status == "pending_payment"


def test_walking_away_ends_by_the_job(order, stripe_books):
    begin(order)
    [session] = stripe_books.sessions
    stripe_books.session_ends(session)
    Payment.objects.update(ask_at=timezone.now())

    assert settle_payments(5) == 1
    assert state_of(order) == ("pending_payment", "pending", "voided", False)


# --- Notices ---------------------------------------------------------------------------------


def test_notice_settles_what_is_in_flight(order, stripe_books):
    begin(order)
    stripe_books.buyer_pays(next(iter(stripe_books.sessions)))
    payment = order.payments.get()

    for _ in range(2):
        take_notice("stripe_1", payment.code)

    assert state_of(order) == ("processing", "completed", "completed", False)
    assert Order.objects.get().charged == Decimal("99.99")


def test_notice_finds_money_of_a_charge_that_was_taken_for_over(order, stripe_books):
    begin(order)
    payment = order.payments.get()
    give_up_payment(order, by=BY)
    stripe_books.sessions[payment.reference]["status"] = "open"
    stripe_books.buyer_pays(payment.reference)

    take_notice("stripe_1", payment.code)

    assert state_of(order) == ("processing", "completed", "completed", False)


@pytest.mark.parametrize("key", ["txn_unknown", "", "_", "txn_0_1_2", "\u00fc"])
def test_notice_about_nothing_of_ours_does_nothing(order, stripe_books, key):
    assert take_notice("stripe_1", key) is None
    assert stripe_books.asked == []


def test_notice_of_another_gateway_does_nothing(order, stripe_books):
    begin(order)
    asked = len(stripe_books.asked)

    assert take_notice("sandbox", order.payments.get().code) is None
    assert len(stripe_books.asked) == asked


def test_silent_gateway_leaves_the_notice_to_be_sent_again(order, stripe_books, monkeypatch):
    monkeypatch.setattr(adapter, "RETRIES", 0)
    begin(order)
    payment = order.payments.get()
    give_up_payment(order, by=BY)
    stripe_books.lose("sessions", "before")

    with pytest.raises(GatewaySilent):
        take_notice("stripe_1", payment.code)


def test_refund_that_came_back_is_noticed(order, stripe_books):
    take_payment(order, token="tok_visa", amount=order.total, is_to_capture=True, by="key:1")
    refund = refund_payment(order, amount=Decimal("10.00"), by="key:1")
    assert (refund.status, Order.objects.get().refunded) == ("completed", Decimal("10.00"))
    stripe_books.refund_ends(refund.reference, "failed", "expired_or_canceled_card")

    take_notice("stripe_1", refund.code)

    refund = Payment.objects.get(pk=refund.pk)
    assert (refund.status, refund.failure) == (
        "failed",
        "Stripe says: expired_or_canceled_card",
    )
    assert Order.objects.get().refunded == 0
    assert Order.objects.get().payment_status == "completed"


def test_refund_that_is_tried_again_is_another_one(order, stripe_books):
    take_payment(order, token="tok_visa", amount=order.total, is_to_capture=True, by="key:1")
    refund = refund_payment(order, amount=Decimal("7.00"), by="key:1")
    [first] = stripe_books.refunds
    stripe_books.refund_ends(first, "failed", "unknown")
    settle_payment(refund.pk)

    retry_refund(Payment.objects.get(pk=refund.pk), by="staff:1")
    settle_payment(refund.pk)
    second = next(key for key in stripe_books.refunds if key != first)
    stripe_books.refund_ends(second, "succeeded")
    take_notice("stripe_1", f"{refund.code}_2")

    refund = Payment.objects.get(pk=refund.pk)
    assert (refund.status, refund.reference, refund.tries) == ("completed", second, 2)
    assert Order.objects.get().refunded == Decimal("7.00")
