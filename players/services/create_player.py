import re
from decimal import Decimal
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from psycopg.errors import UniqueViolation

from players.errors import FieldsInvalid, PlayerTaken
from players.models import CoinEntry, Establishment, Player

# Every JSON reader keeps integers up to here exact, and the identity column has room to go on.
MAX_PLAYER_ID = 2**53 - 1


def create_player(  # noqa: PLR0913 - what a player is made of
    *,
    player_id: int | None = None,
    uuid: UUID | None = None,
    customer_code: str | None = None,
    establishment: Establishment | None = None,
    email: str = "",
    first_name: str = "",
    last_name: str = "",
    coins: Decimal = Decimal(0),
) -> Player:
    """A new player; coins become the opening entry of the ledger. What is not given is generated.

    Nothing is created when the id, the uuid or the customer code is another player's.
    """
    chosen = {"id": player_id, "uuid": uuid, "customer_code": customer_code}
    player = Player(
        **{field: value for field, value in chosen.items() if value is not None},
        establishment=establishment,
        email=email,
        first_name=first_name,
        last_name=last_name,
        coins=coins,
    )
    _check(player)
    try:
        with transaction.atomic():
            if player.pk is not None:
                _move_identity_beyond(player.pk)
            player.save(force_insert=True)
            if player.coins:
                CoinEntry.objects.create(
                    player=player,
                    amount=player.coins,
                    balance=player.coins,
                    reason=CoinEntry.Reason.OPENING,
                )
    except IntegrityError as error:
        if not isinstance(error.__cause__, UniqueViolation):
            raise
        # PostgreSQL says: Key (id)=(7) already exists.
        taken = re.findall(r"\((.*?)\)", error.__cause__.diag.message_detail or "")
        raise PlayerTaken(f"There is a player with the {' '.join(taken)} already.") from error
    return player


def _check(player: Player) -> None:
    try:
        player.clean_fields()
        player.clean()
    except ValidationError as error:
        raise FieldsInvalid(error) from error
    if player.pk is not None and not 1 <= player.pk <= MAX_PLAYER_ID:
        raise FieldsInvalid(ValidationError({"id": f"It must be 1 to {MAX_PLAYER_ID}."}))
    if player.coins < 0:
        raise FieldsInvalid(ValidationError({"coins": "A player cannot owe coins."}))


def _move_identity_beyond(player_id: int) -> None:
    """Keep the identity column from ever generating this id, or one that it gave before.

    The lock keeps other inserts from taking an id between the look at the sequence and its move;
    readers, row locks and foreign key checks pass.
    """
    with connection.cursor() as cursor:
        cursor.execute("LOCK TABLE players_player IN SHARE ROW EXCLUSIVE MODE")
        cursor.execute(
            """
            SELECT setval(identity, greatest(%s, pg_sequence_last_value(identity)))
            FROM CAST(pg_get_serial_sequence('players_player', 'id') AS regclass) AS identity
            """,
            [player_id],
        )
