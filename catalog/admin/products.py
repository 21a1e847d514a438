"""Products with their stock, the movements that explain it, and who ships them."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.forms import ModelForm
from django.http import HttpRequest
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from catalog.admin.offers import offers_of
from catalog.admin.stock import StockAdmin
from catalog.admin.words import in_a_word
from catalog.models import Product, StockMovement, Supplier
from config.admin import (
    ModelAdmin,
    NarrowedBy,
    Panel,
    ReadOnlyModelAdmin,
    as_id,
    as_uuid,
    list_of,
    page_of,
)
from config.filters import OfProduct
from players.admin.people import ShowsWhoAdmin, named

PANEL_ROWS = 10
PRODUCTS_FOUND = 100


class OfSupplier(NarrowedBy):
    title = "supplier"
    parameter_name = "supplier_id"
    as_key = staticmethod(str)


@admin.register(Product)
class ProductAdmin(StockAdmin, ModelAdmin):
    """What a product is may be written here; its stock and status only change by a page each."""

    list_display = (
        "name",
        "offered_to",
        "supplier",
        "kind_in_a_word",
        "price",
        "available",
        "stock",
        "reserved",
        "status_in_a_word",
        "visible",
    )
    list_select_related = ("establishment", "supplier")
    list_filter = ("status", "kind", "visible", "establishment", OfSupplier)
    ordering: ClassVar[tuple[str, ...]] = ("name", "pk")
    search_fields = ("name",)
    search_help_text = "Id, or part of the name"
    autocomplete_fields = ("establishment", "supplier", "loot")
    readonly_fields = ("id", "stock", "reserved", "available", "status_in_a_word", "created_at")
    formfield_overrides = {
        ArrayField: {"widget": UnfoldAdminTextInputWidget},
        models.TextField: {"widget": UnfoldAdminTextareaWidget({"rows": 4})},
    }
    described = (
        "name",
        ("establishment", "supplier"),
        ("kind", "price"),
        "denominations",
        "loot",
        "description",
        "image_url",
        "visible",
    )

    def get_fields(self, request: HttpRequest, obj: Product | None = None) -> tuple[Any, ...]:
        if obj is None:
            return self.described
        return (
            ("status_in_a_word", "available"),
            ("stock", "reserved"),
            *self.described,
            ("id", "created_at"),
        )

    def formfield_for_dbfield(
        self, db_field: models.Field, request: HttpRequest, **kwargs: Any
    ) -> forms.Field | None:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None and db_field.name == "denominations":
            field.help_text = f"{field.help_text} Separated by commas."
            field.error_messages["item_invalid"] = "Value %(nth)s:"
        return field

    @admin.display(description="Offered to")
    def offered_to(self, product: Product) -> str:
        return str(product.establishment or "all")

    @admin.display(description="Kind")
    def kind_in_a_word(self, product: Product) -> str:
        return in_a_word(product.get_kind_display())

    @admin.display(description="Status")
    def status_in_a_word(self, product: Product) -> str:
        return in_a_word(product.get_status_display())

    @admin.display(description="Available")
    def available(self, product: Product) -> int:
        return product.available

    def found_by(self, term: str) -> Q:
        return Q(pk__in=[as_uuid(term)]) | Q(name__icontains=term)

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        """Never: orders and movements name it. What is not offered any more is retired."""
        return False

    def save_model(
        self, request: HttpRequest, obj: Product, form: ModelForm, change: object
    ) -> None:
        """Write what was changed, nothing else: the stock may have moved since it was read."""
        obj.save(update_fields=form.changed_data if change else None)

    def facts(self, obj: Product) -> list[str]:
        return [f"In stock: {obj.stock:,}. Available: {obj.available:,}."]

    def doubts(self, obj: Product) -> list[str]:
        doubts = []
        if not obj.visible:
            doubts.append("It is not visible: nobody can have it as long as that is so.")
        if not obj.available:
            doubts.append("None is available: nobody can have it before the stock is corrected.")
        if obj.loot and not obj.loot.active:
            doubts.append(f"Its loot {obj.loot} is not active: whoever acquires it gets nothing.")
        return doubts

    def panels(self, request: HttpRequest, obj: Product) -> list[Panel]:
        panels = super().panels(request, obj)
        if request.user.has_perm("catalog.view_offer"):
            panels.append(offers_of(obj))
        if request.user.has_perm("catalog.view_stockmovement"):
            panels.append(movements_of(request, obj))
        return panels


def movements_of(request: HttpRequest, product: Product) -> Panel:
    """The latest movements of the product's stock."""
    movements = list(product.movements.order_by("-pk")[:PANEL_ROWS])
    names = named(request, {movement.by for movement in movements})
    return Panel(
        title="Stock movements",
        headers=("Time", "What", "Stock", "Reserved", "By", "Note"),
        rows=[
            (
                page_of(movement, movement.created_at),
                movement.get_kind_display(),
                moved(movement.stock_change, movement.stock),
                moved(movement.reserved_change, movement.reserved),
                names[movement.by],
                movement.note,
            )
            for movement in movements
        ],
        empty="None was ever in stock.",
        all_url=list_of(StockMovement, product_id=str(product.pk)),
    )


