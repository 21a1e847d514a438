from collections.abc import Iterator
from typing import Any

from django.db import connection, models, transaction

from catalog.document import Document, read_document
from catalog.errors import CatalogueInvalid
from catalog.models import CatalogVersion, Item, Loot, Vendor

# A vendor's way to another: the sub-vendor, and the loot's path if the document has it.
Way = tuple[int, str | None]


@transaction.atomic
def import_catalog(text: bytes) -> dict[str, Any]:
    """Bring the catalogue to what the document says, and count what that took.

    Items and vendors that the document does not name stay; so does the loot of a vendor that comes
    without `loot`. A vendor with `loot` has that and no other afterwards. Only what differs is
    written: the same document again changes nothing, not even the catalogue's version. Refused as a
    whole, with every problem, if anything is wrong.
    """
    document = read_document(text)
    _lock_catalogue()
    problems = [*document.problems, *_wrong_references(document), *_cycles(document)]
    if problems:
        raise CatalogueInvalid(problems)
    items = {item_id: row.model_dump() for item_id, row in document.items.items() if row}
    vendors = {vendor_id: row.model_dump() for vendor_id, row in document.vendors.items() if row}
    loot = {
        loot_id: {"vendor_id": vendor_id, **row.model_dump()}
        for loot_id, (vendor_id, row) in document.loot.items()
        if row
    }
    return {
        "items": _write(Item.objects, items),
        "vendors": _write(Vendor.objects, vendors),
        "loot": {**_write(Loot.objects, loot), "deleted": _delete_replaced_loot(document)},
        "version": CatalogVersion.objects.values_list("version", flat=True).first() or 0,
    }


def _lock_catalogue() -> None:
    """Keep every other writer out, an import or staff, from here to the commit; readers pass.

    Lock order inside the catalogue: items, vendors, loot.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "LOCK TABLE catalog_item, catalog_vendor, catalog_loot IN SHARE ROW EXCLUSIVE MODE"
        )


def _wrong_references(document: Document) -> Iterator[str]:
    items = document.items.keys() | set(Item.objects.values_list("pk", flat=True))
    vendors = document.vendors.keys() | set(Vendor.objects.values_list("pk", flat=True))
    homes = dict(Loot.objects.filter(pk__in=document.loot).values_list("pk", "vendor_id"))
    for loot_id, (vendor_id, row) in document.loot.items():
        path = _path(vendor_id, loot_id)
        home = homes.get(loot_id, vendor_id)
        if home not in document.refilled:
            yield f"{path}: vendor {home}, whose loot stays, has loot with this id"
        if row is None:
            continue
        if row.item_id is None and row.sub_vendor_id is None:
            yield f"{path}: needs an item_id or a sub_vendor_id"
        for name, kind, known in (
            ("item_id", "item", items),
            ("sub_vendor_id", "vendor", vendors),
            ("quantity_mult_inventory_item_id", "item", items),
        ):
            reference = getattr(row, name)
            if reference is not None and reference not in known:
                yield f"{path}.{name}: there is no {kind} {reference}"


def _cycles(document: Document) -> Iterator[str]:
    """Vendors that would lead back to themselves, through this document, by their sub-vendors."""
    ways = _ways(document)
    finished: set[int] = set()
    for start in document.vendors:
        if start in finished:
            continue
        # By hand, not by recursion: a chain may be longer than Python's stack.
        trail: dict[int, Iterator[Way]] = {start: iter(ways.get(start, ()))}
        taken: list[Way] = [(start, None)]
        while trail:
            vendor = taken[-1][0]
            way = next(trail[vendor], None)
            if way is None:
                finished.add(vendor)
                del trail[vendor]
                taken.pop()
            elif way[0] in trail:
                yield from _cycle([*taken, way])
            elif way[0] not in finished:
                trail[way[0]] = iter(ways.get(way[0], ()))
                taken.append(way)


def _cycle(taken: list[Way]) -> Iterator[str]:
    first = [vendor for vendor, _ in taken].index(taken[-1][0])
    round_trip = taken[first:]
    # A round that lies wholly in what is stored is none of this document's doing.
    if path := next((path for _, path in reversed(round_trip[1:]) if path), None):
        yield f"{path}: a cycle: {' → '.join(str(vendor) for vendor, _ in round_trip)}"


def _ways(document: Document) -> dict[int, list[Way]]:
    ways: dict[int, list[Way]] = {}
    for loot_id, (vendor_id, row) in document.loot.items():
        if row and row.sub_vendor_id is not None:
            path = f"{_path(vendor_id, loot_id)}.sub_vendor_id"
            ways.setdefault(vendor_id, []).append((row.sub_vendor_id, path))
    stays = Loot.objects.exclude(vendor_id__in=document.refilled).exclude(sub_vendor_id=None)
    for vendor_id, sub_vendor_id in stays.values_list("vendor_id", "sub_vendor_id"):
        ways.setdefault(vendor_id, []).append((sub_vendor_id, None))
    return ways


def _path(vendor_id: int, loot_id: int) -> str:
    return f"vendors.{vendor_id}.loot.{loot_id}"


def _write(table: models.Manager[Any], rows: dict[int, dict[str, Any]]) -> dict[str, int]:
    """Insert what is new and update what differs, in one statement; the rest is left alone."""
    fields = list(next(iter(rows.values()), {}))
    stored = {row[0]: row[1:] for row in table.filter(pk__in=rows).values_list("pk", *fields)}
    wanted = {pk: row for pk, row in rows.items() if stored.get(pk) != tuple(row.values())}
    table.bulk_create(
        [table.model(pk=pk, **row) for pk, row in wanted.items()],
        update_conflicts=True,
        unique_fields=["id"],
        update_fields=fields,
    )
    created = len(rows.keys() - stored.keys())
    return {
        "created": created,
        "updated": len(wanted) - created,
        "unchanged": len(rows) - len(wanted),
    }


def _delete_replaced_loot(document: Document) -> int:
    gone = Loot.objects.filter(vendor_id__in=document.refilled).exclude(pk__in=document.loot)
    # A DELETE that finds nothing would still raise the catalogue's version.
    return gone.delete()[0] if gone.exists() else 0
