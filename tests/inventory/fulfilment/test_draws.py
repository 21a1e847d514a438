"""Randomly sampled vendors: what may drop, and what does (DOMAIN 2.14)."""

from collections import Counter
from dataclasses import replace

import pytest

from inventory.fulfilment.dice import Dice
from inventory.fulfilment.orders import EntryOutcome, NewOrder
from inventory.fulfilment.trace import Step, Told, Trace
from inventory.fulfilment.vocabulary import Result, Source
from tests.inventory.fulfilment.examples import (
    AT_LEAST,
    BASIC,
    CHEST,
    CONSUME,
    DICE,
    EARLIER,
    GEMS,
    LATER,
    LESS_THAN,
    PASS,
    RANDOM,
    RETIRED,
    RULES,
    SUBTRACT,
    SWORD,
    First,
    catalogue,
    chest,
    failure,
    fill,
    fulfilled,
    loot,
    order,
    planned,
    record,
    to_vendor,
    vendor,
)

NOTHING_FOUND = failure(Result.FAILED_TO_FIND_ANY_SUB_LOOT)
NOTHING_FILLED = failure(Result.FAILED_TO_FILL_ANY_SUB_LOOT)


def dropped(of, records=(), *, quantity=1, dice=None, **given):
    """The results, and the loot of each change in its order."""
    outcomes, _ = fulfilled(order(fill(70, quantity)), of, records, dice=dice or First(), **given)
    (outcome,) = outcomes
    return outcome.result, [effect.loot_id for effect in outcome.effects]


# Chance


def test_drops_are_as_frequent_as_they_weigh():
    """Over 4,000 seeds each share is within four standard deviations."""
    weights = {71: 1, 72: 2, 73: 7}
    of = chest(*(loot(each, item=GEMS, drop_weight=weight) for each, weight in weights.items()))

    drops = Counter(dropped(of, dice=Dice(seed.to_bytes(4)))[1][0] for seed in range(4_000))

    for each, weight in weights.items():
        share = weight / 10
        deviation = (4_000 * share * (1 - share)) ** 0.5
        assert abs(drops[each] - 4_000 * share) < 4 * deviation


def test_pairs_are_as_frequent_as_draws_without_replacement_make_them():
    weights = {71: 1, 72: 2, 73: 3}
    of = chest(
        *(loot(each, item=GEMS, drop_weight=weight) for each, weight in weights.items()), draws=2
    )

    pairs = Counter(tuple(dropped(of, dice=Dice(seed.to_bytes(4)))[1]) for seed in range(4_000))

    assert len(pairs) == 6
    for (first, second), times in pairs.items():
        share = weights[first] / 6 * weights[second] / (6 - weights[first])
        deviation = (4_000 * share * (1 - share)) ** 0.5
        assert abs(times - 4_000 * share) < 4 * deviation


def test_the_same_seed_drops_the_same():
    of = chest(*(loot(each, item=GEMS) for each in range(71, 90)), draws=5)

    again = {tuple(dropped(of, dice=Dice(b"again"))[1]) for _ in range(3)}

    assert len(again) == 1


# How often


@pytest.mark.parametrize(
    ("draws", "quantity", "loot_ids"),
    [
        (1, 1, [71]),
        (2, 1, [71, 72]),
        (1, 2, [71, 72]),
        (3, 1, [71, 72, 73]),
        (9, 9, [71, 72, 73]),
        (2**70, 1, [71, 72, 73]),
    ],
)
def test_so_many_draws_without_replacement(draws, quantity, loot_ids):
    of = chest(loot(71, item=GEMS), loot(72, item=SWORD), loot(73, item=PASS), draws=draws)

    assert dropped(of, quantity=quantity) == (Result.SUCCESS, loot_ids)


def test_what_is_drawn_is_filled_once():
    of = chest(loot(71, item=GEMS, quantity=3), draws=5)

    (outcome,), records = fulfilled(order(fill(70, 4)), of)

    assert outcome.result is Result.SUCCESS
    assert [each.count for each in records] == [3]


