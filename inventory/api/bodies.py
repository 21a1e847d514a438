"""From rows to the bodies of answers, as plain dictionaries: no serializer, no query per row."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import chain
from typing import Any

from django.db.models import QuerySet

from catalog.services.take_snapshot import current_catalogue
from inventory.api import schemas
from inventory.api.schemas import DetailType, wire_time
from inventory.fulfilment.always_owned import always_owned_records
from inventory.fulfilment.orders import Record
from inventory.models import InventoryChange, InventoryRecord, PlayerOrder, PlayerOrderEntry
from players.models import Player

Body = dict[str, Any]

ORDER_FIELDS = tuple(schemas.OrderFields.model_fields)
RECORD_FIELDS = tuple(schemas.InventoryRecord.model_fields)
BLANK_ENTRY = dict.fromkeys(schemas.EntryFields.model_fields)


def order_bodies(orders: Sequence[PlayerOrder], player: Player) -> list[Body]:
    """Each order with its entries and what became of them: two queries for however many."""
    if not orders:
        return []
    entries: dict[int, list[Body]] = defaultdict(list)
    # In this order: a worker may be done with an order between the two questions, and what shows a
    # result must show all that it did.
    rows = list(_entries(orders).values())
    details = _details(orders)
    for row in rows:
        entry = _entry_body(row)
        if row["result"] is not None:
            entry["result"] = row["result"]
        entry["details"] = details[row["id"]] if "result" in entry else []
        entries[row["order_id"]].append(entry)
    return [
        {
            **_order_fields(order),
            "order_id": order.order_id,
            "player_uuid": player.uuid,
            "created_time": wire_time(order.created_time),
            "entries": entries[order.pk],
        }
        for order in orders
    ]


def accepted_body(order: PlayerOrder) -> Body:
    """The order as it was sent, with the ids that were made for it."""
    return {
        **_order_fields(order),
        "order_id": order.order_id,
        "entries": [_entry_body(row) for row in _entries([order]).values()],
    }


def inventory_body(player: Player, item_ids: Iterable[int] | None, *, at: datetime) -> Body:
    """What counts as owned at that moment, by item and record; one query and the catalogue's."""
    wanted = None if item_ids is None else set(item_ids)
    rows = player.inventory_records.countable(at=at).order_by("item_id", "inventory_id")
    if wanted is not None:
        rows = rows.filter(item_id__in=wanted)
    items: dict[str, Body] = {}
    everyones = always_owned_records(current_catalogue(), player.uuid, acquired=player.created_at)
    records: Iterable[InventoryRecord | Record] = chain(rows, everyones)
    for record in records:
        if wanted is None or record.item_id in wanted:
            item = items.setdefault(str(record.item_id), {"records": {}})
            item["records"][str(record.inventory_id)] = _record_body(record)
    return {"inventory": {"items": items}}


def _order_fields(order: PlayerOrder) -> Body:
    return {name: getattr(order, name) for name in ORDER_FIELDS}


def _entries(orders: Iterable[PlayerOrder]) -> QuerySet[PlayerOrderEntry]:
    return PlayerOrderEntry.objects.filter(order__in=orders).order_by("order_id", "position")


def _entry_body(row: Mapping[str, Any]) -> Body:
    body = {
        **BLANK_ENTRY,
        **row["fields"],
        "type": row["type"],
        "quantity": row["quantity"],
        "loot_id": row["loot_id"],
        "item_id": row["item_id"],
        "inventory_id": row["inventory_id"],
        "entry_id": row["entry_id"],
    }
    if body["expires"] is not None:
        # An entry that staff placed may tell the time in another form of ISO 8601.
        body["expires"] = wire_time(datetime.fromisoformat(body["expires"]))
    return body


def _details(orders: Iterable[PlayerOrder]) -> Mapping[int, list[Body]]:
    details: dict[int, list[Body]] = defaultdict(list)
    changes = InventoryChange.objects.filter(entry__order__in=orders).order_by("id")
    for entry_id, loot_id, before, after in changes.values_list(
        "entry_id", "loot_id", "before", "after"
    ):
        details[entry_id].append(
            {
                "type": DetailType.INVENTORY_CHANGE,
                "loot_id": loot_id,
                "inv_change": {
                    "before_item_id": before and before["item_id"],
                    "after_item_id": after["item_id"],
                    "before": before and _shown(before),
                    "after": _shown(after),
                },
                "order": None,
            }
        )
    return details


def _shown(record: Mapping[str, Any]) -> Body:
    return {name: record.get(name) for name in RECORD_FIELDS}


def _record_body(record: InventoryRecord | Record) -> Body:
    return {
        "inventory_id": record.inventory_id,
        "type": record.type,
        "legacy_inventory_id": None,
        "bucket": record.bucket,
        "count": record.count,
        "acquired": wire_time(record.acquired),
        "expires": record.expires and wire_time(record.expires),
        "custom_data": record.custom_data,
    }
