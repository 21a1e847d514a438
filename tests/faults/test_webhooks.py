"""Kill what sends webhooks after a call and before its commit: it is sent again, as the same."""

import pytest

from tests.faults.stack import wait_until
from tests.orders.receiving import receiver

pytestmark = pytest.mark.faults
PREPARE = """
from orders.models import WebhookEndpoint
from tests.orders.reserving import a_player, a_reservation
player = a_player(id=1_000_000)
WebhookEndpoint.objects.create(establishment=player.establishment, url="{url}")
a_reservation(player=player)
"""


@pytest.fixture
def sending(stack, monkeypatch):
    monkeypatch.setitem(stack.environment, "WEBHOOK_PRIVATE_ADDRESSES", "true")
    monkeypatch.setitem(stack.environment, "WEBHOOK_TIMEOUT", "2")
    stack.start("sender")
    yield stack
    stack.kill("sender")


def test_webhook_whose_sender_was_killed_after_the_call_is_sent_again(sending):
    def kill_the_first(handler):
        if len(handler.server.calls) > 1:
            return False
        sending.kill("sender")
        return True

    with receiver(answers=kill_the_first) as server:
        sending.manage("shell", "--verbosity=0", "--command", PREPARE.format(url=server.url))
        wait_until(lambda: server.calls and "sender" not in sending.processes, "the first call")
        sending.start("sender")
        wait_until(lambda: len(server.calls) > 1, "the second call")
        found = "SELECT state, attempts_made FROM orders_webhookdelivery"
        wait_until(lambda: sending.ask(found) == [("delivered", 2)], "the answer to be written")

    ids = [headers["webhook-id"] for _, headers, _ in server.calls]
    assert (len(ids), len(set(ids))) == (2, 1)
    assert sending.ask("SELECT status FROM orders_webhookattempt") == [(200,)]