def test_what_dropped_drops_in_no_other_entry_of_the_order():
    of = chest(loot(71, item=GEMS), loot(72, item=SWORD))

    outcomes, records = fulfilled(order(fill(70), fill(70), fill(70)), of, dice=First())

    assert [outcome.result for outcome in outcomes] == [
        Result.SUCCESS,
        Result.SUCCESS,
        Result.FAILED_TO_FIND_ANY_SUB_LOOT,
    ]
    assert [each.item_id for each in records] == [GEMS, SWORD]


def test_what_dropped_in_an_entry_that_failed_may_drop_again():
    of = catalogue(
        vendor(1, to_vendor(70, 2)),
        vendor(2, loot(71, item=GEMS, drop_weight=1), type=RANDOM),
        vendor(3, to_vendor(80, 4)),
        vendor(4, to_vendor(81, 2), loot(82, AT_LEAST, item=PASS, sort_order=1)),
    )

    outcomes, records = fulfilled(order(fill(80), fill(70)), of)

    assert [outcome.result for outcome in outcomes] == [
        Result.CANNOT_MEET_LOOT_REQUIRED,
        Result.SUCCESS,
    ]
    assert [each.count for each in records] == [1]


# What may drop


@pytest.mark.parametrize(
    "fields",
    [
        {"drop_weight": 0},
        {"active": False},
        {"effective_from": LATER},
        {"required_item_id": PASS, "required_item_count": 3},
        {"required_item_id": SWORD},
        {"stack_limit": 2},
        {"stack_limit": 1},
        {"item_id": BASIC, "stack_limit": 1},
    ],
)
def test_loot_that_cannot_drop(fields):
    """The player has two passes, one of them rented, and an expired sword."""
    passes = [
        record(1, PASS, 1),
        record(2, PASS, 1, expires=LATER),
        record(3, SWORD, 1, expires=EARLIER),
    ]
    member = replace(loot(71, item=PASS, drop_weight=1), **fields)
    of = catalogue(vendor(1, to_vendor(70, 2)), vendor(2, member, type=RANDOM))

    assert fulfilled(order(fill(70)), of, passes) == ((NOTHING_FOUND,), passes)


@pytest.mark.parametrize(
    "fields",
    [
        {"required_item_id": PASS, "required_item_count": 2},
        {"required_item_id": SWORD, "required_item_count": 0},
        {"required_item_id": BASIC},
        {"stack_limit": 3},
        {"stack_limit": 0},
    ],
)
def test_loot_that_can_drop(fields):
    passes = [record(1, PASS, 1), record(2, PASS, 1, expires=LATER)]

    assert dropped(chest(loot(71, item=PASS, **fields)), passes) == (Result.SUCCESS, [71])


def test_an_inactive_vendor_or_none_has_nothing_that_could_drop():
    of = chest(
        to_vendor(71, 3), to_vendor(72, 4), others=[vendor(3, loot(81, item=GEMS), active=False)]
    )

    assert fulfilled(order(fill(70)), of) == ((NOTHING_FOUND,), [])


def test_conditions_are_asked_again_before_every_draw():
    """Two ways to a sword, of which one is enough; a key that opens the next."""
    of = chest(
        loot(71, item=SWORD, stack_limit=1),
        loot(72, item=SWORD, stack_limit=1),
        loot(73, item=GEMS, required_item_id=SWORD),
        draws=3,
    )

    dice = First()
    assert dropped(of, dice=dice) == (Result.SUCCESS, [71, 73])
    assert dice.weights == [(1, 1), (1,)]


# What fails after it was drawn


