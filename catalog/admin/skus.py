from django.contrib import admin
from django.db.models import Q

from catalog.admin.catalogue import CatalogueAdmin
from catalog.models import PlatformSku


@admin.register(PlatformSku)
class PlatformSkuAdmin(CatalogueAdmin):
    list_display = ("id", "platform", "sku", "type", "loot")
    list_select_related = ("loot",)
    list_filter = ("type",)
    search_fields = ("id",)
    search_help_text = "Id, SKU or platform"
    ordering = ("id",)
    autocomplete_fields = (
        "loot",
        "refund_loot",
        "chargeback_loot",
        "chargeback_reversal_loot",
    )
    fields = (
        ("id", "type"),
        ("platform", "sku"),
        ("loot", "refund_loot"),
        ("chargeback_loot", "chargeback_reversal_loot"),
    )

    def found_by(self, term: str) -> Q:
        return Q(pk=term) | Q(sku=term) | Q(platform__iexact=term)
