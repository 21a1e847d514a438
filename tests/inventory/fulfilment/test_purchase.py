"""Loot for a price: the purchase as a whole (DOMAIN 2.13 C)."""

from dataclasses import replace

import pytest

from catalog.snapshot import Item
from inventory.fulfilment.trace import Step, Told, Trace
from inventory.fulfilment.vocabulary import Result, Source
from tests.inventory.fulfilment.examples import (
    AT_LEAST,
    BASIC,
    CONSUME,
    GEMS,
    ITEMS,
    PASS,
    RULES,
    SUBTRACT,
    SWORD,
    buy,
    catalogue,
    failure,
    fulfilled,
    loot,
    made,
    order,
    planned,
    price_point,
    record,
    success,
    to_vendor,
    vendor,
)

GEM = record(1, GEMS, 10)
BUNDLE = 21
POINT = price_point("p", (1, {GEMS: 4}))


def shop(*members, sold=None, **fields):
    """Loot 70 gives vendor 2 with these members, for 4 gems."""
    sold = sold or to_vendor(70, 2, current_price_point_id="p", **fields)
    return catalogue(vendor(1, sold), vendor(2, *members), price_points=[POINT])


def test_a_purchase_spends_and_then_fills_with_the_quantity():
    of = shop(loot(71, item=SWORD, quantity=3))

    (outcome,), records = fulfilled(order(buy(70, {GEMS: 4}, 2)), of, [GEM])

    assert outcome == success((70, GEM, GEM.with_count(2)), (71, None, made(1, SWORD, 6)))
    assert records == [GEM.with_count(2), made(1, SWORD, 6)]


def test_a_client_may_buy_what_it_may_not_claim():
    placed = order(buy(70, {GEMS: 4}), source=Source.CLIENT)

    (outcome,), _ = fulfilled(placed, shop(loot(71, item=SWORD)), [GEM])

    assert outcome == success((70, GEM, GEM.with_count(6)), (71, None, made(1, SWORD, 1)))


@pytest.mark.parametrize(
    ("member", "result"),
    [
        (loot(71, AT_LEAST, item=PASS), Result.CANNOT_MEET_LOOT_REQUIRED),
        (loot(71, CONSUME, item=BASIC), Result.FAILED_TO_CONSUME_LOOT_REQUIRED),
        (loot(71, SUBTRACT, item=PASS), Result.FAILED_TO_FILL_ANY_SUB_LOOT),
        (loot(71, item=SWORD, active=False), Result.FAILED_TO_FIND_ANY_SUB_LOOT),
    ],
)
def test_nothing_is_spent_where_the_fill_fails(member, result):
    answer = fulfilled(order(buy(70, {GEMS: 4})), shop(member), [GEM])

    assert answer == ((failure(result),), [GEM])


def test_a_fill_may_take_what_the_price_left():
    """Spent first: what the loot takes is over and above the price."""
    of = shop(loot(71, CONSUME, item=GEMS, quantity=6), loot(72, item=SWORD))
    nine = GEM.with_count(9)

    (outcome,), _ = fulfilled(order(buy(70, {GEMS: 4})), of, [GEM])
    too_few = fulfilled(order(buy(70, {GEMS: 4})), of, [nine])

    assert outcome == success(
        (70, GEM, GEM.with_count(6)),
        (71, GEM.with_count(6), GEM.with_count(0)),
        (72, None, made(2, SWORD, 1)),
    )
    assert too_few == ((failure(Result.CANNOT_MEET_LOOT_REQUIRED),), [nine])


def test_of_a_failing_fill_and_a_failing_payment_the_fill_is_the_answer():
    free = price_point("p", (1, {GEMS: 4, BASIC: 1}))
    entry = buy(70, {GEMS: 4, BASIC: 1})

    def answer(member):
        of = catalogue(
            vendor(1, to_vendor(70, 2, current_price_point_id="p")),
            vendor(2, member),
            price_points=[free],
        )
        return fulfilled(order(entry), of, [GEM])

    # The dry run sees the ten gems: those that were spent first are back.
    assert answer(loot(71, CONSUME, 10, item=GEMS)) == (
        (failure(Result.FAILED_TO_SPEND_PRICE),),
        [GEM],
    )
    assert answer(loot(71, CONSUME, 11, item=GEMS)) == (
        (failure(Result.CANNOT_MEET_LOOT_REQUIRED),),
        [GEM],
    )


def test_a_dynamic_bundle_is_not_sold_as_plain_loot():
    """It would give the whole pool for the price of a selection."""
    sold = to_vendor(70, 2, item=BUNDLE, current_price_point_id="p")
    of = replace(
        shop(loot(71, item=SWORD), sold=sold),
        items=ITEMS | {BUNDLE: Item(BUNDLE, "dynamic_bundle")},
    )

    answer = fulfilled(
        order(buy(70, {GEMS: 4})), of, [GEM], rules=replace(RULES, dynamic_bundles=True)
    )

    assert answer == ((failure(Result.DYNAMIC_BUNDLE_INVALID),), [GEM])


def test_two_purchases_of_one_order_share_the_purse():
    entries = [buy(70, {GEMS: 4})] * 3

    outcomes, _ = fulfilled(order(*entries), shop(loot(71, item=SWORD)), [GEM])

    assert [outcome.result for outcome in outcomes] == [
        Result.SUCCESS,
        Result.SUCCESS,
        Result.CANNOT_AFFORD_PRICE,
    ]


def test_a_purchase_tells_what_it_cost_and_what_was_spent():
    trace = Trace()

    planned(order(buy(70, {GEMS: 4}, 2)), shop(loot(71, item=SWORD)), [GEM], trace=trace)

    (steps,) = trace.entries
    assert [step for step in steps if step.told in {Told.PRICE, Told.SPEND}] == [
        Step(Told.PRICE, (1, ((GEMS, 4),)), 70),
        Step(Told.SPEND, (GEMS, 8), 70),
    ]
    checks = [step.values for step in steps if step.told is Told.CHECK]
    assert checks[checks.index((Result.PRICE_NOT_ALLOWED, True)) :][:6] == [
        (Result.PRICE_NOT_ALLOWED, True),
        (Result.PRICE_NOT_ALLOWED, True),
        (Result.PRICE_ITEM_NOT_FOUND, True),
        (Result.QUANTITY_NOT_ALLOWED, True),
        (Result.LOOT_NOT_FOR_SALE_WITH_PRICE_ITEM, True),
        (Result.PRICE_DOES_NOT_MATCH, True),
    ]
