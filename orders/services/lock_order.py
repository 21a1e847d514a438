"""The locks of an order: its player's row, then its own (DOMAIN 4.4)."""

from django.db import OperationalError
from psycopg.errors import LockNotAvailable

from inventory.errors import PlayerBusy
from inventory.services.lock_player import lock_player
from orders.models import Order


def lock_order(order_id: int) -> Order:
    """Lock the order and its player, and return it as it is then, with player and delivery.

    Every change of an order begins so. Refused with PlayerBusy where the player's lock is not free
    within PLAYER_ORDER_LOCK_WAIT.
    """
    take_player(Order.objects.values_list("player_id", flat=True).get(pk=order_id))
    locked = Order.objects.select_for_update(no_key=True, of=("self",))
    return locked.select_related("player", "establishment", "product", "delivery").get(pk=order_id)


def take_player(player_id: int) -> None:
    """Lock the player's row, refused with PlayerBusy where it is not free in time."""
    try:
        lock_player(player_id)
    except OperationalError as error:
        if isinstance(error.__cause__, LockNotAvailable):
            raise PlayerBusy("Something else is being done for this player.") from error
        raise
