from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import fields
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

import orjson

from catalog.snapshot import Catalogue
from inventory.fulfilment.orders import Entry, Order, Record
from inventory.fulfilment.reach import items_within_reach
from inventory.services.database import ask, columns

RECORD_FIELDS = [field.name for field in fields(Record)]
COLUMNS = ", ".join(["record.player_id", *[f"record.{name}" for name in RECORD_FIELDS]])
CUSTOM_DATA = RECORD_FIELDS.index("custom_data")

# Many players look at the same items: those are sent once. For each player the index is walked
# once, with all of the items.
RECORDS = """
    WITH sets AS MATERIALIZED (
        SELECT number, array_agg(item_id) AS items
        FROM unnest(%s::bigint[], %s::bigint[]) AS item (number, item_id) GROUP BY number
    )
    SELECT {columns}
    FROM unnest(%s::bigint[], %s::bigint[]) AS looked_at (player_id, number)
    JOIN sets USING (number)
    JOIN inventory_inventoryrecord AS record
        ON record.player_id = looked_at.player_id AND record.item_id = ANY(sets.items)
    WHERE (record.expires IS NULL OR record.expires >= %s)
        AND (record.session_id IS NULL OR record.session_id = ANY(%s))
""".replace("{columns}", COLUMNS)
# What is named brings the other records of its item, which a level may depend on. The deprecated
# number of a record is the end of its id: see `fulfilment.orders.legacy_inventory_id`.
NAMED_RECORDS = """
    WITH named AS MATERIALIZED (
        SELECT record.player_id, record.inventory_id, record.item_id
        FROM unnest(%s::bigint[], %s::uuid[]) AS named (player_id, inventory_id)
        JOIN inventory_inventoryrecord AS record USING (player_id, inventory_id)
        UNION ALL
        SELECT record.player_id, record.inventory_id, record.item_id
        FROM unnest(%s::bigint[], %s::bigint[]) AS named (player_id, legacy_inventory_id)
        JOIN inventory_inventoryrecord AS record
            ON record.player_id = named.player_id
            AND ('x' || replace(right(record.inventory_id::text, 17), '-', ''))::bit(64)::bigint
                & (1::bigint << 62) - 1 = named.legacy_inventory_id
    )
    SELECT {columns}
    FROM (SELECT DISTINCT player_id, item_id FROM named) AS looked_at
    JOIN inventory_inventoryrecord AS record USING (player_id, item_id)
    WHERE (record.expires IS NULL OR record.expires >= %s
            OR record.inventory_id IN (SELECT inventory_id FROM named))
        AND (record.session_id IS NULL OR record.session_id = ANY(%s))
""".replace("{columns}", COLUMNS)

Records = dict[int, dict[UUID, Record]]


def load_records(
    looked_at: Iterable[tuple[int, frozenset[int]]], *, sessions: Collection[UUID], now: datetime
) -> Records:
    """By player and id, what is unexpired of these players' items.

    Of transient records only those of these sessions.
    """
    pairs = [(player_id, items) for player_id, items in looked_at if items]
    numbers = {items: number for number, items in enumerate({items for _, items in pairs})}
    sets = columns((number, item) for items, number in numbers.items() for item in items)
    players = columns((player_id, numbers[items]) for player_id, items in pairs)
    return _by_player(ask(RECORDS, [*sets, *players, now, [*sessions]]))


def load_records_of_orders(
    orders: Sequence[tuple[int, Order]],
    catalogue: Catalogue,
    *,
    sessions: Collection[UUID],
    now: datetime,
) -> Records:
    """By player and id, what these orders can look at: what they name also if it is expired."""

    @cache
    def reach(entry: Entry) -> frozenset[int]:
        return items_within_reach(entry, catalogue)

    looked_at: set[tuple[int, frozenset[int]]] = set()
    named: set[tuple[int, UUID]] = set()
    numbered: set[tuple[int, int]] = set()
    for player_id, order in orders:
        for entry in order.entries:
            looked_at.add((player_id, reach(_without_values(entry))))
            if entry.inventory_id is not None:
                named.add((player_id, entry.inventory_id))
            elif entry.legacy_inventory_id is not None:
                numbered.add((player_id, entry.legacy_inventory_id))
    records = load_records(looked_at, sessions=sessions, now=now)
    if named or numbered:
        asked = [*columns(named), *columns(numbered), now, [*sessions]]
        for player_id, more in _by_player(ask(NAMED_RECORDS, asked)).items():
            records[player_id] |= more
    return records


def _by_player(rows: Iterable[Any]) -> Records:
    records: Records = defaultdict(dict)
    for player_id, *row in rows:
        row[CUSTOM_DATA] = row[CUSTOM_DATA] and orjson.loads(row[CUSTOM_DATA])
        records[player_id][row[0]] = Record(*row)
    return records


def _without_values(entry: Entry) -> Entry:
    """The entry with nothing but what decides how far it reaches."""
    return Entry(
        entry.type,
        0,
        loot_id=entry.loot_id,
        dynamic_bundle_loot_ids=entry.dynamic_bundle_loot_ids,
        purchase_price=entry.purchase_price,
        external_tran_id=entry.external_tran_id,
        item_id=entry.item_id,
    )
