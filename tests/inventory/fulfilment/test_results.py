"""Every result code, and which check is the answer where several are violated (DOMAIN 2.13)."""

from dataclasses import replace
from itertools import combinations, pairwise, product

import pytest

from inventory.fulfilment.orders import CodeClaimed, CodeReturned, EntryOutcome
from inventory.fulfilment.vocabulary import EntryType, Result
from tests.inventory.fulfilment.examples import (
    ADD,
    BASIC,
    CONSUME,
    GEMS,
    LESS_THAN,
    PASS,
    RULES,
    SUBTRACT,
    SWORD,
    catalogue,
    create,
    failure,
    fill,
    fulfilled,
    loot,
    order,
    record,
    to_vendor,
    vendor,
)
from tests.inventory.fulfilment.violations import CHECKS, IMPOSSIBLE
from tests.inventory.fulfilment.world import clash, outcome_of, records_before

GEM = record(1, GEMS, 1)
# What fulfilment itself may fail with, by the loot that does.
FILLS = {
    Result.CANNOT_MEET_LOOT_BLOCKER: loot(70, LESS_THAN, item=GEMS),
    Result.CANNOT_MEET_LOOT_REQUIRED: loot(70, CONSUME, 2, item=GEMS),
    Result.FAILED_TO_CONSUME_LOOT_REQUIRED: loot(70, CONSUME, item=BASIC),
    Result.FAILED_TO_FIND_ANY_SUB_LOOT: to_vendor(70, 99),
    Result.FAILED_TO_FILL_ANY_SUB_LOOT: loot(70, SUBTRACT, item=PASS),
    Result.FAILED_TO_SUBMIT_NEW_ORDER: to_vendor(70, 2),
    Result.FAILED_TO_MODIFY_INVENTORY: loot(70, "invalid", item=GEMS),
    # Vendor 3 leads to itself.
    Result.INTERNAL_ERROR: to_vendor(70, 3),
}
TERMINAL = {Result.SUCCESS, Result.ROLLBACK, Result.NOT_STARTED}


def test_the_tables_cover_every_code():
    checked = {result for checks in CHECKS.values() for _, result, _ in checks}

    assert checked | FILLS.keys() | TERMINAL == set(Result)
    assert len(Result) == 49


def test_the_tables_cover_every_entry_type():
    assert CHECKS.keys() == set(EntryType)


@pytest.mark.parametrize("kind", CHECKS)
def test_an_order_that_violates_nothing_succeeds(kind):
    outcome, records = outcome_of(kind, {})

    assert outcome.result is Result.SUCCESS
    assert records != records_before({})


@pytest.mark.parametrize(
    ("kind", "rank", "result"),
    [(kind, rank, result) for kind, checks in CHECKS.items() for rank, result, _ in checks],
)
def test_each_violation_has_its_code_and_moves_nothing(kind, rank, result):
    (violations,) = (changes for *check, changes in CHECKS[kind] if check == [rank, result])

    for changes in violations:
        assert outcome_of(kind, changes) == (refused(kind, rank, result), records_before(changes))


def refused(kind, rank, result):
    """A code's use is taken before its loot is looked at, and given back."""
    if kind == "promotion_code" and rank[0] not in "AE":
        return EntryOutcome(result, (CodeClaimed(70, "WELCOME"), CodeReturned(70, "WELCOME")))
    return failure(result)


def both(violations, others):
    """What violates two checks at once, each in one of its ways."""
    return [one | other for one, other in product(violations, others) if not clash(one, other)]


@pytest.mark.parametrize("kind", CHECKS)
def test_of_several_violations_the_first_is_the_answer(kind):
    for (rank, result, violations), (*_, others) in combinations(CHECKS[kind], 2):
        expected = refused(kind, rank, result)
        for changes in both(violations, others):
            assert outcome_of(kind, changes) == (expected, records_before(changes)), changes


def test_every_two_checks_that_follow_each_other_can_be_violated_together_or_it_is_said_why_not():
    impossible = {
        (earlier[1], later[1])
        for checks in CHECKS.values()
        for earlier, later in pairwise(checks)
        if not both(earlier[2], later[2])
    }

    assert impossible == IMPOSSIBLE.keys()


@pytest.mark.parametrize("result", FILLS)
def test_each_failure_of_a_fill_has_its_code_and_moves_nothing(result):
    of = catalogue(
        vendor(1, FILLS[result]),
        vendor(2, loot(71, item=SWORD), loot(72, item=SWORD, fill_in_new_order=True)),
        vendor(3, to_vendor(73, 3)),
    )

    answer = fulfilled(order(fill(70)), of, [GEM], rules=replace(RULES, max_child_orders=0))

    assert answer == ((failure(result),), [GEM])


def test_the_order_of_two_entries_of_a_transaction_decides_what_the_others_get():
    of = catalogue(vendor(1, loot(70, ADD, item=SWORD)))
    entries = fill(70), create(None), create(GEMS)

    answer = fulfilled(order(*entries, is_transaction=True), of, [GEM])

    assert answer == (
        (
            failure(Result.ROLLBACK),
            failure(Result.ITEM_NOT_FOUND),
            failure(Result.NOT_STARTED),
        ),
        [GEM],
    )
