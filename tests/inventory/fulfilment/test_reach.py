"""Whose records an entry can look at. That they are enough: test_properties."""

from dataclasses import replace

import pytest

from catalog.snapshot import Item, Promotion
from inventory.fulfilment.orders import Entry, PurchasePrice
from inventory.fulfilment.reach import items_within_reach
from inventory.fulfilment.vocabulary import EntryType
from tests.inventory.fulfilment.examples import (
    BASIC,
    CHEST,
    GEMS,
    GOLD,
    ITEMS,
    PASS,
    RETIRED,
    SWORD,
    buy,
    catalogue,
    create,
    fill,
    loot,
    record,
    to_vendor,
    update,
    vendor,
)

COUPON, VIP = 20, 23
CATALOGUE = catalogue(
    vendor(1, to_vendor(70, 2, item=CHEST), loot(71, item=SWORD)),
    # A vendor that leads to itself, as no catalogue should, is walked once.
    vendor(2, loot(72, item=PASS), to_vendor(73, 3), to_vendor(74, 2), to_vendor(75, 99)),
    vendor(3, loot(76, item=SWORD, required_item_id=GOLD), loot(77, active=False, item=RETIRED)),
    vendor(4, loot(78, item=SWORD, quantity_mult_inventory_item_id=BASIC)),
    items=ITEMS | {VIP: Item(VIP, "entitlement", entitled_loot_id=71)},
    promotions=[Promotion("WELCOME", 71)],
)
CODE = Entry(EntryType.PROMOTION_CODE, 1, external_tran_id="welcome ")


@pytest.mark.parametrize(
    ("entry", "items"),
    [
        (fill(71), {SWORD}),
        (fill(70), {CHEST, PASS, SWORD, GOLD, RETIRED}),
        (fill(78), {SWORD, BASIC}),
        (fill(99), set()),
        (fill(None), set()),
        (replace(fill(71), type=EntryType.FILL_LOOT_SINGLE_TRANSIENT), {SWORD}),
        (replace(fill(71), type=EntryType.FILL_ENTITLED_LOOT), {SWORD, VIP}),
        (replace(fill(72), type=EntryType.FILL_ENTITLED_LOOT), {PASS}),
        (buy(71, {GEMS: 1, GOLD: 2}), {SWORD, GEMS, GOLD}),
        (buy(71, {GEMS: 1}, coupon=COUPON), {SWORD, GEMS, COUPON}),
        (
            replace(buy(71, {}), purchase_price=PurchasePrice(price_item_id=PASS, price=1)),
            {SWORD, PASS},
        ),
        (replace(buy(71, {}), type=EntryType.PURCHASE_DYNAMIC_BUNDLE), {SWORD}),
        (CODE, {SWORD}),
        (replace(CODE, loot_id=70), {SWORD}),
        (replace(CODE, external_tran_id="SPRING"), set()),
        (replace(CODE, external_tran_id=None), set()),
        (create(GEMS), {GEMS}),
        (create(None), set()),
        (update(record(1, GEMS, 1), 1), set()),
        (update(record(1, GEMS, 1), 1, item_id=GOLD), {GOLD}),
    ],
)
def test_an_entry_reaches_the_items_of_its_loot_and_of_its_price(entry, items):
    assert items_within_reach(entry, CATALOGUE) == items
