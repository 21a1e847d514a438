"""Recipes and their sub-vendors (DOMAIN 2.14)."""

import pytest

from inventory.fulfilment.trace import Step, Told, Trace
from inventory.fulfilment.vocabulary import Result
from tests.inventory.fulfilment.examples import (
    AT_LEAST,
    BASIC,
    CHEST,
    CONSUME,
    GEMS,
    LATER,
    LESS_THAN,
    NOW,
    PASS,
    RETIRED,
    SUBTRACT,
    SWORD,
    catalogue,
    failure,
    fill,
    fulfilled,
    loot,
    made,
    order,
    planned,
    record,
    success,
    to_vendor,
    vendor,
)

NOTHING_FILLED = failure(Result.FAILED_TO_FILL_ANY_SUB_LOOT)

# Loot 70 leads to vendor 2, whose loot the tables list

GEM = record(1, GEMS, 1)


def recipe(*members, quantity=1, others=()):
    return catalogue(vendor(1, to_vendor(70, 2, quantity)), vendor(2, *members), *others)


def test_recipe_fills_all_of_its_loot_in_order():
    of = recipe(
        loot(73, item=SWORD, sort_order=1),
        loot(72, SUBTRACT, item=GEMS, sort_order=2),
        loot(71, item=PASS, sort_order=-1),
    )

    outcomes, _ = fulfilled(order(fill(70)), of, [GEM])

    assert outcomes == (
        success(
            (71, None, made(0, PASS, 1)),
            (73, None, made(1, SWORD, 1)),
            (72, GEM, GEM.with_count(0)),
        ),
    )


def test_recipe_checks_then_takes_then_gives_where_the_sort_order_is_the_same():
    of = recipe(
        loot(71, item=SWORD),
        loot(72, SUBTRACT, item=GEMS),
        loot(73, AT_LEAST, item=GEMS),
        loot(74, LESS_THAN, item=SWORD),
    )

    outcomes, _ = fulfilled(order(fill(70)), of, [GEM])

    assert outcomes == (success((72, GEM, GEM.with_count(0)), (71, None, made(1, SWORD, 1))),)


def test_recipe_multiplies_its_members_once():
    of = recipe(loot(71, quantity=5, item=SWORD), quantity=3)

    outcomes, _ = fulfilled(order(fill(70, 2)), of)

    assert outcomes == (success((71, None, made(0, SWORD, 30))),)


def test_recipe_leaves_out_loot_that_is_not_active():
    of = recipe(
        loot(71, item=SWORD, active=False),
        loot(72, item=SWORD, effective_from=LATER),
        loot(73, item=PASS, effective_from=NOW),
    )

    outcomes, _ = fulfilled(order(fill(70)), of)

    assert outcomes == (success((73, None, made(0, PASS, 1))),)


def test_recipe_check_sees_what_earlier_members_did():
    of = recipe(loot(71, item=SWORD), loot(72, AT_LEAST, item=SWORD, quantity=2, sort_order=1))

    assert fulfilled(order(fill(70)), of) == ((failure(Result.CANNOT_MEET_LOOT_REQUIRED),), [])

    sword = record(1, SWORD, 1)
    outcomes = (success((71, sword, sword.with_count(2))),)
    assert fulfilled(order(fill(70)), of, [sword]) == (outcomes, [sword.with_count(2)])


@pytest.mark.parametrize(
    ("last", "result"),
    [
        (loot(72, AT_LEAST, item=PASS, sort_order=1), Result.CANNOT_MEET_LOOT_REQUIRED),
        (loot(72, LESS_THAN, item=GEMS, sort_order=1), Result.CANNOT_MEET_LOOT_BLOCKER),
        (loot(72, CONSUME, item=BASIC, sort_order=1), Result.FAILED_TO_CONSUME_LOOT_REQUIRED),
        (loot(72, item=RETIRED, sort_order=1), Result.ITEM_NOT_ACTIVE),
        (loot(72, item=99, sort_order=1), Result.ITEM_NOT_FOUND),
        (loot(72, item=BASIC, sort_order=1), Result.FAILED_TO_MODIFY_INVENTORY),
    ],
)
def test_recipe_with_a_failing_direct_member_keeps_nothing(last, result):
    of = recipe(loot(71, item=SWORD), last)

    assert fulfilled(order(fill(70)), of, [GEM]) == ((failure(result),), [GEM])


