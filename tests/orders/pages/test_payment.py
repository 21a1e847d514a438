import re
from decimal import Decimal
from urllib.parse import urlencode

import pytest
import structlog
from django.test import Client
from structlog.testing import capture_logs

from orders.cancelling import Cancelling
from orders.models import Order, Payment, PaymentGateway
from orders.pages import private
from orders.services.cancel_order import cancel_order
from orders.services.change_sale_status import change_sale_status
from orders.services.refund_payment import refund_payment
from orders.services.settle_payments import settle_payment
from orders.services.take_payment import take_payment
from orders.vocabulary import Reason
from tests.factories import OfferFactory, ProductFactory
from tests.orders.selling import a_customer, a_sale

pytestmark = pytest.mark.django_db(transaction=True)
PRIVATE = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
}


def sold(**fields):
    product = ProductFactory(name="Captain's compass")
    return a_sale(OfferFactory(product=product, base_price=Decimal("99.99")), **fields)


def paid(**how):
    order = sold()
    fields = {"token": "tok_visa", "amount": order.total, "is_to_capture": True, "by": "key:1"}
    take_payment(order, **fields | how)
    return Order.objects.get(pk=order.pk)


def refused():
    order = sold()
    Client().post(address_of(order), {"choice": "decline", "amount": "99.99"})
    return order


def on_its_way():
    return paid(token="tok_timeout")


def set_aside():
    return paid(is_to_capture=False)


def completed():
    return change_sale_status(paid(), to=Order.Status.COMPLETED, note="", by="key:1")


def cancelled():
    how = Cancelling(reason=Reason.MISTAKE)
    return cancel_order(sold(), how=how, by="key:1")


def refunded():
    order = completed()
    refund_payment(order, amount=order.total, by="key:1")
    return order


def partly_refunded():
    order = paid()
    refund_payment(order, amount=Decimal("9.99"), by="key:1")
    return order


def free():
    return a_sale(OfferFactory(base_price=Decimal(0)))


def switched_off():
    order = sold()
    PaymentGateway.objects.filter(pk="sandbox").update(is_active=False)
    return order


def offline(**gateway):
    PaymentGateway.objects.create(pk="bank", name="Bank transfer", kind="offline")
    order = sold(gateway_id="bank")
    PaymentGateway.objects.filter(pk="bank").update(**{"is_active": True} | gateway)
    return order


STATES = {
    "to be paid": (sold, "Pay 99.99 USD", True),
    "refused": (refused, "The payment was refused", True),
    "on its way": (on_its_way, "Your payment is on its way", False),
    "set aside": (set_aside, "The amount is set aside", False),
    "paid": (paid, "Thank you, it is paid", False),
    "free": (free, "Thank you, it is paid", False),
    "completed": (completed, "It is yours", False),
    "cancelled": (cancelled, "This order was cancelled", False),
    "refunded": (refunded, "This order was refunded", False),
    "partly refunded": (partly_refunded, "Thank you, it is paid", False),
    "gateway off": (switched_off, "You cannot pay at the moment", False),
    "offline": (offline, "Pay 99.99 USD to the seller", False),
    "offline, off": (lambda: offline(is_active=False), "Pay 99.99 USD to the seller", False),
}
HAVE_TIME = {"to be paid", "refused", "set aside", "gateway off", "offline", "offline, off"}


def address_of(order):
    return order.payment_url.removeprefix("http://127.0.0.1:8000")


def look(order, more=""):
    return Client().get(address_of(order) + more)


def choose(order, choice, amount="99.99"):
    # Browsers say so of a form on a page with no-referrer.
    client = Client(enforce_csrf_checks=True, headers={"Origin": "null"})
    return client.post(address_of(order), {"choice": choice, "amount": amount})


def heading_of(answer):
    [heading] = re.findall(r"<h1[^>]*>(.*?)</h1>", answer.content.decode())
    return heading


def money_of(order):
    order = Order.objects.get(pk=order.pk)
    payments = order.payments.order_by("pk").values_list("kind", "status", "amount")
    return order.status, order.payment_status, order.charged, [*payments]


# --- What is seen ----------------------------------------------------------------------------


@pytest.mark.parametrize("state", STATES)
def test_page_says_where_the_order_stands(state):
    make, heading, can_pay = STATES[state]
    order = make()

    answer = look(order)

    text = answer.content.decode()
    assert answer.status_code == 200
    assert heading_of(answer) == heading
    assert ("<form" in text) == can_pay
    assert ("Refresh" in answer.headers) == (state == "on its way")
    assert ("Kept for you until" in text) == (state in HAVE_TIME)
    assert order.code in text


