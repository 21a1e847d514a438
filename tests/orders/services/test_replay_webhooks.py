from datetime import timedelta

import pytest
from django.utils import timezone

from orders.models import WebhookDelivery, WebhookMessage
from orders.retries import RETRIED_FOR
from orders.services import replay_webhooks as replaying
from orders.services.announce_order import announce_order
from orders.services.replay_webhooks import Replayed, replay_webhooks
from orders.services.switch_webhook_endpoint import switch_webhook_endpoint
from orders.vocabulary import Announced
from tests.orders.receiving import an_endpoint
from tests.orders.reserving import a_player, a_reservation

pytestmark = pytest.mark.django_db
URL = "https://example.com/hook"


def an_hour_ago():
    return timezone.now() - timedelta(hours=1)


def replayed(order, **kwargs):
    kwargs.setdefault("since", an_hour_ago())
    return replay_webhooks(establishment_id=order.establishment_id, **kwargs)


def states():
    return list(
        WebhookDelivery.objects.order_by("message", "endpoint").values_list("state", flat=True)
    )


def test_what_happened_before_the_endpoint_was_there_is_sent():
    order = a_reservation()
    endpoint = an_endpoint(order.establishment, URL)
    before = timezone.now()

    assert replayed(order) == Replayed(1, None)
    assert replayed(order) == Replayed(0, None), "it is on its way"

    delivery = WebhookDelivery.objects.get()
    assert (delivery.endpoint, delivery.message) == (endpoint, WebhookMessage.objects.get())
    assert (delivery.state, delivery.attempts_made) == ("waiting", 0)
    assert before <= delivery.due_at == delivery.give_up_at - RETRIED_FOR


def test_what_was_given_up_is_sent_and_what_was_delivered_is_not():
    player = a_player()
    endpoint = an_endpoint(player.establishment, URL)
    order = a_reservation(player=player)
    announce_order(order, Announced.SENT, notify=False)
    first, second = WebhookDelivery.objects.order_by("pk")
    first.delivered()
    first.save()
    second.give_up()
    second.save()

    assert replayed(order) == Replayed(1, None)
    assert states() == ["delivered", "waiting"]
    assert replayed(order, include_delivered=True) == Replayed(1, None)
    assert states() == ["waiting", "waiting"]
    assert endpoint.deliveries.count() == 2


def test_replay_is_narrowed_by_time_order_and_endpoint():
    player = a_player()
    first, second = a_reservation(player=player), a_reservation(player=player)
    one, _ = [an_endpoint(player.establishment, f"{URL}/{n}") for n in range(2)]
    moment = WebhookMessage.objects.get(order=second).created_at

    assert replayed(first, since=timezone.now()) == Replayed(0, None)
    assert replayed(first, until=an_hour_ago()) == Replayed(0, None)
    assert replayed(first, since=moment, endpoint_id=one.pk) == Replayed(1, None)
    assert WebhookDelivery.objects.get().message.order == second
    assert replayed(first, transaction_id=first.transaction_id) == Replayed(2, None)
    assert replayed(first) == Replayed(1, None)


def test_nothing_is_sent_to_others_or_to_endpoints_that_are_off():
    order = a_reservation()
    other = an_endpoint(a_player().establishment, URL)
    switch_webhook_endpoint(an_endpoint(order.establishment, URL), on=False, reason="test")

    assert replayed(order) == Replayed(0, None)
    assert replayed(order, endpoint_id=other.pk) == Replayed(0, None)
    an_endpoint(order.establishment, URL)
    assert replay_webhooks(
        establishment_id=other.establishment_id, since=an_hour_ago()
    ) == Replayed(0, None)
    assert WebhookDelivery.objects.count() == 0


def test_replay_of_many_goes_on_where_it_ended(monkeypatch):
    monkeypatch.setattr(replaying, "LIMIT", 2)
    player = a_player()
    orders = [a_reservation(player=player) for _ in range(5)]
    an_endpoint(player.establishment, URL)
    moments = list(WebhookMessage.objects.order_by("pk").values_list("created_at", flat=True))

    assert replayed(orders[0]) == Replayed(2, moments[1])
    assert replayed(orders[0], since=moments[1]) == Replayed(2, moments[3])
    assert replayed(orders[0], since=moments[3]) == Replayed(1, None)
    assert states() == ["waiting"] * 5
