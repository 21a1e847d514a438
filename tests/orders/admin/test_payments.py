from decimal import Decimal

import pytest
from django.test import Client

from orders.admin.gateways import BEGIN, LACKING, NOT_HERE, OFF
from orders.models import Order, Payment, PaymentGateway
from orders.services.refund_order import refund_order
from orders.services.settle_payments import settle_payment
from orders.services.take_payment import take_payment
from tests.factories import OfferFactory
from tests.orders.selling import a_sale
from tests.staff import form_in, said, staff, superuser

pytestmark = pytest.mark.django_db(transaction=True)
PAYMENTS, GATEWAYS = "/admin/orders/payment/", "/admin/orders/paymentgateway/"


def charged(token="tok_visa"):  # noqa: S107 - of the sandbox
    order = a_sale(OfferFactory(base_price=Decimal("99.99")))
    return take_payment(order, token=token, amount=order.total, is_to_capture=True, by="key:1")


def failed_refund():
    charge = charged("tok_refundFails")
    refund_order(charge.order, amount=Decimal("9.99"), reason=None, by="key:1")
    refund = settle_payment(Payment.objects.get(kind="refund").pk)
    assert refund.status == "failed"
    return refund


def listed(client, **narrowed):
    return [each.code for each in client.get(PAYMENTS, narrowed).context["cl"].result_list]


def buttons(client, payment):
    page = client.get(f"{PAYMENTS}{payment.pk}/change/")
    return {button.label: button.disabled for button in page.context["buttons"]}


def test_payments_are_narrowed_and_found():
    refund, waiting = failed_refund(), charged("tok_timeout")
    charge = refund.of
    client = staff("view")

    assert listed(client) == [waiting.code, refund.code, charge.code]
    assert listed(client, kind="refund") == [refund.code]
    assert listed(client, status="completed") == [charge.code]
    assert listed(client, gateway="coins") == []
    assert listed(client, gateway="sandbox") == [waiting.code, refund.code, charge.code]
    assert listed(client, in_flight="yes") == [waiting.code]
    assert listed(client, in_flight="long") == []
    assert listed(client, q=charge.code.upper()) == [charge.code]
    assert listed(client, q=waiting.order.code) == [waiting.code]
    assert listed(client, q=charge.reference) == [charge.code]
    assert listed(client, q="nothing") == []


def test_buttons_are_those_that_the_right_allows():
    refund, waiting = failed_refund(), charged("tok_timeout")

    assert buttons(staff("view"), refund) == {}
    fulfils = staff("view", "orders.fulfil_order")
    assert buttons(fulfils, waiting) == {"Ask the gateway now": ""}
    assert buttons(fulfils, refund) == {"Ask the gateway now": "It is not on its way."}
    refunds = staff("view", "orders.refund_order")
    assert buttons(refunds, waiting) == {}
    assert buttons(refunds, refund) == {"Try the refund again": ""}


def test_gateway_is_asked_now():
    waiting = charged("tok_timeout")
    client = staff("view", "orders.fulfil_order")
    page = client.get(f"{PAYMENTS}{waiting.pk}/ask/")
    assert waiting.code in page.content.decode()
    assert Payment.objects.get(pk=waiting.pk).is_in_flight

    answer = client.post(f"{PAYMENTS}{waiting.pk}/ask/", follow=True)

    assert said(answer) == ["The gateway has said what became of it. Done."]
    assert Order.objects.get().status == "processing"


def test_refund_says_nothing_of_what_only_charges_have():
    refund, client = failed_refund(), staff("view")

    pages = [
        client.get(f"{PAYMENTS}{payment.pk}/change/").content.decode()
        for payment in (refund.of, refund)
    ]

    assert ["To take the money" in page for page in pages] == [True, False]


def test_refund_is_tried_again_once():
    refund = failed_refund()
    client = staff("view", "orders.refund_order")
    assert "Last time it failed" in client.get(f"{PAYMENTS}{refund.pk}/retry/").content.decode()

    answers = [client.post(f"{PAYMENTS}{refund.pk}/retry/", follow=True) for _ in range(2)]

    assert said(answers[0]) == ["The refund is on its way."]
    assert said(answers[1]) != said(answers[0])
    refund = settle_payment(refund.pk)
    assert (refund.status, refund.tries) == ("completed", 2)
    event = refund.order.events.filter(kind="refund").last()
    assert event.by == f"staff:{client.member.pk}"


@pytest.mark.parametrize(
    ("word", "right"), [("ask", "orders.fulfil_order"), ("retry", "orders.refund_order")]
)
def test_pages_are_for_those_who_may(word, right):
    refund = failed_refund()
    url = f"{PAYMENTS}{refund.pk}/{word}/"
    other = {"ask": "orders.refund_order", "retry": "orders.fulfil_order"}[word]

    for client in (staff("view"), staff("view", other), staff(right)):
        assert client.get(url).status_code == client.post(url).status_code == 403
    assert Client().get(url).status_code == 302
    assert staff("view", right).get(f"{PAYMENTS}999999/{word}/").status_code == 404
    assert Payment.objects.get(pk=refund.pk).status == "failed"


