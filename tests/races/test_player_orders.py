"""Never lost, never twice, never out of order: real threads, and controls without the lock.

A control takes away the one lock (or the one question) that a test is about, forces the same
interleaving, and sees the harm. Nothing sleeps: a thread is waited for until it has reached a
point, or until the database says that it waits for a lock.
"""

import threading
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.db import connection, transaction
from structlog.testing import capture_logs

from inventory.errors import OrderIdTaken
from inventory.models import InventoryChange, PlayerOrder
from inventory.services import fulfil_player_orders as fulfilling
from inventory.services.accept_player_orders import OrderDraft
from inventory.services.audit_ledgers import audit_ledgers
from inventory.services.fulfil_player_orders import fulfil_waiting
from inventory.services.place_player_order import place_player_orders
from players.services import lock_player as locking
from tests.factories import LootFactory, PlayerFactory
from tests.placing import fill, place
from tests.threads import PATIENCE, blocked, threads, wait_until

pytestmark = pytest.mark.django_db(transaction=True)


def changes():
    """The ids of the orders, in the order of the ledger."""
    return list(InventoryChange.objects.order_by("id").values_list("entry__order_id", flat=True))


def assert_sound():
    audit = audit_ledgers(limit=10)
    assert (audit["total"], audit["findings"]) == (0, [])


# --- The same order at once ------------------------------------------------------------------


def test_same_order_id_twenty_times_at_once_is_done_once():
    player, loot = PlayerFactory(), LootFactory()
    together = threading.Barrier(20)

    def send():
        together.wait(PATIENCE)
        return place(player, fill(loot), order_id="mine")

    with threads(20) as start:
        orders = [future.result() for future in [start(send) for _ in range(20)]]

    assert {(order.order_id, order.state) for order in orders} == {("mine", "done")}
    assert len({order.pk for order in orders}) == 1
    assert changes() == [orders[0].pk]
    assert_sound()


def fulfil_twice_at_once(gate, order):
    """A worker and a repeated request meet at the same order; how often it was planned."""
    with threads(2) as start:
        worker = start(fulfil_waiting, 500)
        wait_until(lambda: len(gate.came) == 1)
        request = start(fulfilling.fulfil_at_once, order)
        wait_until(lambda: len(gate.came) == 2 or blocked())
        gate.open()
        worker.result()
        assert request.result().state == "done"
    return gate.came


def test_worker_and_request_do_an_order_once(gate):
    order = place(PlayerFactory(), fill(LootFactory()), wait=False)

    assert fulfil_twice_at_once(gate, order) == [{order.pk}]

    assert changes() == [order.pk]
    assert_sound()


def test_worker_and_request_do_an_order_twice_without_lock_and_fence(
    gate, without_player_lock, without_last_fence
):
    order = place(PlayerFactory(), fill(LootFactory()), wait=False)

    assert fulfil_twice_at_once(gate, order) == [{order.pk}, {order.pk}]

    assert changes() == [order.pk, order.pk]


def test_fence_alone_undoes_what_would_be_done_twice(gate, without_player_lock):
    order = place(PlayerFactory(), fill(LootFactory()), wait=False)

    with capture_logs() as logs:
        assert fulfil_twice_at_once(gate, order) == [{order.pk}, {order.pk}]

    assert [each["event"] for each in logs] == ["order_tried_again"]
    assert changes() == [order.pk]
    assert_sound()


# --- Many orders of one player ---------------------------------------------------------------


def test_orders_of_one_player_are_done_in_the_order_of_acceptance():
    player, loot = PlayerFactory(), LootFactory()
    placed = threading.Event()

    def send(wait):
        for _ in range(25):
            place(player, fill(loot), wait=wait)

    def work():
        done = 0
        while not placed.is_set() or PlayerOrder.objects.waiting().exists():
            done += fulfil_waiting(7)
        return done

    with threads(6) as start:
        workers = [start(work), start(work)]
        for sender in [start(send, n % 2 == 0) for n in range(4)]:
            sender.result()
        placed.set()
        assert sum(worker.result() for worker in workers) <= 100

    orders = list(PlayerOrder.objects.order_by("pk"))
    assert len(orders) == 100
    assert {order.outcome for order in orders} == {"succeeded"}
    assert changes() == [order.pk for order in orders]
    for name in ("created_time", "done_time"):
        times = [getattr(order, name) for order in orders]
        assert times == sorted(times)
    assert list(player.inventory_records.values_list("count", flat=True)) == [100]
    assert_sound()


def plan_two_orders_at_once(gate):
    """Two orders of one player, each by a worker of its own; the records they leave."""
    player, loot = PlayerFactory(), LootFactory()
    with threads(2) as start:
        place(player, fill(loot), wait=False)
        workers = [start(fulfil_waiting, 1)]
        wait_until(lambda: len(gate.came) == 1)
        second = place(player, fill(loot), wait=False)
        workers.append(start(fulfilling.fulfil_at_once, second))
        wait_until(lambda: len(gate.came) == 2 or blocked())
        gate.open()
        for worker in workers:
            worker.result()
    fulfil_waiting(500)
    return list(player.inventory_records.values_list("count", flat=True))


def test_second_order_of_a_player_sees_what_the_first_left(gate):
    assert plan_two_orders_at_once(gate) == [2]
    assert_sound()


def test_second_order_of_a_player_misses_what_the_first_left_without_lock(
    gate, without_player_lock, without_looking_again
):
    # Without the lock the second order would see that the first waits; that question is gone, too.
    assert plan_two_orders_at_once(gate) == [1, 1]


@contextmanager
def uncommitted_order(player, loot):
    """An order that is placed, and whose transaction has yet to end."""
    with transaction.atomic():
        yield place(player, fill(loot), wait=False)


