from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest

from catalog.admin.catalogue import CatalogueAdmin, CatalogueForm
from catalog.admin.lines import BucketRulesField
from catalog.models import InventoryBucketUseRuleSet
from config.admin import Panel, page_of

PANEL_ROWS = 50


class RuleSetForm(CatalogueForm):
    rules = BucketRulesField(
        required=False,
        help_text="A line for each platform: its bucket, a colon, and the buckets usable there, "
        "first used first: “steam: steam, free, none”. The line of “none” is for every platform "
        "without one.",
    )


@admin.register(InventoryBucketUseRuleSet)
class RuleSetAdmin(CatalogueAdmin):
    form = RuleSetForm
    list_display = ("id", "name", "platforms")
    list_display_links = ("id", "name")
    fields = (("id", "name"), "rules")

    def found_by(self, term: str) -> Q:
        return Q(pk=term) | Q(name__icontains=term)

    @admin.display(description="Platforms")
    def platforms(self, rule_set: InventoryBucketUseRuleSet) -> str:
        return ", ".join(rule_set.rules)

    def panels(self, request: HttpRequest, obj: InventoryBucketUseRuleSet) -> list[Panel]:
        return [
            *super().panels(request, obj),
            Panel(
                title="Items under these rules",
                headers=("Item", "Type"),
                rows=[
                    (page_of(item), item.get_type_display())
                    for item in obj.items.order_by("pk")[:PANEL_ROWS]
                ],
            ),
        ]
