"""The prices of DOMAIN 2.11."""

from collections import Counter
from dataclasses import replace
from decimal import Decimal

import pytest

from catalog.snapshot import Item
from inventory.fulfilment.orders import Currency, Entry, PurchasePrice
from inventory.fulfilment.trace import Step, Told, Trace
from inventory.fulfilment.vocabulary import EntryType, Result
from tests.inventory.fulfilment.examples import (
    AT_LEAST,
    BASIC,
    COUNT_MAXIMUM,
    GEMS,
    GOLD,
    ITEMS,
    LATER,
    LESS_THAN,
    PASS,
    RULES,
    SET,
    SWORD,
    breakpoints,
    buy,
    catalogue,
    fulfilled,
    loot,
    order,
    planned,
    price_point,
    record,
    to_vendor,
    vendor,
)

COUPON, BUNDLE, HAT, CAPE, BOOTS = 20, 21, 22, 23, 24
WEALTH = [record(1, GEMS, COUNT_MAXIMUM), record(2, GOLD, COUNT_MAXIMUM), record(3, COUPON, 9)]
STEPS = [(10, {GEMS: 8}), (5, {GEMS: 10}), (20, {GEMS: 6})]
UNSOLD = Result.QUANTITY_NOT_ALLOWED
MISMATCH = Result.PRICE_DOES_NOT_MATCH


def bought(entry, of, records=WEALTH, *, rules=RULES):
    """The result, and what the entry took of each item."""
    (outcome,), _ = fulfilled(order(entry), of, records, rules=rules)
    taken = Counter()
    for change in outcome.changes:
        before, after = change.before, change.after
        if before is not None and before.count > after.count:
            taken[after.item_id] += before.count - after.count
    return outcome.result, dict(taken)


def swords(*steps, items=ITEMS, point=None, **flags):
    """Loot 70 is for sale at these prices."""
    point = point or price_point("p", *steps, **flags)
    sword = loot(70, item=SWORD, current_price_point_id="p")
    return catalogue(vendor(1, sword), items=items, price_points=[point])


@pytest.mark.parametrize(
    ("flags", "quantity", "unit_price"),
    [
        ({}, 4, None),
        ({}, 5, 10),
        ({}, 9, 10),
        ({}, 10, 8),
        ({}, 19, 8),
        ({}, 20, 6),
        ({}, 1_000, 6),
        ({"strict_flag": True}, 4, None),
        ({"strict_flag": True}, 5, 10),
        ({"strict_flag": True}, 6, None),
        ({"strict_flag": True}, 10, 8),
        ({"strict_flag": True}, 20, 6),
        ({"strict_flag": True}, 21, None),
        ({"cap_flag": True}, 4, None),
        ({"cap_flag": True}, 9, 10),
        ({"cap_flag": True}, 20, 6),
        ({"cap_flag": True}, 21, None),
        ({"strict_flag": True, "cap_flag": True}, 20, 6),
        ({"strict_flag": True, "cap_flag": True}, 19, None),
        ({"strict_flag": True, "cap_flag": True}, 21, None),
    ],
)
def test_the_highest_breakpoint_that_is_reached_decides(flags, quantity, unit_price):
    of = swords(*STEPS, **flags)
    expected = {price: (MISMATCH, {}) if unit_price else (UNSOLD, {}) for price in (6, 8, 10)}
    if unit_price:
        expected[unit_price] = Result.SUCCESS, {GEMS: unit_price * quantity}

    assert {price: bought(buy(70, {GEMS: price}, quantity), of) for price in (6, 8, 10)} == expected


@pytest.mark.parametrize("flags", [{}, {"strict_flag": True}, {"cap_flag": True}])
def test_a_price_point_without_breakpoints_sells_no_quantity(flags):
    assert bought(buy(70, {GEMS: 1}), swords(**flags)) == (UNSOLD, {})


