"""Which loot may be filled, and for whom (DOMAIN 2.13 B)."""

from dataclasses import replace
from uuid import UUID

import pytest

from catalog.snapshot import BucketUseRuleSet
from inventory.fulfilment.orders import Entry, Session
from inventory.fulfilment.vocabulary import EntryType, Result, Source
from tests.inventory.fulfilment.examples import (
    CHEST,
    GEMS,
    ITEMS,
    LATER,
    LESS_THAN,
    NOW,
    PASS,
    catalogue,
    failure,
    fill,
    fulfilled,
    loot,
    made,
    order,
    record,
    success,
    to_vendor,
    vendor,
)

LOOT_TYPES = [
    EntryType.FILL_LOOT,
    EntryType.FILL_LOOT_SINGLE_TRANSIENT,
    EntryType.FILL_ENTITLED_LOOT,
]


@pytest.mark.parametrize(
    ("etag", "version", "result"),
    [
        (None, None, Result.SUCCESS),
        ("etag 1", None, Result.SUCCESS),
        ("etag 1", 6, Result.SUCCESS),
        ('"etag 1"', None, Result.SUCCESS),
        ('W/"etag 1"', None, Result.SUCCESS),
        (None, 7, Result.SUCCESS),
        ("etag 0", None, Result.VENDOR_VERSION_DOES_NOT_MATCH),
        ("etag 0", 7, Result.VENDOR_VERSION_DOES_NOT_MATCH),
        ("", None, Result.VENDOR_VERSION_DOES_NOT_MATCH),
        (None, 6, Result.VENDOR_VERSION_DOES_NOT_MATCH),
        (None, 0, Result.VENDOR_VERSION_DOES_NOT_MATCH),
    ],
)
def test_entry_that_names_the_vendor_that_its_caller_saw(etag, version, result):
    of = catalogue(vendor(1, loot(70, LESS_THAN, item=GEMS), version=7))

    outcomes = (failure(result),)
    assert fulfilled(order(fill(70, vendor_etag=etag, vendor_version=version)), of) == (
        outcomes,
        [],
    )


def test_vendor_version_does_not_match_a_vendor_without_one():
    of = catalogue(vendor(1, loot(70, item=GEMS)))

    outcomes = (failure(Result.VENDOR_VERSION_DOES_NOT_MATCH),)
    assert fulfilled(order(fill(70, vendor_version=7)), of) == (outcomes, [])


@pytest.mark.parametrize(
    ("fields", "vendor_active", "result"),
    [
        ({}, True, Result.SUCCESS),
        ({"effective_from": NOW}, True, Result.SUCCESS),
        ({"effective_from": LATER}, True, Result.LOOT_NOT_ACTIVE),
        ({"active": False}, True, Result.LOOT_NOT_ACTIVE),
        ({}, False, Result.LOOT_NOT_ACTIVE),
    ],
)
def test_loot_is_active(fields, vendor_active, result):
    of = catalogue(vendor(1, loot(70, LESS_THAN, item=GEMS, **fields), active=vendor_active))

    assert fulfilled(order(fill(70)), of) == ((failure(result),), [])


@pytest.mark.parametrize("source", [Source.CLIENT, Source.CLIENT_CLAIM])
def test_clients_fill_only_loot_that_they_may_claim(source):
    of = catalogue(
        vendor(1, loot(70, LESS_THAN, item=GEMS)),
        vendor(2, loot(71, LESS_THAN, item=GEMS, is_claimable_by_client=True)),
        vendor(3, to_vendor(72, 1, is_claimable_by_client=True)),
    )

    outcomes, _ = fulfilled(order(fill(70), fill(71), fill(72), source=source), of)

    assert outcomes == (failure(Result.LOOT_NOT_FILLABLE_FROM_CLIENT), success(), success())


def test_loot_of_an_inactive_item_with_a_sub_vendor_is_refused():
    items = ITEMS | {CHEST: replace(ITEMS[CHEST], active=False)}
    of = catalogue(
        vendor(1, to_vendor(70, 2, item=CHEST)), vendor(2, loot(71, item=GEMS)), items=items
    )

    assert fulfilled(order(fill(70)), of) == ((failure(Result.ITEM_NOT_ACTIVE),), [])


@pytest.mark.parametrize(
    ("custom_data", "result"),
    [
        ({"a": "1", "b": "2"}, Result.SUCCESS),
        ({"a": "1", "b": "2", "c": "3"}, Result.TOO_MANY_INV_CUSTOM_ATTRIBUTES),
    ],
)
def test_loot_with_custom_data(custom_data, result):
    of = catalogue(vendor(1, loot(70, LESS_THAN, item=GEMS)))

    outcomes = (failure(result),)
    assert fulfilled(order(fill(70, custom_data=custom_data)), of) == (outcomes, [])


# Platforms, by the rule set of the loot's item

NOWHERE = BucketUseRuleSet("nowhere", {})
STEAM = BucketUseRuleSet("steam", {"steam": ("steam", "none"), "epic": ()})
ANYWHERE = BucketUseRuleSet("anywhere", {"steam": (), "none": ("none",)})
SESSION = Session(UUID(int=77), "Steam")


