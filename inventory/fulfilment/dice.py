"""Chance, decided once: an order's seed is stored, so what it threw can be thrown again."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from itertools import accumulate
from typing import Protocol
from uuid import UUID

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


class Chance(Protocol):
    """What fulfilment asks of chance. It remembers nothing: `n` tells the throws apart."""

    def record_id(self, now: datetime, n: int) -> UUID: ...

    def order_id(self, n: int) -> UUID: ...

    def draw(self, weights: Sequence[int], n: int) -> int:
        """The index of one weight, each drawn in proportion to it. All weights are above 0."""
        ...


@dataclass(frozen=True, slots=True)
class Dice:
    """The n-th throw of a seed is always the same, so a rollback costs none.

    The seed has at most 64 bytes.
    """

    seed: bytes

    def record_id(self, now: datetime, n: int) -> UUID:
        """The id of a new record: a UUIDv7 (RFC 9562) whose counter is `n`.

        So the ids of one order ascend in the order of its effects.
        """
        milliseconds = (now - _EPOCH) // _MILLISECOND
        throw = self._throw(b"record_id", n, size=8)
        return UUID(
            int=milliseconds << 80 | 0x7 << 76 | (n & 0xFFF) << 64 | 0b10 << 62 | throw >> 2
        )

    def order_id(self, n: int) -> UUID:
        """The id of the n-th order that this one causes: a UUIDv8."""
        throw = self._throw(b"order_id", n, size=16)
        return UUID(int=throw & ~(0xF << 76 | 0b11 << 62) | 0x8 << 76 | 0b10 << 62)

    def draw(self, weights: Sequence[int], n: int) -> int:
        # 256 bits: for any sum of weights the remainder's bias is far below what can be seen.
        point = self._throw(b"draw", n, size=32) % sum(weights)
        return bisect_right(list(accumulate(weights)), point)

    def _throw(self, purpose: bytes, n: int, *, size: int) -> int:
        throw = blake2b(n.to_bytes(8), digest_size=size, key=self.seed, person=purpose)
        return int.from_bytes(throw.digest())
