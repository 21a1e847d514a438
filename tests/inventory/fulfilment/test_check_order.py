"""Where an entry violates several rules, the first of DOMAIN 2.13 is the answer."""

import re
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import pytest

import inventory.fulfilment
from inventory.fulfilment.vocabulary import EntryType, Result, Source
from tests.inventory.fulfilment.examples import (
    AT_LEAST,
    COUNT_MAXIMUM,
    EARLIER,
    GEMS,
    ITEMS,
    RETIRED,
    catalogue,
    create,
    failure,
    fill,
    fulfilled,
    loot,
    order,
    record,
    update,
    vendor,
)

GEM = record(1, GEMS, 1)
TOO_MANY = {"a": "1", "b": "2", "c": "3"}
NO_PERMISSION = {"order": {"permissions": frozenset()}}

# What to change in an entry that succeeds, by the code that it then gets, first check first.
VIOLATIONS = {
    "fill_loot": {
        Result.INVALID_ENTRY_TYPE: {"entry": {"type": EntryType.PURCHASE_LOOT}},
        Result.PERMISSION_DENIED: NO_PERMISSION,
        Result.QUANTITY_NOT_ALLOWED: {"entry": {"quantity": 0}},
        Result.LOOT_NOT_FOUND: {"entry": {"loot_id": 99}},
        Result.VENDOR_VERSION_DOES_NOT_MATCH: {"entry": {"vendor_etag": "stale"}},
        Result.LOOT_NOT_ACTIVE: {"loot": {"active": False}},
        Result.ITEM_NOT_ACTIVE: {"item": {"active": False}},
        Result.LOOT_NOT_FILLABLE_FROM_CLIENT: {"order": {"source": Source.CLIENT}},
        Result.TOO_MANY_INV_CUSTOM_ATTRIBUTES: {"entry": {"custom_data": TOO_MANY}},
        Result.CANNOT_MEET_LOOT_REQUIRED: {
            "loot": {"quantity": 2, "inventory_operation": AT_LEAST}
        },
    },
    "create_new_persistent_inventory": {
        Result.INVALID_ENTRY_TYPE: {"entry": {"type": EntryType.CREATE_NEW_TRANSIENT_INVENTORY}},
        Result.PERMISSION_DENIED: NO_PERMISSION,
        Result.QUANTITY_NOT_ALLOWED: {"entry": {"quantity": 0}},
        Result.ALWAYS_OWNED_INVENTORY_CANNOT_BE_MODIFIED: {"item": {"always_owned": True}},
        Result.ITEM_NOT_FOUND: {"item": {"type": "recipe"}},
        Result.ITEM_NOT_ACTIVE: {"item": {"active": False}},
        Result.TOO_MANY_INV_CUSTOM_ATTRIBUTES: {"entry": {"custom_data": TOO_MANY}},
        Result.AVAILABLE_UNTIL_IS_IN_PAST: {"entry": {"expires": EARLIER}},
        Result.FAILED_TO_MODIFY_INVENTORY: {"entry": {"quantity": COUNT_MAXIMUM + 1}},
    },
    "update_inventory": {
        Result.INVALID_ENTRY_TYPE: {
            "entry": {"type": EntryType.UPDATE_EXISTING_PERSISTENT_INVENTORY}
        },
        Result.PERMISSION_DENIED: NO_PERMISSION,
        Result.QUANTITY_NOT_ALLOWED: {"entry": {"quantity": -1}},
        Result.INVENTORY_NOT_FOUND: {"entry": {"inventory_id": None}},
        Result.ALWAYS_OWNED_INVENTORY_CANNOT_BE_MODIFIED: {"item": {"always_owned": True}},
        Result.ITEM_NOT_ACTIVE: {"entry": {"item_id": RETIRED}},
        Result.TOO_MANY_INV_CUSTOM_ATTRIBUTES: {"entry": {"custom_data": TOO_MANY}},
        Result.AVAILABLE_UNTIL_IS_IN_PAST: {"entry": {"expires": EARLIER}},
        Result.FAILED_TO_MODIFY_INVENTORY: {"entry": {"quantity": COUNT_MAXIMUM + 1}},
    },
}
ENTRIES = {
    "fill_loot": fill(70),
    "create_new_persistent_inventory": create(GEMS),
    "update_inventory": update(GEM, 2),
}


def outcome_of(entry, violations):
    changes = {
        part: {key: value for each in violations for key, value in each.get(part, {}).items()}
        for part in ("entry", "order", "loot", "item")
    }
    of = catalogue(
        vendor(1, replace(loot(70, item=GEMS), **changes["loot"])),
        items=ITEMS | {GEMS: replace(ITEMS[GEMS], **changes["item"])},
    )
    placed = order(replace(entry, **changes["entry"]), **changes["order"])
    (outcome,), records = fulfilled(placed, of, [GEM])
    return outcome, records


def fields(violation):
    return {(part, key) for part, keys in violation.items() for key in keys}


@pytest.mark.parametrize("entry_type", VIOLATIONS)
def test_an_entry_that_violates_nothing_succeeds(entry_type):
    outcome, records = outcome_of(ENTRIES[entry_type], [])

    assert outcome.result is Result.SUCCESS
    assert records != [GEM]


@pytest.mark.parametrize(
    ("entry_type", "result"),
    [(entry_type, result) for entry_type, table in VIOLATIONS.items() for result in table],
)
def test_each_violation_has_its_code(entry_type, result):
    violation = VIOLATIONS[entry_type][result]

    assert outcome_of(ENTRIES[entry_type], [violation]) == (failure(result), [GEM])


@pytest.mark.parametrize(
    ("entry_type", "earlier", "later"),
    [
        (entry_type, earlier, later)
        for entry_type, table in VIOLATIONS.items()
        for earlier, later in combinations(table, 2)
        # One quantity cannot be both too small and too great.
        if not fields(table[earlier]) & fields(table[later])
    ],
)
def test_of_two_violations_the_earlier_is_the_answer(entry_type, earlier, later):
    table = VIOLATIONS[entry_type]

    outcome = outcome_of(ENTRIES[entry_type], [table[earlier], table[later]])

    assert outcome == (failure(earlier), [GEM])


def test_every_code_that_the_core_yields_has_an_example_in_these_tests():
    def codes(folder):
        sources = [path.read_text() for path in folder.glob("*.py")]
        return {code for source in sources for code in re.findall(r"Result\.([A-Z_]+)", source)}

    yielded = codes(Path(inventory.fulfilment.__file__).parent)

    assert yielded - codes(Path(__file__).parent) == set()
