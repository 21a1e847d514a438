from decimal import Decimal

import pytest
from django.db import transaction
from django.utils import timezone

from orders.explanations import why_cancelled
from orders.models import Mail, Order, WebhookDelivery, WebhookMessage
from orders.retries import RETRIED_FOR
from orders.services.announce_order import announce_order
from orders.services.switch_webhook_endpoint import switch_webhook_endpoint
from orders.vocabulary import CANCEL_REASONS, Announced, Reason
from tests.orders.receiving import an_endpoint
from tests.orders.reserving import a_player, a_reservation

pytestmark = pytest.mark.django_db


def told(order, event, **kwargs):
    announce_order(order, event, **kwargs)
    order.save()


def test_message_and_a_delivery_to_each_endpoint_that_is_on():
    player = a_player()
    on = [an_endpoint(player.establishment, f"https://example.com/{n}") for n in range(2)]
    off = an_endpoint(player.establishment, "https://example.com/off")
    switch_webhook_endpoint(off, on=False, reason="test")
    an_endpoint(a_player().establishment, "https://example.com/other")

    order = a_reservation(player=player)

    message = WebhookMessage.objects.get()
    assert (message.event, message.number, message.establishment_id) == (
        "order.created",
        1,
        player.establishment_id,
    )
    assert message.data == {
        "transactionId": str(order.transaction_id),
        "productId": str(order.product_id),
        "playerId": str(player.uuid),
    }
    deliveries = WebhookDelivery.objects.all()
    assert {each.endpoint for each in deliveries} == set(on)
    for each in deliveries:
        assert (each.state, each.attempts_made) == ("waiting", 0)
        assert each.due_at == each.created_at <= timezone.now()
        assert each.give_up_at == each.created_at + RETRIED_FOR


def test_messages_of_an_order_are_counted_and_carry_the_reason():
    order = a_reservation()

    told(order, Announced.DELAYED, reason=Reason.CUSTOMS)
    told(order, Announced.CANCELLED, reason=Reason.FRAUD)

    numbered = WebhookMessage.objects.order_by("number").values_list("number", "event")
    assert list(numbered) == [(1, "order.created"), (2, "order.delayed"), (3, "order.cancelled")]
    reasons = [each.data.get("reason") for each in WebhookMessage.objects.order_by("number")]
    assert reasons == [None, "CUSTOMS", "FRAUD"]
    assert Order.objects.get().last_message == 3


def test_nothing_is_told_of_what_is_rolled_back():
    order = a_reservation()
    an_endpoint(order.establishment, "https://example.com/")

    with transaction.atomic():
        told(order, Announced.SENT)
        transaction.set_rollback(True)

    assert (WebhookMessage.objects.count(), WebhookDelivery.objects.count()) == (1, 0)
    assert Mail.objects.count() == 0


def test_player_is_told_by_mail_unless_not_notified():
    order = a_reservation(email="ann@example.com")

    told(order, Announced.SENT, notify=False)
    assert Mail.objects.count() == 0
    told(order, Announced.DELAYED, reason=Reason.CUSTOMS)

    mail = Mail.objects.get()
    assert (mail.event, mail.to, mail.state) == ("order.delayed", "ann@example.com", "waiting")
    assert mail.subject == f"Your {order.product.name} is delayed"
    assert mail.body == (
        f"Hello John,\n\n{order.product.name} will reach you later than planned. "
        "Customs are holding the parcel. There is nothing you need to do.\n\n"
        f"Your delivery page: {order.delivery.track_url}\n"
        "Reference: PROV-REF-000001\n\n"
        f"{order.establishment.name}\n"
    )


def test_mail_of_each_event():
    order = a_reservation()
    order.product.name = 'Cup & "Saucer" <xl>\nsecond line'
    order.delivery.tracking_number = "1Z9"
    order.refunded = Decimal("1250.50")

    for event in Announced:
        announce_order(order, event)

    mails = list(Mail.objects.order_by("pk"))
    assert [each.subject for each in mails] == [
        'Your Cup & "Saucer" <xl> second line is on its way',
        'Your Cup & "Saucer" <xl> second line is delayed',
        'Your Cup & "Saucer" <xl> second line has been cancelled',
        'Your Cup & "Saucer" <xl> second line is yours',
    ]
    assert "Tracking number: 1Z9" in mails[0].body
    assert "Given back to you: 1,250.50 coins." in mails[2].body


@pytest.mark.parametrize("reason", CANCEL_REASONS)
def test_mail_says_why_as_the_delivery_page_does(reason):
    order = a_reservation()

    told(order, Announced.CANCELLED, reason=reason)

    said = f" {why_cancelled(reason)}".rstrip()
    assert f"{order.product.name} has been cancelled.{said}\n" in Mail.objects.get().body


def test_without_a_reason_only_the_webhook_names_one():
    order = a_reservation()

    told(order, Announced.CANCELLED)

    assert WebhookMessage.objects.latest("number").data["reason"] == "PRODUCT_UNAVAILABLE"
    assert f"{order.product.name} has been cancelled.\n" in Mail.objects.get().body


def test_suspicion_is_not_told_to_the_player():
    order = a_reservation()

    told(order, Announced.CANCELLED, reason=Reason.FRAUD)

    assert "fraud" not in Mail.objects.get().body.lower()
    assert WebhookMessage.objects.latest("number").data["reason"] == "FRAUD"


def test_no_mail_without_an_address():
    order = a_reservation(player=a_player(email=""))

    told(order, Announced.SENT)

    assert Mail.objects.count() == 0


@pytest.mark.parametrize(
    ("given", "greeting"),
    [
        ("Anna  Maria\n\nYou won", "Hello Anna Maria You won,"),
        ("x" * 150, f"Hello {'x' * 60},"),
        ("see https://evil.example/x", "Hello,"),
        ("WWW.evil", "Hello,"),
        ("Claim at evil.example", "Hello,"),
        ("J. R.", "Hello J. R.,"),
    ],
)
def test_greeting_leads_nowhere_and_is_one_short_line(given, greeting):
    order = a_reservation(player=a_player(first_name=given), email="ann@example.com")

    told(order, Announced.DELAYED)

    assert Mail.objects.get().body.splitlines()[:2] == [greeting, ""]
