from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from decimal import Decimal
from threading import Barrier
from uuid import UUID

import pytest
from django.db import connection

from config.one_line import NOT_ONE_LINE
from players.errors import FieldsInvalid, PlayerTaken
from players.models import CoinEntry, Player
from players.services.create_player import MAX_PLAYER_ID, create_player
from tests.factories import EstablishmentFactory

pytestmark = pytest.mark.django_db

UUID_OF_JOHN = UUID("5f2b1c0e-9d0a-4c57-8f60-2f7f1f6a3b11")


def test_create_player_takes_all_that_is_given():
    establishment = EstablishmentFactory()

    player = create_player(
        player_id=1_000_000,
        uuid=UUID_OF_JOHN,
        customer_code="cust_john",
        establishment=establishment,
        email="john@example.com",
        first_name="John",
        last_name="Doe",
        coins=Decimal("12.50"),
    )

    assert Player.objects.values(
        "id",
        "uuid",
        "customer_code",
        "establishment",
        "email",
        "first_name",
        "last_name",
        "coins",
    ).get(pk=player.pk) == {
        "id": 1_000_000,
        "uuid": UUID_OF_JOHN,
        "customer_code": "cust_john",
        "establishment": establishment.pk,
        "email": "john@example.com",
        "first_name": "John",
        "last_name": "Doe",
        "coins": Decimal("12.50"),
    }
    assert list(CoinEntry.objects.values("player", "amount", "balance", "reason")) == [
        {
            "player": 1_000_000,
            "amount": Decimal("12.50"),
            "balance": Decimal("12.50"),
            "reason": "opening",
        }
    ]


def test_create_player_generates_what_is_not_given():
    one, two = create_player(), create_player()

    assert two.pk == one.pk + 1
    assert len({one.uuid, two.uuid, one.customer_code, two.customer_code}) == 4
    assert not CoinEntry.objects.exists()


def test_create_player_moves_the_identity_beyond_a_given_id():
    generated = create_player().pk

    assert create_player(player_id=generated + 5).pk == generated + 5
    assert create_player(player_id=generated + 2).pk == generated + 2
    assert [create_player().pk, create_player().pk] == [generated + 6, generated + 7]


@pytest.mark.parametrize(
    ("taken", "message"),
    [
        ({"player_id": 77}, "There is a player with the id 77 already."),
        ({"uuid": UUID_OF_JOHN}, f"There is a player with the uuid {UUID_OF_JOHN} already"),
        (
            {"customer_code": "cust_john"},
            "There is a player with the customer_code cust_john already",
        ),
    ],
)
def test_create_player_refuses_what_is_taken(taken, message):
    create_player(player_id=77, uuid=UUID_OF_JOHN, customer_code="cust_john")

    with pytest.raises(PlayerTaken) as refused:
        create_player(coins=Decimal(5), **taken)

    assert refused.value.message.startswith(message)
    assert Player.objects.count() == 1
    assert not CoinEntry.objects.exists()


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"player_id": 0}, f"id: It must be 1 to {MAX_PLAYER_ID}."),
        ({"player_id": -4}, f"id: It must be 1 to {MAX_PLAYER_ID}."),
        ({"player_id": MAX_PLAYER_ID + 1}, f"id: It must be 1 to {MAX_PLAYER_ID}."),
        ({"player_id": "seven"}, "id: “seven” value must be an integer."),
        ({"uuid": "x"}, "uuid: “x” is not a valid UUID."),
        ({"customer_code": ""}, "customer_code: This field cannot be blank."),
        ({"email": "john"}, "email: Enter a valid email address."),
        ({"coins": Decimal("-0.01")}, "coins: A player cannot owe coins."),
        (
            {"coins": Decimal("0.001")},
            "coins: Ensure that there are no more than 2 decimal places.",
        ),
        ({"coins": "NaN"}, "coins: “NaN” value must be a decimal number."),
        (
            {"coins": "much", "email": "john"},
            "email: Enter a valid email address.; coins: “much” value must be a decimal number.",
        ),
    ],
)
def test_create_player_refuses_what_a_player_cannot_be(wrong, message):
    with pytest.raises(FieldsInvalid) as refused:
        create_player(**wrong)

    assert refused.value.message == message
    assert not Player.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_create_player_never_lets_a_given_id_trip_a_generated_one():
    together = Barrier(2)

    def ask_for_ids():
        with closing(connection):
            together.wait()
            for _ in range(50):
                with connection.cursor() as cursor:
                    cursor.execute("SELECT last_value + 1 FROM players_player_id_seq")
                    (next_to_be_generated,) = cursor.fetchone()
                # Just generated for the other thread: a fair answer, and the only one.
                with suppress(PlayerTaken):
                    create_player(player_id=next_to_be_generated)

    def take_what_comes():
        with closing(connection):
            together.wait()
            return [create_player().pk for _ in range(50)]

    with ThreadPoolExecutor() as threads:
        asked, generated = threads.submit(ask_for_ids), threads.submit(take_what_comes)

    assert asked.exception() is None
    assert len(set(generated.result())) == 50


@pytest.mark.parametrize("field", ["first_name", "last_name", "email"])
def test_create_player_refuses_what_is_more_than_a_line(field):
    text = '"a\x07b"@example.com' if field == "email" else "A\nB"

    with pytest.raises(FieldsInvalid) as refusal:
        create_player(**{field: text})

    assert refusal.value.details == {field: [NOT_ONE_LINE]}
    assert Player.objects.count() == 0
