"""What holds for every catalogue, every order and all holdings."""

from collections import Counter
from dataclasses import dataclass, replace
from itertools import pairwise
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from inventory.fulfilment.dice import Dice
from inventory.fulfilment.holdings import Holdings
from inventory.fulfilment.orders import CodeClaimed, CodeReturned, NewOrder
from inventory.fulfilment.plan import plan
from inventory.fulfilment.reach import items_within_reach
from inventory.fulfilment.trace import Trace
from inventory.fulfilment.vocabulary import EntryType, Result
from tests.inventory.fulfilment.examples import COUNT_MAXIMUM, NOW, owned
from tests.inventory.fulfilment.generated import some_case

MANY = settings(max_examples=300, deadline=None, derandomize=True)
seeds = st.randoms(use_true_random=True)


@dataclass(frozen=True, slots=True)
class SteadyDice(Dice):
    """Draws the same from the same, however often was thrown before."""

    def draw(self, weights, n):
        return Dice.draw(self, weights, 0)


def planned(case, placed, holdings, nth=0, *, make=Dice, trace=None):
    return plan(
        placed,
        case.of,
        holdings,
        now=NOW,
        dice=make(bytes([nth])),
        rules=case.rules,
        promotion_uses=case.uses,
        trace=trace,
    )


def in_turn(case):
    """Plan the orders one after the other, each with dice of its own."""
    plans = []
    holdings = case.holdings
    for nth, placed in enumerate(case.orders):
        plans.append(planned(case, placed, holdings, nth))
        holdings = plans[-1].holdings
    return plans


def changes_of(result):
    return [change for outcome in result.entries for change in outcome.changes]


def claims_of(result):
    """How many uses of each code were taken and kept."""
    claims = Counter()
    for outcome in result.entries:
        claims.update(e.code for e in outcome.effects if isinstance(e, CodeClaimed))
        claims.subtract(e.code for e in outcome.effects if isinstance(e, CodeReturned))
    return +claims


def stored(records, changes):
    """What a database holds that writes the changes: one row for each record."""
    rows = {each.inventory_id: each for each in records}
    for change in changes:
        assert rows.get(change.after.inventory_id) == change.before
        rows[change.after.inventory_id] = change.after
    return list(rows.values())


def as_stored(case, holdings, placed, result):
    """The holdings that are read again after what the plan says was written."""
    applied = {
        entry.loot_id
        for entry, outcome in zip(placed.entries, result.entries, strict=True)
        if entry.type is EntryType.FILL_LOOT_SINGLE_TRANSIENT and outcome.result is Result.SUCCESS
    }
    session = holdings.session and replace(
        holdings.session, applied_loot=holdings.session.applied_loot | applied
    )
    return Holdings(
        stored(holdings, changes_of(result)),
        session=session,
        claimed=Counter(holdings.claimed) + claims_of(result),
        tries=result.holdings.tries,
    )


@MANY
@given(seeds)
def test_what_is_told_leads_from_the_holdings_before_to_those_afterwards(chance):
    case = some_case(chance)
    holdings = case.holdings
    for placed, result in zip(case.orders, in_turn(case), strict=True):
        holdings = as_stored(case, holdings, placed, result)

        assert owned(holdings) == owned(result.holdings)
        assert holdings.session == result.holdings.session
        assert +Counter(holdings.claimed) == +Counter(result.holdings.claimed)


@MANY
@given(seeds)
def test_counts_stay_in_their_range_and_no_record_vanishes(chance):
    case = some_case(chance)
    for before, after in pairwise([case.holdings, *(p.holdings for p in in_turn(case))]):
        assert {each.inventory_id for each in before} <= {each.inventory_id for each in after}
        assert all(0 <= each.count <= COUNT_MAXIMUM for each in after)


@MANY
@given(seeds)
def test_every_effect_belongs_to_a_success_and_every_change_changes_something(chance):
    for result in in_turn(some_case(chance)):
        assert all(change.before != change.after for change in changes_of(result))
        for outcome in result.entries:
            if outcome.result is not Result.SUCCESS:
                assert [type(effect) for effect in outcome.effects] in (
                    [],
                    [CodeClaimed, CodeReturned],
                )
            assert outcome.result is not Result.INTERNAL_ERROR


@MANY
@given(seeds)
def test_a_transaction_is_all_or_nothing(chance):
    case = some_case(chance, transactions=[True])
    before = case.holdings
    for placed in case.orders:
        result = planned(case, placed, before)
        results = [outcome.result for outcome in result.entries]

        if set(results) != {Result.SUCCESS}:
            (failed,) = [
                n
                for n, each in enumerate(results)
                if each not in {Result.ROLLBACK, Result.NOT_STARTED}
            ]
            assert results[:failed] == [Result.ROLLBACK] * failed
            assert set(results[failed + 1 :]) <= {Result.NOT_STARTED}
            assert {outcome.effects for outcome in result.entries} == {()}
            assert owned(result.holdings) == owned(before)
            assert result.holdings.session == before.session
            assert result.holdings.claimed == before.claimed