@pytest.mark.parametrize(
    ("quantity", "prices", "answer"),
    [
        (1, {GEMS: 10}, (Result.SUCCESS, {GEMS: 10})),
        (2, {GEMS: 10}, (Result.SUCCESS, {GEMS: 20})),
        (2, {GOLD: 3}, (Result.SUCCESS, {GOLD: 6})),
        (2, {GEMS: 4, GOLD: 1}, (Result.SUCCESS, {GEMS: 8, GOLD: 2})),
        (2, {GOLD: 1, GEMS: 4}, (Result.SUCCESS, {GEMS: 8, GOLD: 2})),
        (1, {GEMS: 4}, (MISMATCH, {})),
        (1, {GEMS: 10, GOLD: 3}, (MISMATCH, {})),
        (1, {GOLD: 4}, (MISMATCH, {})),
        (1, {GOLD: 2}, (MISMATCH, {})),
        (1, {PASS: 10}, (Result.LOOT_NOT_FOR_SALE_WITH_PRICE_ITEM, {})),
        (1, {GEMS: 4, GOLD: 1, PASS: 0}, (Result.LOOT_NOT_FOR_SALE_WITH_PRICE_ITEM, {})),
        (5, {GEMS: 9}, (Result.SUCCESS, {GEMS: 45})),
        # Gold is taken for less than five, only.
        (5, {GOLD: 3}, (Result.LOOT_NOT_FOR_SALE_WITH_PRICE_ITEM, {})),
    ],
)
def test_the_buyers_currencies_choose_among_the_breakpoints_of_a_quantity(quantity, prices, answer):
    of = swords((1, {GEMS: 10}), (1, {GOLD: 3}), (1, {GEMS: 4, GOLD: 1}), (5, {GEMS: 9}))

    assert bought(buy(70, prices, quantity), of) == answer


@pytest.mark.parametrize(
    ("price", "answer"),
    [
        (PurchasePrice(price_item_id=GEMS, price=10), (Result.SUCCESS, {GEMS: 10})),
        (PurchasePrice((Currency(GOLD, 3),), GEMS, 10), (Result.SUCCESS, {GOLD: 3})),
        (PurchasePrice((Currency(GOLD, 4),), GEMS, 10), (MISMATCH, {})),
        (PurchasePrice(price_item_id=GEMS), (Result.PRICE_NOT_ALLOWED, {})),
        (PurchasePrice(price=10), (Result.PRICE_NOT_ALLOWED, {})),
    ],
)
def test_currencies_win_over_the_legacy_pair(price, answer):
    entry = Entry(EntryType.PURCHASE_LOOT, 1, loot_id=70, purchase_price=price)

    assert bought(entry, swords((1, {GEMS: 10}), (1, {GOLD: 3}))) == answer


def test_a_price_is_for_the_whole_quantity_where_the_rules_say_so():
    rules = replace(RULES, price_is_per_unit=False)
    entry = buy(70, {GEMS: 8, GOLD: 1}, 12)

    answer = bought(entry, swords((10, {GEMS: 8, GOLD: 1})), rules=rules)

    assert answer == (Result.SUCCESS, {GEMS: 8, GOLD: 1})


def test_pre_sale_prices_are_never_charged():
    point = price_point("p", (1, {GEMS: 10}), pre_sale_breakpoints=breakpoints((1, {GEMS: 20})))
    of = swords(point=point)

    assert bought(buy(70, {GEMS: 20}), of) == (MISMATCH, {})
    assert bought(buy(70, {GEMS: 10}), of) == (Result.SUCCESS, {GEMS: 10})


def test_loot_with_only_a_pre_sale_price_point_is_not_for_sale():
    of = catalogue(
        vendor(1, loot(70, item=SWORD, pre_sale_price_point_id="p")),
        price_points=[price_point("p", (1, {GEMS: 10}))],
    )

    assert bought(buy(70, {GEMS: 10}), of) == (Result.PRICE_NOT_ALLOWED, {})


