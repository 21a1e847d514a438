"""What a risen count brings: rewards of levels and entitled loot (DOMAIN 2.14)."""

from dataclasses import replace

import pytest

from catalog.snapshot import BucketUseRuleSet, XpTable
from inventory.fulfilment.orders import Change, Entry, NewOrder, Session
from inventory.fulfilment.trace import Step, Told, Trace
from inventory.fulfilment.vocabulary import EntryType, Result, Source
from tests.inventory.fulfilment.examples import (
    ADD,
    CONSUME,
    DICE,
    EARLIER,
    GEMS,
    ITEMS,
    LATER,
    PASS,
    PLAYER,
    RULES,
    SET,
    SUBTRACT,
    SWORD,
    catalogue,
    create,
    failure,
    fill,
    fulfilled,
    loot,
    made,
    order,
    owned,
    planned,
    record,
    success,
    to_vendor,
    update,
    vendor,
)

# The count of the pass is XP, and vendor 8 has the rewards of its levels.
XP = 10
TABLE = XpTable(1, (20, 50, 100, 200, 400))
REWARDS = vendor(
    8,
    loot(801, item=GEMS, sort_order=1),
    loot(803, item=GEMS, sort_order=3),
    loot(802, item=SWORD, sort_order=3),
    loot(804, item=SWORD, sort_order=4),
    loot(805, item=SWORD, sort_order=5, active=False),
    loot(806, item=SWORD, sort_order=5, effective_from=LATER),
    loot(800, item=SWORD, sort_order=0),
)
LEVELLED = ITEMS | {PASS: replace(ITEMS[PASS], level_xp_table_id=1, level_vendor_id=8)}


def of_levels(operation=ADD, *, rewards=REWARDS, items=LEVELLED, others=(), **fields):
    member = loot(70, operation, item=PASS, **fields)
    return catalogue(vendor(1, member), rewards, *others, items=items, xp_tables=[TABLE])


def ordered(nth, *loot_ids):
    """The order of rewards that is the order's n-th effect."""
    entries = tuple(fill(loot_id) for loot_id in loot_ids)
    return NewOrder(None, str(DICE.order_id(nth)), Source.SYSTEM, entries)


def effects(entry, of, records=(), **given):
    (outcome,), _ = fulfilled(order(entry), of, records, **given)
    assert outcome.result is Result.SUCCESS
    return outcome.effects


@pytest.mark.parametrize(
    ("xp", "quantity", "rewards"),
    [
        (0, 19, []),
        (0, 20, [801]),
        (19, 1, [801]),
        (20, 29, []),
        (20, 30, []),
        (20, 80, [802, 803]),
        (0, 100, [801, 802, 803]),
        (0, 1000, [801, 802, 803, 804]),
        (150, 50, [804]),
        (200, 200, []),
        (400, 100, []),
    ],
)
def test_levels_that_are_reached_are_rewarded_in_their_order(xp, quantity, rewards):
    held = record(1, PASS, xp)
    change = Change(70, held, held.with_count(xp + quantity))

    expected = (change, ordered(1, *rewards)) if rewards else (change,)
    assert effects(fill(70, quantity), of_levels(), [held]) == expected


@pytest.mark.parametrize(
    ("count", "quantity", "rewards"),
    [(0, 1, [801]), (0, 3, [801, 802, 803]), (1, 1, []), (3, 1, [804]), (5, 2**60, [])],
)
def test_without_an_xp_table_the_count_is_the_level(count, quantity, rewards):
    held = record(1, PASS, count)
    items = ITEMS | {PASS: replace(ITEMS[PASS], level_vendor_id=8)}
    change = Change(70, held, held.with_count(count + quantity))

    expected = (change, ordered(1, *rewards)) if rewards else (change,)
    assert effects(fill(70, quantity), of_levels(items=items), [held]) == expected


@pytest.mark.parametrize(
    ("operation", "quantity"), [(SUBTRACT, 100), (SET, 20), (SET, 150), (CONSUME, 100)]
)
def test_a_lowered_count_brings_nothing_and_takes_nothing_back(operation, quantity):
    held = record(1, PASS, 150)

    changes = effects(fill(70, quantity), of_levels(operation), [held])

    assert all(isinstance(effect, Change) for effect in changes)


def test_a_level_that_is_set_is_rewarded():
    held = record(1, PASS, 150)

    assert effects(fill(70, 200), of_levels(SET), [held]) == (
        Change(70, held, held.with_count(200)),
        ordered(1, 804),
    )


