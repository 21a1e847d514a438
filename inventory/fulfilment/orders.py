"""What goes into the core and what comes out: frozen, and free of Django."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from inventory.fulfilment.vocabulary import EntryType, Result, Source

# Raised when the core would answer the same order in another way, so that a replay can say so.
CORE_VERSION = 1


@dataclass(frozen=True, slots=True)
class Currency:
    """What a buyer offers of one currency item for one unit."""

    price_item_id: int
    price: int


@dataclass(frozen=True, slots=True)
class PurchasePrice:
    """What a buyer expects one unit to cost; `currencies` win over the legacy pair (DOMAIN 2.5)."""

    currencies: tuple[Currency, ...] = ()
    price_item_id: int | None = None
    price: int | None = None
    price_coupon_item_id: int | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One operation of an order, as it was sent (DOMAIN 2.5)."""

    type: EntryType
    quantity: int
    loot_id: int | None = None
    vendor_version: int | None = None
    vendor_etag: str | None = None
    dynamic_bundle_loot_ids: tuple[int, ...] | None = None
    purchase_price: PurchasePrice | None = None
    external_tran_id: str | None = None
    use_inventory_bucket: str | None = None
    inventory_id: UUID | None = None
    legacy_inventory_id: int | None = None
    item_id: int | None = None
    expires: datetime | None = None
    custom_data: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """`permissions` holds the entry groups the caller may use: `loot`, `inventory`.

    `generation` is 0 for an order that somebody placed, and one more than its cause's for one that
    fulfilment placed. `created_time` decides which tries count for a limit on requests.
    `child_allowance` is how many orders it may cause, with all that those cause; None: as many as
    the rules allow.
    """

    player_uuid: UUID
    source: Source
    portal_id: int | None
    is_transaction: bool
    permissions: frozenset[str]
    entries: tuple[Entry, ...]
    created_time: datetime
    generation: int = 0
    child_allowance: int | None = None


def child_allowance(allowance: int, children: int) -> int:
    """The allowance of each of an order's children, so that all together keep to its own."""
    return (allowance - children) // children


@dataclass(frozen=True, slots=True)
class Record:
    """An inventory record (DOMAIN 2.6, InventoryRecord) with the item it holds.

    `session_id` is that of a transient record.
    """

    inventory_id: UUID
    item_id: int
    type: str
    bucket: str
    count: int
    acquired: datetime
    expires: datetime | None
    custom_data: Mapping[str, str] | None
    session_id: UUID | None = None

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
            self.session_id,
        )

    @property
    def legacy_inventory_id(self) -> int:
        """The integer that the deprecated update types name the record by."""
        return legacy_inventory_id(self.inventory_id)


def legacy_inventory_id(inventory_id: UUID) -> int:
    """The random end of the id: 62 bits, so it needs no place of its own."""
    return inventory_id.int & 2**62 - 1


@dataclass(frozen=True, slots=True)
class Session:
    """A player's open session. `applied_loot` was filled once and is not filled again."""

    id: UUID
    platform: str = ""
    applied_loot: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Change:
    """One record before and after; `before` is None for a new one. `loot_id` is the leaf loot."""

    loot_id: int | None
    before: Record | None
    after: Record


@dataclass(frozen=True, slots=True)
class NewOrder:
    """An order to place together with this one, to be fulfilled after it.

    The rest of it is as in the order that caused it, one generation on; its entry group is `loot`.
    `loot_id` is the loot that dropped into it, if it was one.
    """

    loot_id: int | None
    order_id: str
    source: Source
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class CodeClaimed:
    """One use of a promotion, by its code in capitals, was taken."""

    loot_id: int
    code: str


@dataclass(frozen=True, slots=True)
class CodeReturned:
    """The use was given back, because what it was for could not be filled."""

    loot_id: int
    code: str


@dataclass(frozen=True, slots=True)
class BundleLoot:
    """One loot of a dynamic bundle that was bought."""

    loot_id: int


Effect = Change | NewOrder | CodeClaimed | CodeReturned | BundleLoot


def weight(effect: Effect) -> int:
    """How much there is to store of the effect: 1 for each row, and more for its custom data."""
    match effect:
        case Change():
            return _row_weight(effect.after.custom_data)
        case NewOrder():
            return sum(_row_weight(entry.custom_data) for entry in effect.entries)
        case _:
            return 1


def _row_weight(custom_data: Mapping[str, str] | None) -> int:
    if not custom_data:
        return 1
    return 1 + len(json.dumps(dict(custom_data), ensure_ascii=False).encode()) // 256


@dataclass(frozen=True, slots=True)
class Rules:
    """What the deployment allows. Every order names the rules that it was fulfilled under.

    `max_effects` is the weight of all effects of one order, `max_child_orders` of an order with all
    that they cause, `max_generations` of orders that cause orders, `max_work` of one order, as
    `Plan.work` counts it. A window with 0 tries is no limit.
    """

    core_version: int = CORE_VERSION
    entry_types: frozenset[EntryType] = frozenset(EntryType)
    max_custom_attributes: int = 20
    max_effects: int = 10_000
    max_child_orders: int = 1_000
    max_generations: int = 10
    max_work: int = 1_500_000
    promotion_tries: int = 10
    promotion_window: timedelta = timedelta(minutes=10)
    client_entries: int = 0
    client_window: timedelta = timedelta(minutes=1)
    coupons: bool = True
    dynamic_bundles: bool = False
    price_is_per_unit: bool = True
    rent_unit: timedelta = timedelta(hours=1)
    direct_side_effects: bool = False


@dataclass(frozen=True, slots=True)
class EntryOutcome:
    """`effects` are in the order they took place.

    Of an entry that failed there are none, but for a promotion's use that was taken and returned.
    """

    result: Result
    effects: tuple[Effect, ...] = ()

    @property
    def weight(self) -> int:
        return sum(map(weight, self.effects))

    @property
    def changes(self) -> tuple[Change, ...]:
        return tuple(effect for effect in self.effects if isinstance(effect, Change))
