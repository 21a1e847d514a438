"""Loot: in its vendor's page the few fields that are changed often, on its own page all of them."""

from functools import cached_property
from typing import Any

from django.contrib import admin
from django.db.models import Case, Field, IntegerField, QuerySet, Value, When
from django.forms import Field as FormField
from django.forms import HiddenInput
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.admin import TabularInline

from catalog.admin.catalogue import CatalogueAdmin, OfVendor
from catalog.admin.doubts import Doubts
from catalog.admin.words import doubts_shown, price_in_words, quantity_of
from catalog.models import Item, Loot, Vendor
from catalog.services.take_snapshot import current_catalogue
from catalog.snapshot import Catalogue
from config.admin import page_of
from config.filters import OfItem

PER_PAGE = 50
CHECKS = (Loot.Operation.CHECK_GREATER_THAN_OR_EQUAL, Loot.Operation.CHECK_LESS_THAN)
TAKES = (Loot.Operation.CHECK_GREATER_THAN_OR_EQUAL_AND_SUBTRACT, Loot.Operation.SUBTRACT)


def in_order_of_fulfilment(loot: QuerySet[Loot]) -> QuerySet[Loot]:
    """As `catalog.snapshot.loot_order` sorts it."""
    turn = Case(
        When(inventory_operation__in=CHECKS, then=Value(0)),
        When(inventory_operation__in=TAKES, then=Value(1)),
        default=Value(2),
        output_field=IntegerField(),
    )
    return loot.order_by("sort_order", turn, "pk")


class LootInline(TabularInline):
    """A vendor's loot in the order of fulfilment. Each has a page of its own with all the rest."""

    model = Loot
    fk_name = "vendor"
    extra = 0
    max_num = 0
    per_page = PER_PAGE
    show_change_link = True
    verbose_name_plural = "Loot, in the order of fulfilment"
    readonly_fields = ("gives", "does", "price")

    @cached_property
    def _catalogue(self) -> Catalogue:
        """One for all rows: an inline is made anew for every request."""
        return current_catalogue()

    @cached_property
    def _doubts(self) -> Doubts:
        return Doubts(self._catalogue)

    @cached_property
    def _currencies(self) -> dict[int, str]:
        ids = {
            price.price_item_id
            for price_point in self._catalogue.price_points.values()
            for each in price_point.current_breakpoints
            for price in each.currencies
        }
        return dict(Item.objects.filter(pk__in=ids).values_list("pk", "name"))

    def get_fields(self, request: HttpRequest, obj: Vendor | None = None) -> tuple[str, ...]:
        """A weight only where something is drawn."""
        is_random = obj is not None and obj.type == Vendor.Type.RANDOMLY_SAMPLED
        weight = ("drop_weight",) if is_random else ()
        return ("id", "gives", "does", "price", "quantity", "sort_order", *weight, "active")

    def formfield_for_dbfield(
        self, db_field: Field, request: HttpRequest, **kwargs: Any
    ) -> FormField | None:
        """With the key out of sight: Django itself only sends keys that the database makes."""
        if db_field.primary_key:
            return db_field.formfield(widget=HiddenInput)
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Loot]:
        loot = super().get_queryset(request)
        related = loot.select_related("vendor", "item", "sub_vendor", "current_price_point")
        return in_order_of_fulfilment(related)

    @admin.display(description="Gives")
    def gives(self, loot: Loot) -> SafeString:
        given = loot.sub_vendor or loot.item
        link = page_of(given) if given else ""
        return format_html("{}{}", link, doubts_shown(self._doubts.of(loot)))

    @admin.display(description="Operation")
    def does(self, loot: Loot) -> str:
        return f"{loot.inventory_operation}, {loot.inventory_selector_type}: {quantity_of(loot)}"

    @admin.display(description="Price")
    def price(self, loot: Loot) -> SafeString | str:
        if loot.current_price_point is None:
            return "not for sale"
        words = price_in_words(loot.current_price_point.current_breakpoints, self._currencies)
        return page_of(loot.current_price_point, words)


@admin.register(Loot)
class LootAdmin(CatalogueAdmin):
    list_display = (
        "id",
        "name",
        "vendor",
        "item",
        "sub_vendor",
        "inventory_operation",
        "quantity",
        "active",
        "doubtful",
    )
    list_display_links = ("id", "name")
    list_select_related = ("vendor", "item", "sub_vendor")
    list_filter = (OfVendor, OfItem, "inventory_operation", "active", "is_claimable_by_client")
    autocomplete_fields = (
        "vendor",
        "item",
        "sub_vendor",
        "quantity_mult_inventory_item",
        "required_item",
        "time_frame",
        "current_price_point",
        "pre_sale_price_point",
    )
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("id", "name"),
                    ("vendor", "sort_order"),
                    ("item", "sub_vendor"),
                    ("inventory_operation", "inventory_selector_type"),
                    ("quantity", "quantity_type"),
                    ("active", "is_claimable_by_client"),
                    ("current_price_point", "pre_sale_price_point"),
                )
            },
        ),
        (
            "How much, where and when",
            {
                "fields": (
                    ("quantity_mult_inventory_item", "hard_quantity_maximum"),
                    ("xp_quantity_transform_type", "use_inventory_bucket"),
                    ("time_frame", "fill_in_new_order"),
                    "effective_from",
                )
            },
        ),
        (
            "In a randomly sampled vendor",
            {
                "fields": (
                    ("drop_weight", "stack_limit"),
                    ("required_item", "required_item_count"),
                    "allow_partial_bundles",
                )
            },
        ),
    )

    @admin.display(description="Doubts")
    def doubtful(self, loot: Any) -> SafeString:
        return doubts_shown(loot.doubts)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Loot]:
        return super().get_queryset(request).select_related("vendor", "item", "sub_vendor")


def loot_rows(loot: QuerySet[Loot], at_most: int) -> list[tuple[object, ...]]:
    """Rows of a panel: each with its vendor, what it does and how much."""
    related = loot.select_related("vendor", "item", "sub_vendor").order_by("pk")[:at_most]
    return [
        (
            page_of(each),
            page_of(each.vendor),
            page_of(given) if (given := each.sub_vendor or each.item) else "",
            each.inventory_operation,
            quantity_of(each),
            "yes" if each.active else "no",
        )
        for each in related
    ]


LOOT_HEADERS = ("Loot", "Vendor", "Gives", "Operation", "Quantity", "Active")