def test_recipe_of_checks_that_pass_succeeds_without_a_change():
    of = recipe(loot(71, AT_LEAST, item=GEMS), loot(72, LESS_THAN, item=SWORD))

    assert fulfilled(order(fill(70)), of, [GEM]) == ((success(),), [GEM])


def test_recipe_whose_members_do_nothing_fails_although_a_check_passed():
    of = recipe(loot(71, AT_LEAST, item=GEMS), loot(72, SUBTRACT, item=SWORD))

    assert fulfilled(order(fill(70)), of, [GEM]) == ((NOTHING_FILLED,), [GEM])


def test_recipe_with_a_member_that_does_nothing_succeeds_by_the_others():
    of = recipe(loot(71, SUBTRACT, item=SWORD), loot(72, item=PASS))

    outcomes, _ = fulfilled(order(fill(70)), of)

    assert outcomes == (success((72, None, made(0, PASS, 1))),)


@pytest.mark.parametrize(
    "of",
    [
        catalogue(vendor(1, to_vendor(70, 2))),
        recipe(),
        recipe(loot(71, item=GEMS, active=False)),
        recipe(loot(71, item=GEMS, effective_from=LATER)),
        catalogue(vendor(1, to_vendor(70, 2)), vendor(2, loot(71, item=GEMS), active=False)),
    ],
    ids=["no vendor", "no loot", "loot not active", "loot not yet active", "vendor not active"],
)
def test_recipe_without_candidates_finds_nothing(of):
    assert fulfilled(order(fill(70)), of) == ((failure(Result.FAILED_TO_FIND_ANY_SUB_LOOT),), [])


# Sub-vendors of a recipe: 3 and 4 beside loot of its own

PREMIUM = vendor(
    3,
    loot(81, item=SWORD, sort_order=-1),
    loot(82, AT_LEAST, item=PASS),
)
EMPTY = vendor(4)


def test_failing_sub_vendor_is_left_out_when_another_member_was_filled():
    """The free track of a battle pass is given, the premium one needs the pass."""
    of = recipe(to_vendor(71, 3), loot(72, item=GEMS), others=[PREMIUM])

    new = made(0, GEMS, 1)
    assert fulfilled(order(fill(70)), of) == ((success((72, None, new)),), [new])


def test_sub_vendor_is_filled_beside_the_other_members():
    season_pass = record(1, PASS, 1)
    of = recipe(to_vendor(71, 3), loot(72, item=GEMS), others=[PREMIUM])

    outcomes, _ = fulfilled(order(fill(70)), of, [season_pass])

    assert outcomes == (success((81, None, made(0, SWORD, 1)), (72, None, made(1, GEMS, 1))),)


@pytest.mark.parametrize(
    ("members", "result"),
    [
        ([to_vendor(71, 3)], Result.CANNOT_MEET_LOOT_REQUIRED),
        ([to_vendor(71, 4)], Result.FAILED_TO_FIND_ANY_SUB_LOOT),
        ([to_vendor(71, 3), to_vendor(72, 4)], Result.FAILED_TO_FILL_ANY_SUB_LOOT),
        (
            [to_vendor(71, 3), loot(72, LESS_THAN, item=PASS)],
            Result.CANNOT_MEET_LOOT_REQUIRED,
        ),
        ([to_vendor(71, 3), loot(72, SUBTRACT, item=PASS)], Result.CANNOT_MEET_LOOT_REQUIRED),
        ([to_vendor(71, 3, quantity=0)], Result.FAILED_TO_FILL_ANY_SUB_LOOT),
    ],
    ids=["its code", "its code", "several", "a check is no filling", "nothing taken", "zero"],
)
def test_recipe_that_only_failing_sub_vendors_could_fill(members, result):
    of = recipe(*members, others=[PREMIUM, EMPTY])

    assert fulfilled(order(fill(70)), of) == ((failure(result),), [])


