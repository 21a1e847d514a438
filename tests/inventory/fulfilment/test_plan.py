"""Entries of one order among each other: atomic each, or together in a transaction."""

import pytest

from inventory.fulfilment.holdings import Draft
from inventory.fulfilment.orders import Entry
from inventory.fulfilment.vocabulary import EntryType, Result
from tests.inventory.fulfilment.examples import (
    AT_LEAST,
    CONSUME,
    GEMS,
    PASS,
    SWORD,
    catalogue,
    create,
    failure,
    fill,
    fulfilled,
    loot,
    made,
    order,
    record,
    success,
    update,
    vendor,
)

GEM = record(1, GEMS, 1)
NO_GEM = GEM.with_count(0)
CATALOGUE = catalogue(
    vendor(1, loot(70, CONSUME, item=GEMS)),
    vendor(2, loot(71, item=SWORD)),
    vendor(3, loot(72, AT_LEAST, item=PASS)),
)
SPEND, SWORDS, FAIL = fill(70), fill(71), fill(72)


def test_entries_are_fulfilled_on_what_the_earlier_ones_left():
    outcomes, records = fulfilled(order(SPEND, SPEND, create(PASS), FAIL), CATALOGUE, [GEM])

    assert outcomes == (
        success((70, GEM, NO_GEM)),
        failure(Result.CANNOT_MEET_LOOT_REQUIRED),
        success((None, None, made(1, PASS, 1))),
        success(),
    )
    assert records == [NO_GEM, made(1, PASS, 1)]


def test_a_failing_entry_stops_no_other_without_a_transaction():
    outcomes, records = fulfilled(order(FAIL, SWORDS, FAIL), CATALOGUE)

    assert outcomes == (
        failure(Result.CANNOT_MEET_LOOT_REQUIRED),
        success((71, None, made(0, SWORD, 1))),
        failure(Result.CANNOT_MEET_LOOT_REQUIRED),
    )
    assert records == [made(0, SWORD, 1)]


@pytest.mark.parametrize(
    ("entries", "results"),
    [
        ([FAIL], [Result.CANNOT_MEET_LOOT_REQUIRED]),
        (
            [FAIL, SPEND],
            [Result.CANNOT_MEET_LOOT_REQUIRED, Result.NOT_STARTED],
        ),
        (
            [SPEND, SWORDS, FAIL, SWORDS, FAIL],
            [
                Result.ROLLBACK,
                Result.ROLLBACK,
                Result.CANNOT_MEET_LOOT_REQUIRED,
                Result.NOT_STARTED,
                Result.NOT_STARTED,
            ],
        ),
        (
            [SPEND, create(None)],
            [Result.ROLLBACK, Result.ITEM_NOT_FOUND],
        ),
    ],
)
def test_a_failing_transaction_changes_nothing(entries, results):
    outcomes = tuple(failure(result) for result in results)

    assert fulfilled(order(*entries, is_transaction=True), CATALOGUE, [GEM]) == (outcomes, [GEM])


def test_a_transaction_in_which_all_succeeds_is_like_no_transaction():
    entries = [SPEND, SWORDS, update(GEM, 4)]

    together = fulfilled(order(*entries, is_transaction=True), CATALOGUE, [GEM])

    assert together == fulfilled(order(*entries), CATALOGUE, [GEM])
    assert together == (
        (
            success((70, GEM, NO_GEM)),
            success((71, None, made(1, SWORD, 1))),
            success((None, NO_GEM, GEM.with_count(4))),
        ),
        [GEM.with_count(4), made(1, SWORD, 1)],
    )


@pytest.mark.parametrize(
    "entry_type",
    sorted(
        set(EntryType)
        - {
            EntryType.FILL_LOOT,
            EntryType.CREATE_NEW_PERSISTENT_INVENTORY,
            EntryType.UPDATE_INVENTORY,
        }
    ),
)
def test_a_type_that_is_not_enabled_is_invalid(entry_type):
    entry = Entry(entry_type, 1, loot_id=71, item_id=SWORD, inventory_id=GEM.inventory_id)

    outcomes = (failure(Result.INVALID_ENTRY_TYPE),)
    assert fulfilled(order(entry), CATALOGUE, [GEM]) == (outcomes, [GEM])


@pytest.mark.parametrize(
    ("permissions", "results"),
    [
        ({"loot", "inventory"}, [Result.SUCCESS, Result.SUCCESS, Result.SUCCESS]),
        ({"loot"}, [Result.SUCCESS, Result.PERMISSION_DENIED, Result.PERMISSION_DENIED]),
        ({"inventory"}, [Result.PERMISSION_DENIED, Result.SUCCESS, Result.SUCCESS]),
        ({}, [Result.PERMISSION_DENIED] * 3),
    ],
)
def test_each_type_asks_for_its_permission(permissions, results):
    entries = [SWORDS, create(GEMS), update(GEM, 4)]

    outcomes, _ = fulfilled(order(*entries, permissions=frozenset(permissions)), CATALOGUE, [GEM])

    assert [outcome.result for outcome in outcomes] == results


@pytest.mark.parametrize("entry", [fill(71, 0), create(GEMS, 0), update(GEM, -1)])
def test_a_quantity_below_the_least_is_not_allowed(entry):
    outcomes = (failure(Result.QUANTITY_NOT_ALLOWED),)

    assert fulfilled(order(entry), CATALOGUE, [GEM]) == (outcomes, [GEM])


def test_an_unexpected_exception_fails_its_entry_alone_and_is_logged(monkeypatch, caplog):
    write = Draft.write

    def break_after_writing(self, loot_id, before, after):
        write(self, loot_id, before, after)
        if after.item_id == SWORD:
            raise ZeroDivisionError

    monkeypatch.setattr(Draft, "write", break_after_writing)

    outcomes, records = fulfilled(order(SPEND, SWORDS, create(PASS)), CATALOGUE, [GEM])

    assert outcomes == (
        success((70, GEM, NO_GEM)),
        failure(Result.INTERNAL_ERROR),
        success((None, None, made(1, PASS, 1))),
    )
    assert records == [NO_GEM, made(1, PASS, 1)]
    (log,) = caplog.records
    assert log.getMessage() == "An entry of type fill_loot failed unexpectedly"
    assert log.exc_info[0] is ZeroDivisionError


def test_an_unexpected_exception_rolls_a_transaction_back(monkeypatch, caplog):
    def fall(*_):
        raise ZeroDivisionError

    monkeypatch.setattr(Draft, "find", fall)

    outcomes = (failure(Result.ROLLBACK), failure(Result.INTERNAL_ERROR))
    placed = order(SPEND, update(GEM, 4), is_transaction=True)
    assert fulfilled(placed, CATALOGUE, [GEM]) == (outcomes, [GEM])