@pytest.mark.parametrize(
    "member",
    [
        loot(71, AT_LEAST, item=PASS),
        loot(71, LESS_THAN, item=GEMS),
        loot(71, CONSUME, item=PASS),
        loot(71, SUBTRACT, item=PASS),
        loot(71, item=RETIRED),
        loot(71, item=99),
        loot(71, item=BASIC),
        loot(71, item=SWORD, quantity=0),
        loot(71, "invalid", item=SWORD),
    ],
)
def test_what_cannot_be_filled_uses_up_its_draw(member):
    gems = record(1, GEMS, 5)

    assert dropped(chest(member, loot(72, item=GEMS)), [gems]) == (
        Result.FAILED_TO_FILL_ANY_SUB_LOOT,
        [],
    )
    assert dropped(chest(member, loot(72, item=GEMS), draws=2), [gems]) == (Result.SUCCESS, [72])


def test_a_drawn_check_that_passes_is_enough_alone():
    of = chest(loot(71, LESS_THAN, item=GEMS), loot(72, LESS_THAN, item=SWORD), draws=2)

    assert dropped(of) == (Result.SUCCESS, [])


# Orders of their own


def test_loot_in_an_order_of_its_own_stays_in_the_pool():
    repeated = loot(71, item=GEMS, fill_in_new_order=True)
    placed = fill(70, custom_data={"skin": "red"}, use_inventory_bucket="epic")

    (outcome,), records = fulfilled(order(placed), chest(repeated, draws=3), dice=First())

    child = fill(71, custom_data={"skin": "red"}, use_inventory_bucket="epic")
    assert outcome == EntryOutcome(
        Result.SUCCESS,
        tuple(NewOrder(71, str(DICE.order_id(n)), Source.SYSTEM, (child,)) for n in range(3)),
    )
    assert records == []


def test_more_drops_into_orders_than_are_allowed_fail_the_entry():
    of = chest(loot(71, item=GEMS, fill_in_new_order=True), draws=4)
    rules = replace(RULES, max_child_orders=3)

    outcomes, _ = fulfilled(order(fill(70)), of, rules=rules)

    assert outcomes == (failure(Result.FAILED_TO_SUBMIT_NEW_ORDER),)


def test_loot_that_leads_back_to_its_own_vendor_stops_with_the_last_generation():
    of = chest(to_vendor(71, 2, fill_in_new_order=True))

    first, last = (
        fulfilled(order(fill(70), generation=generation), of)[0]
        for generation in (RULES.max_generations - 1, RULES.max_generations)
    )

    assert first[0].result is Result.SUCCESS
    assert last == (failure(Result.FAILED_TO_SUBMIT_NEW_ORDER),)


# The trace

FILLING = {Told.DRAW, Told.FILL, Told.SKIP, Told.ROLLBACK}


def test_trace_of_draws():
    of = chest(
        loot(71, AT_LEAST, item=PASS),
        to_vendor(72, 3),
        to_vendor(73, 4),
        loot(74, item=GEMS, required_item_id=PASS),
        loot(75, item=CHEST, active=False),
        draws=2,
        others=[vendor(3, loot(81, item=GEMS)), vendor(4)],
    )
    trace = Trace()

    planned(order(fill(70)), of, dice=First(), trace=trace)

    assert [step for step in trace.entries[0] if step.told in FILLING] == [
        Step(Told.FILL, (2,), 70, 0),
        Step(Told.SKIP, ("not_active",), 75, 1),
        Step(Told.SKIP, ("bundle",), 73, 1),
        Step(Told.SKIP, ("required_item",), 74, 1),
        Step(Told.DRAW, ((71, 1), ((71, 1), (72, 1)), 2, 2), None, 1),
        Step(Told.FILL, (1,), 71, 1),
        Step(Told.ROLLBACK, (Result.CANNOT_MEET_LOOT_REQUIRED,), 71, 1),
        Step(Told.SKIP, ("bundle",), 73, 1),
        Step(Told.SKIP, ("required_item",), 74, 1),
        Step(Told.DRAW, ((72, 1), ((72, 1),), 1, 1), None, 1),
        Step(Told.FILL, (1,), 72, 1),
        Step(Told.FILL, (1,), 81, 2),
    ]
