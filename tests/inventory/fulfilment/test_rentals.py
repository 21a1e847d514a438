"""Rented goods: one record for each rental, whose time is extended (DOMAIN 2.14, Apply)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from catalog.snapshot import BucketUseRuleSet
from inventory.fulfilment.vocabulary import Result
from tests.inventory.fulfilment.examples import (
    ADD,
    AT_LEAST,
    CONSUME,
    EARLIER,
    GEMS,
    ITEMS,
    NOW,
    RULES,
    SET,
    SUBTRACT,
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

HOUR = timedelta(hours=1)


def rental(number, hours, count=1, **fields):
    return record(number, GEMS, count, **{"expires": NOW + hours * HOUR} | fields)


def rent(operation, quantity, records, *, rules=RULES, **fields):
    """The changes of one filling as pairs, or its result if it fails."""
    of = catalogue(vendor(1, loot(70, operation, item=GEMS, inventory_selector_type="rent")))
    (outcome,), _ = fulfilled(order(fill(70, quantity, **fields)), of, records, rules=rules)
    if outcome.result is not Result.SUCCESS:
        return outcome.result
    return [(change.before, change.after) for change in outcome.changes]


def until(held, hours, **fields):
    return replace(held, expires=NOW + hours * HOUR, **fields)


@pytest.mark.parametrize(
    ("records", "extended", "hours"),
    [
        ([rental(1, 9), rental(2, 3)], rental(2, 3), 5),
        ([rental(1, 9), rental(2, 3, bucket="epic")], rental(1, 9), 11),
        ([rental(1, 9), rental(2, 3, custom_data={"skin": "red"})], rental(1, 9), 11),
        ([rental(1, 9), rental(2, 3, expires=EARLIER)], rental(1, 9), 11),
        ([rental(1, 0)], rental(1, 0), 2),
        ([rental(1, 9, count=0)], rental(1, 9, count=0), 2),
        ([rental(1, 9, count=4)], rental(1, 9, count=4), 11),
    ],
    ids=["newest", "bucket", "custom data", "not expired", "ends now", "empty", "several"],
)
def test_adding_extends_a_rental(records, extended, hours):
    """One that is empty begins now, and then counts one."""
    changed = until(extended, hours, count=max(extended.count, 1))

    assert rent(ADD, 2, records) == [(extended, changed)]


@pytest.mark.parametrize(
    "records",
    [
        [],
        [record(1, GEMS, 5)],
        [rental(1, 0, expires=EARLIER)],
        [rental(1, 5, type="transient")],
        [rental(1, 5, bucket="epic")],
    ],
)
def test_adding_makes_a_rental_where_there_is_none(records):
    assert rent(ADD, 2, records) == [(None, made(0, GEMS, 1, expires=NOW + 2 * HOUR))]


def test_a_rental_has_the_custom_data_and_the_bucket_of_its_entry():
    given = {"custom_data": {"skin": "red"}}

    assert rent(ADD, 2, [rental(1, 5)], **given, use_inventory_bucket="epic") == [
        (None, made(0, GEMS, 1, expires=NOW + 2 * HOUR, bucket="epic", **given))
    ]


@pytest.mark.parametrize("operation", [ADD, SET])
def test_a_rental_lasts_so_many_units(operation):
    rules = replace(RULES, rent_unit=timedelta(days=1))

    assert rent(operation, 3, [], rules=rules) == [
        (None, made(0, GEMS, 1, expires=NOW + timedelta(days=3)))
    ]


@pytest.mark.parametrize(
    ("operation", "quantity", "records", "changes"),
    [
        (SUBTRACT, 2, [rental(1, 9), rental(2, 3)], [(1, 7, 1)]),
        (SUBTRACT, 9, [rental(1, 9, count=2), rental(2, 3)], [(1, 0, 0)]),
        (SUBTRACT, 2**90, [rental(1, 9)], [(1, 0, 0)]),
        (SUBTRACT, 2, [rental(1, 2.5)], [(1, 0.5, 1)]),
        (SUBTRACT, 2, [rental(1, 9, bucket="epic")], [(1, 7, 1)]),
        (CONSUME, 9, [rental(1, 9), rental(2, 3)], [(1, 0, 0)]),
        (SET, 2, [rental(1, 9), rental(2, 3), rental(3, 1)], [(2, 2, 1), (1, 2, 1)]),
        (SET, 5, [rental(1, 9), rental(2, 3)], [(1, 5, 1)]),
        (SET, 9, [rental(1, 9), rental(2, 3)], []),
        (SET, 12, [rental(1, 9), rental(2, 3)], [(2, 12, 1)]),
        (SET, 5, [rental(1, 9, count=0)], [(1, 5, 1)]),
    ],
)
def test_time_is_that_of_the_longest_rental(operation, quantity, records, changes):
    held = {each.inventory_id.int: each for each in records}
    expected = [
        (held[number], until(held[number], hours, count=count)) for number, hours, count in changes
    ]

    assert rent(operation, quantity, records) == expected


@pytest.mark.parametrize(
    ("operation", "quantity", "records", "result"),
    [
        (AT_LEAST, 6, [rental(1, 3), rental(2, 5)], Result.CANNOT_MEET_LOOT_REQUIRED),
        (AT_LEAST, 1, [rental(1, 5, count=0)], Result.CANNOT_MEET_LOOT_REQUIRED),
        (
            AT_LEAST,
            5,
            [rental(1, 5, expires=NOW + 5 * HOUR - timedelta(microseconds=1))],
            Result.CANNOT_MEET_LOOT_REQUIRED,
        ),
        (AT_LEAST, 2**90, [rental(1, 5)], Result.CANNOT_MEET_LOOT_REQUIRED),
        (SUBTRACT, 1, [rental(1, 0)], Result.FAILED_TO_FILL_ANY_SUB_LOOT),
        (SUBTRACT, 1, [rental(1, 5, count=0)], Result.FAILED_TO_FILL_ANY_SUB_LOOT),
        (ADD, 2**40, [], Result.FAILED_TO_MODIFY_INVENTORY),
        (ADD, 2**90, [rental(1, 5)], Result.FAILED_TO_MODIFY_INVENTORY),
        (SET, 2**90, [rental(1, 5)], Result.FAILED_TO_MODIFY_INVENTORY),
        (
            ADD,
            1,
            [rental(1, 0, expires=datetime.max.replace(tzinfo=UTC))],
            Result.FAILED_TO_MODIFY_INVENTORY,
        ),
    ],
)
def test_time_that_is_not_there(operation, quantity, records, result):
    assert rent(operation, quantity, records) == result


def test_an_emptied_rental_is_used_again_in_the_same_moment():
    held = rental(1, 5)
    of = catalogue(
        vendor(1, loot(70, SUBTRACT, item=GEMS, inventory_selector_type="rent")),
        vendor(2, loot(71, ADD, item=GEMS, inventory_selector_type="rent")),
    )

    outcomes, records = fulfilled(order(fill(70, 5), fill(71, 2)), of, [held])

    empty, again = until(held, 0, count=0), until(held, 2)
    assert outcomes == (success((70, held, empty)), success((71, empty, again)))
    assert records == [again]


def test_a_failing_rental_changes_nothing():
    held = rental(1, 5)
    of = catalogue(vendor(1, loot(70, CONSUME, item=GEMS, inventory_selector_type="rent")))

    outcomes = (failure(Result.CANNOT_MEET_LOOT_REQUIRED),)
    assert fulfilled(order(fill(70, 6)), of, [held]) == (outcomes, [held])


def test_a_rental_that_is_set_where_it_does_not_count_is_left_as_it_is():
    items = ITEMS | {GEMS: replace(ITEMS[GEMS], inventory_bucket_use_rule_set_id="steam only")}
    of = catalogue(
        vendor(1, loot(70, SET, item=GEMS, inventory_selector_type="rent")),
        items=items,
        rule_sets=[BucketUseRuleSet("steam only", {"none": ("steam",)})],
    )

    held = rental(1, 5)
    assert fulfilled(order(fill(70, 5)), of, [held]) == ((success(),), [held])
