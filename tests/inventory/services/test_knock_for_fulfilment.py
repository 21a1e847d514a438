import time

import pytest
from django.core.cache import cache
from structlog.testing import capture_logs

from inventory.services import knock_for_fulfilment as knocking
from inventory.services.knock_for_fulfilment import (
    FULFIL_TASK,
    answer_knock,
    knock_for_fulfilment,
)
from inventory.tasks import fulfil_player_orders


def test_knock_names_the_task():
    assert fulfil_player_orders.name == FULFIL_TASK


def test_knock_is_sent_once_until_it_is_answered(published):
    knock_for_fulfilment()
    knock_for_fulfilment()
    assert published == [FULFIL_TASK]

    answer_knock()
    knock_for_fulfilment()

    assert published == [FULFIL_TASK] * 2


def test_lost_knock_silences_the_door_only_for_a_while(published):
    knock_for_fulfilment()

    assert 0 < cache._cache.get_client().ttl(cache.make_key(knocking.KNOCKED)) <= 5


@pytest.mark.parametrize("broker", ["closed_port", "silent_port"])
@pytest.mark.parametrize("action", [knock_for_fulfilment, answer_knock])
def test_broker_that_is_away_costs_a_second_and_no_error(
    request, settings, broker, action, published
):
    port = request.getfixturevalue(broker)
    settings.CACHES = {
        "default": {**settings.CACHES["default"], "LOCATION": f"redis://127.0.0.1:{port}/0"}
    }
    start = time.monotonic()

    with capture_logs() as logs:
        action()

    assert time.monotonic() - start < 1.5
    assert published == []
    assert [each["log_level"] for each in logs] == ["warning"]