def coupons(percentage, **fields):
    coupon = {
        "coupon_discount_percentage": Decimal(percentage),
        "coupon_discount_currency_item_id": GEMS,
        "coupon_discount_loot": frozenset({70}),
        "coupon_consume_on_use": True,
    }
    return ITEMS | {COUPON: Item(COUPON, "unit", **coupon | fields)}


@pytest.mark.parametrize(
    ("percentage", "listed", "discounted"),
    [
        ("0.25", 10, 8),
        ("0.1", 10, 9),
        ("0.9", 10, 1),
        ("0.91", 10, 1),
        ("0.5", 1, 1),
        ("1", 10, 0),
        ("0.0001", 10_000, 9_999),
        ("0.0001", 9_999, 9_999),
        # Floating point makes 42 of these 41, and loses the last digits of the next.
        ("0.59", 100, 41),
        ("0.0001", COUNT_MAXIMUM, 9222449699651090330),
        ("0.5", COUNT_MAXIMUM, 2**62),
    ],
)
def test_a_coupon_lowers_the_unit_price_and_rounds_up(percentage, listed, discounted):
    of = swords((1, {GEMS: listed}), items=coupons(percentage))
    spent = {GEMS: discounted} if discounted else {}

    assert bought(buy(70, {GEMS: discounted}, coupon=COUPON), of) == (
        Result.SUCCESS,
        {COUPON: 1} | spent,
    )
    for other in (discounted - 1, discounted + 1):
        answer = bought(buy(70, {GEMS: other}, coupon=COUPON), of)
        assert answer == (Result.PRICE_NOT_ALLOWED if other < 0 else MISMATCH, {})


def test_a_coupon_lowers_the_price_of_its_own_currency_only():
    of = swords((1, {GEMS: 10, GOLD: 10}), items=coupons("0.5"))

    answer = bought(buy(70, {GOLD: 10, GEMS: 5}, coupon=COUPON), of)

    assert answer == (Result.SUCCESS, {COUPON: 1, GEMS: 5, GOLD: 10})


def test_a_coupon_that_is_not_consumed_is_good_for_every_unit():
    of = swords((1, {GEMS: 5}), items=coupons("0.5", coupon_consume_on_use=False))

    assert bought(buy(70, {GEMS: 3}, 4, coupon=COUPON), of) == (Result.SUCCESS, {GEMS: 12})


def test_a_coupon_may_come_with_the_legacy_pair():
    sent = PurchasePrice(price_item_id=GEMS, price=5, price_coupon_item_id=COUPON)
    entry = Entry(EntryType.PURCHASE_LOOT, 1, loot_id=70, purchase_price=sent)

    answer = bought(entry, swords((1, {GEMS: 10}), items=coupons("0.5")))

    assert answer == (Result.SUCCESS, {COUPON: 1, GEMS: 5})


# --- Recipes with price reduction -----------------------------------------------------------------


def outfit(*parts, vendors=(), points=(), price=None, percentage="0"):
    """Loot 90 is an outfit of vendor 9, for 100 gems or for 10 gold."""
    steps = [(1, price)] if price else [(1, {GEMS: 100}), (1, {GOLD: 10})]
    items = {id_: Item(id_, "unit") for id_ in (HAT, CAPE, BOOTS)}
    items |= coupons(percentage, coupon_discount_loot=frozenset({90}))
    items[BUNDLE] = Item(BUNDLE, "recipe_with_price_reduction")
    return catalogue(
        vendor(8, to_vendor(90, 9, item=BUNDLE, current_price_point_id="bundle")),
        vendor(9, *parts),
        *vendors,
        items=items,
        price_points=[price_point("bundle", *steps), *points],
    )


