"""`Idempotency-Key`: whatever changes something may be repeated, and is done once."""

from datetime import timedelta

import pytest
from django.utils import timezone

from orders.models import Order, OrderEvent
from players.models import CoinEntry, IdempotentCall, Player
from tests.factories import ProductFactory
from tests.orders.api.rewards import calls
from tests.orders.api.rewards.states import an_order

pytestmark = pytest.mark.django_db

STATE_FOR = {
    calls.TRACK: "captured",
    calls.ACQUIRE: "captured",
    calls.CANCEL_ACQUISITION: "acquired",
}
KEY = {"Idempotency-Key": "k1"}


@pytest.fixture
def calling(api, player):
    made = {}

    def making(name, **given):
        if name not in made:
            state = STATE_FOR.get(name, "reserved")
            made[name] = an_order(state, player=player), ProductFactory()
        order, product = made[name]
        return calls.call(api, name, player=player, order=order, product=product, **given)

    return making


def everything():
    """All that a repetition could have done twice."""
    return (
        list(Order.objects.order_by("pk").values()),
        OrderEvent.objects.count(),
        CoinEntry.objects.count(),
    )


@pytest.mark.parametrize("name", calls.CHANGING)
def test_a_repetition_is_answered_alike_and_done_once(calling, name):
    first = calling(name, **KEY)
    after = everything()

    again = calling(name, **KEY)

    assert first.status_code == 200
    assert (again.status_code, again.content) == (200, first.content)
    assert everything() == after


@pytest.mark.parametrize("name", calls.CHANGING)
def test_a_repetition_of_a_call_that_died_finds_what_it_did(calling, name):
    first = calling(name, **KEY)
    after = everything()
    # Killed between its effect and its answer, long enough ago.
    IdempotentCall.objects.update(status=None, started_at=timezone.now() - timedelta(hours=1))

    again = calling(name, **KEY)

    assert (again.status_code, again.json()) == (200, first.json())
    assert everything() == after


@pytest.mark.parametrize("name", calls.CHANGING)
def test_a_call_that_still_runs_is_a_409(calling, name):
    calling(name, **KEY)
    after = everything()
    IdempotentCall.objects.update(status=None, started_at=timezone.now())

    again = calling(name, **KEY)

    assert (again.status_code, again["Retry-After"]) == (409, "1")
    assert list(again.json()) == ["message"]
    assert everything() == after


@pytest.mark.parametrize("name", calls.CHANGING)
def test_the_key_of_another_call_is_a_409(calling, name):
    other = calls.UPDATE if name != calls.UPDATE else calls.CAPTURE
    calling(other, **KEY)

    again = calling(name, **KEY)

    assert (again.status_code, again.json()) == (
        409,
        {"message": "Idempotency-Key was used before for another request"},
    )
    assert "Retry-After" not in again


@pytest.mark.parametrize("key", ["", "a" * 256, "é", "a\tb"])
def test_a_key_of_another_shape_is_a_400(calling, key):
    answer = calling(calls.UPDATE, **{"Idempotency-Key": key})

    assert answer.status_code == 400
    assert answer.json()["message"].startswith("Idempotency-Key should have")


def test_a_refused_call_may_be_mended_under_the_same_key(calling):
    Player.objects.update(coins=150)  # enough for the order that is there already
    refused = calling(calls.RESERVE, **KEY)
    Player.objects.update(coins=150)

    assert (refused.status_code, calling(calls.RESERVE, **KEY).status_code) == (400, 200)


def test_the_ids_under_a_key_are_of_version_4(calling):
    made = calling(calls.RESERVE, **KEY).json()

    assert (made["transactionId"][14], made["operationId"][14]) == ("4", "4")


@pytest.mark.parametrize("name", [calls.LIST, calls.GET, calls.PLAYER_LIST])
def test_what_only_reads_keeps_no_key(calling, name):
    calling(name, **KEY)

    assert not IdempotentCall.objects.exists()
