from uuid import UUID

from players.errors import PlayerNotFound
from players.models import Player


def find_player(id_or_uuid: str) -> Player:
    """The player of the v1 paths (an integer) or of the v2 paths (a uuid)."""
    try:
        if id_or_uuid.isdecimal():
            return Player.objects.get(pk=int(id_or_uuid))
        return Player.objects.get(uuid=UUID(id_or_uuid))
    except (ValueError, Player.DoesNotExist) as error:
        raise PlayerNotFound(f"There is no player with the id or uuid {id_or_uuid}.") from error
