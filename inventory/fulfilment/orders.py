"""What goes into the core and what comes out: frozen, and free of Django."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from inventory.fulfilment.vocabulary import EntryType, Result, Source


@dataclass(frozen=True, slots=True)
class Entry:
    """One operation of an order, as it was sent (DOMAIN 2.5)."""

    type: EntryType
    quantity: int
    loot_id: int | None = None
    vendor_version: int | None = None
    vendor_etag: str | None = None
    use_inventory_bucket: str | None = None
    inventory_id: UUID | None = None
    item_id: int | None = None
    expires: datetime | None = None
    custom_data: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """`permissions` holds the entry groups the caller may use: `loot`, `inventory`."""

    player_uuid: UUID
    source: Source
    portal_id: int | None
    is_transaction: bool
    permissions: frozenset[str]
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Record:
    """An inventory record (DOMAIN 2.6, InventoryRecord) with the item it holds."""

    inventory_id: UUID
    item_id: int
    type: str
    bucket: str
    count: int
    acquired: datetime
    expires: datetime | None
    custom_data: Mapping[str, str] | None

    def with_count(self, count: int) -> "Record":
        # dataclasses.replace costs thrice as much, and most changes are of a count.
        return Record(
            self.inventory_id,
            self.item_id,
            self.type,
            self.bucket,
            count,
            self.acquired,
            self.expires,
            self.custom_data,
        )


@dataclass(frozen=True, slots=True)
class Change:
    """One record before and after; `before` is None for a new one. `loot_id` is the leaf loot."""

    loot_id: int | None
    before: Record | None
    after: Record


@dataclass(frozen=True, slots=True)
class Limits:
    """What the deployment allows: keys of a record's custom data, changes by one order."""

    max_custom_attributes: int
    max_changes: int


@dataclass(frozen=True, slots=True)
class EntryOutcome:
    """`changes` is empty unless `result` is success, and is in the order of effects."""

    result: Result
    changes: tuple[Change, ...] = ()