PRICED = [
    loot(91, item=HAT, current_price_point_id="hat"),
    loot(92, item=CAPE, current_price_point_id="cape"),
    loot(93, item=BOOTS, current_price_point_id="boots"),
]
POINTS = [
    price_point("hat", (1, {GEMS: 20})),
    # What counts is the price of one, in the same currency.
    price_point("cape", (5, {GEMS: 1}), (1, {GOLD: 50}), (1, {GEMS: 30})),
    price_point("boots", (1, {GEMS: 70})),
]
OWN_HAT, OWN_CAPE, OWN_BOOTS = record(11, HAT, 1), record(12, CAPE, 2), record(13, BOOTS, 1)


@pytest.mark.parametrize(
    ("owned", "currency", "price"),
    [
        ([], GEMS, 100),
        # 100 * (1 - 20/120) = 83.3…
        ([OWN_HAT], GEMS, 84),
        ([OWN_CAPE], GEMS, 75),
        ([OWN_BOOTS], GEMS, 42),
        ([OWN_HAT, OWN_CAPE], GEMS, 59),
        ([OWN_HAT, OWN_BOOTS], GEMS, 25),
        # Only the cape has a price in gold, so that each part weighs a third.
        ([OWN_HAT], GOLD, 7),
        ([OWN_CAPE, OWN_HAT], GOLD, 4),
        # Rented or used up is not owned.
        ([replace(OWN_HAT, expires=LATER)], GEMS, 100),
        ([OWN_HAT.with_count(0)], GEMS, 100),
    ],
)
def test_a_bundle_costs_less_for_who_owns_a_part_of_it(owned, currency, price):
    of = outfit(*PRICED, points=POINTS)
    records = [*WEALTH, *owned]

    assert bought(buy(90, {currency: price}), of, records) == (Result.SUCCESS, {currency: price})
    for other in (price - 1, price + 1):
        assert bought(buy(90, {currency: other}), of, records) == (MISMATCH, {})


def test_each_currency_of_a_bundle_is_reduced_by_itself():
    of = outfit(*PRICED, points=POINTS, price={GEMS: 100, GOLD: 10})

    answer = bought(buy(90, {GEMS: 84, GOLD: 7}), of, [*WEALTH, OWN_HAT])

    assert answer == (Result.SUCCESS, {GEMS: 84, GOLD: 7})


def test_the_parts_that_are_owned_are_not_given_again():
    of = outfit(*PRICED, points=POINTS)

    result = planned(order(buy(90, {GEMS: 75})), of, [*WEALTH, OWN_CAPE])

    assert {each.item_id: each.count for each in result.holdings} == {
        GEMS: COUNT_MAXIMUM - 75,
        GOLD: COUNT_MAXIMUM,
        COUPON: 9,
        HAT: 1,
        CAPE: 2,
        BOOTS: 1,
    }


def test_who_owns_all_of_a_bundle_cannot_buy_it():
    of = outfit(*PRICED, points=POINTS)
    records = [*WEALTH, OWN_HAT, OWN_CAPE, OWN_BOOTS]

    nothing_left = Result.FAILED_TO_FILL_ANY_SUB_LOOT, {}
    assert bought(buy(90, {GEMS: 0}), of, records) == nothing_left
    assert bought(buy(90, {GEMS: 100}), of, records) == (MISMATCH, {})


def test_a_bundle_is_sold_one_by_one():
    assert bought(buy(90, {GEMS: 100}, 2), outfit(*PRICED)) == (UNSOLD, {})


def test_the_coupon_comes_after_the_reduction():
    of = outfit(*PRICED, points=POINTS, percentage="0.1")

    # ceil(84 * 0.9) = 76; the other way round it were ceil(90 * 5/6) = 75.
    answer = bought(buy(90, {GEMS: 76}, coupon=COUPON), of, [*WEALTH, OWN_HAT])

    assert answer == (Result.SUCCESS, {COUPON: 1, GEMS: 76})


