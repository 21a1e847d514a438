"""Sessions, and what platforms' stores told us that players bought."""

from django.contrib import admin
from django.db import models
from django.db.models import Q
from django.http import HttpRequest
from unfold.decorators import display

from catalog.models import Loot
from config.admin import ModelAdmin, NarrowedBy, Panel, ReadOnlyModelAdmin, as_uuid, page_of
from config.filters import OfPlayer
from inventory.models import InventorySession, PlatformEntitlement
from players.admin.players import of_player

RECORD_ROWS = 100


@admin.register(InventorySession)
class InventorySessionAdmin(ReadOnlyModelAdmin):
    list_display = ("id", "player", "platform", "condition", "opened_at", "closed_at")
    ordering = ("-opened_at",)
    list_select_related = ("player",)
    list_filter = (OfPlayer,)
    search_fields = ("id",)
    search_help_text = "Session or player id"
    fields = (
        ("id", "player"),
        ("platform", "condition"),
        ("opened_at", "closed_at"),
        ("given", "applied"),
    )

    @display(description="State", label={"open": "success", "closed": "info"})
    def condition(self, session: InventorySession) -> str:
        return "closed" if session.closed_at else "open"

    @admin.display(description="Given when opened")
    def given(self, session: InventorySession) -> str:
        return page_of(session.order) if session.order else "nothing"

    @admin.display(description="Loot it had once")
    def applied(self, session: InventorySession) -> str:
        loot = Loot.objects.filter(pk__in=session.applied_loot).order_by("pk")
        return "\n".join(map(str, loot))

    def found_by(self, term: str) -> Q:
        return Q(pk__in=[as_uuid(term)]) | of_player(term)

    def panels(self, request: HttpRequest, obj: InventorySession) -> list[Panel]:
        panels = super().panels(request, obj)
        if not request.user.has_perm("inventory.view_inventoryrecord"):
            return panels
        records = obj.records.select_related("item").order_by("-pk")[:RECORD_ROWS]
        return [
            *panels,
            Panel(
                title="What was had for the session",
                headers=("Item", "Count", "Bucket", "State"),
                rows=[
                    (
                        page_of(record, record.item),
                        f"{record.count:,}",
                        record.bucket,
                        record.get_state_display(),
                    )
                    for record in records
                ],
            ),
        ]


class OfSku(NarrowedBy):
    title = "SKU"
    parameter_name = "sku_id"
    as_key = staticmethod(str)


@admin.register(PlatformEntitlement)
class PlatformEntitlementAdmin(ModelAdmin):
    """Staff add what a store did not tell us, and delete what it told us wrongly."""

    list_display = ("id", "player", "sku", "created_at")
    list_select_related = ("player", "sku")
    list_filter = (OfPlayer, OfSku)
    search_fields = ("sku",)
    search_help_text = "Player id or UUID, or the id of an SKU"
    raw_id_fields = ("player",)
    autocomplete_fields = ("sku",)
    fields = ("player", "sku", "created_at")
    readonly_fields = ("created_at",)

    def found_by(self, term: str) -> Q:
        return Q(sku_id=term) | of_player(term)

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        """Never: it is there, or it is not."""
        return False
