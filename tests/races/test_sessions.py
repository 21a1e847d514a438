"""Two sessions opened at once: one of them stays open."""

import pytest
from django.db import IntegrityError

from catalog.models import Loot
from inventory.models import InventoryRecord, InventorySession
from inventory.services import hold_player as holding
from inventory.services import open_session as opening
from inventory.services.audit_ledgers import audit_ledgers
from inventory.services.open_session import open_session
from players.services import lock_player as locking
from tests.factories import LootFactory, PlayerFactory
from tests.placing import fill, place
from tests.threads import Gate, blocked, threads, wait_until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def closed(monkeypatch):
    """A gate where the old session is closed and the new one is not stored yet."""
    gate = Gate()
    close = opening._close

    def close_and_stop(*args):
        close(*args)
        gate.stop(None)

    monkeypatch.setattr(opening, "_close", close_and_stop)
    yield gate
    gate.open()


@pytest.fixture
def without_hold(without):
    without(locking, "LOCK_PLAYER", "FOR NO KEY UPDATE OF player")
    without(holding, "LOCK_ACCEPTANCE", "pg_advisory_xact_lock")


def open_two(closed):
    """Two sessions of a player, or what became of them."""
    player = PlayerFactory()
    with threads(2) as start:
        first = start(open_session, player=player, platform="Steam")
        wait_until(lambda: len(closed.came) == 1)
        second = start(open_session, player=player, platform="PSN")
        wait_until(lambda: len(closed.came) == 2 or blocked())
        closed.open()
        outcomes = [first.exception(), second.exception()]
    return player, sorted(map(type, filter(None, outcomes)), key=str)


def test_second_session_closes_the_first(closed):
    player, refusals = open_two(closed)

    assert refusals == []
    assert list(player.inventory_sessions.open().values_list("platform", flat=True)) == ["PSN"]
    assert InventorySession.objects.count() == 2
    assert audit_ledgers(limit=10)["findings"] == []


def test_second_session_is_refused_by_the_last_fence_without_lock(closed, without_hold):
    player, refusals = open_two(closed)

    assert refusals == [IntegrityError]
    assert player.inventory_sessions.open().count() == 1


def give_while_a_session_is_opened(gate):
    """An order for the session is planned while another session is opened; what it left."""
    player = PlayerFactory()
    transient = LootFactory(inventory_selector_type=Loot.Selector.OWN_TRANSIENT)
    old = open_session(player=player)
    with threads(2) as start:
        order = start(place, player, fill(transient))
        wait_until(lambda: len(gate.came) == 1)
        session = start(open_session, player=player)
        wait_until(lambda: blocked() or session.done())
        gate.open()
        order.result()
        session.result()
    return list(InventoryRecord.objects.filter(session=old).values_list("state", flat=True))


def test_what_was_given_to_the_old_session_ends_with_it(gate):
    assert give_while_a_session_is_opened(gate) == ["expired"]
    assert audit_ledgers(limit=10)["findings"] == []


def test_what_was_given_to_the_old_session_outlives_it_without_lock(gate, without_player_lock):
    assert give_while_a_session_is_opened(gate) == ["active"]
    assert [each["finding"] for each in audit_ledgers(limit=10)["findings"]] == [
        "record_outlives_its_session"
    ]