def test_each_step_to_the_price_is_told():
    of = outfit(*PRICED, points=POINTS, percentage="0.1")
    trace = Trace()

    planned(order(buy(90, {GEMS: 76}, coupon=COUPON)), of, [*WEALTH, OWN_HAT], trace=trace)

    (steps,) = trace.entries
    assert [step for step in steps if step.told in {Told.PRICE, Told.REDUCE, Told.COUPON}] == [
        Step(Told.PRICE, (1, ((GEMS, 100),)), 90),
        Step(Told.REDUCE, (1, 3), 90),
        Step(Told.COUPON, (COUPON, ((GEMS, 76),)), 90),
    ]


def test_parts_are_what_a_bundle_gives_however_deep_and_each_is_one_part():
    of = outfit(
        loot(91, item=HAT),
        to_vendor(94, 10, sort_order=1),
        to_vendor(95, 10, sort_order=2),
        vendors=[vendor(10, loot(92, SET, item=CAPE), loot(93, item=BOOTS))],
    )
    trace = Trace()

    planned(order(buy(90, {GEMS: 67})), of, [*WEALTH, OWN_BOOTS], trace=trace)

    assert Step(Told.REDUCE, (1, 3), 90) in trace.entries[0]
    assert bought(buy(90, {GEMS: 67}), of, [*WEALTH, OWN_BOOTS])[0] is Result.SUCCESS
    assert bought(buy(90, {GEMS: 34}), of, [*WEALTH, OWN_BOOTS, OWN_HAT])[0] is Result.SUCCESS


def test_the_checks_of_a_bundle_are_not_for_sale_alone():
    of = outfit(loot(91, AT_LEAST, item=GEMS), loot(92, item=CAPE))

    answer = bought(buy(90, {GEMS: 0}), of, [*WEALTH, OWN_CAPE])

    assert answer == (Result.FAILED_TO_FILL_ANY_SUB_LOOT, {})


@pytest.mark.parametrize(
    "other",
    [
        loot(92, AT_LEAST, item=CAPE),
        loot(92, "subtract", item=CAPE),
        loot(92, item=CAPE, active=False),
        loot(92, item=CAPE, effective_from=LATER),
        to_vendor(92, 10),
        to_vendor(92, 99),
    ],
)
def test_what_gives_nothing_is_no_part(other):
    of = outfit(
        loot(91, item=HAT),
        loot(93, item=BOOTS),
        other,
        vendors=[vendor(10, loot(94, item=CAPE), active=False)],
    )

    assert bought(buy(90, {GEMS: 100}), of, [*WEALTH, OWN_CAPE])[0] is Result.SUCCESS
    assert bought(buy(90, {GEMS: 50}), of, [*WEALTH, OWN_CAPE, OWN_HAT])[0] is Result.SUCCESS


def test_a_check_in_a_bundle_is_made_though_its_item_is_owned():
    of = outfit(loot(91, item=HAT), loot(92, LESS_THAN, item=CAPE), loot(93, item=BOOTS))

    answer = bought(buy(90, {GEMS: 50}), of, [*WEALTH, OWN_CAPE, OWN_HAT])

    assert answer == (Result.CANNOT_MEET_LOOT_BLOCKER, {})


def test_what_is_always_owned_is_a_part_that_is_owned():
    of = outfit(loot(91, item=BASIC), loot(93, item=BOOTS))

    assert bought(buy(90, {GEMS: 50}), of) == (Result.SUCCESS, {GEMS: 50})


def test_a_bundle_without_a_vendor_costs_all_of_its_price_and_is_not_delivered():
    of = outfit(loot(91, item=HAT))
    of = replace(of, loot=of.loot | {90: replace(of.loot[90], sub_vendor_id=99)})

    assert bought(buy(90, {GEMS: 99}), of) == (MISMATCH, {})
    assert bought(buy(90, {GEMS: 100}), of) == (Result.FAILED_TO_FIND_ANY_SUB_LOOT, {})
