from dataclasses import replace
from datetime import UTC, datetime

import pytest

from catalog.snapshot import Loot, loot_order, vendor_etag

LOOT = Loot(
    id=1,
    vendor_id=9,
    item_id=10,
    sub_vendor_id=None,
    quantity=1,
    quantity_type="relative",
    quantity_mult_inventory_item_id=None,
    hard_quantity_maximum=0,
    inventory_selector_type="own",
    inventory_operation="add",
    sort_order=0,
    active=True,
    effective_from=None,
    is_claimable_by_client=False,
    use_inventory_bucket=None,
)
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
    assert vendor_etag(VENDOR, [LOOT]) == vendor_etag(VENDOR, [replace(LOOT)])
    assert len(vendor_etag(VENDOR, [])) == 32


@pytest.mark.parametrize(
    ("vendor", "loot"),
    [
        ((9, "recipe", False, None), [LOOT]),
        ((9, "recipe", True, 7), [LOOT]),
        (VENDOR, []),
        (VENDOR, [LOOT, replace(LOOT, id=2)]),
        (VENDOR, [replace(LOOT, quantity=2)]),
        (VENDOR, [replace(LOOT, effective_from=datetime(2025, 4, 1, tzinfo=UTC))]),
    ],
)
def test_vendor_etag_changes_with_the_content(vendor, loot):
    assert vendor_etag(vendor, loot) != vendor_etag(VENDOR, [LOOT])
