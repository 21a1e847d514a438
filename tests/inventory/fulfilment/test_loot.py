"""Which loot may be filled, and for whom (DOMAIN 2.13 B)."""

from dataclasses import replace

import pytest

from inventory.fulfilment.vocabulary import Result, Source
from tests.inventory.fulfilment.examples import (
    CHEST,
    GEMS,
    ITEMS,
    LATER,
    LESS_THAN,
    NOW,
    catalogue,
    failure,
    fill,
    fulfilled,
    loot,
    order,
    success,
    to_vendor,
    vendor,
)


@pytest.mark.parametrize(
    ("etag", "version", "result"),
    [
        (None, None, Result.SUCCESS),
        ("etag 1", None, Result.SUCCESS),
        ("etag 1", 6, Result.SUCCESS),
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
