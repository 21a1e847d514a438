"""The catalogue as fulfilment reads it: one immutable object graph per catalogue version.

No Django here. Built by catalog/services/take_snapshot.py, shared by every thread of a process.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

import orjson


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


def vendor_etag(vendor: Sequence[object], loot: Sequence[Loot]) -> str:
    """A hash over the vendor's own fields and its ordered loot: all that its buyer relied on."""
    return sha256(orjson.dumps((*vendor, *loot))).hexdigest()[:32]


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
