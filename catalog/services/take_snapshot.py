"""The catalogue as fulfilment reads it: one immutable object graph per version, shared."""

import threading
from collections import defaultdict
from dataclasses import fields
from types import MappingProxyType

from catalog import models
from catalog.snapshot import Catalogue, Item, Loot, Vendor, loot_order, vendor_etag

ITEM_FIELDS = [field.name for field in fields(Item)]
LOOT_FIELDS = [field.name for field in fields(Loot)]
VENDOR_FIELDS = ["id", "type", "active", "legacy_config_version"]

_building = threading.Lock()
_latest = Catalogue(version=0, items={}, vendors={}, loot={})


def current_catalogue() -> Catalogue:
    """Return the catalogue in force now, at the price of one query for its version.

    What is planned with it holds even if the catalogue changes before the plan is committed: it
    counts as done before the change. Only an item that was deleted meanwhile refuses, by its
    foreign key; then the orders concerned are planned again with the catalogue that is left.
    """
    global _latest  # noqa: PLW0603 - the one cache; assigning it is atomic
    version, latest = _version(), _latest
    if latest.version == version:
        return latest
    with _building:
        while _latest.version != version:
            catalogue = _build(version)
            # A version that still stands after the last row was read covers all rows.
            version = _version()
            if catalogue.version == version:
                _latest = catalogue
        return _latest


def _version() -> int:
    return models.CatalogVersion.objects.values_list("version", flat=True).first() or 0


def _build(version: int) -> Catalogue:
    items = {
        row["id"]: Item(**{**row, "coupon_discount_loot": frozenset(row["coupon_discount_loot"])})
        for row in models.Item.objects.values(*ITEM_FIELDS)
    }
    loot = {row[0]: Loot(*row) for row in models.Loot.objects.values_list(*LOOT_FIELDS)}
    of_vendor: dict[int, list[Loot]] = defaultdict(list)
    for each in sorted(loot.values(), key=loot_order):
        of_vendor[each.vendor_id].append(each)
    vendors: dict[int, Vendor] = {}
    for row in models.Vendor.objects.values_list(*VENDOR_FIELDS):
        own = of_vendor[row[0]]
        vendors[row[0]] = Vendor(*[*row, vendor_etag(row, own, ()), tuple(own)])
    return Catalogue(
        version=version,
        items=MappingProxyType(items),
        vendors=MappingProxyType(vendors),
        loot=MappingProxyType(loot),
    )
