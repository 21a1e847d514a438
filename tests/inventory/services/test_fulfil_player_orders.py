import signal
import threading
from datetime import timedelta

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from django.db import OperationalError, connection, transaction
from psycopg.errors import (
    DeadlockDetected,
    LockNotAvailable,
    QueryCanceled,
    SerializationFailure,
)
from structlog.testing import capture_logs

from catalog.models import Item, Loot
from inventory.models import InventoryChange, InventoryRecord, PlayerOrder, PlayerOrderEntry
from inventory.services import fulfil_player_orders, plan_player_orders
from inventory.services.fulfil_player_orders import fulfil_waiting
from players.services.lock_player import lock_player
from tests.factories import ItemFactory, LootFactory, PlayerFactory
from tests.placing import create, fill, place, update
from tests.threads import PATIENCE, elsewhere, threads

pytestmark = pytest.mark.django_db


def wait_for(player, *entries, **values):
    """An order that waits."""
    return place(player, *entries, wait=False, **values)


def results(order):
    return list(order.entries.order_by("position").values_list("result", flat=True))


def owned(player):
    return list(
        player.inventory_records.order_by("inventory_id").values_list("item_id", "count", "state")
    )


def written():
    return InventoryRecord.objects.count(), InventoryChange.objects.count()


def taking(loot_of, **values):
    """Loot that takes one of the same item, or fails."""
    return LootFactory(
        item=loot_of.item,
        inventory_operation=Loot.Operation.CHECK_GREATER_THAN_OR_EQUAL_AND_SUBTRACT,
        **values,
    )


def test_order_writes_record_ledger_results_and_state():
    player, loot = PlayerFactory(), LootFactory(quantity=10)
    order = wait_for(player, fill(loot, 2), order_id="mine")

    assert fulfil_waiting(500) == 1

    order = PlayerOrder.objects.get(pk=order.pk)
    [entry] = order.entries.all()
    [record] = InventoryRecord.objects.values()
    [change] = InventoryChange.objects.values()
    assert (order.state, order.outcome, entry.result) == ("done", "succeeded", "success")
    assert order.created_time < order.done_time
    assert record == {
        "inventory_id": record["inventory_id"],
        "player_id": player.pk,
        "item_id": loot.item_id,
        "type": "persistent",
        "state": "active",
        "bucket": "none",
        "count": 20,
        "acquired": order.done_time,
        "expires": None,
        "custom_data": None,
        "session_id": None,
    }
    assert change == {
        "id": change["id"],
        "record_id": record["inventory_id"],
        "player_id": player.pk,
        "entry_id": entry.pk,
        "loot_id": loot.pk,
        "delta": 20,
        "before": None,
        "after": {
            "inventory_id": str(record["inventory_id"]),
            "item_id": loot.item_id,
            "type": "persistent",
            "bucket": "none",
            "count": 20,
            "acquired": order.done_time.isoformat(timespec="microseconds"),
            "expires": None,
            "custom_data": None,
        },
        "created_time": order.done_time,
    }


def test_nothing_waiting_is_nothing_done():
    assert fulfil_waiting(500) == 0


def test_batch_takes_the_oldest_orders():
    loot = LootFactory()
    orders = [wait_for(player, fill(loot)) for player in PlayerFactory.create_batch(3)]

    assert [fulfil_waiting(2), [results(order) for order in orders]] == [
        2,
        [["success"], ["success"], [None]],
    ]


def test_batch_has_so_many_entries_at_most_or_one_order(monkeypatch):
    monkeypatch.setattr(fulfil_player_orders, "BATCH_ENTRIES", 3)
    player, loot = PlayerFactory(), LootFactory()
    for entries in (1, 2, 1, 4, 1):
        wait_for(player, *[fill(loot)] * entries)

    assert [fulfil_waiting(500) for _ in range(5)] == [2, 1, 1, 1, 0]


