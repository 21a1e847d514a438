"""The entries of an order in words: what each was to do, its result, and its effects in order."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils.html import format_html

from catalog.models import Item, Loot
from config.admin import page_of
from inventory.explanations import RESULTS, explain_change
from inventory.fulfilment.vocabulary import Result
from inventory.models import InventoryChange, InventoryRecord, PlayerOrder, PlayerOrderEntry


@dataclass(frozen=True, slots=True)
class ShownEntry:
    """An entry as staff read it."""

    heading: str
    result: str
    meaning: str
    is_success: bool
    effects: list[str]
    sent: str


def entries_of(order: PlayerOrder) -> list[ShownEntry]:
    """The order's entries in words; six queries at most, however many there are."""
    changes: dict[int, list[InventoryChange]] = {}
    entries = list(order.entries.order_by("position"))
    for change in InventoryChange.objects.filter(entry__in=entries).order_by("pk"):
        changes.setdefault(change.entry_id, []).append(change)
    return in_words([(entry, changes.get(entry.pk, [])) for entry in entries])


def in_words(
    entries: Sequence[tuple[PlayerOrderEntry, Sequence[InventoryChange]]],
) -> list[ShownEntry]:
    """Entries, stored or not, with the changes that they made."""
    flat = [change for _, changes in entries for change in changes]
    notes = [note for entry, _ in entries for note in entry.notes or ()]
    items = names_of(
        Item,
        {entry.item_id for entry, _ in entries}
        | {shown["item_id"] for each in flat for shown in (each.before, each.after) if shown},
    )
    loot = names_of(
        Loot,
        {entry.loot_id for entry, _ in entries}
        | {each.loot_id for each in flat}
        | {note.get("loot_id") for note in notes},
    )
    children = children_of(notes)
    updated = items_of_records(entry for entry, _ in entries)
    return [
        ShownEntry(
            heading=heading_of(entry, items, loot, updated.get(entry.inventory_id)),
            result=entry.result or "waiting",
            meaning=RESULTS[Result(entry.result)] if entry.result else "Not processed yet.",
            is_success=entry.result == Result.SUCCESS,
            effects=in_order(
                [explain_change(change, items, loot) for change in changes],
                {note["at"]: explain_note(note, loot, children) for note in entry.notes or ()},
            ),
            sent=as_sent(entry),
        )
        for entry, changes in entries
    ]


def items_of_records(entries: Iterable[PlayerOrderEntry]) -> dict[UUID | None, Item]:
    """The items that the records hold which the entries name."""
    ids = {entry.inventory_id for entry in entries} - {None}
    records = InventoryRecord.objects.select_related("item").in_bulk(list(ids)) if ids else {}
    return {pk: record.item for pk, record in records.items()}


def children_of(notes: Iterable[Mapping[str, Any]]) -> dict[str, PlayerOrder]:
    """The orders that the notes name, by their order ids."""
    order_ids = {note["order_id"] for note in notes if note["type"] == "new_order"}
    orders = PlayerOrder.objects.filter(order_id__in=order_ids)
    return {order.order_id: order for order in orders}


def in_order(changes: Sequence[str], notes: Mapping[int, str]) -> list[str]:
    """Changes of records and what happened between them, as it took place."""
    rest = iter(changes)
    return [notes[at] if at in notes else next(rest) for at in range(len(changes) + len(notes))]


def explain_note(
    note: Mapping[str, Any], loot: Mapping[int, str], children: Mapping[str, PlayerOrder]
) -> str:
    """One line about an effect that is no change of a record."""
    named = f"loot {loot.get(note['loot_id'], 'unknown')} ({note['loot_id']})"
    match note["type"]:
        case "claim_promo_code":
            return f"Took a use of the code {note['code']}, for {named}"
        case "return_promo_code":
            return f"Gave the use of the code {note['code']} back"
        case "dynamic_bundle_lti":
            return f"Of the bundle: {named}"
    child = children.get(note["order_id"])
    why = f", for {named}" if note.get("loot_id") is not None else ""
    return format_html("New order {}{}", page_of(child) if child else note["order_id"], why)


def names_of(model: type[Item | Loot], ids: set[int | None]) -> dict[int, str]:
    """Names by id; an id that does not exist has none."""
    known = [pk for pk in ids if pk is not None]
    return dict(model.objects.filter(pk__in=known).values_list("pk", "name"))


def heading_of(
    entry: PlayerOrderEntry,
    items: Mapping[int, str],
    loot: Mapping[int, str],
    updated: Item | None = None,
) -> str:
    """One line: which entry, of what type and quantity, and what it names."""
    named = [
        f"{kind} {names.get(key, 'unknown')} ({key})"
        for kind, key, names in (("loot", entry.loot_id, loot), ("item", entry.item_id, items))
        if key is not None
    ]
    if entry.inventory_id is not None:
        named.append(f"record {entry.inventory_id}")
    what = ", ".join(named) or "nothing named"
    if updated is not None:
        return f"{entry.position + 1}. Set {updated} to {entry.quantity:,}: {entry.type}, {what}"
    return f"{entry.position + 1}. {entry.type} × {entry.quantity:,}: {what}"


def as_sent(entry: PlayerOrderEntry) -> str:
    """The entry's fields as formatted JSON."""
    columns = {
        "entry_id": entry.entry_id,
        "type": entry.type,
        "quantity": entry.quantity,
        "loot_id": entry.loot_id,
        "item_id": entry.item_id,
        "inventory_id": entry.inventory_id and str(entry.inventory_id),
    }
    sent = {name: value for name, value in columns.items() if value is not None} | entry.fields
    return json.dumps(sent, indent=2, ensure_ascii=False)
