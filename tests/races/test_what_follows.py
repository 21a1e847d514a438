"""What orders cause, and what the clock does, beside what players do at the same moment."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from inventory.models import FulfilmentRules, InventoryRecord, PlayerOrder
from inventory.services import expire_inventory as expiring
from inventory.services.audit_ledgers import audit_ledgers
from inventory.services.expire_inventory import expire_inventory
from inventory.services.fulfil_player_orders import fulfil_waiting
from tests.factories import ItemFactory, LootFactory, PlayerFactory
from tests.placing import create, fill, place, update
from tests.threads import blocked, threads, wait_until

pytestmark = pytest.mark.django_db(transaction=True)


def place_while_a_child_is_uncommitted(last_gate):
    """Whether the order waited, and the orders in the order in which they became visible."""
    player, drop = PlayerFactory(), LootFactory(fill_in_new_order=True)
    box = LootFactory(item=None, sub_vendor=drop.vendor)
    parent = place(player, fill(box), wait=False)
    with threads(2) as start:
        worker = start(fulfil_waiting, 500)
        wait_until(lambda: len(last_gate.came) == 1)
        placed = start(place, player, fill(LootFactory()), wait=False)
        wait_until(lambda: blocked() or placed.done())
        waited = not placed.done()
        seen = list(PlayerOrder.objects.exclude(pk=parent.pk))
        last_gate.open()
        worker.result()
        order = placed.result()
    child = PlayerOrder.objects.get(caused_by__order=parent)
    return waited, [*seen, *({child, order} - {*seen})], child, order


def test_order_waits_for_a_child_to_be_committed(last_gate):
    waited, _, child, order = place_while_a_child_is_uncommitted(last_gate)

    assert waited
    assert child.pk < order.pk
    assert child.created_time < order.created_time
    assert audit_ledgers(limit=10)["findings"] == []


def test_order_becomes_visible_before_an_older_child_without_lock(
    last_gate, without_acceptance_lock
):
    waited, visible, child, order = place_while_a_child_is_uncommitted(last_gate)

    assert not waited
    assert child.pk < order.pk
    assert visible == [order, child]


def test_child_waits_for_an_order_to_be_committed():
    player, drop = PlayerFactory(), LootFactory(fill_in_new_order=True)
    parent = place(player, fill(LootFactory(item=None, sub_vendor=drop.vendor)), wait=False)
    loot = LootFactory()
    with threads(1) as start:
        with transaction.atomic():
            order = place(player, fill(loot), wait=False)
            worker = start(fulfil_waiting, 1)
            wait_until(blocked)
        worker.result()

    assert PlayerOrder.objects.get(caused_by__order=parent).pk > order.pk
    while fulfil_waiting(500):
        pass
    assert audit_ledgers(limit=10)["findings"] == []


# --- Expiry --------------------------------------------------------------------------------------


@pytest.fixture
def over():
    """A record whose time is over, but which nobody has marked yet."""
    later = timezone.now() + timedelta(hours=1)
    order = place(PlayerFactory(), create(ItemFactory(), 5, fields={"expires": later.isoformat()}))
    InventoryRecord.objects.update(expires=timezone.now() - timedelta(hours=1))
    return order.entries.get().changes.get().record


def expire_while_it_is_renewed(record):
    with threads(1) as start:
        with transaction.atomic():
            place(record.player, update(record, 6))
            marked = start(expire_inventory, 10)
            wait_until(lambda: blocked() or marked.done())
        return marked.result()


def state():
    return InventoryRecord.objects.values_list("state", "count", "expires").get()


def test_record_that_is_renewed_is_not_marked(over):
    assert expire_while_it_is_renewed(over) == 0

    assert state() == ("active", 6, None)


def test_record_that_is_renewed_is_marked_without_lock(over, without):
    without(expiring, "EXPIRE", "FOR UPDATE SKIP LOCKED")

    assert expire_while_it_is_renewed(over) == 1

    assert state() == ("expired", 6, None)


def test_record_that_is_marked_is_renewed(over):
    with threads(1) as start:
        with transaction.atomic():
            assert expire_inventory(10) == 1
            order = start(place, over.player, update(over, 6))
            wait_until(blocked)
        assert order.result().outcome == "succeeded"

    assert state() == ("active", 6, None)


# --- Rules ---------------------------------------------------------------------------------------


def test_rules_that_two_store_at_once_are_one_row(last_gate):
    loot = LootFactory()
    orders = [place(player, fill(loot), wait=False) for player in PlayerFactory.create_batch(2)]
    with threads(2) as start:
        first = start(fulfil_waiting, 1)
        wait_until(lambda: len(last_gate.came) == 1)
        second = start(fulfil_waiting, 1)
        wait_until(blocked)
        last_gate.open()
        assert (first.result(), second.result()) == (1, 1)

    [rules] = FulfilmentRules.objects.all()
    assert list(PlayerOrder.objects.values_list("pk", "rules")) == [
        (order.pk, rules.pk) for order in orders
    ]
