"""The snapshot, made of the plain rows of the catalogue's tables: those of now or of any version.

A row is what `to_jsonb` makes of it, by column.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, fields
from datetime import UTC, datetime
from decimal import Decimal
from operator import itemgetter
from sys import intern
from types import MappingProxyType
from typing import Any, TypeVar

from catalog.snapshot import (
    Breakpoint,
    BucketUseRuleSet,
    Catalogue,
    Item,
    Loot,
    Price,
    PricePoint,
    Promotion,
    Sku,
    TimeFrame,
    Vendor,
    XpTable,
    loot_order,
    vendor_etag,
)

Row = dict[str, Any]
Kind = TypeVar("Kind")

# The columns of a vendor's own that count for its etag.
VENDOR_COLUMNS = itemgetter("id", "type", "active", "legacy_config_version")


def catalogue_of(version: int, tables: Mapping[str, Iterable[Row]]) -> Catalogue:
    """Build the snapshot, in the order of the keys. References may lead to nothing."""

    def read(table: str, kind: type[Kind], **read_column: Callable[[Any], Any]) -> dict[Any, Kind]:
        read_row = _reader(kind, read_column)
        return dict(sorted(map(read_row, tables.get(table, ())), key=itemgetter(0)))

    price_points = read(
        "catalog_pricepoint",
        PricePoint,
        current_breakpoints=_breakpoints,
        pre_sale_breakpoints=_breakpoints,
    )
    loot = read("catalog_loot", Loot, effective_from=_moment)
    return Catalogue(
        version=version,
        items=MappingProxyType(
            read(
                "catalog_item",
                Item,
                coupon_discount_percentage=_share,
                coupon_discount_loot=frozenset,
            )
        ),
        vendors=MappingProxyType(_vendors(tables.get("catalog_vendor", ()), loot, price_points)),
        loot=MappingProxyType(loot),
        price_points=MappingProxyType(price_points),
        time_frames=MappingProxyType(
            read("catalog_timeframe", TimeFrame, start=_moment, end=_moment)
        ),
        xp_tables=MappingProxyType(read("catalog_xptable", XpTable, minimums=tuple)),
        rule_sets=MappingProxyType(
            read("catalog_inventorybucketuseruleset", BucketUseRuleSet, rules=_rules)
        ),
        promotions=MappingProxyType(
            read(
                "catalog_promotion",
                Promotion,
                starts_at=_moment,
                ends_at=_moment,
                portals=frozenset,
            )
        ),
        skus=MappingProxyType(read("catalog_platformsku", Sku)),
    )


def _reader(
    kind: type[Kind], read_column: Mapping[str, Callable[[Any], Any]]
) -> Callable[[Row], tuple[Any, Kind]]:
    """What makes one row, under its key, which is the first field of every kind."""
    members = fields(kind)  # type: ignore[arg-type] # all are dataclasses
    names = [member.name for member in members]
    columns = itemgetter(*names)
    # A row that was kept long ago has not the columns that came after it.
    plain = {each.name: each.default for each in members if each.default is not MISSING}
    read_at = [(names.index(name), read) for name, read in read_column.items()]

    def read_row(row: Row) -> tuple[Any, Kind]:
        # One string for all rows that hold the same word: there are many rows and few words.
        values = [intern(value) if type(value) is str else value for value in columns(plain | row)]
        for at, read in read_at:
            values[at] = read(values[at])
        return values[0], kind(*values)

    return read_row


def _vendors(
    rows: Iterable[Row], loot: Mapping[int, Loot], price_points: Mapping[str, PricePoint]
) -> dict[int, Vendor]:
    of_vendor: dict[int, list[Loot]] = defaultdict(list)
    for each in sorted(loot.values(), key=loot_order):
        of_vendor[each.vendor_id].append(each)
    vendors: dict[int, Vendor] = {}
    for row in sorted(rows, key=itemgetter("id")):
        own = VENDOR_COLUMNS(row)
        members = of_vendor.get(row["id"], [])
        prices = {
            name: price_points[name]
            for each in members
            for name in (each.current_price_point_id, each.pre_sale_price_point_id)
            if name is not None and name in price_points
        }
        etag = vendor_etag(own, members, list(prices.values()))
        vendors[row["id"]] = Vendor(*[*own, etag, tuple(members)])
    return vendors


def _moment(value: str | datetime | None) -> datetime | None:
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    return value and value.astimezone(UTC)


def _share(value: float | Decimal) -> Decimal:
    return Decimal(str(value))


def _breakpoints(found: Iterable[Row]) -> tuple[Breakpoint, ...]:
    return tuple(
        Breakpoint(
            each["quantity"],
            tuple(Price(price["price_item_id"], price["price"]) for price in each["currencies"]),
        )
        for each in found
    )


def _rules(rules: Mapping[str, Iterable[str]]) -> Mapping[str, tuple[str, ...]]:
    return MappingProxyType(
        {
            intern(str(platform)): tuple(intern(str(bucket)) for bucket in buckets)
            for platform, buckets in rules.items()
        }
    )
