"""What holds for every catalogue, every order and all holdings."""

from dataclasses import replace
from itertools import pairwise

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inventory.fulfilment.dice import Dice
from inventory.fulfilment.holdings import Holdings
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
    LIMITS,
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

FAST = settings(
    max_examples=150,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
VENDORS = (1, 2, 3, 4)

# Mostly what succeeds, so that the interesting part of an order is its effects.
items = st.sampled_from([GEMS, GEMS, SWORD, SWORD, *ITEMS])
buckets = st.sampled_from([None, None, "steam"])
custom_data = st.sampled_from([None, None, {}, {"skin": "red"}, {"a": "1", "b": "2", "c": "3"}])
quantities = st.sampled_from([1, 1, 2, 3, 10, 0, -1, COUNT_MAXIMUM])


@st.composite
def vendors(draw):
    """Vendors whose sub-vendors have higher numbers, so that there is no cycle."""
    made = []
    for number in VENDORS:
        members = []
        for nth in range(draw(st.integers(0, 4))):
            deeper = [None, None, *VENDORS[number:]]
            members.append(
                loot(
                    10 * number + nth,
                    draw(st.sampled_from([ADD, ADD, SUBTRACT, SET, AT_LEAST, LESS_THAN, CONSUME])),
                    draw(st.integers(0, 3)),
                    draw(items),
                    sub_vendor_id=draw(st.sampled_from(deeper)),
                    quantity_type=draw(st.sampled_from(["relative", "absolute"])),
                    quantity_mult_inventory_item_id=draw(st.none() | st.none() | items),
                    hard_quantity_maximum=draw(st.sampled_from([0, 0, 2])),
                    sort_order=draw(st.integers(0, 1)),
                    active=draw(st.sampled_from([True, True, False])),
                    is_claimable_by_client=draw(st.booleans()),
                    use_inventory_bucket=draw(buckets),
                )
            )
        made.append(vendor(number, *members, active=draw(st.sampled_from([True, True, False]))))
    return made


@st.composite
def all_records(draw):
    counts = st.sampled_from([0, 1, 2, 5, COUNT_MAXIMUM])
    return [
        record(
            number,
            draw(items),
            draw(counts),
            bucket=draw(buckets) or "none",
            expires=draw(st.sampled_from([None, None, EARLIER, LATER])),
            custom_data=draw(custom_data),
        )
        for number in range(1, draw(st.integers(1, 6)))
    ]


def entries(of, records):
    of_loot = st.builds(fill, st.sampled_from([*of.loot, 99]), quantities, custom_data=custom_data)
    of_item = st.builds(create, items, quantities, custom_data=custom_data)
    of_record = st.builds(
        update,
        st.sampled_from([*records, record(99, GEMS, 1)]),
        quantities,
        item_id=st.none() | items,
        expires=st.sampled_from([None, LATER, EARLIER]),
        custom_data=custom_data,
    )
    unknown = of_loot.map(lambda entry: replace(entry, type=EntryType.PROMOTION_CODE))
    return st.one_of(of_loot, of_loot, of_loot, of_item, of_record, unknown)


@st.composite
def cases(draw, transactions=None):
    """A catalogue, records, and some orders."""
    of = catalogue(*draw(vendors()))
    records = draw(all_records())
    orders = st.lists(entries(of, records), min_size=1, max_size=5).flatmap(
        lambda some: st.builds(
            lambda **fields: order(*some, **fields),
            source=st.sampled_from([Source.IN_GAME, Source.IN_GAME, Source.CLIENT]),
            portal_id=st.sampled_from([None, 5]),
            is_transaction=st.booleans() if transactions is None else st.just(transactions),
        )
    )
    return of, records, draw(st.lists(orders, min_size=1, max_size=3))


def in_turn(of, holdings, orders):
    """Plan the orders one after the other, each with dice of its own."""
    plans = []
    for number, placed in enumerate(orders):
        dice = Dice(bytes([number]))
        plans.append(plan(placed, of, holdings, now=NOW, dice=dice, limits=LIMITS))
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


@FAST
@given(cases())
def test_changes_lead_from_the_holdings_before_to_those_afterwards(case):
    of, records, orders = case
    for result in in_turn(of, Holdings(records), orders):
        records = stored(records, changes_of(result))

        assert sorted(records, key=lambda each: each.inventory_id) == owned(result.holdings)


@FAST
@given(cases())
def test_counts_stay_in_their_range_and_no_record_vanishes(case):
    of, records, orders = case
    for before, after in pairwise(
        [Holdings(records), *(p.holdings for p in in_turn(of, Holdings(records), orders))]
    ):
        assert {each.inventory_id for each in before} <= {each.inventory_id for each in after}
        assert all(0 <= each.count <= COUNT_MAXIMUM for each in after)


@FAST
@given(cases())
def test_every_change_changes_something_and_belongs_to_a_success(case):
    of, records, orders = case
    for result in in_turn(of, Holdings(records), orders):
        assert all(change.before != change.after for change in changes_of(result))
        for outcome in result.entries:
            assert not outcome.changes or outcome.result is Result.SUCCESS
            assert outcome.result is not Result.INTERNAL_ERROR


@FAST
@given(cases(transactions=True))
def test_a_transaction_is_all_or_nothing(case):
    of, records, orders = case
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


@FAST
@given(cases(transactions=False))
def test_a_failed_entry_might_as_well_not_have_been_there(case):
    of, records, orders = case
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


@FAST
@given(cases(transactions=False))
def test_the_same_again_gives_the_same_and_leaves_the_holdings(case):
    of, records, orders = case
    holdings = Holdings(records)

    first, second = in_turn(of, holdings, orders), in_turn(of, holdings, orders)

    assert [each.entries for each in first] == [each.entries for each in second]
    assert owned(holdings) == records


@FAST
@given(cases(), st.randoms(use_true_random=False))
def test_carried_holdings_are_as_good_as_stored_ones(case, shuffler):
    """A batch may plan on holdings that it carries along: reading them again changes nothing."""
    of, records, orders = case
    carried = in_turn(of, Holdings(records), orders)

    for number, (placed, result) in enumerate(zip(orders, carried, strict=True)):
        shuffler.shuffle(records)
        again = plan(
            placed, of, Holdings(records), now=NOW, dice=Dice(bytes([number])), limits=LIMITS
        )
        assert again.entries == result.entries
        records = stored(records, changes_of(result))