def test_sub_vendor_of_checks_that_pass_is_no_filling():
    checks = vendor(4, loot(91, LESS_THAN, item=PASS))
    of = recipe(to_vendor(71, 3), to_vendor(72, 4), others=[PREMIUM, checks])

    assert fulfilled(order(fill(70)), of) == ((failure(Result.CANNOT_MEET_LOOT_REQUIRED),), [])


def test_sub_vendor_sees_what_earlier_members_did():
    of = recipe(loot(71, item=PASS, sort_order=-1), to_vendor(72, 3), others=[PREMIUM])

    outcomes, _ = fulfilled(order(fill(70)), of)

    assert outcomes == (success((71, None, made(0, PASS, 1)), (81, None, made(1, SWORD, 1))),)


def test_sub_vendor_wins_over_the_item():
    of = recipe(to_vendor(71, 4, item=CHEST), others=[vendor(4, loot(91, item=SWORD))])

    outcomes, _ = fulfilled(order(fill(70)), of)

    assert outcomes == (success((91, None, made(0, SWORD, 1))),)


def nested(depth):
    """Vendor 0, whose loot 70 leads `depth` vendors deep to a sword."""
    first = vendor(0, to_vendor(70, 1))
    between = [vendor(n, to_vendor(100 + n, n + 1)) for n in range(1, depth)]
    return catalogue(first, *between, vendor(depth, loot(71, item=SWORD)))


def test_vendors_nest_ten_deep():
    outcomes, _ = fulfilled(order(fill(70)), nested(10))

    assert outcomes == (success((71, None, made(0, SWORD, 1))),)


def test_vendors_that_nest_deeper_are_an_internal_error(caplog):
    assert fulfilled(order(fill(70)), nested(11)) == ((failure(Result.INTERNAL_ERROR),), [])
    assert "Vendor 11 is more than 10 vendors deep" in caplog.text


def test_vendors_that_multiply_without_an_end_are_an_internal_error(caplog):
    """Ten vendors of ten loot each, all of which lead to the next, would check a billion times."""
    steps = [
        vendor(n, *(to_vendor(100 * n + each, n + 1) for each in range(10))) for n in range(1, 10)
    ]
    of = catalogue(vendor(0, to_vendor(70, 1)), *steps, vendor(10, loot(71, LESS_THAN, item=GEMS)))

    assert fulfilled(order(fill(70)), of) == ((failure(Result.INTERNAL_ERROR),), [])
    assert "More than 1,500,000 of work for one order" in caplog.text


# The trace

FILLING = {Told.FILL, Told.SKIP, Told.ROLLBACK}


def test_trace_of_a_recipe():
    of = recipe(
        to_vendor(71, 3),
        loot(72, SUBTRACT, item=SWORD),
        loot(73, item=GEMS, active=False),
        loot(74, item=GEMS, quantity=2),
        others=[PREMIUM],
    )
    trace = Trace()

    planned(order(fill(70, 3)), of, trace=trace)

    assert [step for step in trace.entries[0] if step.told in FILLING] == [
        Step(Told.FILL, (3,), 70, 0),
        Step(Told.SKIP, ("not_active",), 73, 1),
        Step(Told.FILL, (3,), 72, 1),
        Step(Told.SKIP, ("filled_nothing",), 72, 1),
        Step(Told.FILL, (3,), 71, 1),
        Step(Told.FILL, (3,), 81, 2),
        Step(Told.FILL, (3,), 82, 2),
        Step(Told.ROLLBACK, (Result.CANNOT_MEET_LOOT_REQUIRED,), 71, 1),
        Step(Told.FILL, (6,), 74, 1),
    ]
