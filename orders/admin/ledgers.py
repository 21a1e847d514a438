"""The ledgers of coins and stock, with the orders that their rows are of."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from catalog.admin.products import StockMovementAdmin
from catalog.models import StockMovement
from config.admin import page_of
from orders.models import Order, OrderLine, Payment
from players.admin.coin_entries import CoinEntryAdmin
from players.models import CoinEntry

admin.site.unregister([CoinEntry, StockMovement])


class ShowsOrderAdmin(admin.ModelAdmin):
    @admin.display(description="Order")
    def order(self, row: Any) -> Any:
        order: Order | None = row.order
        return page_of(order, order.reference or order.code) if order else ""


@admin.register(CoinEntry)
class CoinEntryWithOrderAdmin(ShowsOrderAdmin, CoinEntryAdmin):
    list_display = [*CoinEntryAdmin.list_display, "order"]
    fields = [*CoinEntryAdmin.fields, "order"]

    def prepare(self, request: HttpRequest, rows: Sequence[Any]) -> None:
        super().prepare(request, rows)
        payments = Payment.objects.filter(coin_entry__in=rows).select_related("order")
        orders = {payment.coin_entry_id: payment.order for payment in payments}
        for row in rows:
            row.order = orders.get(row.pk)


@admin.register(StockMovement)
class StockMovementWithOrderAdmin(ShowsOrderAdmin, StockMovementAdmin):
    list_display = [*StockMovementAdmin.list_display, "order"]
    fields = [*StockMovementAdmin.fields, "order"]

    def prepare(self, request: HttpRequest, rows: Sequence[Any]) -> None:
        super().prepare(request, rows)
        keys = [row.order_line_id for row in rows if row.order_line_id]
        lines = OrderLine.objects.filter(pk__in=keys).select_related("order")
        orders = {line.pk: line.order for line in lines}
        for row in rows:
            row.order = orders.get(row.order_line_id)