@MANY
@given(seeds)
def test_a_failed_entry_might_as_well_not_have_been_there(chance):
    """But for its tries and throws."""
    case = some_case(chance, transactions=[False])
    case = replace(case, rules=replace(case.rules, promotion_tries=0, client_entries=0))
    (placed, *_) = case.orders
    result = planned(case, placed, case.holdings, make=SteadyDice)
    kept = [
        (entry, outcome)
        for entry, outcome in zip(placed.entries, result.entries, strict=True)
        if outcome.result is Result.SUCCESS
    ]

    without = replace(placed, entries=tuple(entry for entry, _ in kept))
    again = planned(case, without, case.holdings, make=SteadyDice)

    assert again.entries == tuple(outcome for _, outcome in kept)
    assert owned(again.holdings) == owned(result.holdings)


@MANY
@given(seeds)
def test_the_same_again_gives_the_same_traced_or_not_and_leaves_the_holdings(chance):
    case = some_case(chance)
    before = list(case.holdings)
    for nth, placed in enumerate(case.orders):
        trace = Trace()
        first = planned(case, placed, case.holdings, nth)
        again = planned(case, placed, case.holdings, nth)
        traced = planned(case, placed, case.holdings, nth, trace=trace)

        assert first.entries == again.entries == traced.entries
        assert len(trace.entries) <= len(placed.entries)
    assert list(case.holdings) == before


@MANY
@given(seeds)
def test_carried_holdings_are_as_good_as_stored_ones(chance):
    """A batch may plan on holdings that it carries along: reading them again changes nothing."""
    case = some_case(chance)
    holdings = case.holdings
    for nth, (placed, carried) in enumerate(zip(case.orders, in_turn(case), strict=True)):
        result = planned(case, placed, holdings, nth)

        assert result.entries == carried.entries
        holdings = as_stored(case, holdings, placed, result)
        records = list(holdings)
        chance.shuffle(records)
        holdings = Holdings(
            records,
            session=holdings.session,
            claimed=holdings.claimed,
            tries=holdings.tries,
        )


@MANY
@given(seeds)
def test_the_records_within_reach_are_enough(chance):
    case = some_case(chance)
    for placed in case.orders:
        named = {entry.inventory_id for entry in placed.entries} | {
            entry.legacy_inventory_id for entry in placed.entries
        }
        items = {
            record.item_id
            for record in case.records
            if record.inventory_id in named or record.legacy_inventory_id in named
        }.union(*(items_within_reach(entry, case.of) for entry in placed.entries))
        held = case.holdings
        near = Holdings(
            (record for record in held if record.item_id in items),
            session=held.session,
            claimed=held.claimed,
            tries=held.tries,
        )

        result = planned(case, placed, near)

        assert result.entries == planned(case, placed, held).entries


@MANY
@given(seeds)
def test_no_code_is_used_more_often_than_it_may_be(chance):
    case = some_case(chance)
    uses = Counter()
    for result in in_turn(case):
        claims = claims_of(result)
        for code, number in claims.items():
            promotion = case.of.promotions[code]
            assert result.holdings.claimed[code] <= promotion.per_player_limit
            assert promotion.max_uses is None or (
                case.uses.get(code, 0) + number <= promotion.max_uses
            )
        uses += claims


@MANY
@given(seeds)
def test_orders_cause_no_more_orders_than_they_may(chance):
    case = some_case(chance)
    for placed, result in zip(case.orders, in_turn(case), strict=True):
        caused = [
            e for outcome in result.entries for e in outcome.effects if isinstance(e, NewOrder)
        ]

        assert len(caused) <= case.rules.max_child_orders
        assert not caused or placed.generation < case.rules.max_generations
        assert len({each.order_id for each in caused}) == len(caused)
        assert {entry.type for each in caused for entry in each.entries} <= {
            EntryType.FILL_LOOT,
            EntryType.FILL_ENTITLED_LOOT,
        }


# Of ten thousand entries a few at most have these, and none should have the first.
RARE = {
    Result.INTERNAL_ERROR,
    Result.COUPON_ITEM_NOT_APPLICABLE_FOR_QUANTITY,
    Result.DYNAMIC_BUNDLE_LTIS_DO_NOT_MATCH,
    Result.FAILED_TO_CONSUME_LOOT_REQUIRED,
    Result.FAILED_TO_SPEND_COUPON,
    Result.FAILED_TO_SUBMIT_NEW_ORDER,
}


def test_the_generated_cases_yield_nearly_every_code():
    outcomes = Counter(
        (entry.type if outcome.result is Result.SUCCESS else None, outcome.result)
        for seed in range(1_500)
        for case in [some_case(Random(seed))]
        for placed, result in zip(case.orders, in_turn(case), strict=True)
        for entry, outcome in zip(placed.entries, result.entries, strict=True)
    )

    assert set(Result) - {result for _, result in outcomes} <= RARE
    # Enough of every type has effects for the properties to be about something.
    assert all(outcomes[entry_type, Result.SUCCESS] >= 20 for entry_type in EntryType)