def test_sandbox_is_not_offered_where_goods_are_real(settings):
    order = sold()
    settings.SANDBOX_GATEWAY = False

    choose(order, "pay")

    assert heading_of(look(order)) == "You cannot pay at the moment"
    assert money_of(order) == ("pending_payment", "pending", 0, [])


def test_what_is_paid_outside_is_paid_once_staff_say_so():
    order = offline()

    assert "The seller tells you how." in look(order).content.decode()
    change_sale_status(order, to=Order.Status.PROCESSING, note="", by="staff:1")
    assert heading_of(look(order)) == "Thank you, it is paid"


def test_page_shows_items_and_amounts():
    product = ProductFactory(name="<script>Lantern</script>")
    order = a_sale(OfferFactory(product=product, base_price=Decimal("1234.50")), quantity=2)

    text = look(order).content.decode()

    assert "&lt;script&gt;Lantern" in text
    assert "<script" not in text
    assert "2,469.00 USD" in text
    assert "no money moves" in text


def test_refunds_are_told():
    assert "9.99 USD were given back to you." in look(partly_refunded()).content.decode()
    order = cancelled()
    assert "given back" not in look(order).content.decode()


def test_why_it_was_refused_is_told_and_that_nothing_was_taken():
    text = look(refused()).content.decode()

    assert "The card was declined. Nothing was taken." in text


def test_nothing_but_this_order_is_visible():
    customer = a_customer(first_name="Wilhelmina", email="ada@example.com")
    order = sold(customer=customer)
    other = a_sale(OfferFactory(product=ProductFactory(name="other thing")), customer=customer)

    text = look(order).content.decode()

    secrets = ["other thing", other.code, str(customer.uuid), customer.customer_code, "Wilhelmina"]
    assert [secret for secret in secrets if secret in text] == []


def test_page_needs_few_queries(django_assert_num_queries):
    address = address_of(paid())

    with django_assert_num_queries(3):
        Client().get(address)


# --- Whose page it is ------------------------------------------------------------------------


def unknown_addresses(order, other):
    token, code = order.payment_token, order.code
    return [
        {"token": "0" * 22, "orderId": code},
        {"token": other.payment_token, "orderId": code},
        {"token": token[:-1], "orderId": code},
        {"token": token.upper(), "orderId": code},
        {"token": "ü\0", "orderId": code},
        {"token": "", "orderId": code},
        {"orderId": code},
        {"token": token, "orderId": "ord_0000000000000000"},
        {"token": token, "orderId": "\0"},
        {"token": token, "orderId": "ü" * 5000},
        {"token": "-", "orderId": "ord_none"},
        {"token": token},
        {},
    ]


def test_whatever_is_unknown_is_answered_alike(monkeypatch, django_assert_num_queries):
    order, other = sold(), sold()
    compared = []
    compare = private.secrets.compare_digest
    monkeypatch.setattr(
        private.secrets, "compare_digest", lambda *pair: compared.append(pair) or compare(*pair)
    )
    addresses = [f"/pay?{urlencode(named)}" for named in unknown_addresses(order, other)]

    with django_assert_num_queries(2 * len(addresses)):
        answers = [ask(address) for address in addresses for ask in (Client().get, Client().post)]

    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1
    assert len(compared) == len(answers)
    assert not Payment.objects.exists()


@pytest.mark.parametrize("method", ["get", "post", "put", "delete"])
@pytest.mark.parametrize("known", [True, False])
def test_nothing_is_kept_indexed_framed_or_passed_on(method, known):
    address = address_of(sold()) if known else "/pay"

    answer = getattr(Client(), method)(address)

    assert {name: answer[name] for name in PRIVATE} == PRIVATE
    policy = answer["Content-Security-Policy"].split("; ")
    assert {"default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'"} <= {*policy}
    assert not [rule for rule in policy if rule.startswith("script") or "unsafe" in rule]
    assert not answer.cookies
    assert (answer.status_code == 405) == (method in {"put", "delete"})


def test_token_is_in_no_log():
    order = sold()

    with capture_logs(processors=[structlog.contextvars.merge_contextvars]) as lines:
        look(order)
        choose(order, "pay")

    assert lines
    assert order.payment_token not in str(lines)


# --- What is chosen at the sandbox -------------------------------------------------------------


def test_buyer_pays():
    order = sold()

    answer = choose(order, "pay")

    assert (answer.status_code, answer["Location"]) == (303, address_of(order))
    charge = ("charge", "completed", Decimal("99.99"))
    assert money_of(order) == ("processing", "completed", Decimal("99.99"), [charge])
    event = order.events.filter(kind="payment").first()
    assert event.by == f"player:{order.player_id}"


def test_second_click_pays_nothing_more():
    order = sold()

    answers = [choose(order, "pay") for _ in range(3)]

    assert {answer.status_code for answer in answers} == {303}
    assert order.payments.count() == 1


