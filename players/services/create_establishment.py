from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from players.errors import EstablishmentTaken, FieldsInvalid
from players.models import Establishment


def create_establishment(
    *, name: str, establishment_id: UUID | None = None, email: str = ""
) -> Establishment:
    establishment = Establishment(name=name, email=email)
    if establishment_id:
        establishment.id = establishment_id
    try:
        establishment.clean_fields()
    except ValidationError as error:
        raise FieldsInvalid(error) from error
    try:
        with transaction.atomic():
            establishment.save(force_insert=True)
    except IntegrityError as error:
        raise EstablishmentTaken(
            f"There is an establishment with the id {establishment.id} already."
        ) from error
    return establishment
