"""What a newcomer can try with the demo's catalogue."""

import pytest

from catalog.models import Item, Loot
from catalog.services.import_catalog import import_catalog
from config.local.demo import CATALOGUE
from inventory.models import InventoryRecord
from inventory.services.open_session import open_session
from inventory.tasks import fulfil_player_orders
from tests.factories import PlayerFactory
from tests.placing import claim, fill, place, purchase

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada():
    import_catalog(CATALOGUE.read_bytes())
    return PlayerFactory(first_name="Ada")


def loot(pk):
    return Loot.objects.get(pk=pk)


def owned(player):
    records = InventoryRecord.objects.filter(player=player).exclude(count=0)
    return dict(records.values_list("item__name", "count"))


def results(order):
    return [entry.result for entry in order.entries.order_by("position")]


def server(player, *entries):
    return place(player, *entries, source="SYSTEM")


def test_demo_catalogue_sells_a_sword_with_a_coupon_from_a_promotion(ada):
    gems, gold, coupon = (Item.objects.get(pk=pk) for pk in (10, 11, 32))
    server(ada, fill(loot(101)))

    order = place(
        ada,
        claim("welcome"),
        purchase(loot(500), (gems, 38), coupon=coupon),
        purchase(loot(500), (gold, 1)),
        purchase(loot(501), (gems, 60), (gold, 1)),
        claim("WELCOME"),
    )

    assert results(order) == ["success"] * 4 + ["promotion_claimed_already"]
    assert owned(ada) == {"gems": 2, "wooden sword": 3, "season pass": 1, "golden helmet": 1}


def test_demo_catalogue_makes_a_set_cheaper_for_who_owns_a_part(ada):
    gems = Item.objects.get(pk=10)
    server(ada, fill(loot(101)))

    order = place(ada, purchase(loot(503), (gems, 120)), purchase(loot(503), (gems, 80)))

    assert results(order) == ["price_does_not_match", "success"]
    assert owned(ada) == {
        "gems": 20,
        "wooden sword": 1,
        "iron shield": 1,
        "golden helmet": 1,
        "season pass": 1,
    }


def test_demo_catalogue_rewards_levels(ada):
    server(ada, fill(loot(101)))

    order = server(ada, fill(loot(104), 2), fill(loot(105)))
    fulfil_player_orders()

    assert results(order) == ["success", "success"]
    assert owned(ada) == {
        "gems": 120,
        "gold": 3,
        "wooden sword": 1,
        "season pass": 1,
        "season XP": 250,
    }


def test_demo_catalogue_has_a_loot_box(ada):
    server(ada, fill(loot(100), 5))
    gems = Item.objects.get(pk=10)

    order = place(ada, purchase(loot(502), (gems, 8), quantity=5))
    fulfil_player_orders()

    # Gold and the helmet drop once an order; what else drops is gems.
    assert results(order) == ["success"]
    assert owned(ada)["gems"] >= 10 + 3 * 15


def test_demo_catalogue_rents(ada):
    gems = Item.objects.get(pk=10)
    server(ada, fill(loot(100), 20))

    order = place(
        ada, purchase(loot(504), (gems, 10)), purchase(loot(505), (gems, 120)), fill(loot(109))
    )

    assert results(order) == ["success"] * 3
    assert owned(ada) == {"gems": 70, "horse": 1, "dragon": 1, "daily spin": 1}
    rented = InventoryRecord.objects.filter(player=ada, expires__isnull=False)
    assert rented.count() == 3


def test_demo_catalogue_gives_a_vip_something_at_every_session(ada):
    server(ada, fill(loot(106)))
    fulfil_player_orders()

    open_session(player=ada, platform="Steam")
    fulfil_player_orders()

    assert owned(ada) == {"VIP": 1, "VIP aura": 1}