def test_declined_payment_can_be_tried_again():
    order = sold()

    assert choose(order, "decline").status_code == 303
    assert money_of(order)[:3] == ("payment_failed", "failed", 0)
    assert choose(order, "pay").status_code == 303

    assert money_of(order)[:3] == ("processing", "completed", Decimal("99.99"))
    assert [status for _, status, _ in money_of(order)[3]] == ["failed", "completed"]


def test_lost_answer_is_not_paid_twice():
    order = sold()

    answers = [choose(order, "lose"), choose(order, "pay")]

    assert {answer.status_code for answer in answers} == {303}
    assert money_of(order)[0] == "pending_payment"
    settle_payment(order.payments.get().pk)
    assert money_of(order)[:3] == ("processing", "completed", Decimal("99.99"))


def test_who_walks_away_has_done_nothing():
    order = sold()

    answer = look(order, "&left=1")

    assert "You left without paying" in answer.content.decode()
    assert heading_of(answer) == "Pay 99.99 USD"
    assert not Payment.objects.exists()


@pytest.mark.parametrize("amount", ["99.98", "", "NaN", "sNaN", "-99.99", "Infinity", "1e9999"])
def test_other_amount_than_was_shown_is_not_paid(amount):
    order = sold()

    answer = choose(order, "pay", amount=amount)

    assert answer.status_code == 409
    assert "Not paid" in answer.content.decode()
    assert money_of(order) == ("pending_payment", "pending", 0, [])


@pytest.mark.parametrize("choice", ["", "checkout", "tok_visa", "\0"])
def test_what_was_not_offered_does_nothing(choice):
    order = sold()

    assert choose(order, choice).status_code == 303
    assert money_of(order) == ("pending_payment", "pending", 0, [])


def test_cancelled_order_is_not_paid():
    order = cancelled()

    assert choose(order, "pay").status_code == 409
    assert not Payment.objects.exists()


def test_gateway_that_is_off_takes_nothing():
    order = switched_off()

    assert choose(order, "pay").status_code == 503
    assert not Payment.objects.exists()


# --- Through a page of the gateway's --------------------------------------------------------------


@pytest.fixture
def order(stripe_books):
    PaymentGateway.objects.create(pk="stripe_1", name="Stripe", kind="stripe")
    return sold(gateway_id="stripe_1")


def test_buyer_is_led_to_the_page_and_back(order, stripe_books):
    assert "no money moves" not in look(order).content.decode()
    answer = choose(order, "checkout")

    [session] = stripe_books.sessions.values()
    assert (answer.status_code, answer["Location"]) == (303, session["url"])
    assert session["success_url"] == session["cancel_url"] == f"{order.payment_url}&back=1"
    assert "Go on with the payment" in look(order).content.decode()

    assert choose(order, "checkout")["Location"] == session["url"]

    stripe_books.buyer_pays(session["id"])
    assert heading_of(look(order, "&back=1")) == "Thank you, it is paid"
    assert money_of(order)[:3] == ("processing", "completed", Decimal("99.99"))


def test_who_comes_back_without_paying_can_go_on(order, stripe_books):
    choose(order, "checkout")

    answer = look(order, "&back=1")

    assert heading_of(answer) == "Pay 99.99 USD"
    assert "Go on with the payment" in answer.content.decode()


def test_sandbox_choices_are_nothing_elsewhere(order, stripe_books):
    choose(order, "pay")

    assert money_of(order) == ("pending_payment", "pending", 0, [])
    assert stripe_books.asked == []


def test_page_that_does_not_answer_can_be_asked_for_again(order, stripe_books, monkeypatch):
    monkeypatch.setattr("orders.gateways.stripe.RETRIES", 0)
    stripe_books.lose("sessions", "after")

    silent = choose(order, "checkout")

    assert silent.status_code == 409
    assert "does not answer" in silent.content.decode()
    assert "<form" in silent.content.decode()
    assert choose(order, "checkout").status_code == 303
    assert len(stripe_books.sessions) == 1


def test_gateway_without_credentials_is_not_offered(order, settings):
    settings.GATEWAY_CREDENTIALS = {}

    answer = look(order)

    assert heading_of(answer) == "You cannot pay at the moment"
    assert "<form" not in answer.content.decode()


def test_gateway_without_credentials_says_so_politely(order, settings):
    settings.GATEWAY_CREDENTIALS = {}

    answer = choose(order, "checkout")

    page = answer.content.decode()
    assert (answer.status_code, heading_of(answer)) == (503, "You cannot pay at the moment")
    assert "It cannot be paid just now. Nothing was taken: try again later." in page
    assert "SECRET" not in page
