"""The locks of a player: first the row, for fulfilment, then the number, for acceptance."""

from datetime import timedelta

from django.conf import settings
from django.db import OperationalError, connection
from psycopg.errors import LockNotAvailable

from inventory.errors import PlayerBusy

# The timeout is set when the tables are joined, the lock waited for after that. FOR NO KEY UPDATE
# does not stand in the way of the foreign key check of a new order.
LOCK_PLAYER = """
    SELECT player.id
    FROM players_player AS player, set_config('lock_timeout', %s, true)
    WHERE player.id = %s
    FOR NO KEY UPDATE OF player
"""

# The one-key space of advisory locks is the ids of players, taken in ascending order.
LOCK_ACCEPTANCE = """
    SELECT pg_advisory_xact_lock(player_id) FROM unnest(%(players)s::bigint[]) AS player_id
"""


def lock_player(player_id: int) -> None:
    """Take the player's row, or raise OperationalError after PLAYER_ORDER_LOCK_WAIT.

    Until this transaction ends no order of the player is fulfilled elsewhere.
    """
    # No time at all would mean to PostgreSQL: for ever.
    patience = max(1, settings.PLAYER_ORDER_LOCK_WAIT // timedelta(milliseconds=1))
    with connection.cursor() as cursor:
        cursor.execute(LOCK_PLAYER, [f"{patience}ms", player_id])


def hold_player(player_id: int) -> None:
    """Let no order of the player be fulfilled or accepted elsewhere until this transaction ends.

    Refused with PlayerBusy where one of the locks is not free in time. The row comes first: who
    waits for it must not keep the player's orders from acceptance.
    """
    try:
        lock_player(player_id)
        with connection.cursor() as cursor:
            cursor.execute(LOCK_ACCEPTANCE, {"players": [player_id]})
    except OperationalError as error:
        if isinstance(error.__cause__, LockNotAvailable):
            raise PlayerBusy(
                "Orders of this player are being done. Try again in a moment."
            ) from error
        raise
