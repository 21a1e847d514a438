"""Records stated by the caller (DOMAIN 2.10)."""

from dataclasses import replace
from datetime import timedelta

import pytest

from inventory.fulfilment.always_owned import always_owned_records
from inventory.fulfilment.orders import Record
from inventory.fulfilment.vocabulary import Result, Source
from tests.inventory.fulfilment.examples import (
    BASIC,
    CHEST,
    COUNT_MAXIMUM,
    EARLIER,
    GEMS,
    ITEMS,
    LATER,
    NOW,
    PASS,
    PLAYER,
    RETIRED,
    SWORD,
    catalogue,
    create,
    failure,
    fulfilled,
    made,
    order,
    owned,
    planned,
    record,
    success,
    update,
)

CATALOGUE = catalogue()
MOMENT = timedelta(microseconds=1)
TOO_MANY = {"a": "1", "b": "2", "c": "3"}
GEM_RECORD = record(1, GEMS, 5, bucket="steam", expires=LATER, custom_data={"skin": "red"})


# Creating


def test_create_makes_a_record_of_exactly_this_data():
    entry = create(GEMS, 3, expires=LATER, custom_data={"skin": "red"}, use_inventory_bucket="epic")

    outcomes, records = fulfilled(order(entry), CATALOGUE)

    new = made(0, GEMS, 3, expires=LATER, custom_data={"skin": "red"}, bucket="epic")
    assert (outcomes, records) == ((success((None, None, new)),), [new])


def test_create_makes_a_record_beside_those_of_the_same_item():
    outcomes, records = fulfilled(
        order(create(GEMS), create(GEMS)), CATALOGUE, [record(1, GEMS, 5)]
    )

    assert outcomes == (
        success((None, None, made(0, GEMS, 1))),
        success((None, None, made(1, GEMS, 1))),
    )
    assert records == [record(1, GEMS, 5), made(0, GEMS, 1), made(1, GEMS, 1)]


@pytest.mark.parametrize(
    ("source", "portal_id", "bucket"),
    [(Source.IN_GAME, 5, "epic"), (Source.CLIENT, 5, "steam"), (Source.CLIENT, None, "none")],
)
def test_create_in_a_bucket(source, portal_id, bucket):
    outcomes, _ = fulfilled(
        order(create(GEMS, use_inventory_bucket="epic"), source=source, portal_id=portal_id),
        CATALOGUE,
    )

    assert outcomes == (success((None, None, made(0, GEMS, 1, bucket=bucket))),)


@pytest.mark.parametrize(
    ("entry", "result"),
    [
        (create(None), Result.ITEM_NOT_FOUND),
        (create(99), Result.ITEM_NOT_FOUND),
        (create(CHEST), Result.ITEM_NOT_FOUND),
        (create(RETIRED), Result.ITEM_NOT_ACTIVE),
        (create(BASIC), Result.ALWAYS_OWNED_INVENTORY_CANNOT_BE_MODIFIED),
        (create(GEMS, custom_data=TOO_MANY), Result.TOO_MANY_INV_CUSTOM_ATTRIBUTES),
        (create(GEMS, expires=NOW), Result.AVAILABLE_UNTIL_IS_IN_PAST),
        (create(GEMS, 0), Result.QUANTITY_NOT_ALLOWED),
        (create(GEMS, COUNT_MAXIMUM + 1), Result.FAILED_TO_MODIFY_INVENTORY),
    ],
)
def test_create_fails(entry, result):
    assert fulfilled(order(entry), CATALOGUE) == ((failure(result),), [])


@pytest.mark.parametrize(
    "entry",
    [
        create(GEMS, custom_data={"a": "1", "b": "2"}),
        create(GEMS, expires=NOW + MOMENT),
        create(GEMS, COUNT_MAXIMUM),
    ],
)
def test_create_within_the_limits(entry):
    outcomes, _ = fulfilled(order(entry), CATALOGUE)

    new = made(0, GEMS, entry.quantity, expires=entry.expires, custom_data=entry.custom_data)
    assert outcomes == (success((None, None, new)),)


# Updating


@pytest.mark.parametrize(
    ("fields", "after"),
    [
        ({"quantity": 7, "expires": LATER}, {"count": 7}),
        ({"quantity": 0, "expires": LATER}, {"count": 0}),
        ({"quantity": 5}, {"expires": None}),
        ({"quantity": 5, "expires": NOW + MOMENT}, {"expires": NOW + MOMENT}),
        ({"quantity": 5, "expires": LATER, "use_inventory_bucket": "psn"}, {"bucket": "psn"}),
        ({"quantity": 5, "expires": LATER, "custom_data": {"b": "2"}}, {"custom_data": {"b": "2"}}),
        ({"quantity": 5, "expires": LATER, "custom_data": {}}, {"custom_data": None}),
        ({"quantity": 5, "expires": LATER, "item_id": SWORD}, {"item_id": SWORD}),
    ],
)
def test_update_makes_the_record_what_the_entry_says(fields, after):
    outcomes, records = fulfilled(
        order(update(GEM_RECORD, **fields), portal_id=28), CATALOGUE, [GEM_RECORD]
    )

    expected = replace(GEM_RECORD, **after)
    assert (outcomes, records) == ((success((None, GEM_RECORD, expected)),), [expected])


def test_update_to_what_is_already_so_succeeds_without_a_change():
    entry = update(GEM_RECORD, 5, expires=LATER)

    assert fulfilled(order(entry), CATALOGUE, [GEM_RECORD]) == ((success(),), [GEM_RECORD])


