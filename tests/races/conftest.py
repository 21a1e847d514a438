"""Gates that stop threads at a point, and statements without their locks and fences."""

import pytest

from inventory.models import PlayerOrder
from inventory.services import accept_player_orders as accepting
from inventory.services import fulfil_player_orders as fulfilling
from inventory.services import record_outcomes as recording
from players.services import lock_player as locking
from tests.threads import Gate


@pytest.fixture
def gate(monkeypatch):
    """A gate between the plan of a batch and its writes; it knows the keys of the orders."""
    gate = Gate()
    plan = fulfilling.plan_player_orders

    def plan_and_stop(claimed, *args, **kwargs):
        outcomes = plan(claimed, *args, **kwargs)
        gate.stop({order.pk for order in claimed})
        return outcomes

    monkeypatch.setattr(fulfilling, "plan_player_orders", plan_and_stop)
    yield gate
    gate.open()


@pytest.fixture
def last_gate(monkeypatch):
    """A gate between the writes of a batch and their commit."""
    gate = Gate()
    place = fulfilling.place_child_orders

    def place_and_stop(claimed, outcomes, **values):
        children = place(claimed, outcomes, **values)
        gate.stop({order.pk for order in claimed})
        return children

    monkeypatch.setattr(fulfilling, "place_child_orders", place_and_stop)
    yield gate
    gate.open()


@pytest.fixture
def without(monkeypatch):
    """Take words out of a statement of a module, or of one of the statements that write rows."""

    def less(statement, words):
        for word in words:
            assert word in statement
            statement = statement.replace(word, "")
        return statement

    def take(module, name, *words):
        if module is recording:
            monkeypatch.setitem(recording.WRITE, name, less(recording.WRITE[name], words))
        else:
            monkeypatch.setattr(module, name, less(getattr(module, name), words))

    return take


@pytest.fixture
def without_player_lock(without):
    without(fulfilling, "CLAIM", "FOR NO KEY UPDATE OF player SKIP LOCKED")
    without(locking, "LOCK_PLAYER", "FOR NO KEY UPDATE OF player")


@pytest.fixture
def without_last_fence(without):
    """Let the writes overwrite whatever they find."""
    without(recording, "entries", "AND entry.result IS NULL")
    without(recording, "orders", "AND player_order.done_time IS NULL")
    without(recording, "changed_records", "AND record.count = changed.count_before")


@pytest.fixture
def without_acceptance_lock(monkeypatch):
    accept = accepting.ACCEPT.replace("pg_advisory_xact_lock(player_id)", "player_id")
    assert accept != accepting.ACCEPT
    monkeypatch.setattr(accepting, "ACCEPT", accept)


@pytest.fixture
def without_looking_again(monkeypatch):
    """A claim does what it found, and does not ask what else waits for these players."""

    def only_the_order_found(players, *, up_to, limit):
        return list(PlayerOrder.objects.waiting().filter(pk=up_to))

    monkeypatch.setattr(fulfilling, "_waiting", only_the_order_found)
