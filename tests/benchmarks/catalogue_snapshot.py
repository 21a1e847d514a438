"""A large catalogue: its snapshot in time and memory, its rules, import and export.

The floor is what it takes to read the same rows from PostgreSQL and no more.
"""

import gc
import json
import tracemalloc
from collections.abc import Callable
from time import perf_counter
from typing import Any

from django.db import connection

from catalog.rows import catalogue_of
from catalog.rules import problems_of
from catalog.services import take_snapshot
from catalog.services.export_catalog import export_catalog
from catalog.services.import_catalog import import_catalog
from catalog.services.take_snapshot import ROWS, catalogue_at, current_catalogue, stored_rows
from catalog.snapshot import Catalogue
from tests.benchmarks.report import Row

LOOT = 20_000
LOOT_OF_A_VENDOR = 10
ITEMS = 5_000
MEBIBYTE = 2**20


def measure() -> list[Row]:
    document = _document()
    times = {"first import": _timed(lambda: import_catalog(document))}
    times["import that changes nothing"] = _timed(lambda: import_catalog(document))
    floor = _timed(_read_rows)
    times["export"] = _timed(export_catalog)
    times["snapshot"] = _timed(_build)
    current = current_catalogue()
    times["rules"] = _timed(lambda: problems_of(current))
    import_catalog(b'{"items": {"1": {"type": "unit", "name": "new"}}}')
    times["snapshot of an older version"] = _timed(lambda: catalogue_at(current.version))
    aims = {"snapshot": f"{_size() / MEBIBYTE:.0f} MiB kept", "rules": "< 1 s"}
    take_snapshot._built_at.cache_clear()
    return [
        Row(
            f"{LOOT:,} loot: {name}",
            f"{seconds:.2f} s",
            f"{floor:.2f} s",
            seconds / floor,
            aims.get(name, ""),
        )
        for name, seconds in times.items()
    ]


def _document() -> bytes:
    """Vendors with ten loot each, all with a price; each tenth leads to the next vendor."""
    vendors: dict[str, dict[str, Any]] = {}
    for number in range(1, LOOT + 1):
        vendor = (number - 1) // LOOT_OF_A_VENDOR + 1
        loot = vendors.setdefault(str(vendor), {"loot": {}})["loot"]
        loot[str(number)] = {
            "name": f"loot {number}",
            "item_id": number % ITEMS + 1,
            "quantity": number % 7 + 1,
            "sort_order": number,
            "current_price_point_guid": f"price {number % 100}",
        }
        if number % LOOT_OF_A_VENDOR == 0 and number < LOOT:
            loot[str(number)]["sub_vendor_id"] = vendor + 1
    price = {"quantity": 1, "currencies": [{"price_item_id": 1, "price": 100}]}
    return json.dumps(
        {
            "items": {str(n): {"type": "unit", "name": f"item {n}"} for n in range(1, ITEMS + 1)},
            "price_points": {f"price {n}": {"current_breakpoints": [price]} for n in range(100)},
            "vendors": vendors,
        }
    ).encode()


def _timed(work: Callable[[], object]) -> float:
    began = perf_counter()
    work()
    return perf_counter() - began


def _read_rows() -> None:
    with connection.cursor() as cursor:
        cursor.execute(ROWS)
        cursor.fetchall()


def _build() -> Catalogue:
    return catalogue_of(*stored_rows())


def _size() -> int:
    """Bytes that one snapshot keeps."""
    gc.collect()
    tracemalloc.start()
    try:
        catalogue = _build()
        gc.collect()
        kept, _ = tracemalloc.get_traced_memory()
        del catalogue
    finally:
        tracemalloc.stop()
    return kept
