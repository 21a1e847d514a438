from datetime import UTC, datetime, timedelta
from uuid import RFC_4122, UUID

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
