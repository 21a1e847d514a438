"""Inventory records and the ledger of their changes."""

from datetime import datetime

from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import localize

from catalog.models import Loot
from config.admin import (
    Button,
    NarrowedBy,
    Panel,
    ReadOnlyModelAdmin,
    as_id,
    as_uuid,
    list_of,
    page_of,
)
from config.filters import OfItem, OfPlayer
from inventory.admin.forms import correction_url
from inventory.explanations import explain_change
from inventory.fulfilment.orders import legacy_inventory_id
from inventory.models import InventoryChange, InventoryRecord
from players.admin.players import of_player

LEDGER_ROWS = 100


class OfRecord(NarrowedBy):
    title = "record"
    parameter_name = "record_id"
    as_key = staticmethod(as_uuid)


@admin.register(InventoryRecord)
class InventoryRecordAdmin(ReadOnlyModelAdmin):
    list_display = (
        "inventory_id",
        "player",
        "item",
        "count",
        "bucket",
        "state",
        "acquired",
        "until",
    )
    list_select_related = ("player", "item")
    list_filter = (OfPlayer, OfItem, "type", "state", "bucket")
    search_fields = ("inventory_id",)
    search_help_text = "Record, player or item id"
    fields = (
        ("inventory_id", "player"),
        ("item", "count"),
        ("type", "state"),
        ("bucket", "acquired"),
        ("until", "attributes"),
        ("session", "legacy_id"),
    )

    @admin.display(description="Expires")
    def until(self, record: InventoryRecord) -> str:
        return localize(record.expires or "never")

    @admin.display(description="Legacy inventory id")
    def legacy_id(self, record: InventoryRecord) -> str:
        return str(legacy_inventory_id(record.pk))

    @admin.display(description="Custom data")
    def attributes(self, record: InventoryRecord) -> str:
        return "\n".join(f"{name}: {value}" for name, value in (record.custom_data or {}).items())

    def found_by(self, term: str) -> Q:
        return Q(pk__in=[as_uuid(term)]) | Q(item_id__in=[as_id(term)]) | of_player(term)

    def buttons(self, request: HttpRequest, obj: InventoryRecord) -> list[Button]:
        if not request.user.has_perm("inventory.grant_inventory"):
            return []
        expired = is_over(obj, timezone.now())
        reason = "Expired: what no longer counts is not corrected." if expired else ""
        return [Button("Correct the count", correction_url(obj), reason)]

    def panels(self, request: HttpRequest, obj: InventoryRecord) -> list[Panel]:
        if not request.user.has_perm("inventory.view_inventorychange"):
            return []
        changes = list(obj.changes.select_related("entry__order").order_by("-pk")[:LEDGER_ROWS])
        loot = dict(
            Loot.objects.filter(pk__in={change.loot_id for change in changes}).values_list(
                "pk", "name"
            )
        )
        items = {obj.item_id: obj.item.name}
        return [
            Panel(
                title="Ledger",
                headers=("Time", "What", "Change", "Count", "Order", "Source"),
                rows=[
                    (
                        page_of(change, change.created_time),
                        explain_change(change, items, loot),
                        f"{change.delta:+,}",
                        f"{change.after['count']:,}",
                        page_of(change.entry.order),
                        change.entry.order.source,
                    )
                    for change in changes
                ],
                all_url=list_of(InventoryChange, record_id=str(obj.pk)),
            )
        ]


@admin.register(InventoryChange)
class InventoryChangeAdmin(ReadOnlyModelAdmin):
    list_display = (
        "id",
        "created_time",
        "player",
        "item",
        "change",
        "count_after",
        "order",
        "loot_id",
    )
    list_select_related = ("player", "record__item", "entry__order")
    list_filter = (OfPlayer, OfRecord)
    search_fields = ("record_id",)
    search_help_text = "Record or player id"
    fields = (
        ("id", "created_time"),
        ("player", "record"),
        ("order", "loot_id"),
        ("change", "count_after"),
        "before",
        "after",
    )

    @admin.display(description="Item")
    def item(self, change: InventoryChange) -> str:
        return str(change.record.item)

    @admin.display(description="Change")
    def change(self, change: InventoryChange) -> str:
        return f"{change.delta:+,}"

    @admin.display(description="Count")
    def count_after(self, change: InventoryChange) -> str:
        return f"{change.after['count']:,}"

    @admin.display(description="Order")
    def order(self, change: InventoryChange) -> str:
        return page_of(change.entry.order)

    def found_by(self, term: str) -> Q:
        return Q(record_id__in=[as_uuid(term)]) | of_player(term)


def is_over(record: InventoryRecord, now: datetime) -> bool:
    """Whether it counts for nothing any more, marked so already or not."""
    expired = record.expires is not None and record.expires < now
    return expired or record.state == InventoryRecord.State.EXPIRED


def state_of(record: InventoryRecord, now: datetime) -> str:
    if is_over(record, now):
        return f"⚠ {InventoryRecord.State.EXPIRED.label}"
    return record.get_state_display()
