"""The catalogue as bytes, rendered once per version and process: a page per entry and per table."""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import Any

import orjson

from catalog import models
from catalog.services.take_snapshot import current_catalogue
from catalog.snapshot import Breakpoint, Catalogue, Loot
from inventory.api.schemas.catalogue import CatalogueItem, CatalogueTimeFrame
from inventory.api.schemas.values import wire_time

Body = dict[str, Any]
Key = int | str

ITEM_FIELDS = tuple(name for name in CatalogueItem.model_fields if name != "cache_info")
TIME_FRAME_FIELDS = tuple(name for name in CatalogueTimeFrame.model_fields if name != "cache_info")


@dataclass(frozen=True, slots=True)
class Page:
    """The ETag stands in the body too, so each says which the other is."""

    etag: str
    body: bytes

    @classmethod
    def of(cls, content: Body, *, etag: str | None = None) -> "Page":
        """Without an ETag, it is a hash of the content."""
        etag = etag or sha256(orjson.dumps(content)).hexdigest()[:32]
        return cls(etag, orjson.dumps({**content, "cache_info": {"etag": etag}}))


class CataloguePages:
    """All pages of one version. Each table is rendered when it is first asked for."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self._rendering = threading.RLock()
        self._tables: dict[str, dict[Key, Page]] = {}
        self._wholes: dict[str, Page] = {}

    def table(self, name: str) -> Mapping[Key, Page]:
        """The page of each entry, by its id."""
        with self._rendering:
            if name not in self._tables:
                self._tables[name] = dict(TABLES[name](self))
            return self._tables[name]

    def whole(self, name: str) -> Page:
        with self._rendering:
            if name not in self._wholes:
                pages = self.table(name)
                etags = orjson.dumps([(str(key), page.etag) for key, page in pages.items()])
                self._wholes[name] = Page.of(
                    {name: {str(key): orjson.Fragment(page.body) for key, page in pages.items()}},
                    etag=sha256(etags).hexdigest()[:32],
                )
            return self._wholes[name]


_latest: CataloguePages | None = None


def current_pages() -> CataloguePages:
    """The pages of the catalogue in force, at the price of one query for its version."""
    global _latest  # noqa: PLW0603 - the one cache; assigning it is atomic
    catalogue = current_catalogue()
    pages = _latest
    if pages is None or pages.catalogue is not catalogue:
        pages = _latest = CataloguePages(catalogue)
    return pages


def _items(_pages: CataloguePages) -> Iterator[tuple[Key, Page]]:
    for row in models.Item.objects.order_by("pk").values("pk", *ITEM_FIELDS):
        key = row.pop("pk")
        row["coupon_discount_percentage"] = float(row["coupon_discount_percentage"])
        yield key, Page.of(row)


def _loot(pages: CataloguePages) -> Iterator[tuple[Key, Page]]:
    for key, loot in pages.catalogue.loot.items():
        yield key, Page.of(_loot_body(loot))


def _vendors(pages: CataloguePages) -> Iterator[tuple[Key, Page]]:
    loot = pages.table("loot")
    for key, vendor in pages.catalogue.vendors.items():
        content = {
            "type": vendor.type,
            "active": vendor.active,
            "legacy_config_version": vendor.legacy_config_version,
            "loot": {str(own.id): orjson.Fragment(loot[own.id].body) for own in vendor.loot},
        }
        yield key, Page.of(content, etag=vendor.etag)


def _price_points(pages: CataloguePages) -> Iterator[tuple[Key, Page]]:
    names = dict(models.PricePoint.objects.values_list("pk", "name"))
    for key, point in pages.catalogue.price_points.items():
        content = {
            "name": names.get(key, ""),
            "strict_flag": point.strict_flag,
            "cap_flag": point.cap_flag,
            "current_breakpoints": _breakpoints(point.current_breakpoints),
            "pre_sale_breakpoints": _breakpoints(point.pre_sale_breakpoints),
        }
        yield key, Page.of(content)


def _time_frames(_pages: CataloguePages) -> Iterator[tuple[Key, Page]]:
    for row in models.TimeFrame.objects.order_by("pk").values("pk", *TIME_FRAME_FIELDS):
        key = row.pop("pk")
        times = {"start": wire_time(row["start"]), "end": wire_time(row["end"])}
        yield key, Page.of({**row, **times})


def _xp_tables(pages: CataloguePages) -> Iterator[tuple[Key, Page]]:
    for key, table in pages.catalogue.xp_tables.items():
        entries = {str(level): least for level, least in enumerate(table.minimums, start=1)}
        yield key, Page.of({"xp_entries": entries})


def _rule_sets(pages: CataloguePages) -> Iterator[tuple[Key, Page]]:
    for key, rule_set in pages.catalogue.rule_sets.items():
        yield key, Page.of({"rules": dict(rule_set.rules)})


# By the name under which the page of the whole table has its entries.
TABLES: Mapping[str, Callable[[CataloguePages], Iterator[tuple[Key, Page]]]] = {
    "items": _items,
    "vendors": _vendors,
    "loot": _loot,
    "price_points": _price_points,
    "time_frames": _time_frames,
    "xp_tables": _xp_tables,
    "rule_sets": _rule_sets,
}


def _loot_body(loot: Loot) -> Body:
    """The fields of the snapshot, which are those that the vendor's ETag covers."""
    fields = asdict(loot)
    return {
        "loot_id": fields.pop("id"),
        "current_price_point_guid": fields.pop("current_price_point_id"),
        "pre_sale_price_point_guid": fields.pop("pre_sale_price_point_id"),
        **fields,
        "effective_from": loot.effective_from and wire_time(loot.effective_from),
    }


def _breakpoints(breakpoints: Sequence[Breakpoint]) -> list[Body]:
    return [asdict(point) for point in breakpoints]
