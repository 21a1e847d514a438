"""Which records a purchase spends, and in which order (DOMAIN 2.11)."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from catalog.snapshot import BucketUseRuleSet, Item
from inventory.fulfilment.vocabulary import Result
from tests.inventory.fulfilment.examples import (
    BASIC,
    EARLIER,
    GEMS,
    GOLD,
    ITEMS,
    LATER,
    NOW,
    PASS,
    SWORD,
    buy,
    catalogue,
    failure,
    fulfilled,
    loot,
    made,
    order,
    price_point,
    record,
    success,
    vendor,
)

COUPON = 20
RULE_SET = BucketUseRuleSet("r", {"steam": ("steam", "free", "none"), "none": ("none",)})
ITEMS_WITH_COUPON = ITEMS | {
    COUPON: Item(
        COUPON,
        "unit",
        coupon_discount_percentage=Decimal("0.5"),
        coupon_discount_currency_item_id=GEMS,
        coupon_discount_loot=frozenset({70}),
        coupon_consume_on_use=True,
    )
}
STEAM = 5


def shop(prices, *, items=ITEMS_WITH_COUPON):
    """Loot 70, a sword, for these prices."""
    return catalogue(
        vendor(1, loot(70, item=SWORD, current_price_point_id="p")),
        items=items,
        price_points=[price_point("p", (1, prices))],
        rule_sets=[RULE_SET],
    )


def in_buckets(*item_ids):
    """The items, of which those named here count by the rule set."""
    rules = {"inventory_bucket_use_rule_set_id": "r"}
    items = ITEMS_WITH_COUPON
    return items | {item_id: replace(items[item_id], **rules) for item_id in item_ids}


def spent(*changes, bucket="none"):
    """What a purchase becomes that leads to these changes of records and then gives a sword."""
    new = made(len(changes), SWORD, 1, bucket=bucket)
    return success(*((70, *change) for change in changes), (70, None, new))


def test_every_record_that_is_touched_is_a_change_for_the_purchased_loot():
    first, second, third = (record(n, GEMS, 3) for n in (1, 2, 3))

    (outcome,), records = fulfilled(
        order(buy(70, {GEMS: 5})), shop({GEMS: 5}), [third, first, second]
    )

    assert outcome == spent((first, first.with_count(0)), (second, second.with_count(1)))
    assert records == [
        first.with_count(0),
        second.with_count(1),
        third,
        made(2, SWORD, 1),
    ]


@pytest.mark.parametrize(
    ("kept", "used_first"),
    [
        (record(1, GEMS, 1), record(2, GEMS, 1, expires=LATER)),
        (record(1, GEMS, 1, expires=LATER), record(2, GEMS, 1, expires=NOW)),
        (record(2, GEMS, 1, expires=LATER), record(1, GEMS, 1, expires=LATER)),
        (record(2, GEMS, 1), record(1, GEMS, 1)),
        # Of the same age, by id.
        (record(2, GEMS, 1, acquired=EARLIER), record(1, GEMS, 1, acquired=EARLIER)),
        # Without a rule set the buckets are all the same.
        (record(2, GEMS, 1, bucket="none"), record(1, GEMS, 1, bucket="steam")),
        (record(2, GEMS, 1, bucket="steam"), record(1, GEMS, 1, bucket="none")),
    ],
)
def test_what_expires_soonest_goes_first_and_then_the_oldest(kept, used_first):
    for records in ([kept, used_first], [used_first, kept]):
        (outcome,), _ = fulfilled(order(buy(70, {GEMS: 1})), shop({GEMS: 1}), records)

        assert outcome == spent((used_first, used_first.with_count(0)))


def test_buckets_go_in_the_order_of_the_rule_set():
    none, free = record(1, GEMS, 1), record(2, GEMS, 1, bucket="free")
    steam, epic = record(3, GEMS, 1, bucket="steam"), record(4, GEMS, 9, bucket="epic")
    placed = order(buy(70, {GEMS: 3}), portal_id=STEAM)

    of = shop({GEMS: 3}, items=in_buckets(GEMS))
    (outcome,), _ = fulfilled(placed, of, [none, epic, free, steam])

    used = [(each, each.with_count(0)) for each in (steam, free, none)]
    assert outcome == spent(*used, bucket="steam")


def test_the_bucket_goes_before_the_expiry():
    none = record(1, GEMS, 1, expires=LATER)
    steam = record(2, GEMS, 1, bucket="steam")
    placed = order(buy(70, {GEMS: 1}), portal_id=STEAM)

    (outcome,), _ = fulfilled(placed, shop({GEMS: 1}, items=in_buckets(GEMS)), [none, steam])

    assert outcome == spent((steam, steam.with_count(0)), bucket="steam")


@pytest.mark.parametrize(
    "useless",
    [
        record(1, GEMS, 9, bucket="steam"),
        record(1, GEMS, 9, expires=NOW - timedelta(microseconds=1)),
        record(1, GEMS, 4),
        record(1, GOLD, 9),
    ],
)
def test_what_does_not_count_here_cannot_be_spent(useless):
    of = shop({GEMS: 5}, items=in_buckets(GEMS))

    answer = fulfilled(order(buy(70, {GEMS: 5})), of, [useless])

    assert answer == ((failure(Result.CANNOT_AFFORD_PRICE),), [useless])


def test_the_coupon_goes_first_and_the_currencies_as_requested():
    gems, gold, coupon = record(1, GEMS, 9), record(2, GOLD, 9), record(3, COUPON, 2)
    of = shop({GEMS: 8, GOLD: 3})

    (outcome,), _ = fulfilled(
        order(buy(70, {GOLD: 3, GEMS: 4}, coupon=COUPON)), of, [gems, gold, coupon]
    )

    assert outcome == spent(
        (coupon, coupon.with_count(1)),
        (gold, gold.with_count(6)),
        (gems, gems.with_count(5)),
    )


def test_a_coupon_that_is_not_consumed_is_needed_and_stays():
    items = ITEMS_WITH_COUPON
    items = items | {COUPON: replace(items[COUPON], coupon_consume_on_use=False)}
    gems, coupon = record(1, GEMS, 4), record(2, COUPON, 1)
    placed = order(buy(70, {GEMS: 4}, coupon=COUPON))

    (outcome,), _ = fulfilled(placed, shop({GEMS: 8}, items=items), [gems, coupon])
    without = fulfilled(placed, shop({GEMS: 8}, items=items), [gems, coupon.with_count(0)])

    assert outcome == spent((gems, gems.with_count(0)))
    assert without == (
        (failure(Result.CANNOT_AFFORD_COUPON),),
        [gems, coupon.with_count(0)],
    )


def test_nothing_is_spent_of_a_price_of_nothing():
    items = ITEMS_WITH_COUPON
    free = replace(
        items[COUPON], coupon_discount_percentage=Decimal(1), coupon_consume_on_use=False
    )
    gems, coupon = record(1, GEMS, 9), record(2, COUPON, 1)

    (outcome,), _ = fulfilled(
        order(buy(70, {GEMS: 0}, coupon=COUPON)),
        shop({GEMS: 8}, items=items | {COUPON: free}),
        [gems, coupon],
    )

    assert outcome == spent()


def test_a_coupon_may_be_its_own_currency():
    """The count was enough for either, and is not for both."""
    items = ITEMS_WITH_COUPON
    items = items | {COUPON: replace(items[COUPON], coupon_discount_currency_item_id=COUPON)}
    placed = order(buy(70, {COUPON: 2}, coupon=COUPON))
    of = shop({COUPON: 4}, items=items)
    two, three = record(1, COUPON, 2), record(1, COUPON, 3)

    assert fulfilled(placed, of, [two]) == ((failure(Result.FAILED_TO_SPEND_PRICE),), [two])
    (outcome,), _ = fulfilled(placed, of, [three])
    assert outcome == spent(
        (three, three.with_count(2)), (three.with_count(2), three.with_count(0))
    )


def test_what_is_always_owned_counts_as_one_and_cannot_be_spent():
    """A record from before it was always owned is no help."""
    old = record(1, BASIC, 5)

    answers = {
        price: fulfilled(order(buy(70, {BASIC: price})), shop({BASIC: price}), [old])
        for price in (1, 2)
    }

    assert answers == {
        1: ((failure(Result.FAILED_TO_SPEND_PRICE),), [old]),
        2: ((failure(Result.CANNOT_AFFORD_PRICE),), [old]),
    }


def test_a_coupon_that_is_always_owned_cannot_be_used_up():
    items = ITEMS_WITH_COUPON
    items = items | {COUPON: replace(items[COUPON], always_owned=True)}
    gems = record(1, GEMS, 4)

    answer = fulfilled(
        order(buy(70, {GEMS: 4}, coupon=COUPON)), shop({GEMS: 8}, items=items), [gems]
    )

    assert answer == ((failure(Result.FAILED_TO_SPEND_COUPON),), [gems])


def test_another_currency_that_is_missing_leaves_the_first_unspent():
    gems = record(1, GEMS, 4)
    of = shop({GEMS: 4, PASS: 1})

    answer = fulfilled(order(buy(70, {GEMS: 4, PASS: 1})), of, [gems])

    assert answer == ((failure(Result.CANNOT_AFFORD_PRICE),), [gems])
