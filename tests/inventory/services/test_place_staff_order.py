from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction

from inventory.errors import OrderIdTaken
from inventory.fulfilment.vocabulary import Source
from inventory.models import InventoryRecord, PlayerOrder
from inventory.services import place_staff_order as placing
from inventory.services.grant_inventory import grant_inventory, stack_for_grant
from inventory.services.knock_for_fulfilment import knock_for_fulfilment
from tests.factories import ItemFactory, LootFactory, PlayerFactory, UserFactory
from tests.placing import create, fill, place

pytestmark = pytest.mark.django_db


@pytest.fixture
def player():
    return PlayerFactory()


@pytest.fixture
def staff():
    return UserFactory()


def place_as(staff, player, *entries, **values):
    return placing.place_staff_order(
        player=player,
        entries=entries,
        placed_by=f"staff:{staff.pk}",
        **{"source": Source.SUPPORT, "reason": "Ticket", "order_id": uuid4()} | values,
    )


def test_order_says_who_placed_it_and_why_and_is_done(player, staff):
    order_id = uuid4()

    order = place_as(
        staff,
        player,
        create(ItemFactory(), 5),
        order_id=order_id,
        request_id="request 7",
        is_transaction=True,
    )

    order = PlayerOrder.objects.get(pk=order.pk)
    assert (order.order_id, order.player, order.state, order.outcome, order.is_transaction) == (
        str(order_id),
        player,
        "done",
        "succeeded",
        True,
    )
    assert (order.source, order.placed_by, order.permissions, order.reason, order.request_id) == (
        "SUPPORT",
        f"staff:{staff.pk}",
        ["inventory"],
        "Ticket",
        "request 7",
    )


def test_order_is_done_whatever_its_size(player, staff, settings):
    settings.PLAYER_ORDER_INLINE_ENTRIES = 1
    settings.PLAYER_ORDERS_INLINE = False

    order = place_as(staff, player, *[create(ItemFactory()) for _ in range(3)])

    assert order.state == "done"


def test_order_behind_another_is_left_to_workers(player, staff, django_capture_on_commit_callbacks):
    place(player, fill(LootFactory()), wait=False)

    with django_capture_on_commit_callbacks() as callbacks:
        order = place_as(staff, player, create(ItemFactory()))

    assert order.state == "accepted"
    assert callbacks == [knock_for_fulfilment]


def test_same_order_id_is_placed_once(player, staff):
    order_id = uuid4()
    first = place_as(staff, player, create(ItemFactory()), order_id=order_id)

    again = place_as(staff, player, create(ItemFactory()), order_id=order_id)

    assert again == first
    assert InventoryRecord.objects.count() == 1


def test_order_id_of_another_player_is_refused(player, staff):
    order_id = uuid4()
    place_as(staff, PlayerFactory(), create(ItemFactory()), order_id=order_id)

    with pytest.raises(OrderIdTaken):
        place_as(staff, player, create(ItemFactory()), order_id=order_id)

    assert PlayerOrder.objects.count() == 1


def test_order_is_undone_by_one_order_at_most(player, staff):
    undone = place(player, create(ItemFactory()))
    undoing = place_as(staff, player, create(ItemFactory()), undoes=undone)

    with pytest.raises(IntegrityError), transaction.atomic():
        place_as(staff, player, create(ItemFactory()), undoes=undone)

    assert PlayerOrder.objects.get(undoes=undone) == undoing
    assert PlayerOrder.objects.count() == 2


def test_grant_is_a_new_record(player, staff):
    item = ItemFactory()
    place(player, create(item, 2))

    order = grant_inventory(
        player=player, item=item, quantity=3, by=staff, reason="Ticket", order_id=uuid4()
    )

    assert (order.source, order.outcome) == ("SUPPORT", "succeeded")
    assert sorted(player.inventory_records.values_list("count", flat=True)) == [2, 3]


def test_grant_goes_where_loot_would_go(player):
    loot = LootFactory()
    other_bucket = {"use_inventory_bucket": "steam"}
    assert stack_for_grant(player=player, item=loot.item) is None
    place(player, create(loot.item, 1), create(loot.item, 2, fields={"custom_data": {}}))
    place(player, create(loot.item, 3, fields={"custom_data": {"level": "3"}}))
    place(player, create(loot.item, 4, fields={"expires": "2099-01-01T00:00:00Z"}))
    place(player, create(loot.item, 5, fields=other_bucket), source="SUPPORT")

    stack = stack_for_grant(player=player, item=loot.item)
    place(player, fill(loot, 10))

    assert stack.count == 2
    assert InventoryRecord.objects.get(pk=stack.pk).count == 12
