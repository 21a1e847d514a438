from datetime import timedelta

import pytest

from inventory.fulfilment.orders import CORE_VERSION, Rules
from inventory.fulfilment.vocabulary import EntryType
from inventory.models import FulfilmentRules, PlayerOrder
from inventory.services.fulfil_player_orders import fulfil_waiting
from inventory.services.rules_in_force import rules_in_force, stored_rules, stored_values
from tests.factories import LootFactory, PlayerFactory
from tests.placing import fill, place

OTHERS = {
    "MAX_CUSTOM_ATTRIBUTES": 1,
    "PLAYER_ORDER_MAX_CHANGES": 2,
    "PLAYER_ORDER_MAX_CHILD_ORDERS": 3,
    "PLAYER_ORDER_MAX_GENERATIONS": 4,
    "PROMOTION_TRIES": 5,
    "PROMOTION_WINDOW": timedelta(seconds=6),
    "CLIENT_ENTRIES_LIMIT": 7,
    "CLIENT_ENTRIES_WINDOW": timedelta(seconds=8),
    "COUPONS_ENABLED": False,
    "DYNAMIC_BUNDLES_ENABLED": True,
    "PRICE_IS_PER_UNIT": False,
    "RENT_UNIT": timedelta(minutes=9),
    "DIRECT_INVENTORY_SIDE_EFFECTS": True,
    "PLAYER_ORDER_ENTRY_TYPES": [EntryType.FILL_LOOT, EntryType.PURCHASE_LOOT],
}
OTHER_RULES = Rules(
    core_version=CORE_VERSION,
    entry_types=frozenset({EntryType.FILL_LOOT, EntryType.PURCHASE_LOOT}),
    max_custom_attributes=1,
    max_effects=2,
    max_child_orders=3,
    max_generations=4,
    promotion_tries=5,
    promotion_window=timedelta(seconds=6),
    client_entries=7,
    client_window=timedelta(seconds=8),
    coupons=False,
    dynamic_bundles=True,
    price_is_per_unit=False,
    rent_unit=timedelta(minutes=9),
    direct_side_effects=True,
)


def change_all(settings):
    for name, value in OTHERS.items():
        setattr(settings, name, value)


def test_settings_by_default_make_the_default_rules():
    assert rules_in_force() == Rules()


def test_every_rule_comes_from_a_setting(settings):
    change_all(settings)

    assert rules_in_force() == OTHER_RULES


@pytest.mark.parametrize("rules", [Rules(), OTHER_RULES])
@pytest.mark.django_db
def test_rules_are_stored_and_read_again(rules):
    row = FulfilmentRules.objects.create(values=stored_values(rules))
    row.refresh_from_db()

    assert stored_rules(row) == rules


def test_rule_that_was_unknown_then_is_as_it_is_by_default():
    assert stored_rules(FulfilmentRules(values={"core_version": 0, "once_a_rule": 1})) == Rules(
        core_version=0
    )


@pytest.mark.django_db
def test_orders_name_the_rules_they_were_fulfilled_under(settings):
    player, loot = PlayerFactory(), LootFactory()
    for _ in range(2):
        place(player, fill(loot), wait=False)
    fulfil_waiting(500)
    place(player, fill(loot))
    change_all(settings)
    place(player, fill(loot))

    orders = PlayerOrder.objects.order_by("pk").select_related("rules")
    assert [stored_rules(order.rules) for order in orders] == [
        Rules(),
        Rules(),
        Rules(),
        OTHER_RULES,
    ]
    assert FulfilmentRules.objects.count() == 2
