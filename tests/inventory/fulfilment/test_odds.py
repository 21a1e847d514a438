from dataclasses import replace
from fractions import Fraction
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.fulfilment.holdings import Holdings
from inventory.fulfilment.odds import DropOdds, ItemOdds, Odds, odds
from inventory.fulfilment.vocabulary import Result
from tests.inventory.fulfilment.examples import (
    CHEST,
    CONSUME,
    GEMS,
    NOW,
    PASS,
    RETIRED,
    RULES,
    SWORD,
    catalogue,
    loot,
    record,
    to_vendor,
    vendor,
)

ONE = Fraction(1)


def sampled_vendor(vendor_id, *members):
    return vendor(vendor_id, *members, type="randomly_sampled")


def asked(of, records=(), **values):
    return odds(9, of, Holdings(records), now=NOW, rules=RULES, **values)


def items(answer):
    """Of each item, how likely each change of its count is."""
    return {each.item_id: dict(each.quantities) for each in answer.items}


def drops(answer):
    """Of each loot, how likely it drops at all, and how often on average."""
    return {each.loot_id: (each.probability, each.expected) for each in answer.drops}


def third(n):
    return Fraction(n, 3)


def test_odds_tells_all_of_a_vendor():
    chest = sampled_vendor(
        9, loot(91, item=GEMS, quantity=5, drop_weight=2), loot(92, item=SWORD, drop_weight=1)
    )

    answer = asked(catalogue(chest))

    assert answer == Odds(
        vendor_id=9,
        catalogue_version=1,
        etag="etag 9",
        quantity=1,
        exact=True,
        paths=2,
        cut=False,
        nothing=Fraction(0),
        results={Result.SUCCESS: ONE},
        drops=(
            DropOdds(91, GEMS, None, third(2), third(2), 0.0),
            DropOdds(92, SWORD, None, third(1), third(1), 0.0),
        ),
        items=(
            ItemOdds(GEMS, third(2), third(10), {5: third(2)}, 0.0),
            ItemOdds(SWORD, third(1), third(1), {1: third(1)}, 0.0),
        ),
    )


def test_odds_as_json_has_numbers_for_fractions():
    chest = sampled_vendor(
        9, loot(91, item=GEMS, quantity=5, drop_weight=1), loot(92, item=SWORD, drop_weight=1)
    )

    answer = asked(catalogue(chest)).as_json()

    assert answer["results"] == {"success": 1.0}
    assert answer["drops"][0] == {
        "loot_id": 91,
        "item_id": GEMS,
        "sub_vendor_id": None,
        "probability": 0.5,
        "expected": 0.5,
        "error": 0.0,
    }
    assert answer["items"][0]["quantities"] == {"5": 0.5}


def test_odds_of_two_levels_multiply():
    of = catalogue(
        sampled_vendor(9, loot(91, item=GEMS, drop_weight=3), to_vendor(92, 8, drop_weight=1)),
        sampled_vendor(8, loot(81, item=SWORD, drop_weight=1), loot(82, item=PASS, drop_weight=2)),
    )

    answer = asked(of)

    assert answer.paths == 3
    assert drops(answer) == {
        81: (Fraction(1, 12), Fraction(1, 12)),
        82: (Fraction(1, 6), Fraction(1, 6)),
        91: (Fraction(3, 4), Fraction(3, 4)),
        92: (Fraction(1, 4), Fraction(1, 4)),
    }
    assert items(answer) == {
        GEMS: {1: Fraction(3, 4)},
        SWORD: {1: Fraction(1, 12)},
        PASS: {1: Fraction(1, 6)},
    }


def test_odds_go_into_the_sub_vendors_of_a_recipe():
    of = catalogue(
        vendor(9, loot(91, item=GEMS), to_vendor(92, 8)),
        sampled_vendor(8, loot(81, item=SWORD, drop_weight=1), loot(82, item=PASS, drop_weight=1)),
    )

    assert items(asked(of)) == {
        GEMS: {1: ONE},
        SWORD: {1: Fraction(1, 2)},
        PASS: {1: Fraction(1, 2)},
    }


def test_odds_of_a_player_who_has_as_many_as_may_drop():
    chest = sampled_vendor(
        9, loot(91, item=SWORD, drop_weight=1, stack_limit=2), loot(92, item=GEMS, drop_weight=1)
    )

    assert items(asked(catalogue(chest), [record(1, SWORD, 1)])) == {
        SWORD: {1: Fraction(1, 2)},
        GEMS: {1: Fraction(1, 2)},
    }
    assert items(asked(catalogue(chest), [record(1, SWORD, 2)])) == {GEMS: {1: ONE}}


