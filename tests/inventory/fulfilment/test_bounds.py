"""What one order may do and no more: work, changes, orders, steps of its trace."""

from dataclasses import replace

import pytest

from inventory.fulfilment.orders import (
    BundleLoot,
    Change,
    CodeClaimed,
    EntryOutcome,
    NewOrder,
    child_allowance,
    weight,
)
from inventory.fulfilment.trace import MAX_CANDIDATES, MAX_STEPS, Step, Told, Trace
from inventory.fulfilment.vocabulary import Result, Source
from tests.inventory.fulfilment.examples import (
    GEMS,
    RANDOM,
    RULES,
    SUBTRACT,
    SWORD,
    catalogue,
    chest,
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

TOO_MUCH = "of work for one order"


def crate(size, **fields):
    return chest(*(loot(1_000 + n, item=SWORD, **fields) for n in range(size)), draws=size)


def boxes(count, size):
    """A box of so many ways to one crate."""
    ways = [to_vendor(1_000 + n, 3, drop_weight=1) for n in range(count)]
    contents = [loot(10_000 + n, item=SWORD, drop_weight=1) for n in range(size)]
    return catalogue(
        vendor(1, to_vendor(70, 2, quantity=count)),
        vendor(2, *ways, type=RANDOM),
        vendor(3, *contents, type=RANDOM),
    )


def many_records(number):
    return [record(n, SWORD, 1, custom_data={"n": str(n)}) for n in range(1, number + 1)]


@pytest.mark.parametrize(
    ("of", "entries", "records", "done"),
    [
        (crate(300, inventory_selector_type="own_transient"), 500, [], False),
        (boxes(300, 500), 1, [], False),
        (crate(2_000, stack_limit=10_000), 1, [], False),
        (catalogue(vendor(1, loot(70, item=SWORD))), 500, many_records(8_000), True),
        (catalogue(vendor(1, loot(70, SUBTRACT, item=SWORD))), 500, many_records(5_000), False),
    ],
    ids=["drawn in vain", "trials", "conditions", "looked through", "sorted"],
)
def test_work_of_one_order_is_bounded(caplog, of, entries, records, done):
    """Whatever it is that multiplies; what was done before stays, and the rest fails."""
    plan = planned(order(*[fill(70, 5_000)] * entries), of, records)

    assert plan.work == RULES.max_work + 1
    assert plan.entries[-1] == failure(Result.INTERNAL_ERROR)
    assert (plan.entries[0].result is Result.SUCCESS) == done
    assert TOO_MUCH in caplog.text


@pytest.mark.parametrize("of", [crate(1_000), crate(1_000, stack_limit=10_000), boxes(20, 500)])
def test_a_large_order_is_well_within_its_bounds(of):
    plan = planned(order(fill(70)), of)

    assert plan.entries[0].result is Result.SUCCESS
    assert plan.work < RULES.max_work / 2


def test_work_is_the_same_every_time_and_counts_what_is_undone():
    plans = [planned(order(fill(70)), boxes(5, 5)) for _ in range(2)]
    without_trials = planned(order(fill(70)), crate(5))

    assert plans[0].work == plans[1].work > without_trials.work > 0


def test_work_of_a_transaction_that_fails_is_told():
    of = catalogue(vendor(1, loot(70, item=GEMS)))

    plan = planned(order(fill(70), fill(71), is_transaction=True), of)

    assert plan.entries == (failure(Result.ROLLBACK), failure(Result.LOOT_NOT_FOUND))
    assert plan.work > 0


# Weight

EMOJI = {"k": "\U0001f600" * 100}  # 409 bytes of JSON


@pytest.mark.parametrize(
    ("custom_data", "expected"),
    [
        (None, 1),
        ({}, 1),
        ({"k": "x" * 246}, 1),
        ({"k": "x" * 247}, 2),
        (EMOJI, 2),
        ({"k": "x" * 4_000}, 16),
    ],
)
def test_weight_counts_the_bytes_of_custom_data(custom_data, expected):
    change = Change(70, None, record(1, GEMS, 1, custom_data=custom_data))
    entry = fill(70, custom_data=custom_data)

    assert weight(change) == expected
    assert weight(NewOrder(70, "id", Source.SYSTEM, (entry, entry))) == 2 * expected


def test_weight_of_an_outcome_is_that_of_its_effects():
    change = Change(70, None, record(1, GEMS, 1, custom_data=EMOJI))

    assert EntryOutcome(Result.SUCCESS, (CodeClaimed(70, "A"), BundleLoot(71), change)).weight == 4
    assert failure(Result.ROLLBACK).weight == 0


def test_changes_of_one_order_are_bounded_by_their_weight(caplog):
    of = catalogue(vendor(1, to_vendor(70, 2)), vendor(2, *(loot(71 + n, item=n) for n in (1, 2))))
    rules = replace(RULES, max_effects=4)

    outcomes, _ = fulfilled(order(fill(70, custom_data=EMOJI), fill(72)), of, rules=rules)
    too_many, records = fulfilled(order(fill(70, custom_data=EMOJI), fill(72), fill(73)), of)

    assert [outcome.result for outcome in outcomes] == [Result.SUCCESS, Result.INTERNAL_ERROR]
    assert "More than 4 effects of one order" in caplog.text
    assert [outcome.result for outcome in too_many] == [Result.SUCCESS] * 3
    assert len(records) == 4


def test_what_is_undone_weighs_nothing():
    of = catalogue(
        vendor(1, to_vendor(70, 2)),
        vendor(2, loot(71, item=GEMS), loot(72, item=99)),
        vendor(3, loot(73, item=GEMS)),
    )

    outcomes, _ = fulfilled(
        order(fill(70), fill(70), fill(73)), of, rules=replace(RULES, max_effects=1)
    )

    failed = failure(Result.ITEM_NOT_FOUND)
    assert outcomes == (failed, failed, success((73, None, made(0, GEMS, 1))))


# Orders that it causes

CHILD = loot(71, item=SWORD, fill_in_new_order=True)


@pytest.mark.parametrize(
    ("allowance", "children", "expected"), [(1_000, 1, 999), (1_000, 3, 332), (5, 5, 0), (5, 3, 0)]
)
def test_children_share_what_is_left(allowance, children, expected):
    assert child_allowance(allowance, children) == expected
    assert children + children * expected <= allowance


@pytest.mark.parametrize(("allowance", "result"), [(2, Result.SUCCESS), (1, None), (0, None)])
def test_an_order_causes_no_more_than_its_allowance(allowance, result):
    of = chest(CHILD, draws=2)

    outcomes, _ = fulfilled(order(fill(70), child_allowance=allowance), of)

    assert outcomes[0].result is (result or Result.FAILED_TO_SUBMIT_NEW_ORDER)


# The trace


def test_trace_keeps_so_many_steps_and_says_that_there_were_more():
    trace = Trace()
    of = catalogue(vendor(1, loot(70, item=GEMS)))

    trace.kept = MAX_STEPS - 1
    planned(order(fill(70), fill(70)), of, trace=trace)

    first, second = trace.entries
    assert [step.told for step in first] == [Told.CHECK, Told.MORE]
    assert second == [Step(Told.MORE)]


def test_draw_tells_the_first_candidates_and_what_they_are_of():
    trace = Trace()
    of = chest(*(loot(1_000 + n, item=SWORD, drop_weight=2) for n in range(MAX_CANDIDATES + 5)))

    planned(order(fill(70)), of, trace=trace)

    [draw] = [step for step in trace.entries[0] if step.told is Told.DRAW]
    drawn, candidates, how_many, total = draw.values
    assert candidates == tuple((1_000 + n, 2) for n in range(MAX_CANDIDATES))
    assert (drawn[1], how_many, total) == (2, MAX_CANDIDATES + 5, 2 * (MAX_CANDIDATES + 5))
    assert drawn[0] in range(1_000, 1_000 + how_many)
