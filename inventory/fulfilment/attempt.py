"""The attempt to fulfil one entry: what it knows, and the rules that all entry types share."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

from catalog.snapshot import Catalogue, Item, Loot
from inventory.fulfilment.dice import Chance
from inventory.fulfilment.holdings import Draft
from inventory.fulfilment.orders import Effect, Entry, NewOrder, Order, Record, Rules
from inventory.fulfilment.trace import Told, Trace
from inventory.fulfilment.vocabulary import (
    CLIENT_SOURCES,
    PLATFORM_BUCKETS,
    PORTAL_BUCKETS,
    Result,
    Source,
)

PERSISTENT = "persistent"
TRANSIENT = "transient"
STORED_ITEM_TYPES = frozenset({"unit", "entitlement"})
COUNT_MAXIMUM = 2**63 - 1
MAX_CHILD_ENTRIES = 1_000
NEVER = datetime.max.replace(tzinfo=UTC)

Found = TypeVar("Found")


def is_active(loot: Loot, now: datetime) -> bool:
    """Whether the loot itself may be filled now; its vendor is another question."""
    return loot.active and (loot.effective_from is None or loot.effective_from <= now)


class Failed(Exception):  # noqa: N818 - an answer, not a fault
    """The entry, or the sub-vendor being filled, ends with this result.

    `effects` are told although it failed: a promotion's use that was taken and returned.
    """

    def __init__(self, result: Result, effects: tuple[Effect, ...] = ()) -> None:
        self.result = result
        self.effects = effects


@dataclass(slots=True)
class Attempt:
    """`promotion_uses` counts the uses of each code by all players, before this order.

    `depth` is how many vendors deep the filling is; `as_transient`: what it gives and takes is for
    the session only; `without` is loot that is passed over; `is_rehearsal`: it is undone anyway, so
    nothing is drawn or ordered. `entitlement` is the record whose expiry is inherited.
    """

    order: Order
    entry: Entry
    catalogue: Catalogue
    draft: Draft
    now: datetime
    dice: Chance
    rules: Rules
    promotion_uses: Mapping[str, int]
    trace: Trace | None = None
    depth: int = 0
    as_transient: bool = False
    without: frozenset[int] = frozenset()
    is_rehearsal: bool = False
    entitlement: Record | None = None

    def tell(self, told: Told, *values: Any, loot_id: int | None = None) -> None:
        """Leave a step for who asks why. `values` must be cheap: this is asked for seldom."""
        if self.trace is not None:
            self.trace.tell(told, *values, loot_id=loot_id, depth=self.depth)

    def require(self, result: Result, *, that: bool) -> None:
        """A check: fail with `result` unless `that` holds."""
        if self.trace is not None:
            self.tell(Told.CHECK, result, that)
        if not that:
            raise Failed(result)

    def found(self, result: Result, value: Found | None, *missing: str) -> Found:
        """A check: fail with `result` if there is no value, whose name the trace may tell."""
        if self.trace is not None:
            self.tell(Told.CHECK, result, value is not None, *missing)
        if value is None:
            raise Failed(result)
        return value

    def work(self, microseconds: int) -> None:
        """Count about how long something takes: one order may do so much and no more."""
        draft = self.draft
        draft.work += microseconds
        if draft.work > self.rules.max_work:
            draft.work = self.rules.max_work + 1
            raise OverflowError(f"More than {self.rules.max_work:,} of work for one order")

    @property
    def is_from_client(self) -> bool:
        return self.order.source in CLIENT_SOURCES

    def _find_item(self, item_id: int | None) -> Item | None:
        return None if item_id is None else self.catalogue.items.get(item_id)

    def item(self, item_id: int | None, *, to_store: bool = False) -> Item:
        """The item, if it exists and is active and, where it is to be stored, can be."""
        item = self._find_item(item_id)
        if to_store and item is not None and item.type not in STORED_ITEM_TYPES:
            item = None
        item = self.found(Result.ITEM_NOT_FOUND, item)
        self.require(Result.ITEM_NOT_ACTIVE, that=item.active)
        return item

    def is_always_owned(self, item_id: int | None) -> bool:
        item = self._find_item(item_id)
        return item is not None and item.always_owned

    @property
    def has_platform(self) -> bool:
        session = self.draft.session
        return bool(session and session.platform) or self.order.portal_id is not None

    @property
    def platform_bucket(self) -> str:
        """The bucket of the open session's platform, or else of the order's portal."""
        session = self.draft.session
        if session is not None and session.platform:
            return PLATFORM_BUCKETS.get(session.platform, "none")
        return PORTAL_BUCKETS.get(self.order.portal_id, "none")

    def usable_buckets(self, item: Item | None) -> Sequence[str] | None:
        """The buckets in which the item counts here, in their order of use; None: in every one."""
        if item is None or item.inventory_bucket_use_rule_set_id is None:
            return None
        rule_set = self.catalogue.rule_sets.get(item.inventory_bucket_use_rule_set_id)
        if rule_set is None:
            return ()
        return rule_set.rules.get(self.platform_bucket) or rule_set.rules.get("none") or ()

    def is_current(self, record: Record) -> bool:
        """Whether the record is not of another session than the open one."""
        if record.session_id is None:
            return True
        session = self.draft.session
        return session is not None and session.id == record.session_id

    def is_live(self, record: Record) -> bool:
        """Whether the record is neither expired nor of another session."""
        return (record.expires is None or record.expires >= self.now) and self.is_current(record)

    def usable_records(self, item_id: int) -> list[Record]:
        """The unexpired records of the item in buckets that count here."""
        buckets = self.usable_buckets(self._find_item(item_id))
        records = self.draft.of_item(item_id)
        self.work(1 + len(records) // 2)
        return [
            record
            for record in records
            if self.is_live(record) and (buckets is None or record.bucket in buckets)
        ]

    def own_count(self, item_id: int) -> int:
        """How many the player has, owned or rented. What is always owned counts as one."""
        if self.is_always_owned(item_id):
            return 1
        return sum(record.count for record in self.usable_records(item_id))

    def in_order_of_use(self, item: Item, records: Iterable[Record]) -> list[Record]:
        """By the rule set's buckets, in a bucket what expires soonest, and then what is oldest."""
        records = list(records)
        self.work(len(records))
        buckets = self.usable_buckets(item)

        def use(record: Record) -> tuple[object, ...]:
            bucket = 0 if buckets is None else buckets.index(record.bucket)
            return bucket, record.expires or NEVER, record.acquired, record.inventory_id

        return sorted(records, key=use)

    @property
    def chosen_bucket(self) -> str | None:
        """The bucket that the entry asks for; a player's own machine has no say in it."""
        return None if self.is_from_client else self.entry.use_inventory_bucket

    def bucket(self, loot_bucket: str | None = None) -> str:
        """The bucket of a new record."""
        return self.chosen_bucket or loot_bucket or self.platform_bucket

    def check_attributes(self, custom_data: Mapping[str, str] | None) -> None:
        few = not custom_data or len(custom_data) <= self.rules.max_custom_attributes
        self.require(Result.TOO_MANY_INV_CUSTOM_ATTRIBUTES, that=few)

    def new_record(
        self,
        item_id: int,
        count: int,
        *,
        bucket: str,
        type: str = PERSISTENT,  # noqa: A002 - the field's name
        expires: datetime | None = None,
    ) -> Record:
        """One that carries the entry's custom data, to be written; a transient one needs a session.

        Its id is that of the next effect.
        """
        session_id = None
        if type == TRANSIENT:
            session_id = self.found(
                Result.FAILED_TO_MODIFY_INVENTORY, self.draft.session, "session"
            ).id
        return Record(
            inventory_id=self.dice.record_id(self.now, len(self.draft.effects)),
            item_id=item_id,
            type=type,
            bucket=bucket,
            count=count,
            acquired=self.now,
            expires=expires,
            custom_data=self.entry.custom_data or None,
            session_id=session_id,
        )

    def write(self, before: Record | None, after: Record, *, loot_id: int | None = None) -> None:
        """Change one record; the entry fails where the order would do more than it may."""
        if after.count > COUNT_MAXIMUM:
            raise Failed(Result.FAILED_TO_MODIFY_INVENTORY)
        self.work(len(self.draft.of_item(after.item_id)) // 32)
        self.draft.write(loot_id, before, after)
        self._check_weight()
        if self.trace is not None:
            self.tell(Told.CHANGE, before, after, loot_id=loot_id)

    def submit(self, entries: tuple[Entry, ...], *, source: Source, loot_id: int | None) -> None:
        """Have another order placed with this one. Too many, or too long a chain, is refused."""
        order, rules, draft = self.order, self.rules, self.draft
        allowance = order.child_allowance
        if allowance is None:
            allowance = rules.max_child_orders
        self.require(
            Result.FAILED_TO_SUBMIT_NEW_ORDER,
            that=order.generation < rules.max_generations
            and draft.child_orders < allowance
            and len(entries) <= MAX_CHILD_ENTRIES
            and all(entry.quantity <= COUNT_MAXIMUM for entry in entries),
        )
        order_id = str(self.dice.order_id(len(draft.effects)))
        draft.submit(NewOrder(loot_id, order_id, source, entries))
        self._check_weight()
        self.tell(Told.SUBMIT, order_id, loot_id=loot_id)

    def _check_weight(self) -> None:
        if self.draft.weight > self.rules.max_effects:
            raise OverflowError(f"More than {self.rules.max_effects:,} effects of one order")
