"""Offers: products at a price in money, as the sales API sells them."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db import models
from django.db.models import Q
from django.forms import ModelForm
from django.http import HttpRequest
from unfold.widgets import UnfoldAdminTextareaWidget

from catalog.admin.offering import OfferingAdmin
from catalog.admin.words import in_a_word
from catalog.models import Offer, Product
from config.admin import ModelAdmin, Panel, list_of, page_of
from config.filters import OfProduct

PANEL_ROWS = 10


@admin.register(Offer)
class OfferAdmin(OfferingAdmin, ModelAdmin):
    """What an offer is may be written here; its status changes by a page of its own."""

    list_display = (
        "name",
        "id",
        "product",
        "price",
        "billing_cycle",
        "group_id",
        "status_in_a_word",
    )
    list_select_related = ("product",)
    list_filter = ("status", OfProduct, "currency", "billing_cycle")
    ordering: ClassVar[tuple[str, ...]] = ("name", "pk")
    search_fields = ("name",)
    search_help_text = "Id, group, or part of the name"
    autocomplete_fields = ("product",)
    readonly_fields = ("status_in_a_word", "created_at")
    formfield_overrides = {models.TextField: {"widget": UnfoldAdminTextareaWidget({"rows": 4})}}
    described = (
        "id",
        "name",
        "product",
        ("base_price", "currency"),
        ("billing_cycle", "group_id"),
        "description",
        "attributes",
    )

    def get_fields(self, request: HttpRequest, obj: Offer | None = None) -> tuple[Any, ...]:
        if obj is None:
            return self.described
        return (("status_in_a_word", "created_at"), *self.described)

    def get_readonly_fields(
        self, request: HttpRequest, obj: Offer | None = None
    ) -> tuple[str, ...]:
        """Clients name it by its id, and order lines that product: both stay."""
        return (*self.readonly_fields, "id", "product") if obj else self.readonly_fields

    @admin.display(description="Price", ordering="base_price")
    def price(self, offer: Offer) -> str:
        return f"{offer.base_price:,} {offer.currency}"

    @admin.display(description="Status")
    def status_in_a_word(self, offer: Offer) -> str:
        return in_a_word(offer.get_status_display())

    def found_by(self, term: str) -> Q:
        return Q(pk=term) | Q(group_id=term) | Q(name__icontains=term)

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        """Never: orders name it. What is not sold any more is retired."""
        return False

    def save_model(self, request: HttpRequest, obj: Offer, form: ModelForm, change: object) -> None:
        """Write what was changed, nothing else: its status may have changed since it was read."""
        obj.save(update_fields=form.changed_data if change else None)

    def facts(self, obj: Offer) -> list[str]:
        return [f"{self.price(obj)} for one {obj.product}; {obj.product.available:,} available."]

    def doubts(self, obj: Offer) -> list[str]:
        product = obj.product
        doubts = []
        if product.status != Product.Status.ACTIVE:
            doubts.append(f"Its product is {in_a_word(product.get_status_display()).lower()}:")
        if not product.visible:
            doubts.append("Its product is not visible:")
        return [f"{doubt} nobody can buy it as long as that is so." for doubt in doubts]


def offers_of(product: Product) -> Panel:
    """At which prices the product is sold."""
    return Panel(
        title="Offers",
        headers=("Offer", "Price", "Billing", "Status"),
        rows=[
            (
                page_of(offer),
                f"{offer.base_price:,} {offer.currency}",
                offer.get_billing_cycle_display(),
                in_a_word(offer.get_status_display()),
            )
            for offer in product.offers.order_by("name", "pk")[:PANEL_ROWS]
        ],
        empty="It is not sold for money.",
        all_url=list_of(Offer, product_id=str(product.pk)),
    )