@pytest.mark.parametrize(
    ("rule_set", "portal_id", "session", "is_allowed"),
    [
        (None, 28, None, True),
        ("steam", 5, None, True),
        ("steam", None, SESSION, True),
        ("steam", 28, SESSION, True),
        ("steam", 28, None, False),
        ("steam", 28, Session(UUID(int=77)), False),
        ("steam", 9, None, False),
        ("steam", 3, None, False),
        ("steam", None, None, True),
        ("steam", None, Session(UUID(int=77), "Epic"), False),
        ("steam", None, Session(UUID(int=77), "Toaster"), False),
        ("anywhere", 5, None, True),
        ("anywhere", 28, None, True),
        ("nowhere", 5, None, False),
        ("nowhere", None, None, True),
        ("unknown", 5, None, False),
    ],
)
def test_loot_on_a_platform(rule_set, portal_id, session, is_allowed):
    """It takes a row of the platform's bucket, or the fallback; without a platform, nothing."""
    items = ITEMS | {GEMS: replace(ITEMS[GEMS], inventory_bucket_use_rule_set_id=rule_set)}
    of = catalogue(
        vendor(1, loot(70, LESS_THAN, item=GEMS), to_vendor(71, 2, item=GEMS)),
        vendor(2, loot(72, LESS_THAN, item=GEMS)),
        items=items,
        rule_sets=[NOWHERE, STEAM, ANYWHERE],
    )

    placed = order(fill(70), fill(71), fill(72), portal_id=portal_id)
    outcomes, _ = fulfilled(placed, of, session=session)

    result = Result.SUCCESS if is_allowed else Result.NOT_ALLOWED_ON_CURRENT_PORTAL
    assert outcomes == (failure(result),) * 3


def test_only_the_loot_that_is_named_must_be_allowed_on_the_platform():
    items = ITEMS | {GEMS: replace(ITEMS[GEMS], inventory_bucket_use_rule_set_id="steam")}
    of = catalogue(
        vendor(1, to_vendor(70, 2, item=CHEST)),
        vendor(2, loot(71, item=GEMS)),
        items=items,
        rule_sets=[STEAM],
    )

    outcomes, _ = fulfilled(order(fill(70), portal_id=28), of)

    assert outcomes == (success((71, None, made(0, GEMS, 1, bucket="epic"))),)


@pytest.mark.parametrize("loot_id", [None, 99])
@pytest.mark.parametrize("entry_type", [*LOOT_TYPES])
def test_loot_that_is_not_there(entry_type, loot_id):
    of = catalogue(vendor(1, loot(70, item=GEMS)))

    outcomes = (failure(Result.LOOT_NOT_FOUND),)
    assert fulfilled(order(Entry(entry_type, 1, loot_id=loot_id)), of) == (outcomes, [])


# The checks in their order, for every type: each makes the loot fail at one of them

PROBLEMS = {
    Result.VENDOR_VERSION_DOES_NOT_MATCH: {"entry": {"vendor_etag": "old"}},
    Result.LOOT_NOT_ACTIVE: {"loot": {"active": False}},
    Result.ITEM_NOT_ACTIVE: {"item": {"active": False}},
    Result.NOT_ALLOWED_ON_CURRENT_PORTAL: {"item": {"inventory_bucket_use_rule_set_id": "nowhere"}},
    Result.LOOT_NOT_FILLABLE_FROM_CLIENT: {"loot": {"is_claimable_by_client": False}},
    Result.TRANSIENT_SINGLE_LOOT_ALREADY_APPLIED: {"session": {"applied_loot": frozenset({70})}},
    Result.TOO_MANY_INV_CUSTOM_ATTRIBUTES: {"entry": {"custom_data": {"a": "", "b": "", "c": ""}}},
    Result.CANNOT_MEET_LOOT_BLOCKER: {"loot": {"inventory_operation": LESS_THAN}},
}


@pytest.mark.parametrize("entry_type", LOOT_TYPES)
@pytest.mark.parametrize("earliest", range(len(PROBLEMS)))
def test_of_several_problems_the_first_is_the_answer(entry_type, earliest):
    """With all problems from the earliest on, that one is the answer."""
    is_single = entry_type is EntryType.FILL_LOOT_SINGLE_TRANSIENT
    results = [
        result
        for result in PROBLEMS
        if is_single or result is not Result.TRANSIENT_SINGLE_LOOT_ALREADY_APPLIED
    ][earliest:]
    changes = {"entry": {}, "loot": {}, "item": {}, "session": {}}
    for result in results:
        for part, fields in PROBLEMS[result].items():
            changes[part] |= fields
    items = ITEMS | {
        GEMS: replace(ITEMS[GEMS], **changes["item"]),
        PASS: replace(ITEMS[PASS], type="entitlement", entitled_loot_id=70),
    }
    member = replace(loot(70, item=GEMS, is_claimable_by_client=True), **changes["loot"])
    entry = replace(Entry(entry_type, 1, loot_id=70), **changes["entry"])
    records = [record(1, PASS, 1), record(2, GEMS, 1)]

    outcomes, _ = fulfilled(
        order(entry, source=Source.CLIENT),
        catalogue(vendor(1, member), items=items, rule_sets=[NOWHERE]),
        records,
        session=replace(SESSION, **changes["session"]),
    )

    assert [outcome.result for outcome in outcomes] == (results or [Result.SUCCESS])[:1]