def test_orders_of_one_player_see_what_the_ones_before_them_left():
    player, giving = PlayerFactory(), LootFactory()
    too_early = wait_for(player, fill(taking(giving)))
    given = wait_for(player, fill(giving, 3))
    taken = wait_for(player, fill(taking(giving), 2))

    assert fulfil_waiting(500) == 3

    assert [results(order) for order in (too_early, given, taken)] == [
        ["cannot_meet_loot_required"],
        ["success"],
        ["success"],
    ]
    assert owned(player) == [(giving.item_id, 1, "active")]
    assert list(InventoryChange.objects.order_by("id").values_list("delta", flat=True)) == [3, -2]


def test_orders_of_different_players_do_not_see_each_other():
    rich, poor, giving = PlayerFactory(), PlayerFactory(), LootFactory()
    wait_for(rich, fill(giving))
    order = wait_for(poor, fill(taking(giving)))

    fulfil_waiting(500)

    assert results(order) == ["cannot_meet_loot_required"]


@pytest.mark.parametrize(
    ("missing", "transaction", "outcome", "expected"),
    [
        ("none", False, "succeeded", ["success", "success"]),
        ("second", False, "partly", ["success", "loot_not_found"]),
        ("both", False, "failed", ["loot_not_found", "loot_not_found"]),
        ("second", True, "failed", ["rollback", "loot_not_found"]),
        ("both", True, "failed", ["loot_not_found", "not_started"]),
    ],
)
def test_outcome_of_an_order_follows_from_its_entries(missing, transaction, outcome, expected):
    there, gone = LootFactory(), LootFactory.build()
    first = gone if missing == "both" else there
    second = there if missing == "none" else gone
    order = wait_for(PlayerFactory(), fill(first), fill(second), is_transaction=transaction)

    fulfil_waiting(500)

    assert results(order) == expected
    assert PlayerOrder.objects.get(pk=order.pk).outcome == outcome
    assert InventoryChange.objects.count() == (expected.count("success"))


def test_record_is_depleted_and_replenished():
    player, giving = PlayerFactory(), LootFactory()
    place(player, fill(giving, 2))
    place(player, fill(taking(giving), 2))
    assert owned(player) == [(giving.item_id, 0, "depleted")]

    place(player, fill(giving))

    assert owned(player) == [(giving.item_id, 1, "active")]


def test_record_made_and_emptied_in_one_batch_is_depleted():
    player, giving = PlayerFactory(), LootFactory()
    wait_for(player, fill(giving, 2))
    wait_for(player, fill(taking(giving), 2))

    fulfil_waiting(500)

    assert owned(player) == [(giving.item_id, 0, "depleted")]


def test_record_is_created_and_updated_as_the_entries_say():
    player, item, other = PlayerFactory(), ItemFactory(), ItemFactory()
    create_fields = {"use_inventory_bucket": "steam", "custom_data": {"level": "3"}}
    place(
        player,
        create(item, 5, fields={**create_fields, "expires": "2099-01-01T02:00:00+02:00"}),
        source="SUPPORT",
    )
    [record] = InventoryRecord.objects.all()

    place(player, update(record, 7, item_id=other.pk, fields={"custom_data": {}}))

    [stored] = InventoryRecord.objects.values()
    [first, second] = InventoryChange.objects.order_by("id").values("before", "after", "delta")
    assert stored == {
        "inventory_id": record.pk,
        "player_id": player.pk,
        "item_id": other.pk,
        "type": "persistent",
        "state": "active",
        "bucket": "steam",
        "count": 7,
        "acquired": record.acquired,
        "expires": None,
        "custom_data": None,
        "session_id": None,
    }
    shown = {
        "inventory_id": str(record.pk),
        "item_id": item.pk,
        "type": "persistent",
        "bucket": "steam",
        "count": 5,
        "acquired": record.acquired.isoformat(timespec="microseconds"),
        "expires": "2099-01-01T00:00:00.000000+00:00",
        "custom_data": {"level": "3"},
    }
    changed = {"item_id": other.pk, "count": 7, "expires": None, "custom_data": None}
    assert first == {"before": None, "after": shown, "delta": 5}
    assert second == {"before": shown, "after": shown | changed, "delta": 2}


