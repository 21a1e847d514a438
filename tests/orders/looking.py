"""What there is to see of orders: to compare, and to find that nothing moved."""

from catalog.models import Product, StockMovement
from inventory.models import PlayerOrder
from orders.models import Delivery, Mail, Order, OrderLine, Payment, WebhookMessage
from players.models import CoinEntry, Player

TOLD = ("last_event", "updated_at")


def everything():
    """All rows that an order can move, without the timeline."""
    models = (
        *(Order, OrderLine, Delivery, Payment, Mail, WebhookMessage),
        *(Product, StockMovement, Player, CoinEntry, PlayerOrder),
    )
    return {
        model.__name__: [
            {name: value for name, value in row.items() if name not in TOLD}
            for row in model.objects.order_by("pk").values()
        ]
        for model in models
    }


def timeline(order):
    """The kinds of its events, in their order."""
    return [*order.events.order_by("number").values_list("kind", flat=True)]


def last_event(order):
    return order.events.latest("number")


def announced(order):
    """What the establishment was told, in order."""
    return [*order.messages.order_by("number").values_list("event", flat=True)]
