from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from inventory import tasks
from inventory.models import InventoryChange, InventoryRecord
from inventory.services.audit_ledgers import audit_ledgers
from inventory.services.expire_inventory import expire_inventory
from tests.factories import ItemFactory, LootFactory, PlayerFactory
from tests.placing import create, fill, place, update
from tests.threads import elsewhere

pytestmark = pytest.mark.django_db


@pytest.fixture
def player():
    return PlayerFactory()


def make(player, item, count=5):
    """A record whose time is over in an hour."""
    later = (timezone.now() + timedelta(hours=1)).isoformat()
    order = place(player, create(item, count, fields={"expires": later}))
    return order.entries.get().changes.get().record


def let_time_pass(*records):
    """As if the records had run out an hour ago; the ledger says so, too."""
    past = timezone.now() - timedelta(hours=1)
    pks = [record.pk for record in records]
    InventoryRecord.objects.filter(pk__in=pks).update(expires=past)


def states():
    return list(InventoryRecord.objects.order_by("pk").values_list("state", "count"))


def test_record_whose_time_is_over_is_marked_and_keeps_its_count(player):
    over, empty, _, lasting = (make(player, ItemFactory()) for _ in range(4))
    place(player, update(empty, 0, fields={"expires": empty.expires.isoformat()}))
    place(player, update(lasting, 5))
    let_time_pass(over, empty)
    before = InventoryChange.objects.count()

    assert expire_inventory(10) == 2
    assert expire_inventory(10) == 0

    assert states() == [("expired", 5), ("expired", 0), ("active", 5), ("active", 5)]
    assert InventoryChange.objects.count() == before


def test_batch_takes_those_that_are_over_for_longest(player):
    records = [make(player, ItemFactory()) for _ in range(3)]
    for hours, record in enumerate(records, start=1):
        InventoryRecord.objects.filter(pk=record.pk).update(
            expires=timezone.now() - timedelta(hours=hours)
        )

    assert expire_inventory(2) == 2

    assert [state for state, _ in states()] == ["active", "expired", "expired"]


def test_task_goes_on_until_nothing_is_left(player, monkeypatch):
    monkeypatch.setattr(tasks, "EXPIRE_BATCH", 2)
    let_time_pass(*[make(player, ItemFactory()) for _ in range(5)])

    tasks.expire_inventory()

    assert {state for state, _ in states()} == {"expired"}


@pytest.mark.parametrize(("count", "state"), [(3, "active"), (0, "depleted")])
def test_expired_record_that_is_given_more_time_is_renewed(player, count, state):
    record = make(player, ItemFactory())
    let_time_pass(record)
    expire_inventory(10)

    order = place(player, update(record, count))

    assert order.outcome == "succeeded"
    assert states() == [(state, count)]


def test_loot_does_not_stack_on_an_expired_record(player):
    loot = LootFactory()
    record = make(player, loot.item)
    let_time_pass(record)
    expire_inventory(10)

    place(player, fill(loot))

    assert sorted(states()) == [("active", 1), ("expired", 5)]


@pytest.mark.django_db(transaction=True)
def test_record_that_is_being_changed_is_left_to_the_next_time(player):
    record = make(player, ItemFactory())
    let_time_pass(record)

    with transaction.atomic():
        place(player, update(record, 6))
        assert elsewhere(expire_inventory, 10) == 0

    assert expire_inventory(10) == 0
    assert states() == [("active", 6)]


@pytest.mark.django_db(transaction=True)
def test_books_are_sound_after_expiry(player):
    item = ItemFactory()
    soon = (timezone.now() + timedelta(milliseconds=200)).isoformat()
    place(player, create(item, 5, fields={"expires": soon}))
    while not expire_inventory(10):
        pass

    assert audit_ledgers(limit=10)["findings"] == []
    assert states() == [("expired", 5)]
