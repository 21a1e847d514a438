"""The tasks that send, and the queue that is theirs."""

from datetime import timedelta

import pytest
from django.conf import settings as configured

from config.celery import app
from orders import tasks
from orders.models import Mail, WebhookDelivery
from orders.services.announce_order import announce_order
from orders.vocabulary import Announced
from tests.orders.receiving import an_endpoint, receiver
from tests.orders.reserving import a_player, a_reservation

pytestmark = pytest.mark.django_db


def test_tasks_send_all_that_is_due(settings, mailoutbox):
    settings.WEBHOOK_PRIVATE_ADDRESSES = True
    player = a_player()
    with receiver() as server:
        an_endpoint(player.establishment, server.url)
        order = a_reservation(player=player)
        for _ in range(3):
            announce_order(order, Announced.DELAYED)

        tasks.send_webhooks()
        tasks.send_mail()

    assert (len(server.calls), len(mailoutbox)) == (4, 3)
    assert set(WebhookDelivery.objects.values_list("state", flat=True)) == {"delivered"}
    assert set(Mail.objects.values_list("state", flat=True)) == {"sent"}


@pytest.mark.parametrize("name", ["send_webhooks", "send_mail"])
def test_what_waits_for_others_is_sent_by_processes_of_its_own(name):
    assert app.amqp.router.route({}, f"orders.tasks.{name}")["queue"].name == "outbox"


@pytest.mark.parametrize("name", ["send webhooks", "send mail"])
def test_clock_knocks_often_and_a_knock_is_soon_forgotten(name):
    planned = configured.CELERY_BEAT_SCHEDULE[name]

    assert planned["schedule"] <= timedelta(seconds=5)
    assert planned["options"] == {"expire_seconds": planned["schedule"].total_seconds()}
