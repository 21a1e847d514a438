"""The catalogue as fulfilment reads it: one immutable object graph per catalogue version.

No Django here. Built by catalog/rows.py, shared by every thread of a process.
What the fields mean: DOMAIN 2.9, 2.11, 2.14.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from hashlib import sha256
from types import MappingProxyType
from typing import Any

import orjson


@dataclass(frozen=True, slots=True)
class Item:
    """`coupon_discount_percentage` is a share from 0 to 1; an item is a coupon if it is not 0."""

    id: int
    type: str
    active: bool = True
    always_owned: bool = False
    entitled_loot_id: int | None = None
    level_xp_table_id: int | None = None
    level_vendor_id: int | None = None
    coupon_discount_currency_item_id: int | None = None
    coupon_discount_percentage: Decimal = Decimal(0)
    coupon_discount_loot: frozenset[int] = frozenset()
    coupon_consume_on_use: bool = False
    inventory_bucket_use_rule_set_id: str | None = None


@dataclass(frozen=True, slots=True)
class Loot:
    """A number of 0 switches off `hard_quantity_maximum` and `stack_limit`."""

    id: int
    vendor_id: int
    item_id: int | None
    sub_vendor_id: int | None = None
    quantity: int = 1
    quantity_type: str = "relative"
    quantity_mult_inventory_item_id: int | None = None
    hard_quantity_maximum: int = 0
    inventory_selector_type: str = "own"
    inventory_operation: str = "add"
    sort_order: int = 0
    drop_weight: int = 0
    active: bool = True
    effective_from: datetime | None = None
    is_claimable_by_client: bool = False
    fill_in_new_order: bool = False
    allow_partial_bundles: bool = True
    required_item_id: int | None = None
    required_item_count: int = 1
    stack_limit: int = 0
    time_frame_id: int | None = None
    use_inventory_bucket: str | None = None
    xp_quantity_transform_type: str = "none"
    current_price_point_id: str | None = None
    pre_sale_price_point_id: str | None = None


@dataclass(frozen=True, slots=True)
class Price:
    """So many of a currency item."""

    price_item_id: int
    price: int


@dataclass(frozen=True, slots=True)
class Breakpoint:
    """From this quantity on, what one unit costs: all of these currencies together."""

    quantity: int
    currencies: tuple[Price, ...]


@dataclass(frozen=True, slots=True)
class PricePoint:
    """`pre_sale_breakpoints` are shown, never charged."""

    id: str
    strict_flag: bool = False
    cap_flag: bool = False
    current_breakpoints: tuple[Breakpoint, ...] = ()
    pre_sale_breakpoints: tuple[Breakpoint, ...] = ()


@dataclass(frozen=True, slots=True)
class TimeFrame:
    """`hour_interval` 0: one window from `start` to `end`; else windows of that many hours."""

    id: int
    active: bool
    start: datetime
    end: datetime
    hour_interval: int = 0


@dataclass(frozen=True, slots=True)
class XpTable:
    """The least XP of level 1, 2, …, ascending; equal ones skip a level."""

    id: int
    minimums: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class BucketUseRuleSet:
    """By the bucket of the session's platform, the buckets usable there, first used first."""

    id: str
    rules: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Promotion:
    """`max_uses` None: any number. `portals`: the platform buckets it is for; none: all."""

    code: str
    loot_id: int
    active: bool = True
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    max_uses: int | None = None
    per_player_limit: int = 1
    portals: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Sku:
    """What a platform sells under `sku`; `type`: consumable, durable or durable_single_use."""

    id: str
    platform: str
    sku: str
    type: str
    loot_id: int
    refund_loot_id: int | None = None
    chargeback_loot_id: int | None = None
    chargeback_reversal_loot_id: int | None = None


def promotion_code(text: str) -> str:
    """A promotion's code as it is compared: without space around it, in capitals."""
    return text.strip().upper()


# Of loot with the same sort order, checks come first, then what takes, then all else: what gives.
_CHECKS, _TAKES, _GIVES = range(3)
_OPERATION_CLASSES = {
    "check_greater_than_or_equal": _CHECKS,
    "check_less_than": _CHECKS,
    "check_greater_than_or_equal_and_subtract": _TAKES,
    "subtract": _TAKES,
}


def loot_order(loot: Loot) -> tuple[int, int, int]:
    """The sort key of a vendor's loot (DOMAIN 2.14)."""
    return loot.sort_order, _OPERATION_CLASSES.get(loot.inventory_operation, _GIVES), loot.id


def vendor_etag(
    vendor: Sequence[object], loot: Sequence[Loot], price_points: Sequence[PricePoint]
) -> str:
    """A hash over the vendor's own fields, its ordered loot and their price points.

    That is all that its buyer relied on.
    """
    return sha256(orjson.dumps((*vendor, loot, price_points))).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Vendor:
    """`loot` holds all of it, active or not, in the order of DOMAIN 2.14; `etag` covers both."""

    id: int
    type: str
    active: bool
    legacy_config_version: int | None
    etag: str
    loot: tuple[Loot, ...]


def _nothing() -> Mapping[Any, Any]:
    return MappingProxyType({})


@dataclass(frozen=True)
class Catalogue:
    """Promotions are found by `promotion_code` of their code."""

    version: int
    items: Mapping[int, Item]
    vendors: Mapping[int, Vendor]
    loot: Mapping[int, Loot]
    price_points: Mapping[str, PricePoint] = field(default_factory=_nothing)
    time_frames: Mapping[int, TimeFrame] = field(default_factory=_nothing)
    xp_tables: Mapping[int, XpTable] = field(default_factory=_nothing)
    rule_sets: Mapping[str, BucketUseRuleSet] = field(default_factory=_nothing)
    promotions: Mapping[str, Promotion] = field(default_factory=_nothing)
    skus: Mapping[str, Sku] = field(default_factory=_nothing)

    @cached_property
    def always_owned(self) -> tuple[Item, ...]:
        """The active items that everyone has."""
        return tuple(item for item in self.items.values() if item.active and item.always_owned)

    @cached_property
    def entitlements(self) -> Mapping[int, tuple[Item, ...]]:
        """By the loot that they grant, the active entitlement items."""
        found: dict[int, tuple[Item, ...]] = {}
        for item in self.items.values():
            loot_id = item.entitled_loot_id
            if item.active and item.type == "entitlement" and loot_id is not None:
                found[loot_id] = (*found.get(loot_id, ()), item)
        return MappingProxyType(found)
