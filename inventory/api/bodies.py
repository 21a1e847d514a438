"""Orders and what became of them, as plain dictionaries: no serializer, no query per row."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from inventory.api.record_bodies import change_body, ledger_body
from inventory.api.schemas.orders import DetailType, EntryFields, OrderFields
from inventory.api.schemas.values import wire_time
from inventory.fulfilment.orders import Change, CodeClaimed, CodeReturned, Effect, NewOrder
from inventory.models import InventoryChange, PlayerOrder, PlayerOrderEntry
from inventory.services.place_child_orders import child_order
from inventory.services.simulate_player_order import Simulation
from players.models import Player

Body = dict[str, Any]

ORDER_FIELDS = tuple(OrderFields.model_fields)
BLANK_ENTRY = dict.fromkeys(EntryFields.model_fields)
ENTRY_COLUMNS = ("type", "quantity", "loot_id", "item_id", "inventory_id", "entry_id")


def order_bodies(orders: Sequence[PlayerOrder], player: Player) -> list[Body]:
    """Each order with its entries and what became of them: three queries for however many.

    Two, if none of them caused another order.
    """
    if not orders:
        return []
    # In this order: a worker may be done with an order between the questions, and what shows a
    # result must show all that it did.
    rows = list(_entries(orders))
    children = _children(rows)
    changes = _changes(orders)
    entries: dict[int, list[Body]] = defaultdict(list)
    for row in rows:
        entry = _entry_body(row)
        if row.result is not None:
            entry["result"] = row.result
            entry["details"] = _details(changes[row.pk], row.notes or (), children)
        else:
            entry["details"] = []
        entries[row.order_id].append(entry)
    return [_order_body(order, player, entries[order.pk]) for order in orders]


def accepted_body(order: PlayerOrder) -> Body:
    """The order as it was sent, with the ids that were made for it."""
    return _created_body(order, _entries([order]))


def simulated_body(simulation: Simulation, player: Player) -> Body:
    """The order as if it had been done."""
    entries = [
        {
            **_entry_body(row),
            "result": outcome.result,
            "details": [_effect_body(effect, simulation.order, row) for effect in outcome.effects],
        }
        for row, outcome in zip(simulation.rows, simulation.entries, strict=True)
    ]
    return _order_body(simulation.order, player, entries)


def _order_body(order: PlayerOrder, player: Player, entries: Sequence[Body]) -> Body:
    return {
        **_order_fields(order),
        "order_id": order.order_id,
        "player_uuid": player.uuid,
        "created_time": wire_time(order.created_time),
        "entries": entries,
    }


def _created_body(order: PlayerOrder, entries: Iterable[PlayerOrderEntry]) -> Body:
    return {
        **_order_fields(order),
        "order_id": order.order_id,
        "entries": [_entry_body(entry) for entry in entries],
    }


def _order_fields(order: PlayerOrder) -> Body:
    return {name: getattr(order, name) for name in ORDER_FIELDS}


def _entries(orders: Iterable[PlayerOrder]) -> Iterable[PlayerOrderEntry]:
    return PlayerOrderEntry.objects.filter(order__in=orders).order_by("order_id", "position")


def _entry_body(row: PlayerOrderEntry) -> Body:
    body = {**BLANK_ENTRY, **row.fields, **{name: getattr(row, name) for name in ENTRY_COLUMNS}}
    if body["expires"] is not None:
        # An entry that staff placed may tell the time in another form of ISO 8601.
        body["expires"] = wire_time(datetime.fromisoformat(body["expires"]))
    return body


def _children(rows: Iterable[PlayerOrderEntry]) -> Mapping[str, Body]:
    """The orders that these entries caused, by their order id."""
    order_ids = {
        note["order_id"]
        for row in rows
        for note in row.notes or ()
        if note["type"] == DetailType.NEW_ORDER
    }
    if not order_ids:
        return {}
    entries = PlayerOrderEntry.objects.filter(order__order_id__in=order_ids).select_related("order")
    of_order: dict[PlayerOrder, list[PlayerOrderEntry]] = defaultdict(list)
    for entry in entries.order_by("order_id", "position"):
        of_order[entry.order].append(entry)
    return {order.order_id: _created_body(order, rows) for order, rows in of_order.items()}


def _changes(orders: Iterable[PlayerOrder]) -> Mapping[int, list[Body]]:
    details: dict[int, list[Body]] = defaultdict(list)
    changes = InventoryChange.objects.filter(entry__order__in=orders).order_by("id")
    for entry_id, loot_id, before, after in changes.values_list(
        "entry_id", "loot_id", "before", "after"
    ):
        details[entry_id].append(
            _detail(DetailType.INVENTORY_CHANGE, loot_id, inv_change=ledger_body(before, after))
        )
    return details


def _details(
    changes: list[Body], notes: Iterable[Mapping[str, Any]], children: Mapping[str, Body]
) -> list[Body]:
    """The changes, with the notes at the places that they name."""
    for note in notes:
        order = children[note["order_id"]] if note["type"] == DetailType.NEW_ORDER else None
        changes.insert(note["at"], _detail(note["type"], note["loot_id"], order=order))
    return changes


def _effect_body(effect: Effect, order: PlayerOrder, row: PlayerOrderEntry) -> Body:
    match effect:
        case Change():
            change = change_body(effect)
            return _detail(DetailType.INVENTORY_CHANGE, effect.loot_id, inv_change=change)
        case NewOrder():
            child = _created_body(*child_order(order, row, effect))
            return _detail(DetailType.NEW_ORDER, effect.loot_id, order=child)
        case CodeClaimed():
            return _detail(DetailType.CLAIM_PROMO_CODE, effect.loot_id)
        case CodeReturned():
            return _detail(DetailType.RETURN_PROMO_CODE, effect.loot_id)
        case _:
            return _detail(DetailType.DYNAMIC_BUNDLE_LTI, effect.loot_id)


def _detail(
    kind: str, loot_id: int | None, *, inv_change: Body | None = None, order: Body | None = None
) -> Body:
    return {"type": kind, "loot_id": loot_id, "inv_change": inv_change, "order": order}
