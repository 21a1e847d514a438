"""How much of a loot is filled (DOMAIN 2.14)."""

from dataclasses import replace

import pytest

from catalog.snapshot import XpTable
from inventory.fulfilment.vocabulary import Result
from inventory.fulfilment.xp import (
    OF_ADDITIONAL_LEVELS,
    TO_ADDITIONAL_LEVEL,
    TO_EXACT_LEVEL,
    TRANSFORMS,
)
from tests.inventory.fulfilment.examples import (
    ADD,
    AT_LEAST,
    BASIC,
    CONSUME,
    EARLIER,
    GEMS,
    ITEMS,
    LATER,
    LESS_THAN,
    NOW,
    PASS,
    SET,
    SUBTRACT,
    SWORD,
    catalogue,
    failure,
    fill,
    fulfilled,
    loot,
    made,
    order,
    record,
    success,
    vendor,
)

NOTHING_FILLED = failure(Result.FAILED_TO_FILL_ANY_SUB_LOOT)


@pytest.mark.parametrize(
    ("fields", "requested", "given"),
    [
        ({"quantity": 2}, 5, 10),
        ({"quantity": 3, "quantity_type": "absolute"}, 5, 3),
        ({"quantity": 2, "quantity_mult_inventory_item_id": PASS}, 5, 70),
        (
            {"quantity": 3, "quantity_type": "absolute", "quantity_mult_inventory_item_id": PASS},
            5,
            21,
        ),
        ({"quantity": 2, "quantity_mult_inventory_item_id": BASIC}, 5, 10),
        ({"quantity": 2, "hard_quantity_maximum": 1}, 5, 1),
        ({"quantity": 2, "hard_quantity_maximum": 9}, 5, 9),
        ({"quantity": 2, "hard_quantity_maximum": 11}, 5, 10),
        (
            {"quantity": 2, "quantity_mult_inventory_item_id": PASS, "hard_quantity_maximum": 50},
            5,
            50,
        ),
    ],
)
def test_quantity_of_loot(fields, requested, given):
    """The multiplier counts what is owned and what is rented, in every bucket."""
    passes = [
        record(1, PASS, 2),
        record(2, PASS, 1, expires=NOW, bucket="steam"),
        record(3, PASS, 4, expires=LATER),
        record(4, PASS, 8, expires=EARLIER),
    ]
    of = catalogue(vendor(1, loot(70, item=GEMS, **fields)))

    outcomes, records = fulfilled(order(fill(70, requested)), of, passes)

    new = made(0, GEMS, given)
    assert outcomes == (success((70, None, new)),)
    assert records == [*passes, new]


@pytest.mark.parametrize("operation", [ADD, SUBTRACT, SET, AT_LEAST, LESS_THAN, CONSUME])
def test_quantity_of_zero_fills_nothing(operation):
    gems = record(1, GEMS, 5)
    of = catalogue(
        vendor(1, loot(70, operation, item=GEMS, quantity=0)),
        vendor(2, loot(71, operation, item=GEMS, quantity_mult_inventory_item_id=PASS)),
    )

    outcomes, records = fulfilled(order(fill(70), fill(71)), of, [gems])

    assert outcomes == (NOTHING_FILLED, NOTHING_FILLED)
    assert records == [gems]


# Levels instead of XP: pass 3 has an XP table, gems have none

TABLE = XpTable(1, (20, 50, 100, 200, 400))
LEVELLED = ITEMS | {PASS: replace(ITEMS[PASS], level_xp_table_id=1)}


def levels(transform, **fields):
    member = loot(70, item=PASS, xp_quantity_transform_type=transform)
    return catalogue(vendor(1, replace(member, **fields)), items=LEVELLED, xp_tables=[TABLE])


@pytest.mark.parametrize(
    ("transform", "fields", "requested", "given"),
    [
        (TO_ADDITIONAL_LEVEL, {}, 1, 50),
        (TO_ADDITIONAL_LEVEL, {"quantity": 2}, 1, 250),
        (TO_ADDITIONAL_LEVEL, {"quantity": 1, "quantity_type": "absolute"}, 2, 50),
        (TO_ADDITIONAL_LEVEL, {"quantity_mult_inventory_item_id": SWORD}, 1, 250),
        (TO_ADDITIONAL_LEVEL, {"hard_quantity_maximum": 30}, 2, 30),
        (OF_ADDITIONAL_LEVELS, {}, 1, 100),
        (TO_EXACT_LEVEL, {}, 3, 100),
    ],
)
def test_quantity_of_loot_that_gives_levels(transform, fields, requested, given):
    """The XP is for the quantity as it is multiplied; the hard maximum is of XP."""
    xp, swords = record(1, PASS, 150), record(2, SWORD, 2)

    outcomes, _ = fulfilled(order(fill(70, requested)), levels(transform, **fields), [xp, swords])

    assert outcomes == (success((70, xp, xp.with_count(150 + given))),)


@pytest.mark.parametrize("transform", sorted(TRANSFORMS))
@pytest.mark.parametrize("xp", [400, 401])
def test_loot_that_gives_levels_fills_nothing_at_the_last_level(transform, xp):
    most = record(1, PASS, xp)

    assert fulfilled(order(fill(70)), levels(transform), [most]) == ((NOTHING_FILLED,), [most])


@pytest.mark.parametrize(
    ("fields", "result"),
    [
        ({"item_id": GEMS}, Result.FAILED_TO_MODIFY_INVENTORY),
        ({"xp_quantity_transform_type": "backwards"}, Result.FAILED_TO_MODIFY_INVENTORY),
        ({"item_id": 99}, Result.ITEM_NOT_FOUND),
        ({"quantity_mult_inventory_item_id": SWORD}, Result.FAILED_TO_FILL_ANY_SUB_LOOT),
    ],
    ids=["item without XP table", "unknown transform", "no item", "no levels"],
)
def test_loot_that_can_give_no_levels(fields, result):
    of = levels(TO_EXACT_LEVEL, **fields)

    assert fulfilled(order(fill(70)), of) == ((failure(result),), [])