def test_record_of_another_player_is_not_found():
    owner, item = PlayerFactory(), ItemFactory()
    place(owner, create(item, 5))
    [record] = InventoryRecord.objects.all()

    order = place(PlayerFactory(), update(record, 7))

    assert results(order) == ["inventory_not_found"]
    assert owned(owner) == [(item.pk, 5, "active")]


def test_expired_record_counts_for_nothing_but_can_be_named():
    player, giving = PlayerFactory(), LootFactory()
    order = place(player, create(giving.item, 5, fields={"expires": "2099-01-01T00:00:00Z"}))
    InventoryRecord.objects.update(expires=order.done_time - timedelta(days=1))
    [record] = InventoryRecord.objects.all()

    missed = place(player, fill(taking(giving)))
    named = place(player, update(record, 6))

    assert results(missed) == ["cannot_meet_loot_required"]
    assert results(named) == ["success"]
    assert owned(player) == [(giving.item_id, 6, "active")]


def test_plan_sees_what_sub_vendors_and_multipliers_look_at():
    player, inner, multiplier = PlayerFactory(), LootFactory(), LootFactory()
    outer = LootFactory(item=None, sub_vendor=inner.vendor)
    LootFactory(
        vendor=inner.vendor,
        item=ItemFactory(),
        sub_vendor=outer.vendor,
        active=False,
    )
    Loot.objects.filter(pk=inner.pk).update(quantity_mult_inventory_item=multiplier.item)
    place(player, fill(multiplier, 3), fill(LootFactory(item=inner.item), 4))

    order = place(player, fill(outer, 5))

    assert results(order) == ["success"]
    assert sorted(owned(player)) == sorted(
        [(multiplier.item_id, 3, "active"), (inner.item_id, 19, "active")]
    )


def test_plan_reads_no_records_but_those_the_orders_look_at():
    player, loot = PlayerFactory(), LootFactory()
    place(player, *[create(item) for item in ItemFactory.create_batch(5)])
    wait_for(player, fill(loot))
    rows = []

    def count_rows(execute, sql, params, many, context):
        result = execute(sql, params, many, context)
        if "FROM unnest" in sql:
            rows.append(context["cursor"].rowcount)
        return result

    with connection.execute_wrapper(count_rows):
        fulfil_waiting(500)

    assert rows == [0]


@pytest.mark.parametrize("orders", [1, 3])
def test_batch_costs_the_same_queries_for_however_many(orders, django_assert_num_queries):
    loot = LootFactory()
    for player in PlayerFactory.create_batch(orders):
        wait_for(player, fill(loot), fill(loot))
        wait_for(player, fill(loot))
    place(PlayerFactory(), fill(loot))  # so that the catalogue has been read

    # savepoint, claim, orders, sizes, entries, time, version, players, records, writes, release
    with django_assert_num_queries(11):
        assert fulfil_waiting(500) == 2 * orders


def spoil(order):
    """Make the order one that no plan can be made for."""
    PlayerOrderEntry.objects.filter(order=order).update(type="unheard of")


def test_poisoned_order_does_not_stop_its_batch():
    player, loot = PlayerFactory(), LootFactory()
    before = wait_for(player, fill(loot))
    poisoned = place(player, fill(loot), fill(loot), wait=False, order_id="poisoned")
    PlayerOrder.objects.filter(pk=poisoned.pk).update(request_id="request 7")
    after = wait_for(player, fill(loot))
    spoil(poisoned)

    with capture_logs() as logs:
        assert fulfil_waiting(500) == 3

    assert [results(order) for order in (before, poisoned, after)] == [
        ["success"],
        ["internal_error", "internal_error"],
        ["success"],
    ]
    assert PlayerOrder.objects.get(pk=poisoned.pk).outcome == "failed"
    assert owned(player) == [(loot.item_id, 2, "active")]
    assert [(each["event"], each.get("order_id"), each.get("of_request")) for each in logs] == [
        ("batch_failed", None, None),
        ("order_tried_again", "poisoned", None),
        ("order_failed", "poisoned", "request 7"),
    ]


