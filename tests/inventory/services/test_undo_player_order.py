from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import transaction
from django.utils import timezone

from catalog.models import Item
from inventory.errors import (
    InventoryMoved,
    OrderIdTaken,
    OrderNotUndone,
    OrdersWaiting,
)
from inventory.models import InventoryChange, InventoryRecord, PlayerOrder
from inventory.services.undo_player_order import (
    Policy,
    undo_player_order,
    what_undoing_does,
    why_not_undone,
)
from players.errors import PlayerBusy
from players.services.lock_player import lock_player
from tests.factories import ItemFactory, LootFactory, PlayerFactory, VendorFactory
from tests.placing import create, fill, place, update
from tests.threads import threads

pytestmark = pytest.mark.django_db


@pytest.fixture
def player():
    return PlayerFactory()


@pytest.fixture
def gems():
    return ItemFactory(id=10, name="gems")


@pytest.fixture
def five(player, gems):
    """The order that gave the player five gems."""
    return place(player, create(gems, 5))


def undo(order, *, policy=Policy.REFUSE, seen=None, order_id=None):
    return undo_player_order(
        order=order,
        policy=policy,
        seen=what_undoing_does(order, policy).seen if seen is None else seen,
        placed_by="staff:1",
        reason="Ticket",
        order_id=order_id or uuid4(),
    )


def holdings(player):
    return sorted(player.inventory_records.values_list("item__name", "count"))


def refunds():
    return list(PlayerOrder.objects.filter(source="REFUND"))


def test_undoing_places_one_refund_order_linked_to_the_order(player, five):
    order_id = uuid4()

    undone = undo_player_order(
        order=five,
        policy=Policy.REFUSE,
        seen=what_undoing_does(five, Policy.REFUSE).seen,
        placed_by="staff:7",
        reason="Ticket 4711",
        order_id=order_id,
        request_id="r-1",
    )

    undone = PlayerOrder.objects.get(pk=undone.pk)
    assert {
        name: getattr(undone, name)
        for name in ("order_id", "source", "state", "outcome", "placed_by", "reason", "request_id")
    } == {
        "order_id": str(order_id),
        "source": "REFUND",
        "state": "done",
        "outcome": "succeeded",
        "placed_by": "staff:7",
        "reason": "Ticket 4711",
        "request_id": "r-1",
    }
    assert undone.is_transaction
    assert undone.undoes == five
    assert PlayerOrder.objects.get(pk=five.pk).undone_by == undone
    assert holdings(player) == [("gems", 0)]


def test_undoing_gives_back_what_was_spent_and_takes_back_what_was_bought(player, gems):
    place(player, create(gems, 100))
    shop = VendorFactory()
    hat = ItemFactory(id=5000, name="hat")
    LootFactory(vendor=shop, item=gems, quantity=30, inventory_operation="subtract", sort_order=1)
    LootFactory(vendor=shop, item=hat, sort_order=2)
    order = place(player, fill(LootFactory(item=None, sub_vendor=shop)))
    assert holdings(player) == [("gems", 70), ("hat", 1)]

    undo(order)

    assert holdings(player) == [("gems", 100), ("hat", 0)]


def test_what_undoing_shows_is_what_the_ledger_has_then(player, gems):
    expires = timezone.now() + timedelta(days=3)
    place(player, create(gems, 5, fields={"expires": expires.isoformat()}))
    record = InventoryRecord.objects.get()
    later = {"expires": (expires + timedelta(days=2)).isoformat(), "custom_data": {"a": "b"}}
    hat = ItemFactory(id=11)
    order = place(player, update(record, 9, item_id=hat.pk, fields=later), create(gems, 1))
    shown = [each.as_change() for each in what_undoing_does(order, Policy.REFUSE).reversals]

    undone = undo(order)

    names = ("item_id", "bucket", "count", "expires", "custom_data")

    def story(change):
        before, after = (
            {name: ends.get(name) for name in names} for ends in (change.before, change.after)
        )
        return change.record_id, change.delta, before, after

    done = list(InventoryChange.objects.filter(entry__order=undone).order_by("pk"))
    assert [story(change) for change in done] == [story(change) for change in shown]
    record = InventoryRecord.objects.get(pk=record.pk)
    assert (record.item_id, record.count, record.expires) == (gems.pk, 5, expires)


def test_goods_that_are_gone_are_refused_or_what_is_left_is_taken(player, gems, five):
    record = InventoryRecord.objects.get()
    place(player, update(record, 2))

    with pytest.raises(OrderNotUndone) as refusal:
        undo(five)
    refunds_then, holdings_then = refunds(), holdings(player)
    undo(five, policy=Policy.TAKE_WHAT_IS_LEFT)

    assert refusal.value.message == (
        f"Not all of it can be taken back.\ngems (10), record {record.pk}: 3 of 5 are gone already."
    )
    assert (refunds_then, holdings_then) == ([], [("gems", 2)])
    assert holdings(player) == [("gems", 0)]


