"""Player orders, readable by a person: who placed them and why, and what came of every entry."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from unfold.decorators import display

from catalog.models import Item, Loot
from config.admin import ReadOnlyModelAdmin, as_id, as_uuid, page_of
from inventory.explanations import RESULTS, explain_change
from inventory.fulfilment.vocabulary import Result
from inventory.models import InventoryChange, PlayerOrder, PlayerOrderEntry
from players.admin.players import OfPlayer, of_player
from players.models import ApiKey, Player, User

LONG_WAIT = timedelta(minutes=1)
PLACERS: Mapping[str, type[User | ApiKey | Player]] = {
    "staff": User,
    "key": ApiKey,
    "player": Player,
}


class StateFilter(admin.SimpleListFilter):
    title = "state"
    parameter_name = "waits"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return [("yes", "Waiting"), ("long", "Waiting longer than a minute"), ("no", "Done")]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[PlayerOrder]
    ) -> QuerySet[PlayerOrder]:
        waiting = Q(state=PlayerOrder.State.ACCEPTED)
        match self.value():
            case "yes":
                return queryset.filter(waiting)
            case "long":
                return queryset.filter(waiting, created_time__lt=timezone.now() - LONG_WAIT)
            case "no":
                return queryset.filter(state=PlayerOrder.State.DONE)
        return queryset


@dataclass(frozen=True, slots=True)
class ShownEntry:
    """An entry as staff read it."""

    heading: str
    result: str
    meaning: str
    is_success: bool
    changes: list[str]
    sent: str


@admin.register(PlayerOrder)
class PlayerOrderAdmin(ReadOnlyModelAdmin):
    change_form_template = "admin/player_order.html"
    list_display = (
        "order_id",
        "player",
        "source",
        "became",
        "created_time",
        "done_time",
        "placed_by",
    )
    list_select_related = ("player",)
    list_filter = (
        OfPlayer,
        StateFilter,
        "outcome",
        ("created_time", admin.DateFieldListFilter),
        "source",
    )
    search_fields = ("order_id",)
    search_help_text = "Order, client reference or player id"
    fields = (
        ("order_id", "player"),
        ("state", "outcome"),
        ("source", "placer"),
        "reason",
        ("created_time", "done_time"),
        ("together", "client_order_ref_id"),
        ("portal_id", "portal_user_id"),
        ("instance_id", "match_id"),
        ("request_id", "rights"),
    )

    @display(
        description="Outcome",
        label={"waiting": "info", "succeeded": "success", "partly": "warning", "failed": "danger"},
    )
    def became(self, order: PlayerOrder) -> str:
        return order.outcome or "waiting"

    @admin.display(description="Transaction")
    def together(self, order: PlayerOrder) -> str:
        return "yes: all entries or none" if order.is_transaction else "no: each entry by itself"

    @admin.display(description="Placed by")
    def placer(self, order: PlayerOrder) -> str:
        kind, _, pk = order.placed_by.partition(":")
        if kind not in PLACERS:
            return order.placed_by
        row = PLACERS[kind].objects.filter(pk__in=[as_id(pk)]).first()
        return page_of(row, f"{kind} {row}") if row else order.placed_by

    @admin.display(description="Entries allowed")
    def rights(self, order: PlayerOrder) -> str:
        return ", ".join(order.permissions)

    def found_by(self, term: str) -> Q:
        found = Q(order_id=term) | of_player(term)
        reference = as_uuid(term)
        return found if reference is None else found | Q(client_order_ref_id=reference)

    def on_page(self, request: HttpRequest, obj: PlayerOrder) -> dict[str, Any]:
        return {**super().on_page(request, obj), "entries": entries_of(obj)}


def entries_of(order: PlayerOrder) -> list[ShownEntry]:
    """The order's entries in words; four queries, however many there are."""
    entries = list(order.entries.order_by("position"))
    changes: dict[int, list[InventoryChange]] = {entry.pk: [] for entry in entries}
    for change in InventoryChange.objects.filter(entry__in=entries).order_by("pk"):
        changes[change.entry_id].append(change)
    flat = [change for some in changes.values() for change in some]
    items = names_of(
        Item,
        {entry.item_id for entry in entries}
        | {shown["item_id"] for each in flat for shown in (each.before, each.after) if shown},
    )
    loot = names_of(Loot, {entry.loot_id for entry in entries} | {each.loot_id for each in flat})
    return [
        ShownEntry(
            heading=heading_of(entry, items, loot),
            result=entry.result or "waiting",
            meaning=RESULTS[Result(entry.result)] if entry.result else "Not processed yet.",
            is_success=entry.result == Result.SUCCESS,
            changes=[explain_change(change, items, loot) for change in changes[entry.pk]],
            sent=as_sent(entry),
        )
        for entry in entries
    ]


def names_of(model: type[Item | Loot], ids: set[int | None]) -> dict[int, str]:
    """Names by id; an id that does not exist has none."""
    known = [pk for pk in ids if pk is not None]
    return dict(model.objects.filter(pk__in=known).values_list("pk", "name"))


def heading_of(entry: PlayerOrderEntry, items: Mapping[int, str], loot: Mapping[int, str]) -> str:
    """One line: which entry, of what type and quantity, and what it names."""
    named = [
        f"{kind} {names.get(key, 'unknown')} ({key})"
        for kind, key, names in (("loot", entry.loot_id, loot), ("item", entry.item_id, items))
        if key is not None
    ]
    if entry.inventory_id is not None:
        named.append(f"record {entry.inventory_id}")
    what = ", ".join(named) or "nothing named"
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
