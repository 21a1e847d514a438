"""The locks of an order: its player's row, then its own (DOMAIN 4.4)."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import OperationalError
from django.db.models import Prefetch
from psycopg.errors import LockNotAvailable

from inventory.errors import PlayerBusy
from inventory.services.lock_player import lock_player
from orders.models import Order, OrderLine

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


def take_player(player_id: int) -> None:
    """Lock the player's row, refused with PlayerBusy where it is not free in time."""
    with refusing_to_wait():
        lock_player(player_id)


@contextmanager
def refusing_to_wait() -> Iterator[None]:
    """Refuse with PlayerBusy where one of the locks within is not free in time."""
    try:
        yield
    except OperationalError as error:
        if isinstance(error.__cause__, LockNotAvailable):
            raise PlayerBusy(
                "Something else is being done for this player or product. Try again in a moment."
            ) from error
        raise
