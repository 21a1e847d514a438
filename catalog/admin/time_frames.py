from django.contrib import admin
from django.http import HttpRequest

from catalog.admin.catalogue import CatalogueAdmin
from catalog.admin.loot import LOOT_HEADERS, loot_rows
from catalog.models import Loot, TimeFrame
from config.admin import Panel

PANEL_ROWS = 50


@admin.register(TimeFrame)
class TimeFrameAdmin(CatalogueAdmin):
    list_display = ("id", "name", "active", "start", "end", "hour_interval", "episode")
    list_display_links = ("id", "name")
    list_filter = ("active",)
    fields = (("id", "name"), "start", "end", ("hour_interval", "episode"), "active")

    def panels(self, request: HttpRequest, obj: TimeFrame) -> list[Panel]:
        return [
            *super().panels(request, obj),
            Panel(
                title="Loot rented in it",
                headers=LOOT_HEADERS,
                rows=loot_rows(Loot.objects.filter(time_frame=obj), PANEL_ROWS),
            ),
        ]
