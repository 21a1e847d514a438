from django.contrib import admin
from django.http import HttpRequest

from catalog.admin.catalogue import CatalogueAdmin
from catalog.models import XpTable
from config.admin import Panel, page_of

PANEL_ROWS = 50


@admin.register(XpTable)
class XpTableAdmin(CatalogueAdmin):
    list_display = ("id", "name", "levels", "most")
    list_display_links = ("id", "name")
    fields = (("id", "name"), "minimums")

    @admin.display(description="Levels")
    def levels(self, table: XpTable) -> str:
        return f"{len(table.minimums):,}"

    @admin.display(description="XP of the last")
    def most(self, table: XpTable) -> str:
        return f"{table.minimums[-1]:,}" if table.minimums else ""

    def panels(self, request: HttpRequest, obj: XpTable) -> list[Panel]:
        return [
            *super().panels(request, obj),
            Panel(
                title="Levels",
                headers=("Level", "From XP", "More than the level before"),
                rows=[
                    (level, f"{minimum:,}", f"{minimum - before:+,}")
                    for level, (before, minimum) in enumerate(
                        zip([0, *obj.minimums], obj.minimums, strict=False), 1
                    )
                ],
            ),
            Panel(
                title="Items that level by it",
                headers=("Item", "Level rewards"),
                rows=[
                    (page_of(item), page_of(item.level_vendor) if item.level_vendor else "none")
                    for item in obj.items.select_related("level_vendor").order_by("pk")[:PANEL_ROWS]
                ],
            ),
        ]
