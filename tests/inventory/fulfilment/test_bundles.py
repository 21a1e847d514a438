"""Dynamic bundles: what is offered to whom, and its sale."""

from collections import Counter
from dataclasses import replace
from uuid import UUID

import pytest

from catalog.snapshot import Item
from inventory.fulfilment.bundles import offer
from inventory.fulfilment.orders import BundleLoot, Change, Entry, EntryOutcome
from inventory.fulfilment.vocabulary import EntryType, Result
from tests.inventory.fulfilment.examples import (
    AT_LEAST,
    GEMS,
    ITEMS,
    LATER,
    NOW,
    PASS,
    PLAYER,
    RULES,
    SWORD,
    catalogue,
    failure,
    fulfilled,
    loot,
    made,
    order,
    price,
    price_point,
    record,
    to_vendor,
    vendor,
)

BUNDLE = 21
ON = replace(RULES, dynamic_bundles=True)
GEM = record(1, GEMS, 10)
POOL = [loot(80 + n, item=SWORD, quantity=n, drop_weight=1) for n in range(1, 6)]


def shop(*pool, quantity=2, type="randomly_sampled", **fields):  # noqa: A002
    """Loot 70 is a bundle of so many of the pool's loot, for 4 gems."""
    bundle = to_vendor(70, 2, quantity, item=BUNDLE, current_price_point_id="p", **fields)
    return catalogue(
        vendor(1, bundle),
        vendor(2, *(pool or POOL), type=type),
        items=ITEMS | {BUNDLE: Item(BUNDLE, "dynamic_bundle")},
        price_points=[price_point("p", (1, {GEMS: 4}))],
    )


def offered(of, player=PLAYER):
    return offer(of, player, of.loot[70], now=NOW)


def select(*loot_ids, quantity=1, **fields):
    return Entry(
        EntryType.PURCHASE_DYNAMIC_BUNDLE,
        quantity,
        loot_id=70,
        dynamic_bundle_loot_ids=loot_ids,
        purchase_price=price({GEMS: 4}),
        **fields,
    )


def players(number):
    return [UUID(int=n) for n in range(number)]


def test_an_offer_is_the_players_own_and_stays():
    of = shop()

    offers = Counter(offered(of, player) for player in players(200))

    assert offers == Counter(offered(shop(), player) for player in players(200))
    # Each of the twenty ordered pairs comes up.
    assert len(offers) == 20
    assert {len(set(each)) for each in offers} == {2}


def test_an_offer_changes_with_the_vendor_and_with_the_bundle():
    of = shop()
    changed = replace(of, vendors=of.vendors | {2: replace(of.vendors[2], etag="another")})
    other = replace(of.loot[70], id=71)

    assert [offered(changed, player) for player in players(20)] != [
        offered(of, player) for player in players(20)
    ]
    assert [offer(of, player, other, now=NOW) for player in players(20)] != [
        offered(of, player) for player in players(20)
    ]


def test_an_offer_is_drawn_by_weight():
    rare, common = loot(81, item=SWORD, drop_weight=1), loot(82, item=SWORD, drop_weight=9)

    firsts = Counter(offered(shop(rare, common), player)[0] for player in players(1_000))

    assert firsts == {81: pytest.approx(100, abs=30), 82: pytest.approx(900, abs=30)}


@pytest.mark.parametrize(
    ("quantity", "pool", "loot_ids"),
    [
        (0, POOL, set()),
        (5, POOL, {81, 82, 83, 84, 85}),
        (9, POOL, {81, 82, 83, 84, 85}),
        (9, [replace(POOL[0], active=False), *POOL[1:]], {82, 83, 84, 85}),
        (9, [replace(POOL[0], drop_weight=0), *POOL[1:]], {82, 83, 84, 85}),
        (9, [replace(POOL[0], effective_from=LATER), *POOL[1:]], {82, 83, 84, 85}),
        (9, [replace(POOL[0], effective_from=NOW), *POOL[1:]], {81, 82, 83, 84, 85}),
    ],
)
def test_an_offer_is_of_what_is_for_sale(quantity, pool, loot_ids):
    assert set(offered(shop(*pool, quantity=quantity))) == loot_ids


