"""The catalogue as fulfilment reads it: one immutable object graph per catalogue version.

No Django here. Built by catalog/services/take_snapshot.py, shared by every thread of a process.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Item:
    id: int
    type: str
    active: bool
    always_owned: bool


@dataclass(frozen=True, slots=True)
class Loot:
    id: int
    vendor_id: int
    item_id: int | None
    sub_vendor_id: int | None
    quantity: int
    quantity_type: str
    quantity_mult_inventory_item_id: int | None
    hard_quantity_maximum: int
    inventory_selector_type: str
    inventory_operation: str
    sort_order: int
    active: bool
    effective_from: datetime | None
    is_claimable_by_client: bool
    use_inventory_bucket: str | None


@dataclass(frozen=True, slots=True)
class Vendor:
    """`loot` holds all of it, active or not, in the order of DOMAIN 2.14; `etag` covers both."""

    id: int
    type: str
    active: bool
    legacy_config_version: int | None
    etag: str
    loot: tuple[Loot, ...]


@dataclass(frozen=True, slots=True)
class Catalogue:
    version: int
    items: Mapping[int, Item]
    vendors: Mapping[int, Vendor]
    loot: Mapping[int, Loot]