def test_odds_of_a_player_with_and_without_what_is_required():
    chest = sampled_vendor(
        9,
        loot(91, item=SWORD, drop_weight=3, required_item_id=PASS, required_item_count=2),
        loot(92, item=GEMS, drop_weight=1),
    )

    assert items(asked(catalogue(chest), [record(1, PASS, 1)])) == {GEMS: {1: ONE}}
    assert items(asked(catalogue(chest), [record(1, PASS, 2)])) == {
        SWORD: {1: Fraction(3, 4)},
        GEMS: {1: Fraction(1, 4)},
    }


def test_odds_of_two_draws_are_without_replacement():
    chest = sampled_vendor(
        9,
        loot(91, item=GEMS, drop_weight=1),
        loot(92, item=SWORD, drop_weight=2),
        loot(93, item=PASS, drop_weight=3),
    )

    answer = asked(catalogue(chest), quantity=2)

    assert answer.paths == 6
    assert items(answer) == {
        GEMS: {1: Fraction(5, 12)},
        SWORD: {1: Fraction(11, 15)},
        PASS: {1: Fraction(17, 20)},
    }


def test_odds_of_loot_in_an_order_of_its_own_are_with_replacement():
    chest = sampled_vendor(
        9,
        loot(91, item=GEMS, quantity=5, drop_weight=1, fill_in_new_order=True),
        loot(92, item=SWORD, drop_weight=3),
    )

    answer = asked(catalogue(chest), quantity=2)

    # Gems twice 1/16; gems, then the sword 3/16; the sword, then gems 3/4.
    assert drops(answer) == {
        91: (ONE, Fraction(17, 16)),
        92: (Fraction(15, 16), Fraction(15, 16)),
    }
    assert items(answer) == {
        GEMS: {5: Fraction(15, 16), 10: Fraction(1, 16)},
        SWORD: {1: Fraction(15, 16)},
    }


def test_odds_follow_the_draws_of_an_order_that_dropped():
    of = catalogue(
        sampled_vendor(9, to_vendor(91, 8, drop_weight=1, fill_in_new_order=True)),
        sampled_vendor(8, loot(81, item=GEMS, drop_weight=1), loot(82, item=SWORD, drop_weight=1)),
    )

    answer = asked(of, quantity=2)

    assert answer.paths == 4
    assert items(answer) == {
        GEMS: {1: Fraction(1, 2), 2: Fraction(1, 4)},
        SWORD: {1: Fraction(1, 2), 2: Fraction(1, 4)},
    }
    assert drops(answer)[91] == (ONE, Fraction(2))


def test_odds_count_a_drop_that_could_not_be_filled_as_none():
    chest = sampled_vendor(
        9, loot(91, item=RETIRED, drop_weight=1), loot(92, item=GEMS, drop_weight=3)
    )

    answer = asked(catalogue(chest))

    assert drops(answer) == {92: (Fraction(3, 4), Fraction(3, 4))}
    assert answer.nothing == Fraction(1, 4)
    assert sum(answer.results.values()) == ONE
    assert answer.results[Result.SUCCESS] == Fraction(3, 4)


def test_odds_of_what_is_taken_are_below_zero():
    of = catalogue(
        sampled_vendor(9, to_vendor(91, 8, drop_weight=1), loot(92, item=GEMS, drop_weight=1)),
        vendor(8, loot(81, CONSUME, 2, PASS), loot(82, item=SWORD)),
    )

    assert items(asked(of, [record(1, PASS, 2)])) == {
        GEMS: {1: Fraction(1, 2)},
        PASS: {-2: Fraction(1, 2)},
        SWORD: {1: Fraction(1, 2)},
    }


def test_odds_of_an_empty_vendor_is_nothing():
    answer = asked(catalogue(sampled_vendor(9, loot(91, item=GEMS, drop_weight=0))))

    assert (answer.nothing, answer.drops, answer.items) == (ONE, (), ())
    assert answer.results == {Result.FAILED_TO_FIND_ANY_SUB_LOOT: ONE}


def test_odds_of_a_vendor_that_drops_itself_end():
    chest = sampled_vendor(
        9,
        to_vendor(91, 9, drop_weight=1, fill_in_new_order=True),
        loot(92, item=GEMS, drop_weight=1),
    )

    answer = asked(catalogue(chest))

    # Generation 0 to 9 may cause one more each; the one that could not, fails.
    endless = Fraction(1, 2) ** 11
    assert items(answer) == {GEMS: {1: ONE - endless}}
    assert answer.nothing == endless


@given(
    weights=st.lists(st.integers(1, 20), min_size=1, max_size=4),
    quantity=st.integers(1, 5),
)
def test_odds_agree_with_all_orders_of_drawing(weights, quantity):
    members = [
        loot(90 + n, item=GEMS, quantity=10**n, drop_weight=weight)
        for n, weight in enumerate(weights)
    ]
    expected: dict[int, Fraction] = {}
    for drawn in permutations(range(len(weights)), min(quantity, len(weights))):
        left, probability = sum(weights), ONE
        for n in drawn:
            probability *= Fraction(weights[n], left)
            left -= weights[n]
        gems = sum(10**n for n in drawn)
        expected[gems] = expected.get(gems, Fraction(0)) + probability

    answer = asked(catalogue(sampled_vendor(9, *members)), quantity=quantity)

    assert items(answer) == {GEMS: expected}
    assert sum(answer.results.values()) == ONE


