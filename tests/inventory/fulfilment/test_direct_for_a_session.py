"""Records stated for a session, and updates by type of record (DOMAIN 2.10)."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from inventory.fulfilment.always_owned import always_owned_records
from inventory.fulfilment.orders import Entry, Session
from inventory.fulfilment.vocabulary import EntryType, Result
from tests.inventory.fulfilment.examples import (
    BASIC,
    CHEST,
    COUNT_MAXIMUM,
    EARLIER,
    GEMS,
    LATER,
    NOW,
    PLAYER,
    RETIRED,
    catalogue,
    failure,
    fulfilled,
    made,
    order,
    owned,
    record,
    success,
)

CATALOGUE = catalogue()
MOMENT = timedelta(microseconds=1)
TOO_MANY = {"a": "1", "b": "2", "c": "3"}
GEM_RECORD = record(1, GEMS, 5, bucket="steam", expires=LATER, custom_data={"skin": "red"})


SESSION = Session(UUID(int=77), "Steam")
OF_SESSION = record(
    2, GEMS, 5, bucket="steam", expires=LATER, type="transient", session_id=SESSION.id
)
OF_CLOSED_SESSION = record(3, GEMS, 5, type="transient", session_id=UUID(int=78))
HELD = [GEM_RECORD, OF_SESSION, OF_CLOSED_SESSION]
UPDATE_PERSISTENT = EntryType.UPDATE_EXISTING_PERSISTENT_INVENTORY
UPDATE_TRANSIENT = EntryType.UPDATE_EXISTING_TRANSIENT_INVENTORY


def create_transient(item_id=GEMS, quantity=1, **fields):
    return Entry(EntryType.CREATE_NEW_TRANSIENT_INVENTORY, quantity, item_id=item_id, **fields)


def test_create_for_the_session():
    entry = create_transient(quantity=3, expires=LATER, custom_data={"skin": "red"})

    outcomes, records = fulfilled(order(entry), CATALOGUE, [OF_SESSION], session=SESSION)

    new = made(
        0,
        GEMS,
        3,
        expires=LATER,
        custom_data={"skin": "red"},
        bucket="steam",
        type="transient",
        session_id=SESSION.id,
    )
    assert (outcomes, records) == ((success((None, None, new)),), [OF_SESSION, new])


@pytest.mark.parametrize(
    ("entry", "session", "result"),
    [
        (create_transient(BASIC), SESSION, Result.ALWAYS_OWNED_INVENTORY_CANNOT_BE_MODIFIED),
        (create_transient(None), SESSION, Result.ITEM_NOT_FOUND),
        (create_transient(CHEST), SESSION, Result.ITEM_NOT_FOUND),
        (create_transient(RETIRED), None, Result.ITEM_NOT_ACTIVE),
        (create_transient(custom_data=TOO_MANY), None, Result.TOO_MANY_INV_CUSTOM_ATTRIBUTES),
        (create_transient(expires=NOW), None, Result.AVAILABLE_UNTIL_IS_IN_PAST),
        (create_transient(), None, Result.FAILED_TO_MODIFY_INVENTORY),
        (
            create_transient(quantity=COUNT_MAXIMUM + 1),
            SESSION,
            Result.FAILED_TO_MODIFY_INVENTORY,
        ),
    ],
)
def test_create_for_the_session_fails(entry, session, result):
    assert fulfilled(order(entry), CATALOGUE, session=session) == ((failure(result),), [])


# Updating by type of record, and by the integer that such types may name it by


def by_id(entry_type, named):
    return Entry(entry_type, 4, inventory_id=named.inventory_id, expires=LATER)


def by_number(entry_type, named):
    return Entry(entry_type, 4, legacy_inventory_id=named.legacy_inventory_id, expires=LATER)


@pytest.mark.parametrize("naming", [by_id, by_number])
@pytest.mark.parametrize(
    ("entry_type", "named", "is_found"),
    [
        (UPDATE_PERSISTENT, GEM_RECORD, True),
        (UPDATE_PERSISTENT, OF_SESSION, False),
        (UPDATE_TRANSIENT, OF_SESSION, True),
        (UPDATE_TRANSIENT, GEM_RECORD, False),
        (UPDATE_TRANSIENT, OF_CLOSED_SESSION, False),
        (UPDATE_TRANSIENT, record(9, GEMS, 1), False),
        (UPDATE_PERSISTENT, record(9, GEMS, 1), False),
    ],
)
def test_update_by_type_reaches_records_of_that_type(entry_type, naming, named, is_found):
    outcomes, records = fulfilled(
        order(naming(entry_type, named)), CATALOGUE, HELD, session=SESSION
    )

    if is_found:
        changed = named.with_count(4)
        assert outcomes == (success((None, named, changed)),)
        assert records == owned({each.inventory_id: each for each in (*HELD, changed)}.values())
    else:
        assert (outcomes, records) == ((failure(Result.INVENTORY_NOT_FOUND),), HELD)


@pytest.mark.parametrize(
    ("named", "is_found"), [(GEM_RECORD, True), (OF_SESSION, True), (OF_CLOSED_SESSION, False)]
)
def test_update_reaches_records_of_every_type_but_not_by_number(named, is_found):
    entries = [
        by_id(EntryType.UPDATE_INVENTORY, named),
        by_number(EntryType.UPDATE_INVENTORY, named),
    ]

    outcomes, _ = fulfilled(order(*entries), CATALOGUE, HELD, session=SESSION)

    result = Result.SUCCESS if is_found else Result.INVENTORY_NOT_FOUND
    assert [outcome.result for outcome in outcomes] == [result, Result.INVENTORY_NOT_FOUND]


def test_the_id_wins_over_the_number():
    entry = replace(
        by_id(UPDATE_PERSISTENT, GEM_RECORD),
        legacy_inventory_id=record(4, GEMS, 1).legacy_inventory_id,
    )

    outcomes, _ = fulfilled(order(entry), CATALOGUE, [GEM_RECORD, record(4, GEMS, 1)])

    assert outcomes == (success((None, GEM_RECORD, GEM_RECORD.with_count(4))),)


@pytest.mark.parametrize("entry_type", [UPDATE_PERSISTENT, UPDATE_TRANSIENT])
@pytest.mark.parametrize("naming", [by_id, by_number])
def test_update_by_type_finds_nothing_that_is_always_owned(entry_type, naming):
    (shown,) = always_owned_records(CATALOGUE, PLAYER, acquired=EARLIER)

    outcomes = (failure(Result.INVENTORY_NOT_FOUND),)
    assert fulfilled(order(naming(entry_type, shown)), CATALOGUE) == (outcomes, [])