def test_payments_are_only_shown():
    charge = charged()
    client = superuser()

    assert client.get(f"{PAYMENTS}add/").status_code == 403
    assert client.post(f"{PAYMENTS}{charge.pk}/change/", {"amount": "1"}).status_code == 403
    assert client.post(f"{PAYMENTS}{charge.pk}/delete/", {"post": "yes"}).status_code == 403


# --- Gateways ---------------------------------------------------------------------------------


def test_gateway_is_added_and_says_which_credentials_it_lacks(settings):
    settings.GATEWAY_CREDENTIALS = {"GATEWAY_STRIPE_1_SECRET_KEY": "sk_test_very_secret"}
    client = staff("view", "orders.add_paymentgateway", "orders.change_paymentgateway")
    form = {"id": "stripe_1", "name": "Cards", "kind": "stripe", "is_active": "on"}

    added = client.post(f"{GATEWAYS}add/", form, follow=True)

    assert "nothing can be paid through it before its credentials are set" in added.content.decode()
    gateway = PaymentGateway.objects.get(pk="stripe_1")
    assert (gateway.name, gateway.kind, gateway.is_active) == ("Cards", "stripe", True)
    page = client.get(f"{GATEWAYS}stripe_1/change/").content.decode()
    assert "GATEWAY_STRIPE_1_SECRET_KEY: found" in page
    assert "GATEWAY_STRIPE_1_WEBHOOK_SECRET: missing" in page
    assert "http://127.0.0.1:8000/payments/stripe_1/webhook" in page
    listing = client.get(GATEWAYS).content.decode()
    assert "missing" in listing
    assert "very_secret" not in page + listing


@pytest.mark.parametrize(
    ("is_real", "is_active", "word"),
    [(False, True, BEGIN), (False, False, OFF), (True, True, NOT_HERE), (True, False, OFF)],
)
def test_gateway_says_whether_new_payments_begin_there(settings, is_real, is_active, word):
    settings.SANDBOX_GATEWAY = not is_real
    PaymentGateway.objects.filter(pk="sandbox").update(is_active=is_active)

    for page in (GATEWAYS, f"{GATEWAYS}sandbox/change/"):
        shown = staff("view").get(page).content.decode()
        assert [each in shown for each in (BEGIN, OFF, NOT_HERE)] == [
            each == word for each in (BEGIN, OFF, NOT_HERE)
        ]


@pytest.mark.parametrize(
    ("is_active", "found", "word"),
    [
        (True, {"SECRET_KEY", "WEBHOOK_SECRET"}, BEGIN),
        (True, {"SECRET_KEY"}, LACKING),
        (True, set(), LACKING),
        (False, set(), OFF),
    ],
)
def test_no_payment_begins_where_credentials_are_missing(settings, is_active, found, word):
    settings.GATEWAY_CREDENTIALS = {f"GATEWAY_STRIPE_1_{name}": "secret" for name in found}
    PaymentGateway.objects.create(pk="stripe_1", name="Cards", kind="stripe", is_active=is_active)

    shown = staff("view").get(f"{GATEWAYS}stripe_1/change/").content.decode()

    assert [each in shown for each in (BEGIN, LACKING, OFF)] == [
        each == word for each in (BEGIN, LACKING, OFF)
    ]


def test_id_and_kind_of_a_gateway_stay():
    client = staff("view", "orders.change_paymentgateway")
    url = f"{GATEWAYS}sandbox/change/"
    sent = form_in(client.get(url))
    sent.pop("is_active")

    client.post(url, sent | {"name": "Play money", "kind": "stripe", "id": "other"})

    [gateway] = PaymentGateway.objects.all()
    assert (gateway.pk, gateway.name, gateway.kind) == ("sandbox", "Play money", "sandbox")
    assert not gateway.is_active


@pytest.mark.parametrize("gateway_id", ["coins", "Stripe", "1st", "a-b", ""])
def test_id_that_cannot_be_one_is_refused(gateway_id):
    form = {"id": gateway_id, "name": "Cards", "kind": "stripe"}

    answer = superuser().post(f"{GATEWAYS}add/", form)

    assert answer.status_code == 200
    assert "id" in answer.context["adminform"].form.errors
    assert PaymentGateway.objects.count() == 1


def test_gateways_are_changed_by_those_who_may_and_deleted_by_nobody():
    assert staff("view").post(f"{GATEWAYS}sandbox/change/", {"name": "x"}).status_code == 403
    assert staff("view").get(f"{GATEWAYS}add/").status_code == 403
    assert superuser().post(f"{GATEWAYS}sandbox/delete/", {"post": "yes"}).status_code == 403
    assert PaymentGateway.objects.get().name == "Sandbox"
