"""What holds for every catalogue, every order and all holdings."""

from dataclasses import replace
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from inventory.fulfilment.dice import Dice
from inventory.fulfilment.holdings import Holdings
from inventory.fulfilment.orders import Entry
from inventory.fulfilment.plan import plan
from inventory.fulfilment.vocabulary import EntryType, Result, Source
from tests.inventory.fulfilment.examples import (
    ADD,
    AT_LEAST,
    CONSUME,
    COUNT_MAXIMUM,
    EARLIER,
    GEMS,
    ITEMS,
    LATER,
    LESS_THAN,
    RULES,
    NOW,
    SET,
    SUBTRACT,
    SWORD,
    catalogue,
    create,
    fill,
    loot,
    order,
    owned,
    record,
    update,
    vendor,
)

# Hypothesis gives the seed, plain chance the rest: drawing each choice by Hypothesis takes a
# hundred times longer, and its liking for small cases leaves most orders without an effect.
MANY = settings(max_examples=300, deadline=None, derandomize=True)
seeds = st.randoms(use_true_random=True)


def mostly(chance, usual, *rare):
    """Mostly what succeeds, so that orders have effects to go wrong."""
    return chance.choice(rare if rare and chance.random() < 0.1 else usual)


def some_item(chance):
    return mostly(chance, [GEMS, SWORD], *ITEMS)


def some_custom_data(chance):
    return mostly(chance, [None], {}, {"skin": "red"}, {"a": "1", "b": "2", "c": "3"})


def some_quantity(chance):
    return mostly(chance, [1, 2, 3], 10, 0, -1, COUNT_MAXIMUM)


def some_loot(chance, loot_id, sub_vendors):
    return loot(
        loot_id,
        chance.choice([ADD, ADD, ADD, SUBTRACT, SET, AT_LEAST, LESS_THAN, CONSUME]),
        mostly(chance, [1, 2], 0),
        some_item(chance),
        sub_vendor_id=chance.choice([None, None, *sub_vendors]),
        quantity_type=mostly(chance, ["relative"], "absolute"),
        quantity_mult_inventory_item_id=mostly(chance, [None], GEMS, SWORD),
        hard_quantity_maximum=mostly(chance, [0], 2),
        sort_order=chance.randint(0, 1),
        active=mostly(chance, [True], False),
        is_claimable_by_client=mostly(chance, [True], False),
        use_inventory_bucket=mostly(chance, [None], "steam"),
    )


def some_vendor(chance, number):
    """Sub-vendors have higher numbers, so that there is no cycle."""
    return vendor(
        number,
        *(
            some_loot(chance, 10 * number + nth, range(number + 1, 5))
            for nth in range(chance.randint(1, 4))
        ),
        active=mostly(chance, [True], False),
    )


def some_record(chance, number):
    return record(
        number,
        some_item(chance),
        mostly(chance, [0, 1, 2, 5], COUNT_MAXIMUM),
        bucket=mostly(chance, ["none"], "steam"),
        expires=mostly(chance, [None], EARLIER, LATER),
        custom_data=some_custom_data(chance),
    )


def some_entry(chance, of, records):
    quantity = some_quantity(chance)
    custom_data = some_custom_data(chance)
    expires = mostly(chance, [None], EARLIER, LATER)
    match mostly(chance, ["fill", "fill", "create", "update"], "promotion"):
        case "fill":
            return fill(mostly(chance, [*of.loot], 99), quantity, custom_data=custom_data)
        case "create":
            return create(some_item(chance), quantity, custom_data=custom_data, expires=expires)
        case "update":
            return update(
                mostly(chance, records, record(99, GEMS, 1)),
                quantity,
                item_id=mostly(chance, [None], *ITEMS),
                custom_data=custom_data,
                expires=expires,
            )
        case "promotion":
            return Entry(EntryType.PROMOTION_CODE, quantity)


def some_case(chance, *, transactions=(True, False)):
    """A catalogue, records, and some orders."""
    of = catalogue(*(some_vendor(chance, number) for number in (1, 2, 3, 4)))
    records = [some_record(chance, number) for number in range(1, chance.randint(2, 9))]
    orders = [
        order(
            *(some_entry(chance, of, records) for _ in range(chance.randint(1, 6))),
            source=mostly(chance, [Source.IN_GAME], Source.CLIENT),
            portal_id=mostly(chance, [None], 5),
            is_transaction=chance.choice(transactions),
        )
        for _ in range(chance.randint(1, 4))
    ]
    return of, records, orders


