import json
import time
from datetime import timedelta
from uuid import UUID

import pytest
from django.utils import timezone

from orders.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint, WebhookMessage
from orders.retries import RETRIED_FOR
from orders.services import deliver_webhooks as delivering
from orders.services.announce_order import announce_order
from orders.services.deliver_webhooks import deliver_webhooks
from orders.services.rotate_webhook_secret import rotate_webhook_secret
from orders.services.switch_webhook_endpoint import switch_webhook_endpoint
from orders.vocabulary import Announced
from orders.webhook_signatures import secret_of
from tests.orders.receiving import an_endpoint, receiver
from tests.orders.reserving import a_player, a_reservation
from tests.orders.verifying import verify

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def private(settings):
    settings.WEBHOOK_PRIVATE_ADDRESSES = True
    settings.WEBHOOK_TIMEOUT = timedelta(seconds=1)


def told(endpoint_url, events=1):
    """An order whose establishment has an endpoint there, and so many deliveries to it."""
    player = a_player()
    endpoint = an_endpoint(player.establishment, endpoint_url)
    order = a_reservation(player=player)
    for _ in range(events - 1):
        announce_order(order, Announced.DELAYED, notify=False)
    order.save()
    return endpoint


def make_due(**fields):
    """As if the time had come."""
    now = timezone.now()
    WebhookEndpoint.objects.update(free_at=now)
    WebhookDelivery.objects.filter(state="waiting").update(due_at=now, **fields)


def test_message_is_delivered_signed_once():
    with receiver() as server:
        endpoint = told(server.url)

        assert deliver_webhooks() == 1
        assert deliver_webhooks() == 0

    message = WebhookMessage.objects.get()
    [(_, headers, body)] = server.calls
    created = message.created_at.isoformat().replace("+00:00", "Z")
    assert json.loads(body) == {
        "id": str(message.uuid),
        "event": "order.created",
        "sequence": 1,
        "createdAt": created,
        "data": message.data,
    }
    assert UUID(headers["webhook-id"]) == message.uuid
    assert headers["Content-Type"] == "application/json"
    assert verify(secret_of(endpoint.pk, 1), headers, body)
    assert not verify(secret_of(endpoint.pk, 2), headers, body)
    delivery = WebhookDelivery.objects.get()
    assert (delivery.state, delivery.attempts_made, delivery.due_at) == ("delivered", 1, None)
    attempt = WebhookAttempt.objects.get()
    assert (attempt.status, attempt.response, attempt.error) == (200, "heard", "")


def test_both_secrets_sign_for_a_day_after_rotation():
    with receiver() as server:
        endpoint = told(server.url, events=2)
        new = rotate_webhook_secret(endpoint, seen=1)
        deliver_webhooks()
        WebhookEndpoint.objects.update(rotated_at=timezone.now() - timedelta(days=1))
        deliver_webhooks(seconds=20)

    old = secret_of(endpoint.pk, 1)
    verified = [(verify(new, *call[1:]), verify(old, *call[1:])) for call in server.calls]
    assert verified == [(True, True), (True, False)]


@pytest.mark.parametrize("status", [199 + 102, 400, 404, 500])
def test_refused_message_is_tried_again_with_the_same_id(status):
    with receiver(status=status) as server:
        told(server.url)
        before = timezone.now()
        assert (deliver_webhooks(), deliver_webhooks()) == (1, 0)
        delivery = WebhookDelivery.objects.get()
        assert (delivery.state, delivery.attempts_made) == ("waiting", 1)
        assert timedelta(seconds=4) <= delivery.due_at - before <= timedelta(seconds=8)

        make_due()
        server.status = 200
        assert deliver_webhooks() == 1

    first, second = server.calls
    assert (first[1]["webhook-id"], first[2]) == (second[1]["webhook-id"], second[2])
    assert list(WebhookAttempt.objects.order_by("pk").values_list("status", flat=True)) == [
        status,
        200,
    ]
    assert WebhookDelivery.objects.get().state == "delivered"


def test_delivery_is_given_up_after_three_days():
    with receiver(status=500) as server:
        told(server.url)
        make_due(give_up_at=timezone.now())
        deliver_webhooks()
        assert (deliver_webhooks(), len(server.calls)) == (0, 1)

    delivery = WebhookDelivery.objects.get()
    assert (delivery.state, delivery.due_at) == ("failed", None)


def test_410_switches_the_endpoint_off_and_gives_up_what_waits():
    with receiver(status=410) as server:
        endpoint = told(server.url, events=3)
        deliver_webhooks(seconds=20)

    assert len(server.calls) == 1
    endpoint = WebhookEndpoint.objects.get()
    assert (endpoint.state, endpoint.disabled_reason) == ("disabled", "It answered 410: gone.")
    assert set(WebhookDelivery.objects.values_list("state", "due_at")) == {("failed", None)}


