"""The catalogue as fulfilment reads it: one immutable object graph per version, shared."""

import hashlib
import threading
from collections import defaultdict
from dataclasses import fields
from types import MappingProxyType

import orjson

from catalog import models
from catalog.snapshot import Catalogue, Item, Loot, Vendor

# Inside a recipe checks come first, then what takes, then what gives (DOMAIN 2.14).
OPERATION_CLASS: dict[str, int] = {
    models.Loot.Operation.CHECK_GREATER_THAN_OR_EQUAL: 1,
    models.Loot.Operation.CHECK_LESS_THAN: 1,
    models.Loot.Operation.CHECK_GREATER_THAN_OR_EQUAL_AND_SUBTRACT: 2,
    models.Loot.Operation.SUBTRACT: 2,
    models.Loot.Operation.ADD: 3,
    models.Loot.Operation.SET: 3,
}
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
    loot = {row[0]: Loot(*row) for row in models.Loot.objects.values_list(*LOOT_FIELDS)}
    members: dict[int, list[Loot]] = defaultdict(list)
    for member in sorted(
        loot.values(),
        key=lambda each: (each.sort_order, OPERATION_CLASS[each.inventory_operation], each.id),
    ):
        members[member.vendor_id].append(member)
    return Catalogue(
        version=version,
        items=MappingProxyType(
            {row[0]: Item(*row) for row in models.Item.objects.values_list(*ITEM_FIELDS)}
        ),
        vendors=MappingProxyType(
            {
                row[0]: Vendor(
                    *row,
                    _etag(row, members[row[0]]),
                    tuple(members[row[0]]),  # type: ignore[call-arg]
                )
                for row in models.Vendor.objects.values_list(*VENDOR_FIELDS)
            }
        ),
        loot=MappingProxyType(loot),
    )


def _etag(vendor: tuple[object, ...], members: list[Loot]) -> str:
    """Change whenever something changes that a buyer of the vendor's loot would want to know."""
    return hashlib.sha256(orjson.dumps([vendor, members])).hexdigest()[:32]
