"""The windows of time frames (DOMAIN 2.14)."""

from datetime import timedelta

import pytest

from catalog.snapshot import TimeFrame
from inventory.fulfilment.time_frames import window_end
from inventory.fulfilment.vocabulary import Result
from tests.inventory.fulfilment.examples import (
    EARLIER,
    GEMS,
    LATER,
    NOW,
    catalogue,
    failure,
    fill,
    fulfilled,
    loot,
    made,
    order,
    success,
    vendor,
)

HOUR = timedelta(hours=1)
MOMENT = timedelta(microseconds=1)


def frame(start=EARLIER, end=LATER, hours=0, *, active=True):
    return TimeFrame(5, active, start, end, hours)


@pytest.mark.parametrize(
    ("time_frame", "end"),
    [
        (frame(), LATER),
        (frame(NOW, LATER), LATER),
        (frame(LATER, LATER + HOUR), LATER + HOUR),
        (frame(EARLIER, NOW + MOMENT), NOW + MOMENT),
        (frame(EARLIER, NOW), None),
        (frame(active=False), None),
        (frame(NOW - 5 * HOUR, LATER, 2), NOW + HOUR),
        (frame(NOW - 4 * HOUR, LATER, 2), NOW + 2 * HOUR),
        (frame(NOW - 4 * HOUR + MOMENT, LATER, 2), NOW + MOMENT),
        (frame(NOW, LATER, 2), NOW + 2 * HOUR),
        (frame(NOW + HOUR, LATER, 2), NOW + HOUR),
        (frame(EARLIER, EARLIER + HOUR, 7), NOW + 4 * HOUR),
        (frame(NOW, LATER, 2, active=False), NOW + 2 * HOUR),
    ],
    ids=[
        "running",
        "starts now",
        "not started",
        "ends in a moment",
        "ended now",
        "inactive",
        "third window",
        "at the border of two",
        "just before the border",
        "first window",
        "repeats before its start, too",
        "repeats after its end, too",
        "repeats although inactive",
    ],
)
def test_window_end(time_frame, end):
    assert window_end(time_frame, NOW) == end


@pytest.mark.parametrize(
    ("time_frames", "result"),
    [
        ([frame(EARLIER, NOW)], Result.AVAILABLE_UNTIL_IS_IN_PAST),
        ([frame(active=False)], Result.AVAILABLE_UNTIL_IS_IN_PAST),
        ([], Result.FAILED_TO_MODIFY_INVENTORY),
        ([frame(NOW, LATER, 2**31)], Result.FAILED_TO_MODIFY_INVENTORY),
    ],
    ids=["ended", "inactive", "none", "beyond all time"],
)
def test_loot_of_a_time_frame_without_a_window_fails(time_frames, result):
    member = loot(70, item=GEMS, inventory_selector_type="rent_timeframe_locked", time_frame_id=5)
    of = catalogue(vendor(1, member), time_frames=time_frames)

    assert fulfilled(order(fill(70)), of) == ((failure(result),), [])


def test_loot_is_given_until_its_window_ends():
    member = loot(70, item=GEMS, inventory_selector_type="rent_timeframe_locked", time_frame_id=5)
    of = catalogue(vendor(1, member), time_frames=[frame(hours=1)])

    outcomes, _ = fulfilled(order(fill(70, 3)), of)

    assert outcomes == (success((70, None, made(0, GEMS, 3, expires=NOW + HOUR))),)
