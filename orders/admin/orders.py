"""Orders: the list that finds any of them, and the page that tells all about one."""

from typing import Any, ClassVar

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import Prefetch, Q, QuerySet, prefetch_related_objects
from django.http import HttpRequest
from unfold.decorators import display

from config.admin import BoundedChangeList, Button, Panel, ReadOnlyModelAdmin, page_of
from config.filters import OfPlayer, OfProduct
from orders.admin.actions import ActionsAdmin
from orders.admin.bulk_cancel import BulkCancelAdmin
from orders.admin.facts import LOOKS, facts_of, in_currency, waits_for
from orders.admin.filters import (
    ByEstablishment,
    CreatedBetween,
    ShownStatus,
    Stage,
    StuckFilter,
    Through,
    TotalBetween,
    UnchangedFor,
)
from orders.admin.panels import LINES, panels_of
from orders.admin.search import orders_found
from orders.admin.timeline import timeline_of
from orders.models import Order, OrderLine
from orders.services.shown_amounts import shown_paid
from players.admin.personal_data import may_see_personal_data, shown_name

# For the sales of a page of the list, in one question.
ITEMS = Prefetch(
    "lines",
    OrderLine.objects.select_related("product")
    .filter(order__kind=Order.Kind.SALE)
    .order_by("position"),
    to_attr="items_in_list",
)


class OrderChangeList(BoundedChangeList):
    def get_queryset(self, request: HttpRequest, exclude_parameters: Any = None) -> QuerySet[Order]:
        return super().get_queryset(request, exclude_parameters).prefetch_related(ITEMS)


@admin.register(Order)
class OrderAdmin(BulkCancelAdmin, ActionsAdmin, ReadOnlyModelAdmin):
    change_form_template = "admin/order.html"
    list_display = (
        "named",
        "player_in_list",
        "bought",
        "shown_status",
        "next_step",
        "paid",
        "establishment",
        "created_at",
    )
    list_select_related = ("player", "product", "establishment", "delivery", "gateway")
    list_filter = (
        OfPlayer,
        OfProduct,
        "kind",
        ("display_status", ShownStatus),
        StuckFilter,
        UnchangedFor,
        ByEstablishment,
        CreatedBetween,
        TotalBetween,
        "payment_status",
        ("gateway", Through),
        ("status", Stage),
        "cancel_reason",
    )
    search_fields = ("transaction_id",)
    search_help_text = "Any id, tracking number, token, gateway reference, e-mail or name"
    fields = (
        ("transaction_id", "reference"),
        ("code", "kind"),
        ("player_on_page", "establishment"),
        ("created_at", "updated_at"),
        ("completed_at", "cancelled_at"),
        ("expires_at",),
        ("delay_reason", "cancel_reason"),
        ("gateway", "payment_method"),
        ("payment_status",),
    )
    # What a list of names differs in for those who may see them.
    open_names: ClassVar[dict[str, str]] = {
        "player_in_list": "open_player_in_list",
        "player_on_page": "open_player_on_page",
    }

    @display(description="Order", header=True)
    def named(self, order: Order) -> tuple[str, str]:
        if order.is_sale:
            return order.code, order.get_kind_display()
        return order.reference or order.code, str(order.transaction_id)

    @admin.display(description="Player")
    def player_in_list(self, order: Order) -> str:
        return shown_name(order.player, openly=False)

    @admin.display(description="Player")
    def open_player_in_list(self, order: Order) -> str:
        return shown_name(order.player, openly=True)

    @admin.display(description="Bought")
    def bought(self, order: Order) -> str:
        """The product of a reward; the first item of a sale, and how many more there are."""
        if order.product:
            return str(order.product)
        items: list[OrderLine] = getattr(order, "items_in_list", [])
        more = len(items) - 1
        return f"{items[0]}, {more:,} more" if more > 0 else str(items[0] if items else "")

    @display(description="Status", label=LOOKS)
    def shown_status(self, order: Order) -> str:
        return order.get_display_status_display()

    @admin.display(description="Waits for")
    def next_step(self, order: Order) -> str:
        return waits_for(order)

    @admin.display(description="Paid")
    def paid(self, order: Order) -> str:
        paid = in_currency(order, order.charged)
        if order.is_sale and not order.charged:
            return f"nothing of {in_currency(order, order.total)}"
        return f"{paid}, {shown_paid(order, order.refunded)} given back" if order.refunded else paid

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return OrderChangeList

    def get_queryset(self, request: HttpRequest) -> QuerySet[Order]:
        return super().get_queryset(request).select_related(*self.list_select_related)

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Order | None:
        order = super().get_object(request, object_id, from_field)
        if order is not None:
            prefetch_related_objects([order], LINES)
        return order

    def get_list_display(self, request: HttpRequest) -> Any:
        return [self._name(request, name) for name in self.list_display]

    def _name(self, request: HttpRequest, name: str) -> str:
        return self.open_names.get(name, name) if may_see_personal_data(request) else name

    def get_fields(self, request: HttpRequest, obj: Order | None = None) -> Any:
        """Without those in which nothing stands."""

        def stands(name: str) -> bool:
            if name == "transaction_id" and obj is not None and obj.is_sale:
                return False  # nobody outside knows a sale by it
            return getattr(obj, name, name) not in (None, "")

        return [
            row
            for names in self.fields
            if (row := tuple(self._name(request, name) for name in names if stands(name)))
        ]

    def found_for(self, request: HttpRequest, term: str) -> Q:
        return orders_found(term, openly=may_see_personal_data(request))

    def buttons(self, request: HttpRequest, obj: Order) -> list[Button]:
        return [*super().buttons(request, obj), *self.action_buttons(request, obj)]

    def panels(self, request: HttpRequest, obj: Order) -> list[Panel]:
        return panels_of(request, obj)

    def on_page(self, request: HttpRequest, obj: Order) -> dict[str, Any]:
        return {
            **super().on_page(request, obj),
            "facts": facts_of(obj),
            "timeline": timeline_of(request, obj),
        }

    @admin.display(description="Player")
    def player_on_page(self, order: Order) -> str:
        return page_of(order.player, shown_name(order.player, openly=False))

    @admin.display(description="Player")
    def open_player_on_page(self, order: Order) -> str:
        return page_of(order.player, shown_name(order.player, openly=True))
