from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.safestring import SafeString

from catalog.admin.catalogue import CatalogueAdmin
from catalog.admin.loot import LOOT_HEADERS, loot_rows
from catalog.admin.words import doubts_shown
from catalog.models import Item, Loot
from config.admin import Panel, list_of

LOOT_ROWS = 200


@admin.register(Item)
class ItemAdmin(CatalogueAdmin):
    list_display = ("id", "name", "type", "active", "always_owned", "doubtful")
    list_display_links = ("id", "name")
    list_filter = ("type", "active", "always_owned")
    autocomplete_fields = (
        "entitled_loot",
        "level_xp_table",
        "level_vendor",
        "coupon_discount_currency_item",
        "inventory_bucket_use_rule_set",
    )
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("id", "name"),
                    ("type", "active"),
                    ("always_owned", "inventory_bucket_use_rule_set"),
                )
            },
        ),
        (
            "Entitlement and levels",
            {"fields": ("entitled_loot", ("level_xp_table", "level_vendor"))},
        ),
        (
            "Coupon",
            {
                "fields": (
                    ("coupon_discount_percentage", "coupon_discount_currency_item"),
                    ("coupon_discount_loot", "coupon_consume_on_use"),
                )
            },
        ),
    )

    @admin.display(description="Doubts")
    def doubtful(self, item: Any) -> SafeString:
        return doubts_shown(item.doubts)

    def panels(self, request: HttpRequest, obj: Item) -> list[Panel]:
        return [
            *super().panels(request, obj),
            Panel(
                title="Loot that changes it",
                headers=LOOT_HEADERS,
                rows=loot_rows(Loot.objects.filter(item=obj), LOOT_ROWS),
                all_url=list_of(Loot, item_id=obj.pk),
            ),
        ]
