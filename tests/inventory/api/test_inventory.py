"""GET …/inventory: what a player owns, by item and record."""

from datetime import timedelta
from uuid import UUID, uuid5

import pytest
from django.utils import timezone

from tests.factories import ItemFactory, PlayerFactory, XpTableFactory

ME = "/inventory/v2/player/me/inventory"


def owned(response):
    """The counts, by item."""
    return {
        int(item): sorted(record["count"] for record in records["records"].values())
        for item, records in response.json()["inventory"]["items"].items()
    }


def test_inventory_shows_a_record_with_every_field(api, own):
    expires = timezone.now() + timedelta(days=1)
    record = own(ItemFactory(), 3, bucket="steam", expires=expires, custom_data={"a": "b"})

    response = api.get(ME)

    assert (response.status_code, response.json()) == (
        200,
        {
            "inventory": {
                "items": {
                    str(record.item_id): {
                        "records": {
                            str(record.pk): {
                                "inventory_id": str(record.pk),
                                "type": "persistent",
                                "legacy_inventory_id": record.pk.int % 2**62,
                                "bucket": "steam",
                                "count": 3,
                                "acquired": record.acquired.isoformat(timespec="microseconds"),
                                "expires": expires.isoformat(timespec="microseconds"),
                                "custom_data": {"a": "b"},
                            }
                        }
                    }
                }
            },
            "levels": [],
        },
    )


def test_inventory_of_nothing_is_empty(api):
    assert api.get(ME).json() == {"inventory": {"items": {}}, "levels": []}


@pytest.mark.parametrize(
    ("counts", "level", "for_next"),
    [
        ([0], 0, 20),
        ([19], 0, 20),
        ([20], 1, 50),
        ([30, 15], 1, 50),
        ([50], 2, None),
        ([400], 2, None),
    ],
)
def test_inventory_tells_the_level_of_what_counts_as_xp(api, own, counts, level, for_next):
    xp = ItemFactory(level_xp_table=XpTableFactory(minimums=[20, 50]))
    own(ItemFactory(), 3)
    for count in counts:
        own(xp, count)

    assert api.get(ME).json()["levels"] == [
        {"item_id": xp.pk, "level": level, "count": sum(counts), "count_for_next_level": for_next}
    ]


def test_inventory_keeps_the_empty_and_hides_the_expired_and_the_others(api, own):
    first, second, third = ItemFactory.create_batch(3)
    own(first, 5)
    own(first, 2, expires=timezone.now() + timedelta(hours=1))
    own(second, 0)
    own(third, 7, expires=timezone.now() - timedelta(hours=1))
    own(third, 9, by=PlayerFactory())

    assert owned(api.get(ME)) == {first.pk: [2, 5], second.pk: [0]}


def test_inventory_shows_transient_records_of_the_open_session_only(api, own, open_session):
    item = ItemFactory()
    over = open_session(closed_at=timezone.now())
    running = open_session()
    own(item, 2, type="transient", session=over)
    own(item, 3, type="transient", session=running)
    own(item, 5)

    [(_, shown)] = api.get(ME).json()["inventory"]["items"].items()

    assert sorted((record["type"], record["count"]) for record in shown["records"].values()) == [
        ("persistent", 5),
        ("transient", 3),
    ]


def test_inventory_is_filtered_by_item_ids(api, own):
    first, second, third = ItemFactory.create_batch(3)
    for count, item in enumerate((first, second, third), start=1):
        own(item, count)

    assert owned(api.get(ME, {"item_ids": [first.pk, third.pk]})) == {first.pk: [1], third.pk: [3]}
    assert owned(api.get(ME, {"item_ids": second.pk})) == {second.pk: [2]}
    assert owned(api.get(ME, {"item_ids": -1})) == {}


def test_inventory_shows_what_everyone_owns(api, player):
    item = ItemFactory(always_owned=True)
    ItemFactory(always_owned=True, active=False)

    shown = api.get(ME).json()["inventory"]["items"]

    inventory_id = str(uuid5(player.uuid, str(item.pk)))
    assert shown == {
        str(item.pk): {
            "records": {
                inventory_id: {
                    "inventory_id": inventory_id,
                    "type": "always_owned",
                    "legacy_inventory_id": UUID(inventory_id).int % 2**62,
                    "bucket": "none",
                    "count": 1,
                    "acquired": player.created_at.isoformat(timespec="microseconds"),
                    "expires": None,
                    "custom_data": None,
                }
            }
        }
    }
    assert owned(api.get(ME, {"item_ids": item.pk + 1_000_000})) == {}


@pytest.mark.parametrize("records", [1, 3])
def test_inventory_takes_the_same_queries_for_one_record_and_three(
    api, own, records, django_assert_num_queries
):
    items = [own(ItemFactory(), 1).item_id for _ in range(records)]
    api.get(ME)  # builds the catalogue

    # The token's player, the records, the version of the catalogue.
    with django_assert_num_queries(3):
        response = api.get(ME)

    assert owned(response) == {item: [1] for item in items}
