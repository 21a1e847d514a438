"""Inventory records as the API shows them: of the ledger, of the table, of the core."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from itertools import chain
from typing import Any
from uuid import UUID

from django.db.models import Q

from catalog.services.take_snapshot import current_catalogue
from catalog.snapshot import Catalogue
from inventory.api.schemas.inventory import InventoryRecord as Shown
from inventory.api.schemas.values import wire_time
from inventory.fulfilment.always_owned import always_owned_records
from inventory.fulfilment.orders import Change, Record, legacy_inventory_id
from inventory.fulfilment.xp import level_of
from inventory.models import InventoryRecord
from players.models import Player

Body = dict[str, Any]

LEDGER_FIELDS = tuple(Shown.model_fields)


def inventory_body(player: Player, item_ids: Iterable[int] | None, *, at: datetime) -> Body:
    """What counts as owned at that moment, by item and record, and the levels it has reached.

    One query and the catalogue's.
    """
    catalogue = current_catalogue()
    wanted = None if item_ids is None else set(item_ids)
    rows = player.inventory_records.countable(at=at).filter(
        Q(session=None) | Q(session__closed_at=None)
    )
    if wanted is not None:
        rows = rows.filter(item_id__in=wanted)
    items: dict[str, Body] = {}
    counts: Counter[int] = Counter()
    everyones = always_owned_records(catalogue, player.uuid, acquired=player.created_at)
    records: Iterable[InventoryRecord | Record] = chain(
        rows.order_by("item_id", "inventory_id"), everyones
    )
    for record in records:
        if wanted is None or record.item_id in wanted:
            item = items.setdefault(str(record.item_id), {"records": {}})
            item["records"][str(record.inventory_id)] = _record_body(record)
            counts[record.item_id] += record.count
    return {"inventory": {"items": items}, "levels": list(_levels(counts, catalogue))}


def _levels(counts: Mapping[int, int], catalogue: Catalogue) -> Iterator[Body]:
    """The level of every item that an XP table reads as XP, the buckets taken together."""
    for item_id, count in counts.items():
        table = catalogue.xp_tables.get(catalogue.items[item_id].level_xp_table_id or 0)
        if table is not None:
            level = level_of(table, count)
            yield {
                "item_id": item_id,
                "level": level,
                "count": count,
                "count_for_next_level": next(iter(table.minimums[level:]), None),
            }


def change_body(change: Change) -> Body:
    """A change that is not written."""
    before, after = change.before, change.after
    return {
        "before_item_id": before and before.item_id,
        "after_item_id": after.item_id,
        "before": before and _record_body(before),
        "after": _record_body(after),
    }


def ledger_body(before: Mapping[str, Any] | None, after: Mapping[str, Any]) -> Body:
    """A change as the ledger has it."""
    return {
        "before_item_id": before and before["item_id"],
        "after_item_id": after["item_id"],
        "before": before and _ledger_record(before),
        "after": _ledger_record(after),
    }


def _ledger_record(record: Mapping[str, Any]) -> Body:
    body = {name: record.get(name) for name in LEDGER_FIELDS}
    body["legacy_inventory_id"] = legacy_inventory_id(UUID(record["inventory_id"]))
    return body


def _record_body(record: InventoryRecord | Record) -> Body:
    return {
        "inventory_id": record.inventory_id,
        "type": record.type,
        "legacy_inventory_id": legacy_inventory_id(record.inventory_id),
        "bucket": record.bucket,
        "count": record.count,
        "acquired": wire_time(record.acquired),
        "expires": record.expires and wire_time(record.expires),
        "custom_data": record.custom_data,
    }