def test_the_level_is_that_of_all_that_counts():
    """Rented and in another bucket, but not expired and not where it does not count."""
    items = LEVELLED | {PASS: replace(LEVELLED[PASS], inventory_bucket_use_rule_set_id="two")}
    of = replace(
        of_levels(items=items),
        rule_sets={"two": BucketUseRuleSet("two", {"none": ("none", "epic")})},
    )
    held = [
        record(1, PASS, 60, expires=LATER),
        record(2, PASS, 39, bucket="epic"),
        record(3, PASS, 500, expires=EARLIER),
        record(4, PASS, 500, bucket="steam"),
    ]

    new = made(0, PASS, 1)
    assert effects(fill(70), of, held) == (Change(70, None, new), ordered(1, 802, 803))


@pytest.mark.parametrize(
    "rewards", [vendor(8), replace(REWARDS, active=False), vendor(9, loot(801, item=GEMS))]
)
def test_levels_without_rewards_order_nothing(rewards):
    assert effects(fill(70, 400), of_levels(rewards=rewards)) == (
        Change(70, None, made(0, PASS, 400)),
    )


def test_rewards_come_directly_after_the_change_that_reached_the_level():
    of = of_levels(
        others=[
            vendor(2, to_vendor(71, 3)),
            vendor(
                3,
                loot(72, item=PASS, quantity=20),
                loot(73, item=GEMS),
                loot(74, item=PASS, quantity=80),
            ),
        ]
    )

    first, gems = made(0, PASS, 20), made(2, GEMS, 1)
    assert effects(fill(71), of) == (
        Change(72, None, first),
        ordered(1, 801),
        Change(73, None, gems),
        Change(74, first, first.with_count(100)),
        ordered(4, 802, 803),
    )


@pytest.mark.parametrize("limit", [{"max_child_orders": 0}, {"max_generations": 0}])
def test_rewards_that_cannot_be_ordered_fail_the_entry(limit):
    """Nothing that a level brings is lost without a word."""
    rules = replace(RULES, **limit)
    trace = Trace()

    result = planned(order(fill(70, 20)), of_levels(), rules=rules, trace=trace)

    assert result.entries == (failure(Result.FAILED_TO_SUBMIT_NEW_ORDER),)
    assert owned(result.holdings) == []
    assert trace.entries[0][-3:] == [
        Step(Told.LEVEL, (PASS, 0, 1)),
        Step(Told.CHECK, (Result.FAILED_TO_SUBMIT_NEW_ORDER, False)),
        Step(Told.ROLLBACK, (Result.FAILED_TO_SUBMIT_NEW_ORDER,)),
    ]


@pytest.mark.parametrize("limit", [{"max_child_orders": 0}, {"max_generations": 0}])
def test_entitled_loot_that_cannot_be_ordered_fails_the_entry(limit):
    of = of_levels(items=ENTITLING, others=[GRANTED])

    outcomes, records = fulfilled(order(fill(70)), of, rules=replace(RULES, **limit))

    assert outcomes == (failure(Result.FAILED_TO_SUBMIT_NEW_ORDER),)
    assert records == []


@pytest.mark.parametrize(
    ("levels", "result"),
    [(1_000, Result.SUCCESS), (1_001, Result.FAILED_TO_SUBMIT_NEW_ORDER)],
)
def test_one_order_of_rewards_is_bounded(levels, result):
    members = [loot(1_000 + n, item=GEMS, sort_order=n) for n in range(1, levels + 1)]
    items = ITEMS | {PASS: replace(ITEMS[PASS], level_vendor_id=8)}
    of = of_levels(items=items, rewards=vendor(8, *members))
    rules = replace(RULES, max_effects=2_000)

    (outcome,), _ = fulfilled(order(fill(70, levels)), of, rules=rules)

    assert outcome.result is result


SESSION = Session(PLAYER)


def test_what_a_session_gives_brings_no_rewards():
    transient = of_levels(inventory_selector_type="own_transient")

    outcomes, _ = fulfilled(order(fill(70, 20)), transient, session=SESSION)

    made_now = made(0, PASS, 20, type="transient", session_id=PLAYER)
    assert outcomes == (success((70, None, made_now)),)


