"""A season in the life of two players, told through the orders that change what they own."""

import pytest

from catalog.models import Loot
from inventory.models import InventoryRecord
from inventory.services.accept_player_orders import OrderDraft
from inventory.services.place_player_order import place_player_orders
from inventory.tasks import fulfil_player_orders
from tests.factories import ItemFactory, LootFactory, PlayerFactory, VendorFactory
from tests.placing import PERMISSIONS, fill, place, update

pytestmark = pytest.mark.django_db


@pytest.fixture
def anna():
    return PlayerFactory(first_name="Anna")


@pytest.fixture
def bert():
    return PlayerFactory(first_name="Bert")


@pytest.fixture
def shop():
    """A gift of 100 gems, and a chest with 2 keys and a sword for 30 gems."""
    gems, keys, sword = (ItemFactory(name=name) for name in ("gems", "keys", "sword"))
    chest = VendorFactory(name="chest")
    LootFactory(
        vendor=chest,
        item=gems,
        quantity=30,
        inventory_operation=Loot.Operation.CHECK_GREATER_THAN_OR_EQUAL_AND_SUBTRACT,
    )
    LootFactory(vendor=chest, item=keys, quantity=2)
    LootFactory(vendor=chest, item=sword)
    return {
        "gift": LootFactory(item=gems, quantity=100),
        "chest": LootFactory(item=None, sub_vendor=chest),
    }


def owned(player):
    records = InventoryRecord.objects.filter(player=player).select_related("item")
    return {record.item.name: record.count for record in records}


def result(order):
    return order.entries.get().result


def story(player, item):
    """Why the player has as many of the item as there are: each change, and who asked for it."""
    changes = player.inventory_changes.filter(record__item__name=item).order_by("id")
    return list(changes.values_list("delta", "entry__order__source", "entry__order__reason"))


def test_season(anna, bert, shop):
    # The season begins with a gift for everyone, placed by the night's job for the workers to do.
    place_player_orders(
        drafts=[
            (player, OrderDraft(entries=(fill(shop["gift"]),), source="SYSTEM"))
            for player in (anna, bert)
        ],
        placed_by="system",
        permissions=PERMISSIONS,
        reason="season gift",
    )

    # Anna is quick: her first chest has to wait in line behind the gift that pays for it.
    early = place(anna, fill(shop["chest"]))
    assert (early.state, owned(anna)) == ("accepted", {})
    fulfil_player_orders()
    assert owned(anna) == {"gems": 70, "keys": 2, "sword": 1}
    assert owned(bert) == {"gems": 100}

    # Two chests more, and the third finds too few gems: then nothing of it happens.
    assert result(place(anna, fill(shop["chest"]))) == "success"
    assert result(place(anna, fill(shop["chest"]))) == "success"
    assert result(place(anna, fill(shop["chest"]))) == "cannot_meet_loot_required"
    assert owned(anna) == {"gems": 10, "keys": 6, "sword": 3}

    # Bert's console loses the answer and sends an order again: it is answered, and not done, again.
    first = place(bert, fill(shop["chest"]), order_id="berts chest")
    again = place(bert, fill(shop["chest"]), order_id="berts chest")
    assert first == again
    assert owned(bert) == {"gems": 70, "keys": 2, "sword": 1}

    # Support gives Anna back the gems that a broken chest had cost.
    gems = InventoryRecord.objects.get(player=anna, item__name="gems")
    place(anna, update(gems, 40), source="SUPPORT", reason="the chest was empty")
    assert owned(anna) == {"gems": 40, "keys": 6, "sword": 3}

    # And every gem can be explained.
    assert story(anna, "gems") == [
        (100, "SYSTEM", "season gift"),
        (-30, "CLIENT", ""),
        (-30, "CLIENT", ""),
        (-30, "CLIENT", ""),
        (30, "SUPPORT", "the chest was empty"),
    ]
