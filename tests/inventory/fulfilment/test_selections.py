"""Stacks and buckets (DOMAIN 2.14, Apply)."""

import pytest

from inventory.fulfilment.vocabulary import Source
from tests.inventory.fulfilment.examples import (
    GEMS,
    NOW,
    SUBTRACT,
    catalogue,
    fill,
    fulfilled,
    loot,
    made,
    order,
    record,
    success,
    vendor,
)


def test_added_loot_goes_to_the_newest_record_of_its_bucket_and_custom_data():
    older = record(1, GEMS, 1)
    newest = record(2, GEMS, 1)
    other_bucket = record(3, GEMS, 1, bucket="steam")
    other_data = record(4, GEMS, 1, custom_data={"skin": "red"})
    of = catalogue(vendor(1, loot(70, item=GEMS)))

    outcomes, _ = fulfilled(
        order(fill(70), fill(70, custom_data={"skin": "red"}), fill(70, custom_data={})),
        of,
        [newest, older, other_data, other_bucket],
    )

    assert outcomes == (
        success((70, newest, newest.with_count(2))),
        success((70, other_data, other_data.with_count(2))),
        success((70, newest.with_count(2), newest.with_count(3))),
    )


def test_added_loot_makes_a_record_where_none_has_its_custom_data():
    plain = record(1, GEMS, 1)
    of = catalogue(vendor(1, loot(70, item=GEMS)))

    outcomes, records = fulfilled(order(fill(70, custom_data={"skin": "red"})), of, [plain])

    new = made(0, GEMS, 1, custom_data={"skin": "red"})
    assert (outcomes, records) == ((success((70, None, new)),), [plain, new])


def test_records_of_the_same_moment_are_told_apart_by_their_id():
    twins = [record(number, GEMS, 1, acquired=NOW) for number in (2, 3, 1)]
    of = catalogue(vendor(1, loot(70, item=GEMS)), vendor(2, loot(71, SUBTRACT, item=GEMS)))

    outcomes, _ = fulfilled(order(fill(70), fill(71)), of, twins)

    assert outcomes == (
        success((70, twins[1], twins[1].with_count(2))),
        success((71, twins[2], twins[2].with_count(0))),
    )


def test_a_record_at_zero_is_used_again():
    empty = record(1, GEMS, 0)
    of = catalogue(vendor(1, loot(70, item=GEMS)))

    outcomes, records = fulfilled(order(fill(70)), of, [empty])

    full = empty.with_count(1)
    assert (outcomes, records) == ((success((70, empty, full)),), [full])


@pytest.mark.parametrize(
    ("source", "entry_bucket", "loot_bucket", "portal_id", "bucket"),
    [
        (Source.IN_GAME, "psn", "epic", 5, "psn"),
        (Source.CLIENT, "psn", "epic", 5, "epic"),
        (Source.CLIENT_CLAIM, "psn", "epic", 5, "epic"),
        (Source.IN_GAME, None, "epic", 5, "epic"),
        (Source.IN_GAME, None, None, 5, "steam"),
        (Source.CLIENT, "psn", None, 5, "steam"),
        (Source.IN_GAME, None, None, 3, "none"),
        (Source.IN_GAME, None, None, None, "none"),
    ],
)
def test_bucket_of_new_loot(source, entry_bucket, loot_bucket, portal_id, bucket):
    member = loot(70, item=GEMS, use_inventory_bucket=loot_bucket, is_claimable_by_client=True)

    outcomes, _ = fulfilled(
        order(fill(70, use_inventory_bucket=entry_bucket), source=source, portal_id=portal_id),
        catalogue(vendor(1, member)),
    )

    assert outcomes == (success((70, None, made(0, GEMS, 1, bucket=bucket))),)


@pytest.mark.parametrize(
    ("portal_id", "bucket"),
    [
        (-2, "free"),
        (-1, "sweat"),
        (0, "none"),
        (1, "none"),
        (2, "anon"),
        (4, "amazon"),
        (5, "steam"),
        (9, "psn"),
        (10, "xbox_live"),
        (13, "google"),
        (16, "twitch"),
        (22, "nintendo_switch"),
        (24, "apple"),
        (26, "nintendo"),
        (28, "epic"),
        (32, "google_play"),
        (33, "nintendo_ppid"),
    ],
)
def test_bucket_of_a_portal(portal_id, bucket):
    of = catalogue(vendor(1, loot(70, item=GEMS)))

    outcomes, _ = fulfilled(order(fill(70), portal_id=portal_id), of)

    assert outcomes == (success((70, None, made(0, GEMS, 1, bucket=bucket))),)
