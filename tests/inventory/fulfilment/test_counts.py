"""What each operation does to counts (DOMAIN 2.14, Apply)."""

from dataclasses import replace
from uuid import UUID

import pytest

from catalog.snapshot import BucketUseRuleSet
from inventory.fulfilment.orders import Session
from inventory.fulfilment.vocabulary import Result
from tests.inventory.fulfilment.examples import (
    ADD,
    AT_LEAST,
    BASIC,
    CHEST,
    CONSUME,
    COUNT_MAXIMUM,
    GEMS,
    ITEMS,
    LATER,
    LESS_THAN,
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

SESSION = UUID(int=77)

# On five gems in two records, or a basic item

OLD_GEMS = record(1, GEMS, 3, bucket="steam")
NEW_GEMS = record(2, GEMS, 2)
BOUGHT = [OLD_GEMS, NEW_GEMS]


@pytest.mark.parametrize(
    ("operation", "quantity", "changes"),
    [
        (ADD, 4, [(NEW_GEMS, 6)]),
        (SUBTRACT, 2, [(OLD_GEMS, 1)]),
        (SUBTRACT, 3, [(OLD_GEMS, 0)]),
        (SUBTRACT, 4, [(OLD_GEMS, 0), (NEW_GEMS, 1)]),
        (SUBTRACT, 9, [(OLD_GEMS, 0), (NEW_GEMS, 0)]),
        (SET, 7, [(NEW_GEMS, 4)]),
        (SET, 6, [(NEW_GEMS, 3)]),
        (SET, 5, []),
        (SET, 4, [(OLD_GEMS, 2)]),
        (SET, 1, [(OLD_GEMS, 0), (NEW_GEMS, 1)]),
        (AT_LEAST, 5, []),
        (LESS_THAN, 6, []),
        (CONSUME, 5, [(OLD_GEMS, 0), (NEW_GEMS, 0)]),
        (CONSUME, 1, [(OLD_GEMS, 2)]),
    ],
)
def test_operation_on_own_records(operation, quantity, changes):
    of = catalogue(vendor(1, loot(70, operation, item=GEMS)))

    outcomes, records = fulfilled(order(fill(70, quantity)), of, BOUGHT)

    expected = [(70, before, before.with_count(count)) for before, count in changes]
    assert outcomes == (success(*expected),)
    after = {each.inventory_id: each for each in BOUGHT}
    after |= {each.inventory_id: each for _, _, each in expected}
    assert records == list(after.values())


@pytest.mark.parametrize(
    ("operation", "item", "quantity", "result"),
    [
        (AT_LEAST, GEMS, 6, Result.CANNOT_MEET_LOOT_REQUIRED),
        (LESS_THAN, GEMS, 5, Result.CANNOT_MEET_LOOT_BLOCKER),
        (CONSUME, GEMS, 6, Result.CANNOT_MEET_LOOT_REQUIRED),
        (SUBTRACT, SWORD, 1, Result.FAILED_TO_FILL_ANY_SUB_LOOT),
        (AT_LEAST, BASIC, 2, Result.CANNOT_MEET_LOOT_REQUIRED),
        (LESS_THAN, BASIC, 1, Result.CANNOT_MEET_LOOT_BLOCKER),
        (CONSUME, BASIC, 2, Result.CANNOT_MEET_LOOT_REQUIRED),
        (CONSUME, BASIC, 1, Result.FAILED_TO_CONSUME_LOOT_REQUIRED),
        (ADD, BASIC, 1, Result.FAILED_TO_MODIFY_INVENTORY),
        (SUBTRACT, BASIC, 1, Result.FAILED_TO_MODIFY_INVENTORY),
        (SET, BASIC, 1, Result.FAILED_TO_MODIFY_INVENTORY),
        (ADD, CHEST, 1, Result.FAILED_TO_MODIFY_INVENTORY),
        (SUBTRACT, CHEST, 1, Result.FAILED_TO_MODIFY_INVENTORY),
        (SET, CHEST, 1, Result.FAILED_TO_MODIFY_INVENTORY),
        ("invalid", GEMS, 1, Result.FAILED_TO_MODIFY_INVENTORY),
        (ADD, GEMS, COUNT_MAXIMUM - 1, Result.FAILED_TO_MODIFY_INVENTORY),
        (SET, GEMS, COUNT_MAXIMUM + 4, Result.FAILED_TO_MODIFY_INVENTORY),
    ],
)
def test_operation_fails(operation, item, quantity, result):
    of = catalogue(vendor(1, loot(70, operation, item=item)))

    assert fulfilled(order(fill(70, quantity)), of, BOUGHT) == ((failure(result),), BOUGHT)


def test_add_up_to_the_greatest_count():
    of = catalogue(vendor(1, loot(70, item=GEMS)))
    full = NEW_GEMS.with_count(COUNT_MAXIMUM)

    outcomes, records = fulfilled(order(fill(70, COUNT_MAXIMUM - 2)), of, [NEW_GEMS])

    assert (outcomes, records) == ((success((70, NEW_GEMS, full)),), [full])


@pytest.mark.parametrize("operation", [AT_LEAST, LESS_THAN])
def test_check_on_an_always_owned_item_counts_one(operation):
    quantity = {AT_LEAST: 1, LESS_THAN: 2}[operation]
    of = catalogue(vendor(1, loot(70, operation, item=BASIC)))

    assert fulfilled(order(fill(70, quantity)), of) == ((success(),), [])


@pytest.mark.parametrize(
    ("operation", "result"),
    [
        (AT_LEAST, Result.CANNOT_MEET_LOOT_REQUIRED),
        (CONSUME, Result.CANNOT_MEET_LOOT_REQUIRED),
        (SUBTRACT, Result.FAILED_TO_FILL_ANY_SUB_LOOT),
        (LESS_THAN, Result.SUCCESS),
    ],
)
def test_own_reaches_neither_rented_nor_transient_records(operation, result):
    others = [record(1, GEMS, 5, expires=LATER), record(2, GEMS, 5, type="transient")]
    of = catalogue(vendor(1, loot(70, operation, item=GEMS)))

    assert fulfilled(order(fill(70)), of, others) == ((failure(result),), others)


@pytest.mark.parametrize(("operation", "count"), [(ADD, 3), (SET, 3)])
def test_own_adds_no_count_to_rented_or_transient_records(operation, count):
    others = [record(1, GEMS, 5, expires=LATER), record(2, GEMS, 5, type="transient")]
    of = catalogue(vendor(1, loot(70, operation, item=GEMS)))

    outcomes, records = fulfilled(order(fill(70, 3)), of, others)

    new = made(0, GEMS, count)
    assert (outcomes, records) == ((success((70, None, new)),), [*others, new])


def test_taking_follows_the_order_of_use():
    """By the rule set's buckets, in a bucket what expires soonest, then what is oldest."""
    kind = {"type": "transient", "session_id": SESSION}
    epic, steam, newest = (
        record(number, GEMS, 2, bucket=bucket, **kind)
        for number, bucket in ((1, "epic"), (2, "steam"), (4, "steam"))
    )
    soonest = record(3, GEMS, 2, bucket="steam", expires=LATER, **kind)
    rules = {"none": ("steam", "epic"), "epic": ("epic", "steam")}
    items = ITEMS | {GEMS: replace(ITEMS[GEMS], inventory_bucket_use_rule_set_id="used")}
    of = catalogue(
        vendor(1, loot(70, SUBTRACT, item=GEMS, inventory_selector_type="own_transient")),
        items=items,
        rule_sets=[BucketUseRuleSet("used", rules)],
    )

    for portal_id, taken in (
        (None, [soonest, steam, newest, epic]),
        (28, [epic, soonest, steam, newest]),
    ):
        outcomes, _ = fulfilled(
            order(fill(70, 7), portal_id=portal_id),
            of,
            [epic, steam, newest, soonest],
            session=Session(SESSION),
        )

        *emptied, last = taken
        assert outcomes == (
            success(
                *((70, each, each.with_count(0)) for each in emptied),
                (70, last, last.with_count(1)),
            ),
        )