def test_update_from_a_client_leaves_the_bucket():
    entry = update(GEM_RECORD, 6, expires=LATER, use_inventory_bucket="psn")

    outcomes, _ = fulfilled(order(entry, source=Source.CLIENT), CATALOGUE, [GEM_RECORD])

    assert outcomes == (success((None, GEM_RECORD, GEM_RECORD.with_count(6))),)


def test_update_mends_an_expired_record_of_an_inactive_item():
    broken = record(1, RETIRED, 5, expires=EARLIER)

    outcomes, _ = fulfilled(order(update(broken, 4)), CATALOGUE, [broken])

    assert outcomes == (success((None, broken, record(1, RETIRED, 4))),)


def test_updates_follow_each_other_on_one_record():
    outcomes, records = fulfilled(
        order(update(GEM_RECORD, 6, expires=LATER), update(GEM_RECORD, 7, expires=LATER)),
        CATALOGUE,
        [GEM_RECORD],
    )

    six, seven = GEM_RECORD.with_count(6), GEM_RECORD.with_count(7)
    assert outcomes == (success((None, GEM_RECORD, six)), success((None, six, seven)))
    assert records == [seven]


@pytest.mark.parametrize(
    ("fields", "result"),
    [
        ({"quantity": -1}, Result.QUANTITY_NOT_ALLOWED),
        ({"item_id": BASIC}, Result.ALWAYS_OWNED_INVENTORY_CANNOT_BE_MODIFIED),
        ({"item_id": 99}, Result.ITEM_NOT_FOUND),
        ({"item_id": CHEST}, Result.ITEM_NOT_FOUND),
        ({"item_id": RETIRED}, Result.ITEM_NOT_ACTIVE),
        ({"custom_data": TOO_MANY}, Result.TOO_MANY_INV_CUSTOM_ATTRIBUTES),
        ({"expires": NOW}, Result.AVAILABLE_UNTIL_IS_IN_PAST),
        ({"quantity": COUNT_MAXIMUM + 1}, Result.FAILED_TO_MODIFY_INVENTORY),
    ],
)
def test_update_fails(fields, result):
    entry = update(GEM_RECORD, **{"quantity": 4} | fields)

    outcomes = (failure(result),)
    assert fulfilled(order(entry), CATALOGUE, [GEM_RECORD]) == (outcomes, [GEM_RECORD])


def test_update_of_a_record_with_too_many_attributes_asks_for_fewer():
    laden = record(1, GEMS, 5, custom_data=TOO_MANY)

    outcomes, _ = fulfilled(
        order(update(laden, 4), update(laden, 4, custom_data={})), CATALOGUE, [laden]
    )

    assert outcomes == (
        failure(Result.TOO_MANY_INV_CUSTOM_ATTRIBUTES),
        success((None, laden, record(1, GEMS, 4))),
    )


@pytest.mark.parametrize("named", [record(9, GEMS, 1), replace(GEM_RECORD, inventory_id=None)])
def test_update_of_no_record_of_the_player_is_not_found(named):
    outcomes = (failure(Result.INVENTORY_NOT_FOUND),)
    assert fulfilled(order(update(named, 4)), CATALOGUE, [GEM_RECORD]) == (outcomes, [GEM_RECORD])


def test_update_of_a_record_whose_item_is_always_owned_by_now():
    left_over = record(1, BASIC, 5)

    outcomes = (failure(Result.ALWAYS_OWNED_INVENTORY_CANNOT_BE_MODIFIED),)
    assert fulfilled(order(update(left_over, 4)), CATALOGUE, [left_over]) == (outcomes, [left_over])


# What is always owned


def test_always_owned_items_are_shown_as_records_with_a_lasting_id():
    retired = replace(ITEMS[BASIC], id=40, active=False)
    of = catalogue(items=ITEMS | {40: retired})

    first = list(always_owned_records(of, PLAYER, acquired=EARLIER))
    again = list(always_owned_records(of, PLAYER, acquired=EARLIER))
    others = list(always_owned_records(of, GEM_RECORD.inventory_id, acquired=EARLIER))

    assert first == again
    assert first == [
        Record(first[0].inventory_id, BASIC, "always_owned", "none", 1, EARLIER, None, None)
    ]
    assert first[0].inventory_id != others[0].inventory_id


def test_update_of_what_is_always_owned_is_refused():
    (shown,) = always_owned_records(CATALOGUE, PLAYER, acquired=EARLIER)

    outcomes = (failure(Result.ALWAYS_OWNED_INVENTORY_CANNOT_BE_MODIFIED),)
    assert fulfilled(order(update(shown, 4)), CATALOGUE) == (outcomes, [])


def test_update_of_what_another_player_always_owns_is_not_found():
    (shown,) = always_owned_records(CATALOGUE, GEM_RECORD.inventory_id, acquired=EARLIER)

    outcomes = (failure(Result.INVENTORY_NOT_FOUND),)
    assert fulfilled(order(update(shown, 4)), CATALOGUE) == (outcomes, [])


def test_direct_entries_leave_other_records_alone():
    others = [record(2, GEMS, 1), record(3, SWORD, 1), record(4, PASS, 1)]

    holdings = planned(
        order(update(GEM_RECORD, 1, expires=LATER)), CATALOGUE, [*others, GEM_RECORD]
    ).holdings

    assert owned(holdings) == [GEM_RECORD.with_count(1), *others]
