"""Loot of entitlements (DOMAIN 2.10, 2.13 B1)."""

from dataclasses import replace
from uuid import UUID

import pytest

from catalog.snapshot import BucketUseRuleSet
from inventory.fulfilment.entitlements import entitling_items
from inventory.fulfilment.orders import Entry, Session
from inventory.fulfilment.vocabulary import EntryType, Result, Source
from tests.inventory.fulfilment.examples import (
    EARLIER,
    GEMS,
    ITEMS,
    LATER,
    NOW,
    PASS,
    SWORD,
    catalogue,
    failure,
    fulfilled,
    loot,
    made,
    order,
    record,
    success,
    vendor,
)

ENTITLING = replace(ITEMS[PASS], type="entitlement", entitled_loot_id=70)
ENTITLED = Entry(EntryType.FILL_ENTITLED_LOOT, 2, loot_id=70)
OF_SESSION = record(3, PASS, 1, type="transient", session_id=UUID(int=77))


def of_item(*, also=None, **fields):
    items = ITEMS | {PASS: replace(ENTITLING, **fields)} | (also or {})
    steam = BucketUseRuleSet("steam", {"none": ("steam",)})
    members = [loot(70, item=GEMS), loot(71, item=GEMS)]
    return catalogue(vendor(1, *members), items=items, rule_sets=[steam])


@pytest.mark.parametrize(
    "records",
    [
        [record(1, PASS, 1)],
        [record(1, PASS, 1, expires=NOW)],
        [record(1, PASS, 0), record(2, PASS, 1, expires=LATER)],
        [OF_SESSION],
    ],
)
def test_an_owned_entitlement_grants_its_loot(records):
    outcomes, after = fulfilled(order(ENTITLED), of_item(), records, session=Session(UUID(int=77)))

    new = made(0, GEMS, 2)
    assert (outcomes, after) == ((success((70, None, new)),), [*records, new])


@pytest.mark.parametrize(
    "records",
    [[], [record(1, PASS, 0)], [record(1, PASS, 1, expires=EARLIER)], [OF_SESSION]],
    ids=["none", "empty", "expired", "of another session"],
)
def test_an_entitlement_that_is_not_owned_grants_nothing(records):
    outcomes = (failure(Result.LOOT_NOT_FOUND),)

    assert fulfilled(order(ENTITLED), of_item(), records) == (outcomes, records)


@pytest.mark.parametrize(
    ("fields", "entry"),
    [
        ({"entitled_loot_id": 71}, ENTITLED),
        ({"entitled_loot_id": None}, ENTITLED),
        ({"entitled_loot_id": None}, replace(ENTITLED, loot_id=None)),
        ({"entitled_loot_id": 99}, replace(ENTITLED, loot_id=99)),
        ({"type": "unit"}, ENTITLED),
        ({"active": False}, ENTITLED),
        ({"inventory_bucket_use_rule_set_id": "steam"}, ENTITLED),
        ({"inventory_bucket_use_rule_set_id": "gone"}, ENTITLED),
    ],
)
def test_an_item_that_does_not_entitle(fields, entry):
    held = record(1, PASS, 1)

    outcomes = (failure(Result.LOOT_NOT_FOUND),)
    assert fulfilled(order(entry), of_item(**fields), [held]) == (outcomes, [held])


def test_what_is_always_owned_entitles_everyone():
    outcomes, _ = fulfilled(order(ENTITLED), of_item(always_owned=True))

    assert outcomes == (success((70, None, made(0, GEMS, 2))),)


def test_a_client_may_claim_an_entitled_loot_only_if_it_is_claimable():
    held = record(1, PASS, 1)

    outcomes = (failure(Result.LOOT_NOT_FILLABLE_FROM_CLIENT),)
    placed = order(ENTITLED, source=Source.CLIENT)
    assert fulfilled(placed, of_item(), [held]) == (outcomes, [held])


def test_items_that_entitle_to_a_loot():
    other = replace(ENTITLING, id=SWORD)

    assert list(entitling_items(of_item(also={SWORD: other}), 70)) == [other, ENTITLING]
    assert list(entitling_items(of_item(), 71)) == []
    assert list(entitling_items(of_item(entitled_loot_id=None), None)) == []
