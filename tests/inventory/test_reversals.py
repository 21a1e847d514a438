from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from catalog.models import Item
from inventory.models import InventoryChange, InventoryRecord
from inventory.reversals import net_changes, reversal_of

NOW = datetime(2026, 11, 22, tzinfo=UTC)
RECORD = UUID(int=1)
HOUR = timedelta(hours=1)


def fields(count, **values):
    return {
        "item_id": 10,
        "bucket": "none",
        "count": count,
        "expires": None,
        "custom_data": None,
        **values,
    }


def record(count, **values):
    values = {"bucket": "none", "state": "active" if count else "depleted", **values}
    return InventoryRecord(
        inventory_id=RECORD, item=Item(id=values.pop("item_id", 10)), count=count, **values
    )


def at(hours):
    return {"expires": (NOW + hours * HOUR).isoformat(timespec="microseconds")}


def undone(before, after, now):
    """What changes, by name, and what is lost."""
    reversal = reversal_of(now, before, after, now=NOW)
    change = reversal.as_change()
    moved = {name: value for name, value in change.after.items() if value != change.before[name]}
    assert reversal.moves == bool(moved)
    assert change.delta == reversal.count - now.count
    return moved, reversal.lost


@pytest.mark.parametrize(
    ("before", "after", "now", "expected"),
    [
        # What it gave is taken back, from a new record or an old one, whatever came since.
        (None, fields(5), record(5), ({"count": 0}, ())),
        (fields(2), fields(7), record(7), ({"count": 2}, ())),
        (fields(2), fields(7), record(12), ({"count": 7}, ())),
        (fields(2), fields(7), record(4), ({"count": 0}, ("1 of 5 are gone already",))),
        (None, fields(5), record(0), ({}, ("5 of 5 are gone already",))),
        # What it took is given back.
        (fields(7), fields(2), record(2), ({"count": 7}, ())),
        (fields(7), fields(0), record(0), ({"count": 7}, ())),
        (fields(7), fields(2), record(0), ({"count": 5}, ())),
        # Time is taken back as it was given.
        (fields(1, **at(2)), fields(1, **at(12)), record(1, expires=NOW + 12 * HOUR), (at(2), ())),
        (fields(1, **at(2)), fields(1, **at(12)), record(1, expires=NOW + 15 * HOUR), (at(5), ())),
        (fields(1, **at(12)), fields(1, **at(2)), record(1, expires=NOW + 2 * HOUR), (at(12), ())),
        (
            fields(1, **at(-3)),
            fields(1, **at(7)),
            record(1, expires=NOW + 7 * HOUR),
            ({"count": 0}, ("part of its time is over",)),
        ),
        (fields(5), fields(5, **at(2)), record(5, expires=NOW + 2 * HOUR), ({"expires": None}, ())),
        (fields(5, **at(2)), fields(5), record(5), (at(2), ())),
        (
            fields(5),
            fields(5, **at(2)),
            record(5, expires=NOW + 3 * HOUR),
            ({}, ("its expiry has been changed since",)),
        ),
        (
            None,
            fields(1, **at(2)),
            record(1, expires=NOW + 3 * HOUR),
            ({"count": 0}, ("its expiry has been changed since",)),
        ),
        # What is over counts for nothing.
        (None, fields(5, **at(-1)), record(5, expires=NOW - HOUR), ({}, ("it has expired",))),
        (None, fields(5), record(5, state="expired"), ({}, ("it has expired",))),
        # Other fields come back unless someone else changed them.
        (fields(5, item_id=9), fields(5), record(5), ({"item_id": 9}, ())),
        (None, fields(5), record(5, item_id=11), ({}, ("it holds another item now",))),
        (fields(5, bucket="steam"), fields(5), record(5), ({"bucket": "steam"}, ())),
        (
            fields(5, bucket="steam"),
            fields(5, bucket="psn"),
            record(5),
            ({}, ("its bucket has been changed since",)),
        ),
        (
            fields(5, custom_data={"a": "b"}),
            fields(5, custom_data={}),
            record(5, custom_data={}),
            ({"custom_data": {"a": "b"}}, ()),
        ),
    ],
)
def test_reversal_takes_back_what_was_given_and_gives_back_what_was_taken(
    before, after, now, expected
):
    assert undone(before, after, now) == expected


def change(before, after, record_id=RECORD):
    return InventoryChange(record_id=record_id, before=before, after=after)


def test_changes_of_a_record_are_one():
    changes = [
        change(None, fields(5)),
        change(fields(9), fields(8), UUID(int=2)),
        change(fields(5), fields(15)),
    ]

    assert net_changes(changes) == {
        RECORD: (None, fields(15)),
        UUID(int=2): (fields(9), fields(8)),
    }


@pytest.mark.parametrize("start", [None, fields(0), fields(3)])
def test_record_that_ended_as_it_began_is_left_out(start):
    count = start["count"] if start else 0

    assert net_changes([change(start, fields(8)), change(fields(8), fields(count))]) == {}
