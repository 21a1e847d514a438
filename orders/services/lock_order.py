"""The locks of an order: its player's row, then its own (DOMAIN 4.4)."""

from django.db.models import Prefetch

from orders.models import Order, OrderLine
from players.services.lock_player import take_player

LINES = Prefetch("lines", OrderLine.objects.select_related("product").order_by("position"))


def lock_order(order_id: int) -> Order:
    """Lock the order and its player, and return it as it is then: with player, delivery, lines.

    Every change of an order begins so. Refused with PlayerBusy where the player's lock is not free
    within PLAYER_ORDER_LOCK_WAIT; no later lock of the transaction is waited for longer, either.
    """
    take_player(Order.objects.values_list("player_id", flat=True).get(pk=order_id))
    locked = Order.objects.select_for_update(no_key=True, of=("self",))
    related = locked.select_related("player", "establishment", "product", "delivery")
    return related.prefetch_related(LINES).get(pk=order_id)
