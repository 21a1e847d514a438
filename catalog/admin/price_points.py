from collections.abc import Iterable, Mapping
from typing import Any

from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest
from django.utils.safestring import SafeString

from catalog.admin.catalogue import CatalogueAdmin, CatalogueChangeList, CatalogueForm
from catalog.admin.lines import BreakpointsField
from catalog.admin.loot import LOOT_HEADERS, loot_rows
from catalog.admin.words import doubts_shown, price_in_words
from catalog.models import Item, Loot, PricePoint
from config.admin import Panel

PANEL_ROWS = 50


class PricePointForm(CatalogueForm):
    current_breakpoints = BreakpointsField(
        required=False,
        label="Prices",
        help_text="A line for each quantity from which a unit costs so much: "
        "“10: 90 of item 7 + 5 of item 8”. All currencies of a line are paid together.",
    )
    pre_sale_breakpoints = BreakpointsField(
        required=False, label="Old prices", help_text="Shown as the old price; never charged."
    )


class PricePointChangeList(CatalogueChangeList):
    """Every row knows the names of the currencies, by one query for all."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        names = currencies_of(self.result_list)
        for row in self.result_list:
            row.currencies = names


@admin.register(PricePoint)
class PricePointAdmin(CatalogueAdmin):
    form = PricePointForm
    list_display = ("id", "name", "prices", "strict_flag", "cap_flag", "doubtful")
    list_display_links = ("id", "name")
    list_filter = ("strict_flag", "cap_flag")
    fields = (
        ("id", "name"),
        "current_breakpoints",
        "pre_sale_breakpoints",
        ("strict_flag", "cap_flag"),
    )

    def found_by(self, term: str) -> Q:
        return Q(pk=term) | Q(name__icontains=term)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[PricePointChangeList]:
        return PricePointChangeList

    @admin.display(description="Prices")
    def prices(self, price_point: Any) -> str:
        return price_in_words(price_point.current_breakpoints, price_point.currencies)

    @admin.display(description="Doubts")
    def doubtful(self, price_point: Any) -> SafeString:
        return doubts_shown(price_point.doubts)

    def panels(self, request: HttpRequest, obj: PricePoint) -> list[Panel]:
        names = currencies_of([obj])
        using = Q(current_price_point=obj) | Q(pre_sale_price_point=obj)
        return [
            *super().panels(request, obj),
            Panel(
                title="In words",
                headers=("Price", "Words"),
                rows=[
                    ("Charged", price_in_words(obj.current_breakpoints, names)),
                    ("Shown as the old price", price_in_words(obj.pre_sale_breakpoints, names)),
                ],
            ),
            Panel(
                title="Loot with this price",
                headers=LOOT_HEADERS,
                rows=loot_rows(Loot.objects.filter(using), PANEL_ROWS),
            ),
        ]


def currencies_of(price_points: Iterable[PricePoint]) -> Mapping[int, str]:
    """The names of the currencies, by item id."""
    ids = {
        price["price_item_id"]
        for point in price_points
        for each in [*point.current_breakpoints, *point.pre_sale_breakpoints]
        for price in each["currencies"]
    }
    return dict(Item.objects.filter(pk__in=ids).values_list("pk", "name"))
