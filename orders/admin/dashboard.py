"""What staff see first: finding an order, and what is stuck."""

from typing import Any

from django.http import HttpRequest

from config.admin import COUNTED, list_of
from inventory.admin.dashboard import dashboard as inventory_dashboard
from orders.admin.stuck import STUCK
from orders.models import Order


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Add what waits for people, each with the list behind it; none is counted for long."""
    context = inventory_dashboard(request, context)
    if not request.user.has_perm("orders.view_order"):
        return context
    context["find_order_url"] = list_of(Order)
    context["stuck"] = [
        {
            "title": each.title,
            "figure": f"{COUNTED:,}+" if count > COUNTED else f"{count:,}",
            "note": each.note if count else "none",
            "is_empty": not count,
            "url": list_of(Order, stuck=each.key),
        }
        for each in STUCK
        for count in [each.narrow(Order.objects.all()).order_by()[: COUNTED + 1].count()]
    ]
    return context