def test_order_that_cannot_be_written_is_undone_and_failed(monkeypatch):
    """A rogue writer changes a record between plan and writes, although we hold the lock."""
    player, loot = PlayerFactory(), LootFactory()
    place(player, fill(loot, 5))
    plan = fulfil_player_orders.plan_player_orders

    def plan_on_sand(*args, **kwargs):
        outcomes = plan(*args, **kwargs)
        InventoryRecord.objects.update(count=99)
        return outcomes

    monkeypatch.setattr(fulfil_player_orders, "plan_player_orders", plan_on_sand)

    with capture_logs() as logs:
        order = place(player, fill(loot))

    assert order.state == "done"
    assert results(order) == ["internal_error"]
    assert owned(player) == [(loot.item_id, 5, "active")]
    assert InventoryChange.objects.count() == 1
    assert [each["event"] for each in logs] == ["order_tried_again", "order_failed"]


def delete_after_planning(monkeypatch, doomed):
    """Delete the loot and its item once, between a plan and its writes."""
    plan = fulfil_player_orders.plan_player_orders

    def plan_then_delete(*args, **kwargs):
        outcomes = plan(*args, **kwargs)
        monkeypatch.undo()
        elsewhere(Loot.objects.filter(pk=doomed.pk).delete)
        elsewhere(Item.objects.filter(pk=doomed.item_id).delete)
        return outcomes

    monkeypatch.setattr(fulfil_player_orders, "plan_player_orders", plan_then_delete)


@pytest.mark.django_db(transaction=True)
def test_item_deleted_while_its_only_order_was_planned_is_told_to_the_order(monkeypatch):
    doomed = LootFactory()
    order = wait_for(PlayerFactory(), fill(doomed))
    delete_after_planning(monkeypatch, doomed)

    assert fulfil_waiting(500) == 1

    assert results(order) == ["loot_not_found"]


@pytest.mark.django_db(transaction=True)
def test_item_deleted_while_the_batch_was_planned_fails_only_its_orders(monkeypatch):
    player, loot, doomed = PlayerFactory(), LootFactory(), LootFactory()
    orders = [wait_for(player, fill(doomed)), wait_for(player, fill(loot))]
    delete_after_planning(monkeypatch, doomed)

    assert fulfil_waiting(500) == 2

    assert [results(order) for order in orders] == [["loot_not_found"], ["success"]]


@pytest.mark.django_db(transaction=True)
def test_order_too_large_for_the_database_does_not_stop_the_others(monkeypatch):
    """What looks like a database that is away may be one order that is too much for it."""
    loot = LootFactory()
    too_large = wait_for(PlayerFactory(), fill(loot))
    innocent = wait_for(PlayerFactory(), fill(loot))
    record = fulfil_player_orders.record_outcomes

    def refuse_together(claimed, outcomes, **values):
        if len(claimed) > 1:
            raise OperationalError("invalid message length")
        record(claimed, outcomes, **values)

    monkeypatch.setattr(fulfil_player_orders, "record_outcomes", refuse_together)

    assert fulfil_waiting(500) == 2

    assert [results(order) for order in (too_large, innocent)] == [["success"], ["success"]]


