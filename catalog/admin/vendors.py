from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.safestring import SafeString

from catalog.admin.catalogue import CatalogueAdmin
from catalog.admin.loot import LOOT_HEADERS, LootInline, loot_rows
from catalog.admin.words import doubts_shown
from catalog.models import Item, Loot, Vendor
from catalog.services.take_snapshot import current_catalogue
from config.admin import Button, Panel, page_of

PANEL_ROWS = 50


@admin.register(Vendor)
class VendorAdmin(CatalogueAdmin):
    list_display = ("id", "name", "type", "active", "doubtful")
    list_display_links = ("id", "name")
    list_filter = ("type", "active")
    fields = (("id", "name"), ("type", "active"), ("legacy_config_version", "etag"))
    readonly_fields = ("etag",)
    inlines = (LootInline,)

    @admin.display(description="ETag")
    def etag(self, vendor: Vendor) -> str:
        stored = current_catalogue().vendors.get(vendor.pk)
        return stored.etag if stored else "none yet"

    @admin.display(description="Doubts")
    def doubtful(self, vendor: Any) -> SafeString:
        return doubts_shown(vendor.doubts)

    def buttons(self, request: HttpRequest, obj: Vendor) -> list[Button]:
        buttons = super().buttons(request, obj)
        if request.user.has_perm("catalog.add_loot"):
            url = f"{reverse('admin:catalog_loot_add')}?{urlencode({'vendor': obj.pk})}"
            buttons.append(Button("Add loot", url))
        return buttons

    def panels(self, request: HttpRequest, obj: Vendor) -> list[Panel]:
        return [
            *super().panels(request, obj),
            Panel(
                title="Loot that leads here",
                headers=LOOT_HEADERS,
                rows=loot_rows(Loot.objects.filter(sub_vendor=obj), PANEL_ROWS),
                empty="It is no sub-vendor.",
            ),
            Panel(
                title="Items with these level rewards",
                headers=("Item", "Type"),
                rows=[
                    (page_of(item), item.get_type_display())
                    for item in Item.objects.filter(level_vendor=obj).order_by("pk")[:PANEL_ROWS]
                ],
            ),
        ]
