from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
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


def test_long_history_is_looked_through_in_parts(monkeypatch):
    monkeypatch.setattr(replaying, "LOOKED_AT", 2)
    player = a_player()
    orders = [a_reservation(player=player) for _ in range(5)]
    an_endpoint(player.establishment, URL)
    moments = list(WebhookMessage.objects.order_by("pk").values_list("created_at", flat=True))

    assert replayed(orders[0]) == Replayed(2, moments[2])
    assert replayed(orders[0]) == Replayed(0, moments[2]), "nothing new in the first part"
    assert replayed(orders[0], since=moments[2]) == Replayed(2, moments[4])
    assert replayed(orders[0], since=moments[4]) == Replayed(1, None)
    last = {"transaction_id": orders[4].transaction_id, "include_delivered": True}
    WebhookDelivery.objects.update(state="delivered", due_at=None)
    assert replayed(orders[0], **last) == Replayed(1, None), "one order is not a long history"


def test_history_is_read_before_any_lock_is_taken():
    order = a_reservation()
    an_endpoint(order.establishment, URL)
    with CaptureQueriesContext(connection) as asked:
        replayed(order)

    statements = [each["sql"] for each in asked]
    [locking] = [at for at, sql in enumerate(statements) if "FOR NO KEY UPDATE" in sql]
    reading = [at for at, sql in enumerate(statements) if "FROM orders_webhookmessage" in sql]
    assert reading
    assert max(reading) < locking


def test_endpoint_that_goes_off_while_the_history_is_read_is_sent_nothing(monkeypatch):
    order = a_reservation()
    endpoint = an_endpoint(order.establishment, URL)
    read = replaying._missed

    def missed(*args, **kwargs):
        found = read(*args, **kwargs)
        switch_webhook_endpoint(endpoint, on=False, reason="test")
        return found

    monkeypatch.setattr(replaying, "_missed", missed)

    assert replayed(order) == Replayed(0, None)
    assert WebhookDelivery.objects.count() == 0