def refuse(monkeypatch, order, *errors):
    """Let the writes of the order fail, alone or in a batch: so often, or always with the last."""
    record, errors = fulfil_player_orders.record_outcomes, list(errors)

    def refuse_it(claimed, outcomes, **values):
        error = errors.pop(0) if len(errors) > 1 else errors[0]
        if order in claimed and "rules" in values and error:
            raise error
        record(claimed, outcomes, **values)

    monkeypatch.setattr(fulfil_player_orders, "record_outcomes", refuse_it)


def caused_by(cause):
    error = OperationalError(str(cause))
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    "error",
    [
        OperationalError("out of memory"),
        caused_by(QueryCanceled("statement timeout")),
        SoftTimeLimitExceeded(),
    ],
)
def test_order_that_is_always_refused_fails_alone(monkeypatch, error):
    loot = LootFactory()
    orders = [wait_for(player, fill(loot)) for player in PlayerFactory.create_batch(3)]
    refuse(monkeypatch, orders[0], error)

    with capture_logs() as logs:
        assert fulfil_waiting(500) == 3

    assert [results(order) for order in orders] == [["internal_error"], ["success"], ["success"]]
    assert [each["event"] for each in logs] == ["batch_failed", "order_tried_again", "order_failed"]


@pytest.mark.parametrize("busy", [SerializationFailure, DeadlockDetected, LockNotAvailable])
def test_order_that_another_transaction_is_in_the_way_of_is_left(monkeypatch, busy):
    loot = LootFactory()
    orders = [wait_for(player, fill(loot)) for player in PlayerFactory.create_batch(3)]
    refuse(monkeypatch, orders[1], caused_by(busy()))

    with capture_logs() as logs:
        assert fulfil_waiting(500) == 2

    assert [results(order) for order in orders] == [["success"], [None], ["success"]]
    assert [each["event"] for each in logs] == ["batch_failed", "order_left_to_workers"]
    monkeypatch.undo()
    assert fulfil_waiting(500) == 1


def test_order_that_cannot_even_be_given_up_does_not_stop_the_others(monkeypatch):
    loot = LootFactory()
    orders = [wait_for(player, fill(loot)) for player in PlayerFactory.create_batch(2)]
    refuse(monkeypatch, orders[0], OperationalError("disk full"))

    def refuse_too(order):
        raise OperationalError("disk full")

    monkeypatch.setattr(fulfil_player_orders, "_give_up", refuse_too)

    with capture_logs() as logs:
        assert fulfil_waiting(500) == 1

    assert [results(order) for order in orders] == [[None], ["success"]]
    assert logs[-1]["event"] == "order_left_to_workers"


@pytest.mark.django_db(transaction=True)
def test_order_whose_player_is_taken_meanwhile_is_left(monkeypatch, settings):
    """After its batch has failed, somebody else does the order's player for too long."""
    settings.PLAYER_ORDER_LOCK_WAIT = timedelta()
    loot = LootFactory()
    taken, free = [wait_for(player, fill(loot)) for player in PlayerFactory.create_batch(2)]
    refuse(monkeypatch, taken, RuntimeError("only together"), None)
    held, done = threading.Event(), threading.Event()
    claim_one = fulfil_player_orders._claim_one

    def hold():
        with transaction.atomic():
            lock_player(taken.player_id)
            held.set()
            done.wait(PATIENCE)

    with threads(1) as start:

        def claim_late(order):
            if not held.is_set():
                start(hold)
                held.wait(PATIENCE)
            return claim_one(order)

        monkeypatch.setattr(fulfil_player_orders, "_claim_one", claim_late)
        try:
            assert fulfil_waiting(500) == 1
        finally:
            done.set()

    assert [results(order) for order in (taken, free)] == [[None], ["success"]]


