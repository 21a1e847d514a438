from collections import Counter
from datetime import UTC, datetime, timedelta
from uuid import RFC_4122, UUID

import pytest

from inventory.fulfilment.dice import Dice

NOW = datetime(2025, 4, 1, 12, 0, 0, 123999, tzinfo=UTC)


def test_record_id_is_a_uuid_of_version_7_with_the_time_and_the_counter():
    record_id = Dice(b"seed").record_id(NOW, 3)

    assert (record_id.version, record_id.variant) == (7, RFC_4122)
    assert record_id.int >> 80 == 1743508800123
    assert record_id.int >> 64 & 0xFFF == 3


def test_record_id_is_the_same_for_the_same_seed_for_ever():
    assert Dice(b"seed").record_id(NOW, 3) == UUID("0195f139-027b-7003-9dd7-5605b760a80a")


def test_record_ids_differ_by_seed_and_number():
    ids = {
        Dice(seed).record_id(NOW, n).int & (1 << 62) - 1
        for seed in (b"seed", b"another", b"")
        for n in (0, 1, 4096)
    }

    assert len(ids) == 9


def test_record_ids_ascend_within_an_order_and_with_time():
    dice = Dice(b"seed")
    ids = [dice.record_id(NOW, n) for n in range(4096)]
    ids += [dice.record_id(NOW + timedelta(milliseconds=1), 0)]

    assert ids == sorted(ids)


def test_record_ids_are_unique_beyond_the_counter():
    dice = Dice(b"seed")

    assert len({dice.record_id(NOW, n) for n in range(10_000)}) == 10_000


def test_order_id_is_a_uuid_of_version_8_that_is_the_same_for_ever():
    order_id = Dice(b"seed").order_id(3)

    assert (order_id.version, order_id.variant) == (8, RFC_4122)
    assert order_id == UUID("d61d07b8-b92b-80d9-a869-cfc298480799")


def test_order_ids_differ_by_seed_and_number():
    assert len({Dice(seed).order_id(n) for seed in (b"seed", b"another") for n in range(99)}) == 198


def test_a_draw_is_the_same_for_the_same_seed_for_ever():
    dice = Dice(b"seed")

    assert [dice.draw([1, 2, 3], n) for n in range(12)] == [1, 1, 1, 0, 1, 1, 0, 1, 0, 2, 2, 0]


def test_draws_fall_by_weight():
    dice = Dice(b"seed")

    drawn = Counter(dice.draw([1, 0, 6, 3], n) for n in range(10_000))

    assert drawn == {
        0: pytest.approx(1_000, abs=120),
        2: pytest.approx(6_000, abs=200),
        3: pytest.approx(3_000, abs=200),
    }


def test_one_weight_is_always_drawn_and_a_huge_one_nearly():
    dice = Dice(b"seed")

    assert {dice.draw([7], n) for n in range(20)} == {0}
    assert {dice.draw([1, 2**200], n) for n in range(20)} == {1}


def test_throws_for_one_purpose_tell_nothing_of_another():
    dice = Dice(b"seed")

    assert dice.order_id(3).int & 2**62 - 1 != dice.record_id(NOW, 3).int & 2**62 - 1
