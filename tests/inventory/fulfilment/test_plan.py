"""Entries of one order among each other: atomic each, or together in a transaction."""

from dataclasses import replace
from datetime import timedelta

import pytest

from inventory.fulfilment.holdings import CLIENT_TRIES, PROMOTION_TRIES, Draft
from inventory.fulfilment.orders import Entry
from inventory.fulfilment.trace import Step, Told, Trace
from inventory.fulfilment.vocabulary import EntryType, Result, Source
from tests.inventory.fulfilment.examples import (
    AT_LEAST,
    CONSUME,
    GEMS,
    NOW,
    PASS,
    RULES,
    SWORD,
    catalogue,
    create,
    failure,
    fill,
    fulfilled,
    loot,
    made,
    order,
    planned,
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


@pytest.mark.parametrize("entry_type", sorted(EntryType))
def test_a_type_that_is_not_enabled_is_invalid(entry_type):
    entry = Entry(entry_type, 1, loot_id=71, item_id=SWORD, inventory_id=GEM.inventory_id)
    rules = replace(RULES, entry_types=frozenset(EntryType) - {entry_type})

    outcomes = (failure(Result.INVALID_ENTRY_TYPE),)
    assert fulfilled(order(entry), CATALOGUE, [GEM], rules=rules) == (outcomes, [GEM])


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


# --- Limits on requests (DOMAIN 2.13 A3) ---------------------------------------------------------

CODE = Entry(EntryType.PROMOTION_CODE, 1, external_tran_id="GUESS")
GUESSED, REFUSED = Result.PROMOTION_NOT_FOUND, Result.TOO_MANY_REQUESTS
WINDOW = RULES.promotion_window
THREE = replace(RULES, promotion_tries=3, client_entries=0)


def results(*entries, rules=THREE, tries=None, **fields):
    result = planned(order(*entries, **fields), CATALOGUE, [GEM], rules=rules, tries=tries)
    return [outcome.result for outcome in result.entries], dict(result.holdings.tries)


def test_codes_may_be_tried_so_often():
    assert results(*[CODE] * 5) == (
        [GUESSED, GUESSED, GUESSED, REFUSED, REFUSED],
        {PROMOTION_TRIES: [NOW] * 3},
    )


@pytest.mark.parametrize(
    ("ago", "expected"),
    [
        ([timedelta()] * 3, REFUSED),
        ([WINDOW - timedelta(microseconds=1)] * 3, REFUSED),
        ([WINDOW, timedelta(), timedelta()], GUESSED),
        ([WINDOW * 2] * 9, GUESSED),
        ([timedelta()] * 2, GUESSED),
    ],
)
def test_tries_within_the_window_before_the_order_count(ago, expected):
    """By the time it was placed: one that waited long for its turn is no new try."""
    placed = NOW - timedelta(hours=1)
    tries = {PROMOTION_TRIES: [placed - each for each in ago]}

    assert results(CODE, tries=tries, created_time=placed)[0] == [expected]


def test_zero_tries_are_no_limit():
    rules = replace(RULES, promotion_tries=0)

    assert results(*[CODE] * 20, rules=rules) == ([GUESSED] * 20, {})


def test_a_try_counts_whatever_becomes_of_it():
    entries = [CODE, create(None)]
    code = Entry(EntryType.CREATE_NEW_PERSISTENT_INVENTORY, 0, item_id=GEMS)
    rules = replace(RULES, client_entries=3)

    # Also an entry whose quantity is refused, which is asked after the limit.
    assert results(*entries, code, SWORDS, rules=rules, source=Source.CLIENT) == (
        [GUESSED, Result.ITEM_NOT_FOUND, Result.QUANTITY_NOT_ALLOWED, REFUSED],
        {PROMOTION_TRIES: [NOW], CLIENT_TRIES: [NOW] * 3},
    )


def test_a_try_counts_though_its_transaction_is_rolled_back():
    assert results(CODE, SWORDS, is_transaction=True) == (
        [GUESSED, Result.NOT_STARTED],
        {PROMOTION_TRIES: [NOW]},
    )


@pytest.mark.parametrize("source", [Source.CLIENT, Source.CLIENT_CLAIM])
def test_entries_from_clients_may_have_a_limit_of_their_own(source):
    rules = replace(RULES, client_entries=2, client_window=timedelta(minutes=5))
    entries = [create(PASS), create(PASS)]
    old = NOW - timedelta(minutes=5)

    assert results(*entries, tries={CLIENT_TRIES: [NOW, old]}, rules=rules, source=source) == (
        [Result.SUCCESS, REFUSED],
        {CLIENT_TRIES: [NOW, old, NOW]},
    )
    assert results(*entries, tries={CLIENT_TRIES: [NOW] * 9}, rules=rules) == (
        [Result.SUCCESS, Result.SUCCESS],
        {CLIENT_TRIES: [NOW] * 9},
    )


def test_a_try_that_one_limit_refuses_counts_for_none():
    rules = replace(RULES, promotion_tries=3, client_entries=2)
    tries = {CLIENT_TRIES: [NOW] * 2}

    assert results(CODE, rules=rules, source=Source.CLIENT, tries=tries) == ([REFUSED], tries)


@pytest.mark.parametrize(
    "refusal", [{"permissions": frozenset()}, {"rules": replace(THREE, entry_types=frozenset())}]
)
def test_what_may_not_be_asked_at_all_is_no_try(refusal):
    assert results(CODE, **refusal)[1] == {}


# --- The trace -----------------------------------------------------------------------------------


def test_each_entry_has_a_trace_that_ends_with_its_failure():
    trace = Trace()

    planned(order(create(None), SWORDS), CATALOGUE, trace=trace)

    failed, succeeded = trace.entries
    assert failed == [
        Step(Told.CHECK, (Result.INVALID_ENTRY_TYPE, True)),
        Step(Told.CHECK, (Result.PERMISSION_DENIED, True)),
        Step(Told.CHECK, (Result.QUANTITY_NOT_ALLOWED, True)),
        Step(Told.CHECK, (Result.ALWAYS_OWNED_INVENTORY_CANNOT_BE_MODIFIED, True)),
        Step(Told.CHECK, (Result.ITEM_NOT_FOUND, False)),
        Step(Told.ROLLBACK, (Result.ITEM_NOT_FOUND,)),
    ]
    assert Told.ROLLBACK not in {step.told for step in succeeded}


def test_the_trace_of_an_internal_error_says_what_it_was(monkeypatch):
    def fall(*_):
        raise ZeroDivisionError

    monkeypatch.setattr(Draft, "write", fall)
    trace = Trace()

    planned(order(SWORDS), CATALOGUE, trace=trace)

    ((*_, last),) = trace.entries
    assert last == Step(Told.ROLLBACK, (Result.INTERNAL_ERROR, "ZeroDivisionError()"))


def test_the_trace_of_a_transaction_ends_with_the_entry_that_failed():
    trace = Trace()

    planned(order(SWORDS, FAIL, SWORDS, is_transaction=True), CATALOGUE, trace=trace)

    assert len(trace.entries) == 2