@pytest.fixture
def large():
    """A catalogue with more ways than are walked in the test."""
    return catalogue(
        sampled_vendor(
            9,
            to_vendor(91, 8, drop_weight=2),
            loot(92, item=GEMS, quantity=3, drop_weight=5),
            loot(93, item=CHEST, drop_weight=0),
            loot(94, item=SWORD, drop_weight=1, fill_in_new_order=True),
        ),
        sampled_vendor(8, loot(81, item=PASS, drop_weight=1), loot(82, item=GEMS, drop_weight=7)),
    )


def test_odds_of_very_many_ways_are_sampled(large):
    exact = asked(large, quantity=3)
    sampled = asked(large, quantity=3, max_paths=exact.paths - 1, samples=2_000, effort=10**7)

    assert (exact.exact, sampled.exact, sampled.paths) == (True, False, 2_000)
    assert [each.loot_id for each in sampled.drops] == [each.loot_id for each in exact.drops]
    # All of them at once, and not one in twenty outside: twice the error.
    for drop, truth in zip(sampled.drops, exact.drops, strict=True):
        assert 0 < drop.error < 0.03
        assert abs(drop.probability - truth.probability) <= 2 * drop.error
    for item, truth in zip(sampled.items, exact.items, strict=True):
        assert abs(item.probability - truth.probability) <= 2 * item.error


def test_sampled_odds_are_mostly_within_their_error():
    within = [
        abs(drop.probability - Fraction(1, weight + 1)) <= drop.error
        for weight in range(1, 61)
        for drop in asked(
            catalogue(
                sampled_vendor(
                    9,
                    loot(91, item=GEMS, drop_weight=1),
                    loot(92, item=SWORD, drop_weight=weight),
                )
            ),
            max_paths=1,
            samples=200,
        ).drops
        if drop.loot_id == 91
    ]

    assert sum(within) / len(within) > 0.9


def test_odds_take_no_more_effort_than_they_may(large):
    exact = asked(large, quantity=3, effort=100_000)
    sampled = asked(large, quantity=3, effort=100)
    more = asked(large, quantity=3, max_paths=1, effort=50_000)

    assert (exact.exact, exact.paths) == (True, 22)
    assert (sampled.exact, sampled.paths) == (False, 1)
    assert 1 < more.paths < 50_000 / 2 / 50


def test_odds_of_bundles_in_bundles_count_what_is_tried_and_undone():
    """Each draw asks a hundred bundles of a hundred loot whether they could be filled."""
    bundles = [to_vendor(1_000 + n, 10 + n, drop_weight=1) for n in range(100)]
    contents = [
        vendor(10 + n, *(loot(10_000 + 100 * n + each, item=SWORD) for each in range(100)))
        for n in range(100)
    ]
    of = catalogue(vendor(9, *bundles, type="randomly_sampled"), *contents)

    answer = asked(of)

    assert (answer.exact, answer.cut, dict(answer.results)) == (False, False, {Result.SUCCESS: 1})
    assert 1 <= answer.paths < 10


def test_a_way_that_is_too_dear_is_not_followed_to_its_end():
    again = [to_vendor(90 + n, 9, fill_in_new_order=True) for n in range(3)]

    answer = asked(catalogue(vendor(9, *again)), effort=1_000)

    assert (answer.exact, answer.paths, answer.cut) == (False, 1, True)


def test_odds_of_an_order_that_is_too_large_are_those_of_its_failure(caplog):
    of = catalogue(vendor(9, *(loot(90 + n, item=GEMS) for n in range(100))))

    answer = odds(9, of, Holdings(), now=NOW, rules=replace(RULES, max_work=500))

    assert (answer.exact, dict(answer.results)) == (True, {Result.INTERNAL_ERROR: 1})
    assert "More than 500 of work for one order" in caplog.text


def test_odds_are_sampled_the_same_way_every_time(large):
    first, second = (asked(large, quantity=3, max_paths=1, samples=50) for _ in range(2))

    assert first == second
    assert sum(first.results.values()) == ONE


def test_odds_walk_exactly_as_many_ways_as_they_may(large):
    paths = asked(large, quantity=3).paths

    assert asked(large, quantity=3, max_paths=paths).exact


def test_odds_change_nothing_they_were_given(large):
    of = replace(large)
    held = Holdings([record(1, GEMS, 5)])

    odds(9, of, held, now=NOW, rules=RULES, quantity=2)

    assert list(held) == [record(1, GEMS, 5)]
    assert of == large
