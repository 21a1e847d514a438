"""Loot for the session only, once in it: what durables give (DOMAIN 2.10, 2.13 B7)."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from catalog.snapshot import TimeFrame
from inventory.fulfilment.orders import Entry, Session
from inventory.fulfilment.vocabulary import EntryType, Result, Source
from tests.inventory.fulfilment.examples import (
    ADD,
    AT_LEAST,
    CONSUME,
    EARLIER,
    GEMS,
    LATER,
    LESS_THAN,
    NOW,
    PASS,
    RANDOM,
    SET,
    SUBTRACT,
    SWORD,
    First,
    catalogue,
    failure,
    fill,
    fulfilled,
    loot,
    made,
    order,
    planned,
    record,
    success,
    to_vendor,
    vendor,
)

SESSION = Session(UUID(int=77), "Steam")
FOR_SESSION = {"type": "transient", "session_id": SESSION.id}
APPLIED = Result.TRANSIENT_SINGLE_LOOT_ALREADY_APPLIED


def durable(loot_id=70, quantity=1, **fields):
    return Entry(EntryType.FILL_LOOT_SINGLE_TRANSIENT, quantity, loot_id=loot_id, **fields)


def given(entry, of, records=(), *, session=SESSION, **fields):
    (outcome,), after = fulfilled(order(entry, **fields), of, records, session=session)
    return outcome, after


def test_loot_is_given_once_in_a_session():
    of = catalogue(vendor(1, loot(70, item=GEMS)), vendor(2, loot(71, item=GEMS)))

    result = planned(order(durable(), durable(), durable(71)), of, session=SESSION)

    new = made(0, GEMS, 1, bucket="steam", **FOR_SESSION)
    assert result.entries == (
        success((70, None, new)),
        failure(APPLIED),
        success((71, new, new.with_count(2))),
    )
    assert result.holdings.session == replace(SESSION, applied_loot=frozenset({70, 71}))


def test_loot_that_the_session_has_had_is_refused():
    of = catalogue(vendor(1, loot(70, item=GEMS)))
    session = replace(SESSION, applied_loot=frozenset({70}))

    assert given(durable(), of, session=session) == (failure(APPLIED), [])


def test_loot_that_failed_may_be_given_later():
    of = catalogue(vendor(1, loot(70, CONSUME, item=GEMS)))

    result = planned(order(durable(), durable()), of, session=SESSION)

    assert result.entries == (failure(Result.CANNOT_MEET_LOOT_REQUIRED),) * 2
    assert result.holdings.session == SESSION


def test_loot_of_a_transaction_that_is_rolled_back_may_be_given_later():
    of = catalogue(vendor(1, loot(70, item=GEMS)))

    placed = order(durable(), durable(99), is_transaction=True)
    result = planned(placed, of, session=SESSION)

    assert [each.result for each in result.entries] == [Result.ROLLBACK, Result.LOOT_NOT_FOUND]
    assert result.holdings.session == SESSION


@pytest.mark.parametrize("operation", [ADD, LESS_THAN])
def test_loot_without_a_session_is_refused(operation):
    of = catalogue(vendor(1, loot(70, operation, item=GEMS)))

    outcome = failure(Result.FAILED_TO_MODIFY_INVENTORY)
    assert given(durable(), of, session=None) == (outcome, [])


@pytest.mark.parametrize(
    ("claimable", "result"),
    [(True, Result.SUCCESS), (False, Result.LOOT_NOT_FILLABLE_FROM_CLIENT)],
)
def test_clients_are_given_only_what_they_may_claim(claimable, result):
    of = catalogue(vendor(1, loot(70, LESS_THAN, item=GEMS, is_claimable_by_client=claimable)))

    assert given(durable(), of, source=Source.CLIENT) == (failure(result), [])


# All that it gives and takes is the session's; what it checks is what it says.

OWN = record(1, GEMS, 5, bucket="steam")
OF_SESSION = record(2, GEMS, 5, bucket="steam", **FOR_SESSION)


@pytest.mark.parametrize(
    ("operation", "quantity", "expected"),
    [
        (ADD, 2, 7),
        (SUBTRACT, 2, 3),
        (SET, 2, 2),
        (CONSUME, 5, 0),
        (CONSUME, 6, Result.CANNOT_MEET_LOOT_REQUIRED),
        (AT_LEAST, 6, Result.CANNOT_MEET_LOOT_REQUIRED),
        (LESS_THAN, 5, Result.CANNOT_MEET_LOOT_BLOCKER),
        (AT_LEAST, 5, None),
    ],
)
def test_loot_of_what_is_owned_is_for_the_session(operation, quantity, expected):
    of = catalogue(vendor(1, loot(70, operation, item=GEMS)))

    got = given(durable(quantity=quantity), of, [OWN, OF_SESSION])

    if isinstance(expected, Result):
        assert got == (failure(expected), [OWN, OF_SESSION])
    elif expected is None:
        assert got == (success(), [OWN, OF_SESSION])
    else:
        changed = OF_SESSION.with_count(expected)
        assert got == (success((70, OF_SESSION, changed)), [OWN, changed])


def test_checks_see_what_is_owned_for_good():
    of = catalogue(
        vendor(1, to_vendor(70, 2)),
        vendor(2, loot(71, AT_LEAST, item=GEMS, quantity=5), loot(72, item=SWORD)),
    )

    outcome, _ = given(durable(), of, [OWN])

    assert outcome == success((72, None, made(0, SWORD, 1, bucket="steam", **FOR_SESSION)))


@pytest.mark.parametrize(
    ("selector", "fields"),
    [
        ("own", {}),
        ("own_transient", {}),
        ("rent", {"count": 1, "expires": NOW + timedelta(hours=2)}),
        ("rent_timeframe_locked", {"expires": LATER}),
    ],
)
def test_whatever_is_given_lasts_for_the_session_at_most(selector, fields):
    kept = record(1, SWORD, 1, expires=LATER, bucket="steam")
    frame = TimeFrame(5, active=True, start=EARLIER, end=LATER)
    member = loot(70, item=SWORD, inventory_selector_type=selector, time_frame_id=5)

    outcome, _ = given(
        durable(quantity=2), catalogue(vendor(1, member), time_frames=[frame]), [kept]
    )

    new = replace(made(0, SWORD, 2, bucket="steam", **FOR_SESSION), **fields)
    assert outcome == success((70, None, new))


def test_loot_of_orders_of_their_own_is_given_in_this_one():
    """Another order would give it for good; a random vendor gives it once."""
    of = catalogue(
        vendor(1, to_vendor(70, 2)),
        vendor(2, loot(71, item=GEMS, fill_in_new_order=True), to_vendor(72, 3, quantity=9)),
        vendor(3, loot(81, item=SWORD, drop_weight=1, fill_in_new_order=True), type=RANDOM),
    )

    (outcome,), after = fulfilled(order(durable()), of, session=SESSION, dice=First())

    assert [(change.loot_id, change.after.type) for change in outcome.effects] == [
        (71, "transient"),
        (81, "transient"),
    ]
    assert [each.count for each in after] == [1, 1]


def test_the_next_entry_gives_for_good_again():
    of = catalogue(vendor(1, loot(70, item=PASS)))

    outcomes, _ = fulfilled(order(durable(), fill(70)), of, session=SESSION)

    assert outcomes == (
        success((70, None, made(0, PASS, 1, bucket="steam", **FOR_SESSION))),
        success((70, None, made(1, PASS, 1, bucket="steam"))),
    )
