"""Kill what sends webhooks after a call and before its commit: it is sent again, as the same."""

import pytest

from tests.orders.receiving import receiver

pytestmark = pytest.mark.faults
# It dies when the call is answered, and nothing says so yet.
DIE = """
import os, signal
from orders.models import WebhookEndpoint
from orders.services import deliver_webhooks as delivering
from tests.orders.reserving import a_player, a_reservation
# The stack has players of its own, under ids that the sequence does not know of.
player = a_player(id=1_000_000)
WebhookEndpoint.objects.create(establishment=player.establishment, url="{url}")
a_reservation(player=player)
delivering._record = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
delivering.deliver_webhooks()
"""
DELIVERY = "SELECT state, attempts_made FROM orders_webhookdelivery"
ATTEMPTS = "SELECT status FROM orders_webhookattempt"


@pytest.fixture
def sending(stack, monkeypatch):
    """Nobody sends until the test says so: no sender is up."""
    monkeypatch.setitem(stack.environment, "WEBHOOK_PRIVATE_ADDRESSES", "true")
    yield stack
    if "sender" in stack.processes:
        stack.kill("sender")


def test_webhook_whose_sender_was_killed_after_the_call_is_sent_again(sending):
    with receiver() as server:
        sending.dies(DIE.format(url=server.url))
        assert len(server.calls) == 1
        assert sending.ask(DELIVERY) == [("waiting", 1)]
        assert sending.ask(ATTEMPTS) == []

        # As if the lease were over; the clock knocks.
        sending.ask("UPDATE orders_webhookendpoint SET free_at = now() RETURNING id")
        sending.start("sender")
        sending.wait_until(lambda: sending.ask(DELIVERY) == [("delivered", 2)], "the second call")

    ids = [headers["webhook-id"] for _, headers, _ in server.calls]
    assert (len(ids), len(set(ids))) == (2, 1)
    assert sending.ask(ATTEMPTS) == [(200,)]
