"""Plan player orders on what their players own now. Nothing is written."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from uuid import UUID

from django.conf import settings

from catalog.services.take_snapshot import current_catalogue
from catalog.snapshot import Catalogue
from inventory.fulfilment.dice import Dice
from inventory.fulfilment.holdings import Holdings
from inventory.fulfilment.orders import Entry, EntryOutcome, Limits, Order, Record
from inventory.fulfilment.plan import plan
from inventory.fulfilment.vocabulary import EntryType, Source
from inventory.models import InventoryRecord, PlayerOrder, PlayerOrderEntry


def plan_player_orders(
    orders: Sequence[PlayerOrder], *, now: datetime
) -> list[tuple[EntryOutcome, ...]]:
    """Return the outcomes of each order, one per entry, without writing anything.

    The orders see each other's effects, in the order given. They come with their entries in order,
    and the caller holds the locks of their players if the plan is to be carried out.
    """
    catalogue = current_catalogue()
    limits = Limits(max_custom_attributes=settings.MAX_CUSTOM_ATTRIBUTES)
    holdings = _holdings(orders, catalogue, now)
    outcomes = []
    for order in orders:
        planned = plan(
            _order(order),
            catalogue,
            holdings[order.player_id],
            now=now,
            dice=Dice(bytes(order.dice_seed)),
            limits=limits,
        )
        holdings[order.player_id] = planned.holdings
        outcomes.append(planned.entries)
    return outcomes


def _order(order: PlayerOrder) -> Order:
    return Order(
        player_uuid=order.player.uuid,
        source=Source(order.source),
        portal_id=order.portal_id,
        is_transaction=order.is_transaction,
        permissions=frozenset(order.permissions),
        entries=tuple(_entry(entry) for entry in order.entries.all()),
    )


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
    SELECT record.*
    FROM unnest(%(item_players)s::bigint[], %(items)s::bigint[]) AS item (player_id, item_id)
    JOIN inventory_inventoryrecord AS record USING (player_id, item_id)
    WHERE record.expires IS NULL OR record.expires >= %(now)s
    UNION ALL
    SELECT record.*
    FROM unnest(%(named_players)s::bigint[], %(named)s::uuid[]) AS named (player_id, inventory_id)
    JOIN inventory_inventoryrecord AS record USING (player_id, inventory_id)
"""


def _holdings(
    orders: Sequence[PlayerOrder], catalogue: Catalogue, now: datetime
) -> dict[int, Holdings]:
    @cache
    def items_of(loot_id: int) -> frozenset[int]:
        return _items_behind(loot_id, catalogue)

    items: set[tuple[int, int]] = set()
    named: set[tuple[int, UUID]] = set()
    for order in orders:
        for entry in order.entries.all():
            if entry.loot_id is not None:
                items.update((order.player_id, item_id) for item_id in items_of(entry.loot_id))
            if entry.inventory_id is not None:
                named.add((order.player_id, entry.inventory_id))
    records: dict[int, dict[UUID, Record]] = defaultdict(dict)
    for record in InventoryRecord.objects.raw(
        RECORDS,
        {
            "item_players": [player_id for player_id, _ in items],
            "items": [item_id for _, item_id in items],
            "named_players": [player_id for player_id, _ in named],
            "named": [inventory_id for _, inventory_id in named],
            "now": now,
        },
    ):
        records[record.player_id][record.inventory_id] = Record(
            inventory_id=record.inventory_id,
            item_id=record.item_id,
            type=record.type,
            bucket=record.bucket,
            count=record.count,
            acquired=record.acquired,
            expires=record.expires,
            custom_data=record.custom_data,
        )
    return defaultdict(
        Holdings, {player_id: Holdings(owned.values()) for player_id, owned in records.items()}
    )


def _items_behind(loot_id: int, catalogue: Catalogue) -> frozenset[int]:
    """Every item that filling the loot can look at, at any depth of sub-vendors."""
    items: set[int | None] = set()
    vendors: set[int] = set()
    loots = [catalogue.loot[loot_id]] if loot_id in catalogue.loot else []
    while loots:
        loot = loots.pop()
        items |= {loot.item_id, loot.quantity_mult_inventory_item_id}
        if loot.sub_vendor_id is not None and loot.sub_vendor_id not in vendors:
            vendors.add(loot.sub_vendor_id)
            loots += catalogue.vendors[loot.sub_vendor_id].loot
    return frozenset(item_id for item_id in items if item_id is not None)
