"""The lock of a player's row, and how long any lock is waited for."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.conf import settings
from django.db import OperationalError, connection, transaction
from psycopg.errors import LockNotAvailable

from players.errors import PlayerBusy
from players.models import Player

# The timeout is set when the tables are joined, the lock waited for after that. FOR NO KEY UPDATE
# does not stand in the way of the foreign key check of a new order.
LOCK_PLAYER = """
    SELECT player.*
    FROM players_player AS player, set_config('lock_timeout', %s, true)
    WHERE player.id = %s
    FOR NO KEY UPDATE OF player
"""


def lock_player(player_id: int) -> None:
    """Take the player's row, or raise OperationalError after PLAYER_ORDER_LOCK_WAIT.

    Until this transaction ends no order of the player is fulfilled elsewhere. No later lock of the
    transaction is waited for longer, either.
    """
    with connection.cursor() as cursor:
        cursor.execute(LOCK_PLAYER, [_patience(), player_id])


def take_player(player_id: int) -> Player:
    """As `lock_player`, but refused with PlayerBusy. Returns the player as it is under the lock."""
    with refusing_to_wait():
        [player] = Player.objects.raw(LOCK_PLAYER, [_patience(), player_id])
    return player


@contextmanager
def waiting_briefly() -> Iterator[None]:
    """A transaction in which every lock is waited for as long as for a player's.

    Refused with PlayerBusy where one of them is not free in time.
    """
    with refusing_to_wait(), transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('lock_timeout', %s, true)", [_patience()])
        yield


@contextmanager
def refusing_to_wait() -> Iterator[None]:
    """Refuse with PlayerBusy where one of the locks within is not free in time."""
    try:
        yield
    except OperationalError as error:
        if isinstance(error.__cause__, LockNotAvailable):
            raise PlayerBusy(
                "Something else is being done with the same player, coins or product."
                " Try again in a moment."
            ) from error
        raise


def _patience() -> str:
    # No time at all would mean to PostgreSQL: for ever.
    return f"{max(1, settings.PLAYER_ORDER_LOCK_WAIT // timedelta(milliseconds=1))}ms"