def moved(change: int, after: int) -> str:
    """Such as `+5 → 25`; the count alone where nothing moved."""
    return f"{change:+,} → {after:,}" if change else f"{after:,}"


@admin.register(Supplier)
class SupplierAdmin(ModelAdmin):
    list_display = ("name", "id")
    fields = ("id", "name")
    ordering: ClassVar[tuple[str, ...]] = ("name", "pk")
    search_fields = ("name",)
    search_help_text = "Id, or part of the name"

    def get_readonly_fields(
        self, request: HttpRequest, obj: Supplier | None = None
    ) -> tuple[str, ...]:
        return ("id",) if obj else ()

    def found_by(self, term: str) -> Q:
        return Q(pk=term) | Q(name__icontains=term)

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        """Never: the references of orders are counted by supplier."""
        return False

    def panels(self, request: HttpRequest, obj: Supplier) -> list[Panel]:
        panels = super().panels(request, obj)
        if request.user.has_perm("catalog.view_product"):
            products = obj.products.order_by("name", "pk")[:PANEL_ROWS]
            panels.append(
                Panel(
                    title="Products",
                    headers=("Product", "Price", "Available", "Status"),
                    rows=[
                        (
                            page_of(product),
                            product.price,
                            f"{product.available:,}",
                            in_a_word(product.get_status_display()),
                        )
                        for product in products
                    ],
                    all_url=list_of(Product, supplier_id=obj.pk),
                )
            )
        return panels


@admin.register(StockMovement)
class StockMovementAdmin(ShowsWhoAdmin, ReadOnlyModelAdmin):
    list_display = [
        "id",
        "created_at",
        "product",
        "kind",
        "stock_moved",
        "reserved_moved",
        "who",
        "note",
    ]
    list_select_related = ("product",)
    list_filter = (OfProduct, "kind")
    search_fields = ("product__name",)
    search_help_text = "Id or part of the name of a product"
    fields = [
        ("product", "created_at"),
        ("kind", "who"),
        ("stock_moved", "reserved_moved"),
        "note",
    ]

    @admin.display(description="Stock")
    def stock_moved(self, movement: StockMovement) -> str:
        return moved(movement.stock_change, movement.stock)

    @admin.display(description="Reserved")
    def reserved_moved(self, movement: StockMovement) -> str:
        return moved(movement.reserved_change, movement.reserved)

    def found_by(self, term: str) -> Q:
        products = Product.objects.filter(Q(pk__in=[as_uuid(term)]) | Q(name__icontains=term))
        found = Q(product_id__in=list(products.values_list("pk", flat=True)[:PRODUCTS_FOUND]))
        return found | Q(order_line_id__in=[as_id(term)])