def in_turn(of, holdings, orders):
    """Plan the orders one after the other, each with dice of its own."""
    plans = []
    for number, placed in enumerate(orders):
        dice = Dice(bytes([number]))
        plans.append(plan(placed, of, holdings, now=NOW, dice=dice, rules=RULES))
        holdings = plans[-1].holdings
    return plans


def changes_of(result):
    return [change for outcome in result.entries for change in outcome.changes]


def stored(records, changes):
    """What a database holds that writes the changes: one row for each record."""
    rows = {each.inventory_id: each for each in records}
    for change in changes:
        assert rows.get(change.after.inventory_id) == change.before
        rows[change.after.inventory_id] = change.after
    return list(rows.values())


@MANY
@given(seeds)
def test_changes_lead_from_the_holdings_before_to_those_afterwards(chance):
    of, records, orders = some_case(chance)
    for result in in_turn(of, Holdings(records), orders):
        records = stored(records, changes_of(result))

        assert sorted(records, key=lambda each: each.inventory_id) == owned(result.holdings)


@MANY
@given(seeds)
def test_counts_stay_in_their_range_and_no_record_vanishes(chance):
    of, records, orders = some_case(chance)
    for before, after in pairwise(
        [Holdings(records), *(p.holdings for p in in_turn(of, Holdings(records), orders))]
    ):
        assert {each.inventory_id for each in before} <= {each.inventory_id for each in after}
        assert all(0 <= each.count <= COUNT_MAXIMUM for each in after)


@MANY
@given(seeds)
def test_every_change_changes_something_and_belongs_to_a_success(chance):
    of, records, orders = some_case(chance)
    for result in in_turn(of, Holdings(records), orders):
        assert all(change.before != change.after for change in changes_of(result))
        for outcome in result.entries:
            assert not outcome.changes or outcome.result is Result.SUCCESS
            assert outcome.result is not Result.INTERNAL_ERROR


@MANY
@given(seeds)
def test_a_transaction_is_all_or_nothing(chance):
    of, records, orders = some_case(chance, transactions=[True])
    for placed in orders:
        (result,) = in_turn(of, Holdings(records), [placed])
        results = [outcome.result for outcome in result.entries]

        if set(results) != {Result.SUCCESS}:
            (failed,) = [
                n
                for n, each in enumerate(results)
                if each not in {Result.ROLLBACK, Result.NOT_STARTED}
            ]
            assert results[:failed] == [Result.ROLLBACK] * failed
            assert set(results[failed + 1 :]) <= {Result.NOT_STARTED}
            assert changes_of(result) == []
            assert owned(result.holdings) == owned(Holdings(records))


@MANY
@given(seeds)
def test_a_failed_entry_might_as_well_not_have_been_there(chance):
    of, records, orders = some_case(chance, transactions=[False])
    (result, *_) = in_turn(of, Holdings(records), orders)
    kept = [
        (entry, outcome)
        for entry, outcome in zip(orders[0].entries, result.entries, strict=True)
        if outcome.result is Result.SUCCESS
    ]

    without = replace(orders[0], entries=tuple(entry for entry, _ in kept))
    (again,) = in_turn(of, Holdings(records), [without])

    assert again.entries == tuple(outcome for _, outcome in kept)
    assert owned(again.holdings) == owned(result.holdings)


@MANY
@given(seeds)
def test_the_same_again_gives_the_same_and_leaves_the_holdings(chance):
    of, records, orders = some_case(chance)
    holdings = Holdings(records)

    first, second = in_turn(of, holdings, orders), in_turn(of, holdings, orders)

    assert [each.entries for each in first] == [each.entries for each in second]
    assert owned(holdings) == records


@MANY
@given(seeds)
def test_carried_holdings_are_as_good_as_stored_ones(chance):
    """A batch may plan on holdings that it carries along: reading them again changes nothing."""
    of, records, orders = some_case(chance)
    carried = in_turn(of, Holdings(records), orders)

    for number, (placed, result) in enumerate(zip(orders, carried, strict=True)):
        chance.shuffle(records)
        again = plan(
            placed, of, Holdings(records), now=NOW, dice=Dice(bytes([number])), rules=RULES
        )
        assert again.entries == result.entries
        records = stored(records, changes_of(result))
