"""The player's page with the orders, on top of what inventory adds to it."""

from django.contrib import admin
from django.http import HttpRequest

from config.admin import Panel, list_of, page_of
from inventory.admin.players import PlayerWithInventoryAdmin
from orders.admin.facts import name_of, paid_for, waits_for
from orders.models import Order
from players.admin.players import PANEL_ROWS
from players.models import Player

admin.site.unregister(Player)


@admin.register(Player)
class PlayerWithOrdersAdmin(PlayerWithInventoryAdmin):
    def panels(self, request: HttpRequest, obj: Player) -> list[Panel]:
        panels = super().panels(request, obj)
        if request.user.has_perm("orders.view_order"):
            panels.insert(0, orders_of(obj))
        return panels


def orders_of(player: Player) -> Panel:
    """The latest orders, first on the page: most who call ask for one of them."""
    orders = player.orders.select_related("product", "delivery").order_by("-created_at")
    return Panel(
        title="Orders",
        headers=("Order", "Product", "Status", "Waits for", "Paid", "Time"),
        rows=[
            (
                page_of(order, name_of(order)),
                order.product or "several",
                order.get_display_status_display(),
                waits_for(order),
                paid_for(order).answer,
                order.created_at,
            )
            for order in orders[:PANEL_ROWS]
        ],
        empty="Has reserved nothing yet.",
        all_url=list_of(Order, player_id=player.pk),
    )