def test_order_is_tried_again_itself(monkeypatch):
    """Not whichever comes first: another worker has the player by then, and the next is new."""
    loot = LootFactory()
    first, other = [wait_for(player, fill(loot)) for player in PlayerFactory.create_batch(2)]
    tried, do = [], fulfil_player_orders._do

    def fail_once(claimed):
        tried.extend(claimed)
        if len(tried) == 1:
            raise RuntimeError("the catalogue changed under the plan")
        return do(claimed)

    monkeypatch.setattr(fulfil_player_orders, "_do", fail_once)

    assert fulfil_waiting(1) == 1

    assert tried == [first, first]
    assert [results(order) for order in (first, other)] == [["success"], [None]]


@pytest.mark.django_db(transaction=True)
def test_time_limit_in_a_statement_leaves_a_connection_that_works(monkeypatch):
    """The limit is a signal, and strikes while the database is at work."""
    orders = [wait_for(player, fill(LootFactory())) for player in PlayerFactory.create_batch(2)]
    record = fulfil_player_orders.record_outcomes

    def strike(signum, frame):
        raise SoftTimeLimitExceeded

    def take_too_long(claimed, outcomes, **values):
        if len(claimed) > 1:
            signal.setitimer(signal.ITIMER_REAL, 0.05)
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_sleep(0.5)")
        record(claimed, outcomes, **values)

    monkeypatch.setattr(fulfil_player_orders, "record_outcomes", take_too_long)
    before = signal.signal(signal.SIGALRM, strike)
    try:
        assert fulfil_waiting(500) == 2
    finally:
        signal.signal(signal.SIGALRM, before)

    assert [results(order) for order in orders] == [["success"], ["success"]]


def test_batch_ends_where_its_effects_are_enough(monkeypatch):
    monkeypatch.setattr(plan_player_orders, "BATCH_WEIGHT", 3)
    player, loot = PlayerFactory(), LootFactory()
    for _ in range(5):
        wait_for(player, fill(loot), fill(loot))

    assert [fulfil_waiting(500) for _ in range(4)] == [2, 2, 1, 0]

    assert owned(player) == [(loot.item_id, 10, "active")]


def test_batch_ends_where_its_custom_data_is_enough(monkeypatch):
    """Each change of a record repeats them: 600 bytes in 150 characters weigh two rows more."""
    monkeypatch.setattr(plan_player_orders, "BATCH_WEIGHT", 6)
    player, loot = PlayerFactory(), LootFactory()
    for _ in range(5):
        wait_for(player, fill(loot, fields={"custom_data": {"k": "\N{GRINNING FACE}" * 150}}))

    assert [fulfil_waiting(500) for _ in range(4)] == [2, 2, 1, 0]


def test_batch_ends_where_it_has_taken_long_enough(monkeypatch):
    monkeypatch.setattr(plan_player_orders, "BATCH_SECONDS", 0)
    player, loot = PlayerFactory(), LootFactory()
    for _ in range(3):
        wait_for(player, fill(loot))

    assert [fulfil_waiting(500) for _ in range(4)] == [1, 1, 1, 0]


def test_entry_beyond_the_changes_of_an_order_fails(settings):
    settings.PLAYER_ORDER_MAX_CHANGES = 2
    player, loot = PlayerFactory(), LootFactory()

    order = place(player, fill(loot), fill(loot), fill(loot))

    assert results(order) == ["success", "success", "internal_error"]
    assert owned(player) == [(loot.item_id, 2, "active")]


@pytest.mark.django_db(transaction=True)
def test_lost_connection_leaves_the_orders_accepted(monkeypatch):
    player, loot = PlayerFactory(), LootFactory()
    order = wait_for(player, fill(loot))
    plan = fulfil_player_orders.plan_player_orders

    def lose_connection(*args, **kwargs):
        outcomes = plan(*args, **kwargs)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
        return outcomes

    monkeypatch.setattr(fulfil_player_orders, "plan_player_orders", lose_connection)

    with pytest.raises(OperationalError):
        fulfil_waiting(500)
    connection.close()

    assert results(order) == [None]
    assert written() == (0, 0)
    monkeypatch.undo()
    assert fulfil_waiting(500) == 1
    assert results(order) == ["success"]