def test_levels_count_what_lasts():
    """With 15 for the session the player sees 25 and level 1; ten of them last."""
    for_now = record(1, PASS, 15, type="transient", session_id=PLAYER)

    outcomes, _ = fulfilled(order(fill(70, 10)), of_levels(), [for_now], session=SESSION)

    assert outcomes == (success((70, None, made(0, PASS, 10))),)


def test_rewards_of_an_entry_that_fails_are_not_ordered():
    of = of_levels(
        others=[
            vendor(2, to_vendor(71, 3)),
            vendor(3, loot(72, item=PASS, quantity=20), loot(73, item=99, sort_order=1)),
        ]
    )

    assert fulfilled(order(fill(71)), of) == ((failure(Result.ITEM_NOT_FOUND),), [])


# Entitlements: the pass grants loot 90 when it is given

ENTITLING = ITEMS | {PASS: replace(ITEMS[PASS], type="entitlement", entitled_loot_id=90)}
GRANTED = vendor(9, loot(90, item=GEMS))
GRANT = Entry(EntryType.FILL_ENTITLED_LOOT, 1, loot_id=90)


def granted(nth):
    return NewOrder(None, str(DICE.order_id(nth)), Source.ENTITLEMENTS, (GRANT,))


@pytest.mark.parametrize("held", [[], [record(1, PASS, 2)]])
def test_an_entitlement_that_is_given_grants_its_loot(held):
    of = of_levels(items=ENTITLING, others=[GRANTED])

    _, child = effects(fill(70, 3), of, held)

    assert child == granted(1)


def test_an_entitlement_can_have_levels_too():
    items = LEVELLED | {PASS: replace(LEVELLED[PASS], type="entitlement", entitled_loot_id=90)}

    _, *children = effects(fill(70, 20), of_levels(items=items, others=[GRANTED]))

    assert children == [ordered(1, 801), granted(2)]


@pytest.mark.parametrize("item", [{"type": "entitlement"}, {"entitled_loot_id": 90}])
def test_an_item_that_grants_nothing(item):
    items = ITEMS | {PASS: replace(ITEMS[PASS], **item)}

    assert effects(fill(70), of_levels(items=items, others=[GRANTED])) == (
        Change(70, None, made(0, PASS, 1)),
    )


def test_an_entitlement_that_is_taken_grants_nothing():
    held = record(1, PASS, 2)
    of = of_levels(SUBTRACT, items=ENTITLING, others=[GRANTED])

    assert effects(fill(70), of, [held]) == (Change(70, held, held.with_count(1)),)


# Records that are stated by the caller

SIDE_EFFECTS = replace(RULES, direct_side_effects=True)
HELD = record(1, PASS, 19)
BOTH = LEVELLED | {PASS: replace(LEVELLED[PASS], type="entitlement", entitled_loot_id=90)}


@pytest.mark.parametrize(
    "entry",
    [
        create(PASS, 20),
        update(HELD, 20),
        Entry(EntryType.CREATE_NEW_TRANSIENT_INVENTORY, 20, item_id=PASS),
    ],
)
@pytest.mark.parametrize(
    ("rules", "source", "follow"),
    [
        (RULES, Source.IN_GAME, False),
        (SIDE_EFFECTS, Source.IN_GAME, True),
        (SIDE_EFFECTS, Source.REFUND, False),
    ],
)
def test_stated_records_have_side_effects_by_rule(entry, rules, source, follow):
    of = of_levels(items=BOTH, others=[GRANTED])

    outcomes, _ = fulfilled(
        order(entry, source=source), of, [HELD], rules=rules, session=Session(PLAYER)
    )

    (outcome,) = outcomes
    assert outcome.result is Result.SUCCESS
    is_transient = entry.type is EntryType.CREATE_NEW_TRANSIENT_INVENTORY
    children = [granted(1)] if is_transient else [ordered(1, 801), granted(2)]
    assert list(outcome.effects[1:]) == (children if follow else [])


def test_an_update_to_another_item_is_a_gain_of_that_item():
    gems = record(2, GEMS, 5)
    entry = update(gems, 5, item_id=PASS)

    _, *children = effects(
        entry, of_levels(items=BOTH, others=[GRANTED]), [HELD, gems], rules=SIDE_EFFECTS
    )

    assert children == [ordered(1, 801), granted(2)]


def test_an_update_that_lowers_has_no_side_effect():
    entry = update(HELD, 18)

    assert effects(entry, of_levels(items=BOTH, others=[GRANTED]), [HELD], rules=SIDE_EFFECTS) == (
        Change(None, HELD, HELD.with_count(18)),
    )
