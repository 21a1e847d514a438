from uuid import UUID

from players.errors import EstablishmentNotFound
from players.models import Establishment


def find_establishment(establishment_id: str) -> Establishment:
    """The establishment with this id. A name does not do: names are not unique."""
    try:
        return Establishment.objects.get(pk=UUID(establishment_id))
    except (ValueError, Establishment.DoesNotExist) as error:
        raise EstablishmentNotFound(
            f"There is no establishment with the id {establishment_id}."
        ) from error