def test_a_bundle_of_a_recipe_is_all_of_it_whatever_it_weighs():
    pool = [replace(POOL[0], drop_weight=0), POOL[1], replace(POOL[2], active=False)]

    assert offered(shop(*pool, quantity=1, type="recipe")) == (81, 82)


def test_a_bundle_without_a_vendor_offers_nothing():
    of = shop()
    closed = replace(of, vendors=of.vendors | {2: replace(of.vendors[2], active=False)})

    assert offered(closed) == ()
    assert offer(of, PLAYER, replace(of.loot[70], sub_vendor_id=None), now=NOW) == ()
    assert offer(of, PLAYER, replace(of.loot[70], sub_vendor_id=9), now=NOW) == ()


def test_a_bundle_is_paid_and_each_of_its_loot_filled_in_the_order_of_the_offer():
    of = shop()
    first, second = (of.loot[loot_id] for loot_id in offered(of))
    new = made(2, SWORD, first.quantity)

    (outcome,), records = fulfilled(order(select(second.id, first.id)), of, [GEM], rules=ON)

    both = new.with_count(first.quantity + second.quantity)
    assert outcome == EntryOutcome(
        Result.SUCCESS,
        (
            Change(70, GEM, GEM.with_count(6)),
            BundleLoot(first.id),
            Change(first.id, None, new),
            BundleLoot(second.id),
            Change(second.id, new, both),
        ),
    )
    assert records == [GEM.with_count(6), both]


def answer(of, entry, rules=ON):
    return fulfilled(order(entry), of, [GEM], rules=rules)


def refused(result):
    return (failure(result),), [GEM]


def test_bundles_are_off_unless_the_rules_say_otherwise():
    of = shop()

    refusal = refused(Result.DYNAMIC_BUNDLES_NOT_AVAILABLE)
    assert answer(of, select(*offered(of)), RULES) == refusal


@pytest.mark.parametrize("chosen", [(), (81, 81), (81, 82, 81), (99,), (70,), (81, 99)], ids=str)
def test_a_selection_must_be_of_the_pool(chosen):
    assert answer(shop(), select(*chosen)) == refused(Result.DYNAMIC_BUNDLE_INVALID)


def test_a_selection_must_be_sent():
    entry = replace(select(81, 82), dynamic_bundle_loot_ids=None)

    assert answer(shop(), entry) == refused(Result.DYNAMIC_BUNDLE_INVALID)


@pytest.mark.parametrize("fields", [{"active": False}, {"effective_from": LATER}])
def test_a_selection_must_be_for_sale(fields):
    of = shop(replace(POOL[0], **fields), *POOL[1:])

    assert answer(of, select(81, 82)) == refused(Result.DYNAMIC_BUNDLE_INVALID)


def test_what_is_no_dynamic_bundle_has_no_selection():
    of = shop()
    recipe = replace(of, items=of.items | {BUNDLE: Item(BUNDLE, "recipe")})
    plain = replace(of, loot=of.loot | {70: replace(of.loot[70], sub_vendor_id=None)})

    for other in (recipe, plain):
        assert answer(other, select(*offered(of))) == refused(Result.DYNAMIC_BUNDLE_INVALID)


def test_a_selection_must_be_what_was_offered():
    of = shop()
    offer_ = set(offered(of))
    others = {each.id for each in POOL} - offer_

    for chosen in (offer_ | others, others, {min(offer_)}, {min(offer_), min(others)}):
        refusal = refused(Result.DYNAMIC_BUNDLE_LTIS_DO_NOT_MATCH)
        assert answer(of, select(*chosen)) == refusal


def test_a_selection_may_be_of_what_came_for_sale_since():
    of = shop(*(replace(each, effective_from=NOW) for each in POOL[:2]))

    (outcome,), _ = answer(of, select(81, 82))

    assert outcome.result is Result.SUCCESS


def test_a_bundle_is_sold_one_by_one():
    of = shop()

    refusal = refused(Result.QUANTITY_NOT_ALLOWED)
    assert answer(of, select(*offered(of), quantity=2)) == refusal


def test_a_bundle_of_which_a_part_cannot_be_filled_is_not_sold():
    of = shop(POOL[0], loot(89, AT_LEAST, item=PASS, drop_weight=1))

    assert answer(of, select(81, 89)) == refused(Result.CANNOT_MEET_LOOT_REQUIRED)
