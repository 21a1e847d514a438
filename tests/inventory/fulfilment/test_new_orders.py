"""Loot that is filled by an order of its own (DOMAIN 2.14)."""

from dataclasses import replace

import pytest

from catalog.snapshot import Item
from inventory.fulfilment.orders import Entry, EntryOutcome, NewOrder, Session
from inventory.fulfilment.trace import Step, Told, Trace
from inventory.fulfilment.vocabulary import EntryType, Result, Source
from tests.inventory.fulfilment.examples import (
    CHEST,
    COUNT_MAXIMUM,
    DICE,
    GEMS,
    GOLD,
    ITEMS,
    LATER,
    PASS,
    PLAYER,
    RULES,
    SWORD,
    buy,
    catalogue,
    failure,
    fill,
    fulfilled,
    loot,
    made,
    order,
    price_point,
    record,
    success,
    to_vendor,
    vendor,
)

IN_NEW_ORDER = loot(71, item=SWORD, fill_in_new_order=True)


def recipe(*members, quantity=1, others=()):
    return catalogue(vendor(1, to_vendor(70, 2, quantity)), vendor(2, *members), *others)


def child(nth, loot_id, quantity, **fields):
    entry = fill(loot_id, quantity, **fields)
    return NewOrder(loot_id, str(DICE.order_id(nth)), Source.SYSTEM, (entry,))


def test_recipe_has_loot_filled_by_an_order_of_its_own():
    """It takes what was asked for with it, but no bucket of a player's machine."""
    given = {"custom_data": {"skin": "red"}, "use_inventory_bucket": "epic"}
    of = catalogue(
        vendor(1, to_vendor(70, 2, quantity=3, is_claimable_by_client=True)),
        vendor(2, IN_NEW_ORDER, loot(72, item=GEMS)),
    )
    for source, bucket in ((Source.IN_GAME, "epic"), (Source.CLIENT, None)):
        outcomes, _ = fulfilled(order(fill(70, 2, **given), source=source), of)

        (outcome,) = outcomes
        asked = given | {"use_inventory_bucket": bucket}
        assert outcome.result is Result.SUCCESS
        assert outcome.effects[0] == child(0, 71, 6, **asked)
        assert [effect.loot_id for effect in outcome.effects] == [71, 72]


def test_an_order_of_its_own_is_enough_to_succeed():
    outcomes, records = fulfilled(order(fill(70)), recipe(IN_NEW_ORDER))

    assert outcomes == (EntryOutcome(Result.SUCCESS, (child(0, 71, 1),)),)
    assert records == []


def test_the_loot_that_an_entry_names_is_filled_by_its_own_order():
    of = catalogue(vendor(1, IN_NEW_ORDER))

    outcomes, _ = fulfilled(order(fill(71)), of)

    assert outcomes == (success((71, None, made(0, SWORD, 1))),)


def test_an_order_of_its_own_may_be_as_large_as_a_count():
    outcomes, _ = fulfilled(order(fill(70, COUNT_MAXIMUM)), recipe(IN_NEW_ORDER))

    assert outcomes == (EntryOutcome(Result.SUCCESS, (child(0, 71, COUNT_MAXIMUM),)),)


def test_an_order_of_its_own_is_told():
    trace = Trace()

    fulfilled(order(fill(70)), recipe(IN_NEW_ORDER), trace=trace)

    told = [step for step in trace.entries[0] if step.told is Told.SUBMIT]
    assert told == [Step(Told.SUBMIT, (str(DICE.order_id(0)),), loot_id=71, depth=1)]


@pytest.mark.parametrize(
    ("limit", "generation", "quantity"),
    [({"max_child_orders": 0}, 0, 1), ({"max_generations": 3}, 3, 1), ({}, 0, COUNT_MAXIMUM + 1)],
)
def test_an_order_that_cannot_be_placed_fails_the_whole_entry(limit, generation, quantity):
    """Also where it is a sub-vendor's, which would be left out for any other failure."""
    of = recipe(to_vendor(72, 3), loot(73, item=GEMS), others=[vendor(3, IN_NEW_ORDER)])

    placed = order(fill(70, quantity), generation=generation)
    outcomes, records = fulfilled(placed, of, rules=replace(RULES, **limit))

    assert outcomes == (failure(Result.FAILED_TO_SUBMIT_NEW_ORDER),)
    assert records == []


# What another order could not fill as this one does is filled here and now


def test_below_an_entitlement_all_is_filled_at_once():
    """A new order would not know the entitlement whose expiry is inherited."""
    daily = {"inventory_selector_type": "inherit_entitlement_inventory", "fill_in_new_order": True}
    of = catalogue(
        vendor(1, to_vendor(70, 2)),
        vendor(2, loot(71, item=SWORD, **daily)),
        items=ITEMS | {PASS: replace(ITEMS[PASS], type="entitlement", entitled_loot_id=70)},
    )
    entry = Entry(EntryType.FILL_ENTITLED_LOOT, 1, loot_id=70)

    outcomes, _ = fulfilled(
        order(entry), of, [record(1, PASS, 1, expires=LATER)], session=Session(PLAYER)
    )

    sword = made(0, SWORD, 1, type="transient", session_id=PLAYER, expires=LATER)
    assert outcomes == (success((71, None, sword)),)


def test_parts_that_are_owned_are_not_ordered_with_the_others():
    """A new order would not know which parts the price was reduced for."""
    of = catalogue(
        vendor(1, to_vendor(70, 2, item=CHEST, current_price_point_id="p")),
        vendor(2, to_vendor(71, 3, fill_in_new_order=True), loot(74, item=PASS)),
        vendor(3, loot(72, item=SWORD), loot(73, item=GOLD)),
        items=ITEMS | {CHEST: Item(CHEST, "recipe_with_price_reduction")},
        price_points=[price_point("p", (1, {GEMS: 30}))],
    )
    gems, sword = record(1, GEMS, 10), record(2, SWORD, 1)

    outcomes, records = fulfilled(order(buy(70, {GEMS: 20})), of, [gems.with_count(20), sword])

    paid = gems.with_count(0)
    assert outcomes == (
        success(
            (70, gems.with_count(20), paid),
            (73, None, made(1, GOLD, 1)),
            (74, None, made(2, PASS, 1)),
        ),
    )
    assert records == [paid, sword, made(1, GOLD, 1), made(2, PASS, 1)]