def test_what_came_while_the_endpoint_was_switched_off_is_given_up():
    endpoint = told("http://127.0.0.1:1/")
    switch_webhook_endpoint(endpoint, on=False, reason="test")
    WebhookDelivery.objects.update(state="waiting", due_at=timezone.now())

    assert deliver_webhooks() == 0

    assert WebhookDelivery.objects.get().state == "failed"


def test_private_address_is_refused_and_said(settings):
    settings.WEBHOOK_PRIVATE_ADDRESSES = False
    with receiver() as server:
        told(server.url.replace("http", "https"))
        deliver_webhooks()

    assert server.calls == []
    attempt = WebhookAttempt.objects.get()
    assert (attempt.status, attempt.error) == (None, "127.0.0.1 is not a public address.")


def test_one_endpoint_that_hangs_does_not_hold_up_the_others(settings):
    settings.WEBHOOK_CONCURRENCY = 2
    settings.WEBHOOK_TIMEOUT = timedelta(seconds=8)
    heard = []
    with (
        receiver(answers=lambda handler: handler.never()) as slow,
        receiver(answers=lambda _: heard.append(time.monotonic())) as quick,
    ):
        told(slow.url, events=30)
        told(quick.url, events=30)
        begin = time.monotonic()
        deliver_webhooks(seconds=20)

    assert len(quick.calls) == 30
    assert max(heard) - begin < settings.WEBHOOK_TIMEOUT.total_seconds()
    assert (len(slow.calls), slow.most_at_once) == (1, 1)


def test_endpoint_that_does_not_answer_is_left_alone_for_longer_and_longer():
    pauses = []
    endpoint = told("http://127.0.0.1:1/", events=9)
    for _ in range(9):
        assert (deliver_webhooks(), deliver_webhooks()) == (1, 0)
        endpoint, attempt = WebhookEndpoint.objects.get(), WebhookAttempt.objects.latest("pk")
        answered = attempt.at + timedelta(milliseconds=attempt.milliseconds)
        pauses.append((endpoint.free_at - answered).total_seconds())
        WebhookEndpoint.objects.update(free_at=timezone.now())

    assert pauses == [5, 10, 20, 40, 80, 160, 300, 300, 300]

    with receiver() as server:
        WebhookEndpoint.objects.update(url=server.url)
        make_due()
        deliver_webhooks(seconds=20)

    assert len(server.calls) == 9
    endpoint = WebhookEndpoint.objects.get()
    assert endpoint.unanswered == 0


def test_what_a_silent_endpoint_had_three_days_is_given_up_untried():
    told("http://127.0.0.1:1/", events=3)
    deliver_webhooks()
    WebhookDelivery.objects.filter(attempts_made=0).update(due_at=timezone.now() - RETRIED_FOR)

    assert deliver_webhooks() == 0

    states = WebhookDelivery.objects.order_by("attempts_made").values_list("state", flat=True)
    assert list(states) == ["failed", "failed", "waiting"]


def test_messages_to_one_endpoint_go_in_order_one_at_a_time():
    with receiver() as server:
        told(server.url, events=20)
        deliver_webhooks(seconds=20)

    sequences = [json.loads(body)["sequence"] for _, _, body in server.calls]
    assert (sequences, server.most_at_once) == (list(range(1, 21)), 1)


def test_worker_that_dies_after_the_call_leaves_it_to_the_next(monkeypatch, settings):
    def die(*args):
        raise SystemExit

    with receiver() as server:
        told(server.url)
        with monkeypatch.context() as dying:
            dying.setattr(delivering, "_record", die)
            with pytest.raises(SystemExit):
                deliver_webhooks()
        assert len(server.calls) == 1
        assert deliver_webhooks() == 0, "its lease is not over"
        lease_end = timezone.now() + settings.WEBHOOK_TIMEOUT + delivering.LEASE_MARGIN
        monkeypatch.setattr(timezone, "now", lambda: lease_end)
        assert deliver_webhooks() == 1

    assert len({headers["webhook-id"] for _, headers, _ in server.calls}) == 1
    delivery = WebhookDelivery.objects.get()
    assert (delivery.state, delivery.attempts_made, delivery.attempts.count()) == (
        "delivered",
        2,
        1,
    )


def test_what_is_learned_after_the_lease_moves_nothing_but_what_was_delivered():
    with receiver(status=500) as server:
        told(server.url)
        [claimed] = delivering._claim(1)
        lease = timezone.now() + RETRIED_FOR
        WebhookEndpoint.objects.update(free_at=lease)
        before = WebhookDelivery.objects.values().get()
        delivering._record(claimed, delivering.call(server.url, b"{}", {}))
        assert WebhookDelivery.objects.values().get() == before
        server.status = 200
        delivering._record(claimed, delivering.call(server.url, b"{}", {}))

    endpoint = WebhookEndpoint.objects.get()
    assert (endpoint.free_at, WebhookDelivery.objects.get().state) == (lease, "delivered")
    assert WebhookAttempt.objects.count() == 2
