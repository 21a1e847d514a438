from dataclasses import replace
from datetime import UTC, datetime

import pytest

from catalog.snapshot import (
    Breakpoint,
    Catalogue,
    Item,
    Loot,
    Price,
    PricePoint,
    loot_order,
    vendor_etag,
)

LOOT = Loot(id=1, vendor_id=9, item_id=10)
VENDOR = (9, "recipe", True, None)


def test_loot_is_ordered_by_sort_order_then_checks_takes_gives_then_id():
    ordered = [
        replace(LOOT, id=8, sort_order=-1),
        replace(LOOT, id=5, inventory_operation="check_less_than"),
        replace(LOOT, id=7, inventory_operation="check_greater_than_or_equal"),
        replace(LOOT, id=4, inventory_operation="check_greater_than_or_equal_and_subtract"),
        replace(LOOT, id=6, inventory_operation="subtract"),
        replace(LOOT, id=2, inventory_operation="set"),
        replace(LOOT, id=3, inventory_operation="add"),
        replace(LOOT, id=1, sort_order=1, inventory_operation="check_less_than"),
    ]

    assert sorted(sorted(ordered, key=lambda loot: loot.id), key=loot_order) == ordered


def test_vendor_etag_is_the_same_for_the_same_content():
    price = PricePoint("pp1", current_breakpoints=(Breakpoint(1, (Price(10, 100),)),))

    assert vendor_etag(VENDOR, [LOOT], [price]) == vendor_etag(
        VENDOR, [replace(LOOT)], [replace(price)]
    )
    assert len(vendor_etag(VENDOR, [], [])) == 32


@pytest.mark.parametrize(
    ("vendor", "loot", "prices"),
    [
        ((9, "recipe", False, None), [LOOT], []),
        ((9, "recipe", True, 7), [LOOT], []),
        (VENDOR, [], []),
        (VENDOR, [LOOT, replace(LOOT, id=2)], []),
        (VENDOR, [replace(LOOT, quantity=2)], []),
        (VENDOR, [replace(LOOT, effective_from=datetime(2025, 4, 1, tzinfo=UTC))], []),
        (VENDOR, [LOOT], [PricePoint("pp1")]),
    ],
)
def test_vendor_etag_changes_with_the_content(vendor, loot, prices):
    assert vendor_etag(vendor, loot, prices) != vendor_etag(VENDOR, [LOOT], [])


def test_catalogue_knows_its_entitlements_and_what_everyone_owns():
    items = [
        Item(1, "unit", always_owned=True),
        Item(2, "unit", always_owned=True, active=False),
        Item(3, "entitlement", entitled_loot_id=70),
        Item(4, "entitlement", entitled_loot_id=70, active=False),
        Item(5, "unit", entitled_loot_id=70),
        Item(6, "entitlement"),
        Item(7, "entitlement", entitled_loot_id=70),
        Item(8, "entitlement", entitled_loot_id=71),
    ]
    catalogue = Catalogue(1, {item.id: item for item in items}, vendors={}, loot={})

    assert catalogue.always_owned == (items[0],)
    assert catalogue.entitlements == {70: (items[2], items[6]), 71: (items[7],)}
