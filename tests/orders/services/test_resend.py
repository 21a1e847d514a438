from uuid import uuid4

import pytest
from django.utils import timezone

from orders.errors import NoMailAddress, OperationIdTaken, WebhookEndpointOff
from orders.models import Mail, Order, WebhookDelivery
from orders.retries import RETRIED_FOR
from orders.services.announce_order import announce_order
from orders.services.resend_mail import resend_mail
from orders.services.resend_webhook import resend_webhook
from orders.services.switch_webhook_endpoint import switch_webhook_endpoint
from orders.vocabulary import Announced
from players.models import Player
from tests.orders.receiving import an_endpoint
from tests.orders.reserving import a_player, a_reservation

pytestmark = pytest.mark.django_db
STAFF = "staff:3"


@pytest.fixture
def order():
    player = a_player()
    an_endpoint(player.establishment, "https://example.com/")
    order = a_reservation(player=player, email="ann@example.com")
    announce_order(order, Announced.SENT)
    order.save()
    return order


@pytest.fixture
def delivered(order):
    delivery = WebhookDelivery.objects.earliest("pk")
    delivery.delivered()
    delivery.save()
    return delivery


@pytest.fixture
def sent(order):
    mail = Mail.objects.get()
    mail.sent()
    mail.sent_at = timezone.now()
    mail.save()
    return mail


def last_event(order):
    event = order.events.latest("number")
    return event.kind, event.by, event.note, event.after


def test_delivered_webhook_is_sent_again(order, delivered):
    before = timezone.now()

    resend_webhook(delivered, by=STAFF)

    again = WebhookDelivery.objects.get(pk=delivered.pk)
    assert again.state == "waiting"
    assert before <= again.due_at == again.give_up_at - RETRIED_FOR
    assert last_event(order) == (
        "resent",
        STAFF,
        "Webhook: Created",
        {"state": "waiting", "endpoint": "https://example.com/"},
    )
    assert Order.objects.get().last_event == order.events.count()


def test_webhook_is_not_sent_again_to_an_endpoint_that_is_off(order, delivered):
    switch_webhook_endpoint(delivered.endpoint, on=False, reason="test")

    with pytest.raises(WebhookEndpointOff):
        resend_webhook(delivered, by=STAFF)

    assert WebhookDelivery.objects.get(pk=delivered.pk).state == "delivered"
    assert last_event(order) == (
        "refused",
        STAFF,
        "Send webhook again: Its endpoint is switched off.",
        {"attempt": "Send webhook again", "code": "webhook_endpoint_off"},
    )


def test_mail_is_sent_again_in_the_same_words_to_the_address_of_now(order, sent):
    order.delivery.email = "bob@example.com"
    order.delivery.save()

    resend_mail(sent, by=STAFF)

    first, again = Mail.objects.order_by("pk")
    assert (first.state, again.state, again.attempts) == ("sent", "waiting", 0)
    assert (first.to, again.to) == ("ann@example.com", "bob@example.com")
    assert (again.subject, again.body, again.event) == (first.subject, first.body, first.event)
    assert last_event(order) == ("resent", STAFF, "Mail: Sent", {"mail": again.pk})


def test_mail_without_an_address_is_refused(order, sent):
    order.delivery.email = ""
    order.delivery.save()
    Player.objects.update(email="")

    with pytest.raises(NoMailAddress):
        resend_mail(sent, by=STAFF)

    assert Mail.objects.count() == 1


def test_what_is_asked_twice_is_sent_once(order, sent, delivered):
    once = uuid4()

    for _ in range(2):
        resend_mail(sent, by=STAFF, operation_id=once)

    assert Mail.objects.count() == 2
    other = a_reservation()
    announce_order(other, Announced.SENT)
    with pytest.raises(OperationIdTaken):
        resend_mail(other.mail.get(), by=STAFF, operation_id=once)
    assert Mail.objects.count() == 3
