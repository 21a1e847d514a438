"""The attempt to fulfil one entry: what it knows, and the rules that all entry types share."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from catalog.snapshot import Catalogue, Item
from inventory.fulfilment.dice import Dice
from inventory.fulfilment.holdings import Draft
from inventory.fulfilment.orders import Entry, Limits, Order, Record
from inventory.fulfilment.vocabulary import CLIENT_SOURCES, PORTAL_BUCKETS, Result

PERSISTENT = "persistent"
STORED_ITEM_TYPES = frozenset({"unit"})
_COUNT_MAXIMUM = 2**63 - 1


class Failed(Exception):  # noqa: N818 - an answer, not a fault
    """The entry, or the sub-vendor being filled, ends with this result."""

    def __init__(self, result: Result) -> None:
        self.result = result


@dataclass(slots=True)
class Attempt:
    order: Order
    entry: Entry
    catalogue: Catalogue
    draft: Draft
    now: datetime
    dice: Dice
    limits: Limits

    @property
    def is_from_client(self) -> bool:
        return self.order.source in CLIENT_SOURCES

    def _find_item(self, item_id: int | None) -> Item | None:
        return None if item_id is None else self.catalogue.items.get(item_id)

    def item(self, item_id: int | None, *, to_store: bool = False) -> Item:
        """The item, if it exists and is active and, where it is to be stored, can be."""
        item = self._find_item(item_id)
        if item is None or (to_store and item.type not in STORED_ITEM_TYPES):
            raise Failed(Result.ITEM_NOT_FOUND)
        if not item.active:
            raise Failed(Result.ITEM_NOT_ACTIVE)
        return item

    def is_always_owned(self, item_id: int | None) -> bool:
        item = self._find_item(item_id)
        return item is not None and item.always_owned

    def own_count(self, item_id: int) -> int:
        """How many the player has, owned or rented. What is always owned counts as one."""
        if self.is_always_owned(item_id):
            return 1
        return sum(
            record.count
            for record in self.draft.of_item(item_id)
            if record.expires is None or record.expires >= self.now
        )

    @property
    def chosen_bucket(self) -> str | None:
        """The bucket that the entry asks for; a player's own machine has no say in it."""
        return None if self.is_from_client else self.entry.use_inventory_bucket

    def bucket(self, loot_bucket: str | None = None) -> str:
        """The bucket of a new record."""
        portal_bucket = PORTAL_BUCKETS.get(self.order.portal_id, "none")
        return self.chosen_bucket or loot_bucket or portal_bucket

    def check_attributes(self, custom_data: Mapping[str, str] | None) -> None:
        if custom_data and len(custom_data) > self.limits.max_custom_attributes:
            raise Failed(Result.TOO_MANY_INV_CUSTOM_ATTRIBUTES)

    def create(
        self,
        item_id: int,
        count: int,
        *,
        bucket: str,
        expires: datetime | None = None,
        loot_id: int | None = None,
    ) -> None:
        """A new persistent record that carries the entry's custom data."""
        record = Record(
            inventory_id=self.dice.record_id(self.now, len(self.draft.changes)),
            item_id=item_id,
            type=PERSISTENT,
            bucket=bucket,
            count=count,
            acquired=self.now,
            expires=expires,
            custom_data=self.entry.custom_data,
        )
        self.write(None, record, loot_id=loot_id)

    def write(self, before: Record | None, after: Record, *, loot_id: int | None = None) -> None:
        """Change one record; the entry fails where the order would change more than it may."""
        if len(self.draft.changes) >= self.limits.max_changes:
            raise OverflowError(f"More than {self.limits.max_changes} changes by one order")
        if after.count > _COUNT_MAXIMUM:
            raise Failed(Result.FAILED_TO_MODIFY_INVENTORY)
        self.draft.write(loot_id, before, after)
