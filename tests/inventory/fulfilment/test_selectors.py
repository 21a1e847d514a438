"""Every inventory selector with every operation (DOMAIN 2.14, Apply)."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from catalog.snapshot import BucketUseRuleSet, TimeFrame
from inventory.fulfilment.orders import Entry, Session
from inventory.fulfilment.vocabulary import EntryType, Result
from tests.inventory.fulfilment.examples import (
    ADD,
    AT_LEAST,
    CONSUME,
    EARLIER,
    GEMS,
    ITEMS,
    LATER,
    LESS_THAN,
    NOW,
    PASS,
    SET,
    SUBTRACT,
    catalogue,
    failure,
    fill,
    fulfilled,
    loot,
    made,
    order,
    record,
    success,
    vendor,
)

HOUR = timedelta(hours=1)
SESSION = Session(UUID(int=77))
OTHER_SESSION = UUID(int=78)

OPERATIONS = [ADD, SUBTRACT, SET, AT_LEAST, LESS_THAN, CONSUME]
SELECTORS = ["own", "rent", "rent_timeframe_locked", "own_transient"]
INHERIT = "inherit_entitlement_inventory"

# The pass entitles to loot 70, and its owner holds gems of every kind.
ENTITLING = ITEMS | {PASS: replace(ITEMS[PASS], type="entitlement", entitled_loot_id=70)}
HELD_PASS = record(9, PASS, 1, expires=LATER)
OWN = record(1, GEMS, 5)
LOCKED = record(2, GEMS, 5, expires=NOW + HOUR)
RENTED = record(3, GEMS, 1, expires=NOW + 5 * HOUR)
LOCKED_FOR = {"time_frame_id": 5}
IN_SESSION = record(4, GEMS, 5, type="transient", session_id=SESSION.id)
INHERITED = replace(IN_SESSION, inventory_id=UUID(int=5), expires=LATER)
OUT_OF_REACH = [
    record(6, GEMS, 5, expires=EARLIER),
    record(7, GEMS, 5, type="transient", session_id=OTHER_SESSION),
]
HELD = [OWN, LOCKED, RENTED, IN_SESSION, INHERITED, *OUT_OF_REACH, HELD_PASS]


def of_selector(selector, operation=ADD, item=GEMS, **fields):
    member = loot(70, operation, item=item, inventory_selector_type=selector, time_frame_id=5)
    return catalogue(
        vendor(1, replace(member, **fields)),
        items=ENTITLING,
        time_frames=[TimeFrame(5, active=True, start=EARLIER, end=NOW + HOUR)],
    )


def entitled(quantity=1, **fields):
    return Entry(EntryType.FILL_ENTITLED_LOOT, quantity, loot_id=70, **fields)


def outcome_and_records(entry, of, records, **given):
    (outcome,), after = fulfilled(order(entry), of, records, session=SESSION, **given)
    return outcome, after


def after(records, *changes):
    """The records with those in `changes` put in the place of what they were."""
    changed = {each.inventory_id: each for each in (*records, *changes)}
    return sorted(changed.values(), key=lambda each: each.inventory_id)


# What each operation makes of five: a count or a result.
COUNTED = [
    (ADD, 2, 7),
    (SUBTRACT, 2, 3),
    (SUBTRACT, 9, 0),
    (SET, 2, 2),
    (SET, 5, None),
    (AT_LEAST, 5, None),
    (AT_LEAST, 6, Result.CANNOT_MEET_LOOT_REQUIRED),
    (LESS_THAN, 6, None),
    (LESS_THAN, 5, Result.CANNOT_MEET_LOOT_BLOCKER),
    (CONSUME, 5, 0),
    (CONSUME, 6, Result.CANNOT_MEET_LOOT_REQUIRED),
    ("invalid", 1, Result.FAILED_TO_MODIFY_INVENTORY),
]


@pytest.mark.parametrize(
    ("selector", "held", "operation", "quantity", "expected"),
    [
        (selector, held, *row)
        for selector, held in (
            ("own", OWN),
            ("rent_timeframe_locked", LOCKED),
            (INHERIT, INHERITED),
        )
        for row in COUNTED
    ],
)
def test_selector_of_counts(selector, held, operation, quantity, expected):
    got = outcome_and_records(entitled(quantity), of_selector(selector, operation), HELD)

    if isinstance(expected, Result):
        assert got == (failure(expected), after(HELD))
    elif expected is None:
        assert got == (success(), after(HELD))
    else:
        changed = held.with_count(expected)
        assert got == (success((70, held, changed)), after(HELD, changed))


@pytest.mark.parametrize(
    ("operation", "quantity", "expected"),
    [
        (ADD, 2, [(IN_SESSION, 7)]),
        (SUBTRACT, 2, [(INHERITED, 3)]),
        (SUBTRACT, 6, [(INHERITED, 0), (IN_SESSION, 4)]),
        (SET, 12, [(IN_SESSION, 7)]),
        (SET, 2, [(INHERITED, 0), (IN_SESSION, 2)]),
        (SET, 10, []),
        (AT_LEAST, 10, []),
        (AT_LEAST, 11, Result.CANNOT_MEET_LOOT_REQUIRED),
        (LESS_THAN, 11, []),
        (LESS_THAN, 10, Result.CANNOT_MEET_LOOT_BLOCKER),
        (CONSUME, 10, [(INHERITED, 0), (IN_SESSION, 0)]),
        (CONSUME, 11, Result.CANNOT_MEET_LOOT_REQUIRED),
        ("invalid", 1, Result.FAILED_TO_MODIFY_INVENTORY),
    ],
)
def test_selector_of_the_session(operation, quantity, expected):
    """It reaches what an entitlement gave for the session, too, and spends that first."""
    got = outcome_and_records(entitled(quantity), of_selector("own_transient", operation), HELD)

    if isinstance(expected, Result):
        assert got == (failure(expected), after(HELD))
    else:
        changes = [(70, held, held.with_count(count)) for held, count in expected]
        assert got == (success(*changes), after(HELD, *(change[2] for change in changes)))


def rented(hours, count=1):
    return replace(RENTED, expires=NOW + hours * HOUR, count=count)


@pytest.mark.parametrize(
    ("operation", "quantity", "expected"),
    [
        (ADD, 2, rented(7)),
        (SUBTRACT, 2, rented(3)),
        (SUBTRACT, 5, rented(0, count=0)),
        (SUBTRACT, 9, rented(0, count=0)),
        (SET, 2, rented(2)),
        (SET, 9, rented(9)),
        (SET, 5, None),
        (AT_LEAST, 5, None),
        (AT_LEAST, 6, Result.CANNOT_MEET_LOOT_REQUIRED),
        (LESS_THAN, 6, None),
        (LESS_THAN, 5, Result.CANNOT_MEET_LOOT_BLOCKER),
        (CONSUME, 2, rented(3)),
        (CONSUME, 5, rented(0, count=0)),
        (CONSUME, 6, Result.CANNOT_MEET_LOOT_REQUIRED),
        ("invalid", 1, Result.FAILED_TO_MODIFY_INVENTORY),
    ],
)
def test_selector_of_time(operation, quantity, expected):
    """What counts is the rental that lasts longest, not the one that is locked to a window."""
    got = outcome_and_records(entitled(quantity), of_selector("rent", operation), HELD)

    if isinstance(expected, Result):
        assert got == (failure(expected), after(HELD))
    elif expected is None:
        assert got == (success(), after(HELD))
    else:
        assert got == (success((70, RENTED, expected)), after(HELD, expected))


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("selector", ["invalid", "borrow"])
def test_selector_that_cannot_be_filled(selector, operation):
    got = outcome_and_records(entitled(), of_selector(selector, operation), HELD)

    assert got == (failure(Result.FAILED_TO_MODIFY_INVENTORY), after(HELD))


# Where the player has nothing of the kind

MADE = {
    "own": {},
    "rent": {"count": 1, "expires": NOW + 2 * HOUR},
    "rent_timeframe_locked": {"expires": NOW + HOUR},
    "own_transient": {"type": "transient", "session_id": SESSION.id},
    INHERIT: {"type": "transient", "session_id": SESSION.id, "expires": LATER},
}


@pytest.mark.parametrize("operation", [ADD, SET])
@pytest.mark.parametrize("selector", MADE)
def test_selector_makes_a_record(selector, operation):
    records = [*OUT_OF_REACH, HELD_PASS]

    outcome, records_after = outcome_and_records(
        entitled(2), of_selector(selector, operation), records
    )

    new = replace(made(0, GEMS, 2), **MADE[selector])
    assert (outcome, records_after) == (success((70, None, new)), [*records, new])


@pytest.mark.parametrize("selector", MADE)
@pytest.mark.parametrize(
    ("operation", "result"),
    [
        (SUBTRACT, Result.FAILED_TO_FILL_ANY_SUB_LOOT),
        (AT_LEAST, Result.CANNOT_MEET_LOOT_REQUIRED),
        (CONSUME, Result.CANNOT_MEET_LOOT_REQUIRED),
        (LESS_THAN, Result.SUCCESS),
    ],
)
def test_selector_without_a_record(selector, operation, result):
    records = [*OUT_OF_REACH, HELD_PASS]

    got = outcome_and_records(entitled(), of_selector(selector, operation), records)

    assert got == (failure(result), records)


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("selector", ["own_transient", INHERIT])
def test_selector_of_the_session_without_one(selector, operation):
    outcomes = (failure(Result.FAILED_TO_MODIFY_INVENTORY),)

    placed = order(entitled())
    assert fulfilled(placed, of_selector(selector, operation), HELD) == (outcomes, after(HELD))


@pytest.mark.parametrize("operation", OPERATIONS)
def test_inheriting_without_an_entitlement_to_inherit_from(operation):
    got = outcome_and_records(fill(70), of_selector(INHERIT, operation), HELD)

    assert got == (failure(Result.FAILED_TO_MODIFY_INVENTORY), after(HELD))


@pytest.mark.parametrize(
    ("passes", "expires"),
    [
        ([HELD_PASS], LATER),
        ([HELD_PASS, record(8, PASS, 1, expires=LATER + HOUR)], LATER + HOUR),
        ([HELD_PASS, record(8, PASS, 1)], None),
        ([HELD_PASS, record(8, PASS, 0)], LATER),
    ],
    ids=["its expiry", "the latest", "none at all", "not of an empty record"],
)
def test_inheriting_from_the_entitlement_that_lasts_longest(passes, expires):
    outcome, _ = outcome_and_records(entitled(3), of_selector(INHERIT), passes)

    kind = MADE[INHERIT] | {"expires": expires}
    assert outcome == success((70, None, replace(made(0, GEMS, 3), **kind)))


def test_inheriting_from_an_entitlement_that_ends_now():
    ending = replace(HELD_PASS, expires=NOW)

    got = outcome_and_records(entitled(), of_selector(INHERIT), [ending])

    assert got == (failure(Result.AVAILABLE_UNTIL_IS_IN_PAST), [ending])


# Buckets that do not count on this platform, by the rule set of gems

STEAM_ONLY = BucketUseRuleSet("steam only", {"none": ("steam",)})


@pytest.mark.parametrize(
    ("operation", "quantity", "expected"),
    [
        (SUBTRACT, 9, (OWN, 0)),
        (SET, 2, (OWN, 2)),
        (CONSUME, 5, (OWN, 0)),
        (CONSUME, 6, Result.CANNOT_MEET_LOOT_REQUIRED),
        (AT_LEAST, 6, Result.CANNOT_MEET_LOOT_REQUIRED),
    ],
)
def test_selector_reaches_usable_buckets_only(operation, quantity, expected):
    usable, other = replace(OWN, bucket="steam"), record(2, GEMS, 9, bucket="psn")
    items = ITEMS | {GEMS: replace(ITEMS[GEMS], inventory_bucket_use_rule_set_id="steam only")}
    of = catalogue(vendor(1, loot(70, operation, item=GEMS)), items=items, rule_sets=[STEAM_ONLY])

    got = outcome_and_records(fill(70, quantity), of, [usable, other])

    if isinstance(expected, Result):
        assert got == (failure(expected), [usable, other])
    else:
        changed = usable.with_count(expected[1])
        assert got == (success((70, usable, changed)), [changed, other])
