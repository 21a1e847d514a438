"""Both locks of a player: first the row, for fulfilment, then the number, for acceptance."""

from django.db import connection

from players.services.lock_player import lock_player, refusing_to_wait

# The one-key space of advisory locks is the ids of players, taken in ascending order.
LOCK_ACCEPTANCE = """
    SELECT pg_advisory_xact_lock(player_id) FROM unnest(%(players)s::bigint[]) AS player_id
"""


@refusing_to_wait()
def hold_player(player_id: int) -> None:
    """Let no order of the player be fulfilled or accepted elsewhere until this transaction ends.

    Refused with PlayerBusy where one of the locks is not free in time. The row comes first: who
    waits for it must not keep the player's orders from acceptance.
    """
    lock_player(player_id)
    with connection.cursor() as cursor:
        cursor.execute(LOCK_ACCEPTANCE, {"players": [player_id]})
