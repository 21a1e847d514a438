"""Plan player orders on what their players own now. Nothing is written."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any
from uuid import UUID

import orjson
from django.conf import settings
from django.db import connection

from catalog.snapshot import Catalogue
from inventory.fulfilment.dice import Dice
from inventory.fulfilment.holdings import Holdings
from inventory.fulfilment.orders import Entry, EntryOutcome, Order, Record, Rules
from inventory.fulfilment.plan import plan
from inventory.fulfilment.vocabulary import EntryType, Source
from inventory.models import PlayerOrder, PlayerOrderEntry
from players.models import Player

BATCH_CHANGES = 20_000

# Orders of locked players, oldest first, with their entries in order.
Claimed = Mapping[PlayerOrder, Sequence[PlayerOrderEntry]]


def plan_player_orders(
    claimed: Claimed, catalogue: Catalogue, *, now: datetime
) -> list[tuple[EntryOutcome, ...]]:
    """Return the outcomes of the first orders, one per entry; of all, unless they change too much.

    The orders see each other's effects, in the order given. With BATCH_CHANGES changes it is
    enough: what is planned must fit into memory and into one statement.
    """
    rules = Rules(
        max_custom_attributes=settings.MAX_CUSTOM_ATTRIBUTES,
        max_effects=settings.PLAYER_ORDER_MAX_CHANGES,
    )
    players = {order.player_id for order in claimed}
    uuids = dict(Player.objects.filter(pk__in=players).values_list("pk", "uuid"))
    holdings = _holdings(claimed, catalogue, now)
    outcomes: list[tuple[EntryOutcome, ...]] = []
    changes = 0
    for order, entries in claimed.items():
        if changes >= BATCH_CHANGES:
            break
        planned = plan(
            Order(
                player_uuid=uuids[order.player_id],
                source=Source(order.source),
                portal_id=order.portal_id,
                is_transaction=order.is_transaction,
                permissions=frozenset(order.permissions),
                entries=tuple(map(_entry, entries)),
                created_time=order.created_time,
                generation=order.generation,
            ),
            catalogue,
            holdings[order.player_id],
            now=now,
            dice=Dice(bytes(order.dice_seed)),
            rules=rules,
        )
        holdings[order.player_id] = planned.holdings
        outcomes.append(planned.entries)
        changes += sum(len(entry.changes) for entry in planned.entries)
    return outcomes


def _entry(entry: PlayerOrderEntry) -> Entry:
    fields = entry.fields
    expires = fields.get("expires")
    return Entry(
        type=EntryType(entry.type),
        quantity=entry.quantity,
        loot_id=entry.loot_id,
        vendor_version=fields.get("vendor_version"),
        vendor_etag=fields.get("vendor_etag"),
        use_inventory_bucket=fields.get("use_inventory_bucket"),
        inventory_id=entry.inventory_id,
        item_id=entry.item_id,
        expires=datetime.fromisoformat(expires).astimezone(UTC) if expires else None,
        custom_data=fields.get("custom_data"),
    )


# Only what the orders can look at: a player may own thousands of records. Expired ones count for
# nothing, but can still be named.
RECORDS = """
    SELECT record.player_id, record.inventory_id, record.item_id, record.type, record.bucket,
        record.count, record.acquired, record.expires, record.custom_data
    FROM unnest(%s::bigint[], %s::bigint[]) AS looked_at (player_id, item_id)
    JOIN inventory_inventoryrecord AS record USING (player_id, item_id)
    WHERE record.expires IS NULL OR record.expires >= %s
    UNION ALL
    SELECT record.player_id, record.inventory_id, record.item_id, record.type, record.bucket,
        record.count, record.acquired, record.expires, record.custom_data
    FROM unnest(%s::bigint[], %s::uuid[]) AS named (player_id, inventory_id)
    JOIN inventory_inventoryrecord AS record USING (player_id, inventory_id)
"""


def _holdings(claimed: Claimed, catalogue: Catalogue, now: datetime) -> dict[int, Holdings]:
    @cache
    def items_behind(loot_id: int) -> frozenset[int]:
        return _items_behind(loot_id, catalogue)

    looked_at: set[tuple[int, int]] = set()
    named: set[tuple[int, UUID]] = set()
    for order, entries in claimed.items():
        for entry in entries:
            if entry.loot_id is not None:
                looked_at |= {(order.player_id, item) for item in items_behind(entry.loot_id)}
            if entry.inventory_id is not None:
                named.add((order.player_id, entry.inventory_id))
    records: dict[int, dict[UUID, Record]] = defaultdict(dict)
    with connection.cursor() as cursor:
        cursor.execute(RECORDS, [*_columns(looked_at), now, *_columns(named)])
        for player_id, *row, custom_data in cursor.fetchall():
            row.append(custom_data and orjson.loads(custom_data))
            records[player_id][row[0]] = Record(*row)
    holdings = {player_id: Holdings(owned.values()) for player_id, owned in records.items()}
    return defaultdict(Holdings, holdings)


def _columns(pairs: Iterable[tuple[int, Any]]) -> tuple[list[int], list[Any]]:
    return [left for left, _ in pairs], [right for _, right in pairs]


def _items_behind(loot_id: int, catalogue: Catalogue) -> frozenset[int]:
    """Every item that filling the loot can look at, at any depth of sub-vendors."""
    items: set[int | None] = set()
    vendors: set[int] = set()
    pending = [catalogue.loot[loot_id]] if loot_id in catalogue.loot else []
    while pending:
        loot = pending.pop()
        items |= {loot.item_id, loot.quantity_mult_inventory_item_id}
        if loot.sub_vendor_id is not None and loot.sub_vendor_id not in vendors:
            vendors.add(loot.sub_vendor_id)
            pending += catalogue.vendors[loot.sub_vendor_id].loot
    return frozenset(item_id for item_id in items if item_id is not None)