@pytest.mark.parametrize("policy", Policy)
def test_undoing_is_refused_where_nothing_is_left(player, five, policy):
    place(player, update(InventoryRecord.objects.get(), 0))

    with pytest.raises(OrderNotUndone):
        undo(five, policy=policy)

    assert refunds() == []


@pytest.mark.parametrize("policy", Policy)
def test_undoing_is_refused_where_the_goods_expired(player, five, policy):
    InventoryRecord.objects.update(expires=timezone.now() - timedelta(hours=1))

    with pytest.raises(OrderNotUndone, match="it has expired"):
        undo(five, policy=policy)

    assert refunds() == []


def test_undoing_is_refused_when_the_goods_moved_since_they_were_shown(player, five):
    seen = what_undoing_does(five, Policy.REFUSE).seen
    place(player, update(InventoryRecord.objects.get(), 9))

    with pytest.raises(InventoryMoved):
        undo(five, seen=seen)

    assert refunds() == []
    assert holdings(player) == [("gems", 9)]


def test_undoing_is_refused_while_orders_wait(player, gems, five):
    place(player, create(gems), wait=False)

    with pytest.raises(OrdersWaiting):
        undo(five)

    assert refunds() == []


def test_undoing_leaves_no_order_where_the_core_refuses_it(player, gems, five):
    place(player, create(ItemFactory(id=5000, name="hat")))
    Item.objects.filter(pk=gems.pk).update(always_owned=True)

    with pytest.raises(OrderNotUndone, match=r"always_owned_inventory_cannot_be_modified"):
        undo(five)

    assert refunds() == []
    assert holdings(player) == [("gems", 5), ("hat", 1)]
    assert why_not_undone(five) == ""


def test_why_an_order_cannot_be_undone(player, gems, five):
    failed = place(player, fill(LootFactory(active=False)))
    undone = undo(five)
    waiting = place(player, create(gems), wait=False)

    assert {
        name: why_not_undone(order)
        for name, order in locals().items()
        if name in {"five", "failed", "undone", "waiting"}
    } == {
        "five": "It has been undone already.",
        "failed": "It changed nothing that the player has.",
        "undone": "It undoes another order itself.",
        "waiting": "It is not done yet.",
    }


def test_same_order_id_undoes_once(player, five):
    order_id, seen = uuid4(), what_undoing_does(five, Policy.REFUSE).seen

    first = undo(five, order_id=order_id, seen=seen)
    second = undo(five, order_id=order_id, seen=seen)

    assert first == second
    assert holdings(player) == [("gems", 0)]


def test_order_is_undone_once(player, five):
    undo(five)

    with pytest.raises(OrderNotUndone, match="undone already"):
        undo(five)

    assert len(refunds()) == 1


def test_order_id_of_another_order_is_refused(player, gems, five):
    order_id = uuid4()
    place(player, create(gems), order_id=str(order_id))

    with pytest.raises(OrderIdTaken):
        undo(five, order_id=order_id)

    assert refunds() == []


def test_undoing_takes_the_database_as_its_last_fence(player, five):
    undone = undo(five)
    other = place(player, create(ItemFactory(id=5000)))

    with pytest.raises(Exception, match="undoes"):
        PlayerOrder.objects.filter(pk=other.pk).update(undoes=undone.undoes)


@pytest.mark.django_db(transaction=True)
def test_of_two_who_undo_at_once_one_does(player, five, settings):
    settings.PLAYER_ORDER_LOCK_WAIT = timedelta(seconds=30)
    seen = what_undoing_does(five, Policy.REFUSE).seen

    with threads(2) as start:
        clicks = [start(undo, five, seen=seen) for _ in range(2)]
        refusals = [click.exception(timeout=30) for click in clicks]

    assert [type(refusal) for refusal in refusals if refusal] == [OrderNotUndone]
    assert len(refunds()) == 1
    assert holdings(player) == [("gems", 0)]


@pytest.mark.django_db(transaction=True)
def test_undoing_is_refused_while_the_players_orders_are_being_done(player, five, settings):
    settings.PLAYER_ORDER_LOCK_WAIT = timedelta()
    with threads(1) as start, transaction.atomic():
        lock_player(player.pk)
        refusal = start(undo, five).exception(timeout=30)

    assert isinstance(refusal, PlayerBusy)
    assert refunds() == []
