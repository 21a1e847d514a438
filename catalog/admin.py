"""The catalogue, to look at. It is changed by `manage.py import_catalog`, which knows its rules."""

from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest

from catalog.models import Item, Loot, Vendor
from catalog.services.take_snapshot import current_catalogue
from config.admin import NarrowedBy, Panel, ReadOnlyModelAdmin, as_id, list_of, page_of

LOOT_ROWS = 200


class OfVendor(NarrowedBy):
    title = "vendor"
    parameter_name = "vendor_id"


class OfItem(NarrowedBy):
    title = "item"
    parameter_name = "item_id"


class CatalogueAdmin(ReadOnlyModelAdmin):
    """A page that says how its rows are changed."""

    search_fields = ("name",)
    search_help_text = "Id, or part of the name"
    list_before_template = change_form_outer_before_template = "admin/catalogue_note.html"

    def found_by(self, term: str) -> Q:
        return Q(pk__in=[as_id(term)]) | Q(name__icontains=term)


@admin.register(Item)
class ItemAdmin(CatalogueAdmin):
    list_display = ("id", "name", "type", "active", "always_owned")
    list_display_links = ("id", "name")
    list_filter = ("type", "active", "always_owned")

    def panels(self, request: HttpRequest, obj: Item) -> list[Panel]:
        loot = obj.loot.select_related("vendor").order_by("pk")[:LOOT_ROWS]
        return [
            Panel(
                title="Loot that changes it",
                headers=("Loot", "Vendor", "Operation", "Quantity", "Active"),
                rows=[
                    (
                        page_of(each),
                        page_of(each.vendor),
                        each.inventory_operation,
                        quantity_of(each),
                        "yes" if each.active else "no",
                    )
                    for each in loot
                ],
                all_url=list_of(Loot, item_id=obj.pk),
            )
        ]


@admin.register(Vendor)
class VendorAdmin(CatalogueAdmin):
    list_display = ("id", "name", "type", "active")
    list_display_links = ("id", "name")
    list_filter = ("type", "active")
    fields = (("id", "name"), ("type", "active"), "legacy_config_version", "etag")
    readonly_fields = ("etag",)

    @admin.display(description="ETag")
    def etag(self, vendor: Vendor) -> str:
        return current_catalogue().vendors[vendor.pk].etag

    def panels(self, request: HttpRequest, obj: Vendor) -> list[Panel]:
        in_order = [loot.id for loot in current_catalogue().vendors[obj.pk].loot]
        loot = obj.loot.select_related("item", "sub_vendor").in_bulk(in_order)
        return [
            Panel(
                title="Loot, in the order of fulfilment",
                headers=("Loot", "Gives", "Operation", "Quantity", "Sort order", "Active", "From"),
                rows=[
                    (
                        page_of(each),
                        page_of(given) if (given := each.sub_vendor or each.item) else "",
                        each.inventory_operation,
                        quantity_of(each),
                        each.sort_order,
                        "yes" if each.active else "no",
                        each.effective_from or "always",
                    )
                    for each in (loot[pk] for pk in in_order if pk in loot)
                ],
                empty="It has no loot.",
                all_url=list_of(Loot, vendor_id=obj.pk),
            )
        ]


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
    )
    list_display_links = ("id", "name")
    list_select_related = ("vendor", "item", "sub_vendor")
    list_filter = (OfVendor, OfItem, "inventory_operation", "active", "is_claimable_by_client")


def quantity_of(loot: Loot) -> str:
    """The quantity with all that becomes of it, as DOMAIN 2.14 counts."""
    text = f"{loot.quantity:,}"
    if loot.quantity_type == Loot.QuantityType.RELATIVE:
        text += " × requested"
    if loot.quantity_mult_inventory_item_id is not None:
        text += f" × count of item {loot.quantity_mult_inventory_item_id}"
    if loot.hard_quantity_maximum:
        text += f", at most {loot.hard_quantity_maximum:,}"
    return text
