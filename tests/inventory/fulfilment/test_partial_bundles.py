"""Which bundles may drop: what a rehearsal of their vendor says (DOMAIN 2.14)."""

from dataclasses import replace

import pytest

from inventory.fulfilment.vocabulary import Result
from tests.inventory.fulfilment.examples import (
    AT_LEAST,
    GEMS,
    LESS_THAN,
    PASS,
    RANDOM,
    RULES,
    SUBTRACT,
    SWORD,
    First,
    chest,
    failure,
    fill,
    fulfilled,
    loot,
    order,
    planned,
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


# Bundles: loot 71 leads to vendor 3


def bundle(*members, partial=True, **fields):
    return chest(
        to_vendor(71, 3, allow_partial_bundles=partial),
        others=[vendor(3, *members, **fields), vendor(4), GATED],
    )


GATED = vendor(5, loot(91, AT_LEAST, item=PASS), loot(92, item=SWORD))
GIVES, GIVES_TOO = loot(81, item=GEMS, drop_weight=1), loot(82, item=SWORD, drop_weight=1)
TAKES = loot(83, SUBTRACT, item=PASS, drop_weight=1)
CHECKS = loot(84, LESS_THAN, item=PASS, drop_weight=1)
REQUIRES = loot(85, AT_LEAST, item=PASS, drop_weight=1)
NEEDS = loot(86, item=GEMS, required_item_id=PASS, drop_weight=1)
INACTIVE = loot(87, item=GEMS, active=False, drop_weight=1)


@pytest.mark.parametrize(
    ("members", "partial", "whole"),
    [
        ([GIVES, GIVES_TOO], [81, 82], [81, 82]),
        ([GIVES, TAKES], [81], None),
        ([CHECKS, GIVES], [81], [81]),
        ([GIVES, INACTIVE], [81], [81]),
        ([GIVES, to_vendor(88, 5)], [81], None),
        ([GIVES, to_vendor(88, 4)], [81], None),
        ([to_vendor(88, 5)], None, None),
        ([REQUIRES, GIVES], None, None),
        ([TAKES], None, None),
        ([INACTIVE], None, None),
        ([], None, None),
    ],
)
def test_recipe_drops_if_something_of_it_can_be_given_or_all(members, partial, whole):
    for allows, loot_ids in ((True, partial), (False, whole)):
        outcome = dropped(bundle(*members, partial=allows))

        found = (Result.SUCCESS, loot_ids)
        assert outcome == (found if loot_ids else (Result.FAILED_TO_FIND_ANY_SUB_LOOT, []))


@pytest.mark.parametrize(
    ("members", "partial", "whole"),
    [
        ([GIVES, GIVES_TOO], [81], [81]),
        ([GIVES, NEEDS], [81], None),
        ([GIVES, replace(GIVES_TOO, drop_weight=0)], [81], [81]),
        ([GIVES, INACTIVE], [81], [81]),
        ([NEEDS], None, None),
        ([replace(GIVES, drop_weight=0)], None, None),
    ],
)
def test_random_vendor_drops_if_something_of_it_can_drop_or_all(members, partial, whole):
    for allows, loot_ids in ((True, partial), (False, whole)):
        dice = First()
        outcome = dropped(bundle(*members, partial=allows, type=RANDOM), dice=dice)

        found = (Result.SUCCESS, loot_ids)
        assert outcome == (found if loot_ids else (Result.FAILED_TO_FIND_ANY_SUB_LOOT, []))
        assert len(dice.weights) == (2 if loot_ids else 0)


def test_a_bundle_in_a_bundle_is_asked_for_as_a_whole_where_it_must_be():
    inner = to_vendor(88, 6, allow_partial_bundles=False)
    others = [vendor(3, GIVES, inner), vendor(6, loot(93, item=GEMS), to_vendor(94, 5)), GATED]

    for partial, loot_ids in ((True, [81, 93]), (False, None)):
        of = chest(to_vendor(71, 3, allow_partial_bundles=partial), others=others)
        found = (Result.SUCCESS, loot_ids)
        assert dropped(of) == (found if loot_ids else (Result.FAILED_TO_FIND_ANY_SUB_LOOT, []))


def test_nothing_of_a_rehearsal_stays():
    """What is not drawn leaves no record, no drop and no order behind."""
    in_new_order = loot(83, item=PASS, fill_in_new_order=True)
    of = chest(
        loot(71, item=GEMS),
        to_vendor(72, 3),
        others=[
            vendor(3, loot(81, item=SWORD), to_vendor(82, 4), in_new_order),
            vendor(4, loot(91, item=SWORD, drop_weight=1), type=RANDOM),
        ],
    )

    result = planned(order(fill(70)), of, dice=First())

    assert [effect.loot_id for effect in result.entries[0].effects] == [71]
    assert [each.item_id for each in result.holdings] == [GEMS]


def test_a_bundle_with_an_order_that_cannot_be_placed_is_drawn_and_fails_the_entry():
    """Were it passed over, what else there is would drop more often at the last generation."""
    of = bundle(GIVES, loot(83, item=PASS, fill_in_new_order=True))

    placed = order(fill(70), generation=RULES.max_generations)
    outcomes, records = fulfilled(placed, of, dice=First())

    assert outcomes == (failure(Result.FAILED_TO_SUBMIT_NEW_ORDER),)
    assert records == []
