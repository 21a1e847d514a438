"""Many workers send at once: nothing is sent twice, no endpoint is called twice at a time."""

import threading
from collections import Counter
from contextlib import suppress
from datetime import timedelta

import pytest
from django.utils import timezone

from orders.models import Mail, WebhookDelivery
from orders.services import deliver_webhooks as delivering
from orders.services import send_mail as sending
from orders.services.announce_order import announce_order
from orders.services.deliver_webhooks import deliver_webhooks
from orders.services.replay_webhooks import replay_webhooks
from orders.services.send_mail import send_mail
from orders.vocabulary import Announced
from tests.orders.receiving import an_endpoint, receiver, slowly
from tests.orders.reserving import a_player, a_reservation
from tests.threads import PATIENCE, threads, wait_until

pytestmark = pytest.mark.django_db(transaction=True)
WORKERS = 6


@pytest.fixture(autouse=True)
def private(settings):
    settings.WEBHOOK_PRIVATE_ADDRESSES = True
    settings.WEBHOOK_TIMEOUT = timedelta(seconds=5)


def told(*servers, events):
    """One order of an establishment that has all these endpoints."""
    player = a_player()
    for server in servers:
        an_endpoint(player.establishment, server.url)
    order = a_reservation(player=player)
    for _ in range(events - 1):
        announce_order(order, Announced.SENT)
    order.save()
    return order


def all_at_once(*functions):
    with threads(len(functions)) as start:
        for future in [start(each) for each in functions]:
            future.result(timeout=PATIENCE)


def sent(server):
    return Counter(headers["webhook-id"] for _, headers, _ in server.calls)


def test_many_workers_send_each_delivery_once_and_one_at_a_time():
    with receiver(answers=slowly(0.01)) as one, receiver(answers=slowly(0.01)) as other:
        told(one, other, events=15)
        all_at_once(*[lambda: deliver_webhooks(seconds=20)] * WORKERS)

    for server in (one, other):
        assert list(sent(server).values()) == [1] * 15
        assert server.most_at_once == 1
    assert set(WebhookDelivery.objects.values_list("state", "attempts_made")) == {("delivered", 1)}


def test_without_the_lease_they_would_send_it_at_the_same_time(monkeypatch, settings):
    monkeypatch.setattr(delivering, "LEASE_MARGIN", -settings.WEBHOOK_TIMEOUT)
    company = threading.Barrier(2)

    def wait_for_company(handler):
        with suppress(threading.BrokenBarrierError):
            company.wait(settings.WEBHOOK_TIMEOUT.total_seconds())

    with receiver(answers=wait_for_company) as server:
        told(server, events=1)
        with threads(2) as start:
            start(deliver_webhooks)
            wait_until(lambda: server.calls)
            start(deliver_webhooks)

    assert server.most_at_once > 1


def test_many_replays_make_one_delivery_each():
    with receiver() as server:
        order = told(events=10)
        an_endpoint(order.establishment, server.url)
        since = timezone.now() - timedelta(hours=1)

        def replay():
            replay_webhooks(establishment_id=order.establishment_id, since=since)

        all_at_once(*[replay, lambda: deliver_webhooks(seconds=5)] * 3)
        deliver_webhooks(seconds=5)

    assert list(sent(server).values()) == [1] * 10


def test_many_workers_send_each_mail_once(mailoutbox):
    told(events=20)

    all_at_once(*[lambda: send_mail(seconds=20)] * WORKERS)

    assert len({message.message()["Message-ID"] for message in mailoutbox}) == 19
    assert len(mailoutbox) == 19
    assert set(Mail.objects.values_list("state", "attempts")) == {("sent", 1)}


def test_without_its_lease_mail_would_be_sent_twice(monkeypatch, mailoutbox):
    monkeypatch.setattr(sending, "LEASE", timedelta(0))
    told(events=2)
    first, second = sending._claim(), sending._claim()

    assert first == second
