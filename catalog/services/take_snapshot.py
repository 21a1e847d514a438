"""The catalogue as fulfilment reads it: one immutable object graph per version, shared."""

import threading
from collections import OrderedDict, defaultdict
from collections.abc import Iterable
from contextlib import suppress
from functools import lru_cache

import orjson
from django.db import connection

from catalog import models
from catalog.rows import Row, catalogue_of
from catalog.snapshot import Catalogue

TABLES = [
    model._meta.db_table
    for model in (
        models.XpTable,
        models.InventoryBucketUseRuleSet,
        models.TimeFrame,
        models.PricePoint,
        models.Item,
        models.Vendor,
        models.Loot,
        models.Promotion,
        models.PlatformSku,
    )
]

# One statement sees one moment: the version and all that belongs to it.
ROWS = " UNION ALL ".join(
    [
        "SELECT '', to_jsonb(version) FROM catalog_catalogversion",
        *[f"SELECT '{table}', to_jsonb({table}) FROM {table}" for table in TABLES],  # noqa: S608 - names of our own
    ]
)
# The index has the rows of a key together, the newest first.
ROWS_AT = """
    SELECT "table", row FROM (
        SELECT DISTINCT ON ("table", key) "table", row FROM catalog_cataloghistory
        WHERE version <= %s ORDER BY "table", key, version DESC
    ) AS latest WHERE row IS NOT NULL
"""

_building = threading.Lock()
# Who is about to change the catalogue sees another than the rest: neither has it built in vain.
KEPT = 3
_kept: OrderedDict[int, Catalogue] = OrderedDict()


def current_catalogue() -> Catalogue:
    """Return the catalogue in force now, at the price of one query for its version.

    What is planned with it holds even if the catalogue changes before the plan is committed: it
    counts as done before the change. Only an item that was deleted meanwhile refuses, by its
    foreign key; then the orders concerned are planned again with the catalogue that is left.

    Asked in a transaction that has changed the catalogue, it tells what would be in force.
    """
    version = _version()
    if kept := _kept.get(version):
        # Changes that are given up one after the other must not push out what is in force.
        with suppress(KeyError):  # Another thread may have dropped it just now.
            _kept.move_to_end(version)
        return kept
    with _building:
        if kept := _kept.get(version):
            return kept
        catalogue = catalogue_of(*stored_rows())
        _kept[catalogue.version] = catalogue
        for oldest in [*_kept][:-KEPT]:
            del _kept[oldest]
        return catalogue


def catalogue_at(version: int) -> Catalogue | None:
    """Return the catalogue as it was; None if that is no longer kept, or is yet to come.

    Kept is what was in force at any time of the last PLAYER_ORDER_RECENT.
    """
    current = current_catalogue()
    if version == current.version:
        return current
    kept = models.CatalogVersion.objects.filter(kept_from__lte=version, version__gt=version)
    return _built_at(version) if kept.exists() else None


@lru_cache(maxsize=2)
def _built_at(version: int) -> Catalogue:
    with connection.cursor() as cursor:
        cursor.execute(ROWS_AT, [version])
        _, tables = _tables(cursor)
    return catalogue_of(version, tables)


def stored_rows() -> tuple[int, dict[str, list[Row]]]:
    """Return the version in force, and every row of every table as it is at that moment."""
    with connection.cursor() as cursor:
        cursor.execute(ROWS)
        return _tables(cursor)


def _tables(found: Iterable[tuple[str, str]]) -> tuple[int, dict[str, list[Row]]]:
    version, tables = 0, defaultdict[str, list[Row]](list)
    for table, row in found:
        if table:
            tables[table].append(orjson.loads(row))
        else:
            version = int(row)
    return version, tables


def _version() -> int:
    return models.CatalogVersion.objects.values_list("version", flat=True).first() or 0
