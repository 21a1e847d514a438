"""The records that a loot's selector means (DOMAIN 2.14, Apply)."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID

from catalog.snapshot import Item, Loot
from inventory.fulfilment import levels
from inventory.fulfilment.attempt import PERSISTENT, Attempt
from inventory.fulfilment.orders import Record


def stack(
    records: Iterable[Record], *, bucket: str, custom_data: Mapping[str, str] | None
) -> Record | None:
    """The newest of the records with this bucket and custom data: what more of it is added to."""
    alike = (
        record
        for record in records
        if record.bucket == bucket and (record.custom_data or {}) == (custom_data or {})
    )
    return max(alike, key=lambda each: (each.acquired, each.inventory_id), default=None)


class Selection(ABC):
    """Records of one item, of one type and session, and what can be done to them together."""

    __slots__ = ("attempt", "item", "loot", "session_id", "type")

    def __init__(
        self,
        attempt: Attempt,
        loot: Loot,
        item: Item,
        type: str = PERSISTENT,  # noqa: A002 - the field's name
        session_id: UUID | None = None,
    ) -> None:
        self.attempt, self.loot, self.item = attempt, loot, item
        self.type, self.session_id = type, session_id

    @abstractmethod
    def has_at_least(self, quantity: int) -> bool: ...

    @abstractmethod
    def give(self, quantity: int) -> None: ...

    @abstractmethod
    def take(self, quantity: int) -> bool:
        """Take what there is, at most `quantity`; false: there was nothing."""

    @abstractmethod
    def set(self, quantity: int) -> None: ...

    @abstractmethod
    def _has(self, expires: datetime | None) -> bool:
        """Whether records of that expiry belong to it."""

    def _means(self, record: Record) -> bool:
        return (
            record.type == self.type
            and record.session_id == self.session_id
            and self._has(record.expires)
        )

    def _adds_to(self, record: Record) -> bool:
        return self._means(record)

    def _usable(self) -> list[Record]:
        """Those that count here: unexpired, and in usable buckets."""
        return [each for each in self.attempt.usable_records(self.item.id) if self._means(each)]

    def _stack(self, bucket: str) -> Record | None:
        """The newest unexpired one of that bucket with the entry's custom data."""
        attempt = self.attempt
        records = attempt.draft.of_item(self.item.id)
        attempt.work(1 + len(records) // 2)
        alike = (each for each in records if self._adds_to(each) and attempt.is_live(each))
        return stack(alike, bucket=bucket, custom_data=attempt.entry.custom_data)

    def _bucket(self) -> str:
        return self.attempt.bucket(self.loot.use_inventory_bucket)

    def _new(self, bucket: str, count: int, expires: datetime | None) -> None:
        record = self.attempt.new_record(
            self.item.id, count, bucket=bucket, type=self.type, expires=expires
        )
        self._write(None, record)

    def _write(self, before: Record | None, after: Record) -> None:
        levels.write(self.attempt, self.item, before, after, loot_id=self.loot.id)