def place_while_another_is_uncommitted():
    """Whether the second waited, and the ids of both in the order in which they became visible."""
    player, loot = PlayerFactory(), LootFactory()
    with threads(1) as start:
        with uncommitted_order(player, loot) as first:
            second = start(place, player, fill(loot), wait=False)
            wait_until(lambda: blocked() or second.done())
            waited = not second.done()
        return waited, first.pk < second.result().pk


def test_order_waits_for_an_older_one_to_be_committed():
    assert place_while_another_is_uncommitted() == (True, True)


def test_order_becomes_visible_before_an_older_one_without_lock(without_acceptance_lock):
    assert place_while_another_is_uncommitted() == (False, True)


PAUSE = 4711


def claim_while_a_player_is_let_go(monkeypatch):
    """A claim passes over a player's first order, whose lock then ends, and finds the second.

    Return the two orders and what the ledger says.
    """
    player, loot = PlayerFactory(), LootFactory()
    first, second = (place(player, fill(loot), wait=False) for _ in range(2))
    pause = f"AND (waiting.id <> {second.pk} OR pg_advisory_xact_lock({PAUSE}) IS NOT NULL)"
    monkeypatch.setattr(
        fulfilling, "CLAIM", fulfilling.CLAIM.replace("'accepted'", f"'accepted' {pause}")
    )

    def work():
        with connection.cursor() as cursor:
            # Row by row along the index, as over a table of some size.
            for way in ("seqscan", "sort", "hashjoin", "mergejoin", "bitmapscan", "material"):
                cursor.execute(f"SET enable_{way} = off")
        return fulfil_waiting(1), fulfil_waiting(1)

    with threads(2) as start, connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [PAUSE])
        with transaction.atomic():
            cursor.execute(locking.LOCK_PLAYER, ["1s", player.pk])
            worker = start(work)
            wait_until(blocked)
        cursor.execute("SELECT pg_advisory_unlock(%s)", [PAUSE])
        assert worker.result() == (1, 1)
    return [first.pk, second.pk], changes()


def test_claim_that_passed_over_an_order_does_it_first(monkeypatch):
    orders, ledger = claim_while_a_player_is_let_go(monkeypatch)

    assert ledger == orders


def test_claim_that_passed_over_an_order_does_it_last_without_looking_again(
    monkeypatch, without_looking_again
):
    orders, ledger = claim_while_a_player_is_let_go(monkeypatch)

    assert ledger == orders[::-1]


# --- Many players ----------------------------------------------------------------------------


def work_in_two(gate):
    """Two workers begin at the same time; what each has planned first."""
    loot = LootFactory()
    for player in PlayerFactory.create_batch(20):
        for _ in range(2):
            place(player, fill(loot), wait=False)

    def work():
        done = 0
        while some := fulfil_waiting(20):
            done += some
        return done

    with threads(2) as start:
        workers = [start(work), start(work)]
        wait_until(lambda: len(gate.came) == 2)
        both = gate.came[:2]
        gate.open()
        assert sum(worker.result() for worker in workers) >= 40
    return both


def test_two_workers_share_the_work(gate):
    one, other = work_in_two(gate)

    assert (len(one), len(other), one & other) == (20, 20, set())
    assert sorted(changes()) == sorted(one | other)
    assert_sound()


def test_two_workers_plan_the_same_orders_without_lock(gate, without_player_lock):
    one, other = work_in_two(gate)

    assert one == other


# --- Waiting ---------------------------------------------------------------------------------


@contextmanager
def held(player, lock):
    """The player's row is locked elsewhere."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SELECT FROM players_player WHERE id = %s {lock}", [player.pk])
        yield


def test_request_gives_up_waiting_for_the_player(settings):
    settings.PLAYER_ORDER_LOCK_WAIT = timedelta(milliseconds=50)
    player, loot = PlayerFactory(), LootFactory()

    with threads(1) as start, held(player, "FOR NO KEY UPDATE"):
        order = start(place, player, fill(loot)).result()

    assert order.state == "accepted"
    assert changes() == []
    assert fulfil_waiting(500) == 1
    assert changes() == [order.pk]


def accepted_while_held(lock):
    player, loot = PlayerFactory(), LootFactory()
    with threads(1) as start, held(player, lock):
        placed = start(place, player, fill(loot), wait=False)
        wait_until(lambda: placed.done() or blocked())
        return placed.done()


def test_accepting_does_not_wait_for_fulfilment():
    assert accepted_while_held("FOR NO KEY UPDATE")


def test_accepting_would_wait_for_a_stronger_lock():
    assert not accepted_while_held("FOR UPDATE")


# --- Many orders at once -----------------------------------------------------------------------


def test_calls_with_the_same_ids_in_opposite_order_are_both_answered():
    loot, players = LootFactory(), PlayerFactory.create_batch(2)
    ids = [f"order {number}" for number in range(1_500)]
    together = threading.Barrier(2)

    def send(player, order_ids):
        together.wait(PATIENCE)
        entries = (fill(loot),)
        return place_player_orders(
            drafts=[(player, OrderDraft(entries=entries, order_id=name)) for name in order_ids],
            placed_by="system",
            permissions=frozenset({"loot"}),
        )

    with threads(2) as start:
        calls = [start(send, players[0], ids), start(send, players[1], ids[::-1])]
        answers = [call.result(PATIENCE) for call in calls]

    mine, theirs = answers[0], answers[1][::-1]
    assert [isinstance(order, OrderIdTaken) for order in mine] == [
        isinstance(order, PlayerOrder) for order in theirs
    ]
    assert PlayerOrder.objects.count() == len(ids)
