"""Chance, decided once: an order's seed is stored, so what it threw can be thrown again."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from uuid import UUID

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Dice:
    """Remembers nothing: the n-th throw of a seed is always the same, so a rollback costs none.

    The seed has at most 64 bytes.
    """

    seed: bytes

    def record_id(self, now: datetime, n: int) -> UUID:
        """The id of a new record: a UUIDv7 (RFC 9562) whose counter is `n`.

        So the ids of one order ascend in the order of its effects.
        """
        milliseconds = (now - _EPOCH) // _MILLISECOND
        throw = blake2b(n.to_bytes(8), digest_size=8, key=self.seed, person=b"record_id").digest()
        return UUID(
            int=milliseconds << 80
            | 0x7 << 76
            | (n & 0xFFF) << 64
            | 0b10 << 62
            | int.from_bytes(throw) >> 2
        )
