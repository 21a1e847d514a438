import json
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from players.models import ApiKey, Establishment, Player
from players.services.authenticate_api_key import authenticate_api_key
from players.tokens import PlayerClaims, verify_player_token
from tests.factories import EstablishmentFactory, PlayerFactory

pytestmark = pytest.mark.django_db

ID = "5f2b1c0e-9d0a-4c57-8f60-2f7f1f6a3b11"


@pytest.fixture
def answer(capsys):
    """Run a command as the shell would; what it prints must be one JSON object."""

    def run(*arguments):
        call_command(*arguments)
        printed, complaints = capsys.readouterr()
        assert complaints == ""
        return json.loads(printed)

    return run


def test_create_establishment_prints_it(answer):
    assert answer(
        "create_establishment", "--name", "Casino", "--id", ID, "--email", "a@example.com"
    ) == {"id": ID, "name": "Casino", "email": "a@example.com"}
    assert Establishment.objects.get().pk == UUID(ID)


def test_create_player_prints_the_player(answer):
    EstablishmentFactory(pk=UUID(ID))

    printed = answer(
        *("create_player", "--id", "501", "--uuid", ID, "--customer-code", "cust_john"),
        *("--establishment", ID, "--email", "john@example.com", "--coins", "12.5"),
        *("--first-name", "John", "--last-name", "Doe"),
    )

    assert printed == {
        "id": 501,
        "uuid": ID,
        "customer_code": "cust_john",
        "establishment": ID,
        "email": "john@example.com",
        "first_name": "John",
        "last_name": "Doe",
        "coins": 12.5,
    }


def test_create_player_needs_nothing(answer):
    printed = answer("create_player")

    player = Player.objects.get()
    assert printed == {
        "id": player.pk,
        "uuid": str(player.uuid),
        "customer_code": player.customer_code,
        "establishment": None,
        "email": "",
        "first_name": "",
        "last_name": "",
        "coins": 0,
    }


def test_create_api_key_prints_a_key_that_opens(answer):
    EstablishmentFactory(pk=UUID(ID))

    printed = answer(
        *("create_api_key", "--name", "shop", "--scopes", "inv:* orders:read"),
        *("--establishment", ID, "--expires", "2100-01-01T00:00:00+01:00"),
    )

    key = ApiKey.objects.get()
    assert authenticate_api_key(printed.pop("key"), at=timezone.now()) == key
    assert printed == {
        "id": key.pk,
        "name": "shop",
        "prefix": key.prefix,
        "scopes": ["inv:*", "orders:read"],
        "establishment": ID,
        "player": None,
        "expires_at": "2100-01-01T00:00:00+01:00",
    }


@pytest.mark.parametrize("named_by", ["pk", "uuid"])
def test_create_api_key_for_a_player_prints_an_iframe_key(answer, named_by):
    player = PlayerFactory(establishment=EstablishmentFactory())

    printed = answer(
        *("create_api_key", "--name", "frame", "--scopes", "orders:create"),
        *("--player", str(getattr(player, named_by))),
    )

    assert printed["key"].startswith("tpp_iframe_live_")
    assert (printed["establishment"], printed["player"]) == (
        str(player.establishment_id),
        str(player.uuid),
    )


@pytest.mark.parametrize("named_by", ["pk", "uuid"])
def test_issue_player_token_prints_a_token_that_opens(answer, named_by):
    player = PlayerFactory()

    printed = answer(
        *("issue_player_token", "--player", str(getattr(player, named_by))),
        *("--scopes", "inv:* inv:simulate", "--ttl", "60"),
    )

    assert verify_player_token(printed.pop("token")) == PlayerClaims(
        player.uuid, frozenset({"inv:*", "inv:simulate"})
    )
    left = datetime.fromisoformat(printed.pop("expires_at")) - timezone.now()
    assert timedelta(seconds=50) < left <= timedelta(seconds=60)
    assert printed == {
        "player": {"id": player.pk, "uuid": str(player.uuid)},
        "scopes": ["inv:*", "inv:simulate"],
    }


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (["create_establishment", "--name", ""], "name: This field cannot be blank."),
        (["create_establishment", "--name", "x", "--id", "7"], "id: “7” is not a valid UUID."),
        (
            ["create_establishment", "--name", "x", "--id", ID],
            f"There is an establishment with the id {ID} already.",
        ),
        (["create_player", "--coins=-1"], "coins: A player cannot owe coins."),
        (
            ["create_player", "--establishment", "Casino"],
            "There is no establishment with the id Casino.",
        ),
        (
            ["create_player", "--establishment", str(UUID(int=7))],
            f"There is no establishment with the id {UUID(int=7)}.",
        ),
        (
            ["create_api_key", "--name", "x", "--scopes", "inv:*", "--establishment", "Casino"],
            "There is no establishment with the id Casino.",
        ),
        *[
            (
                ["create_api_key", "--name", "x", "--scopes", "inv:*", "--expires", time],
                f"--expires {time}: not a time with a zone, as in 2030-12-31T00:00:00Z",
            )
            for time in ("tomorrow", "2100-01-01T00:00:00", "2100-02-30T00:00:00Z")
        ],
        *[
            (
                ["issue_player_token", "--player", player, "--scopes", "inv:*"],
                f"There is no player with the id or uuid {player}.",
            )
            for player in ("1", "-1", "9" * 30, ID, "²", "john")
        ],
        (
            ["issue_player_token", "--player", "1", "--scopes", "", "--ttl", "0"],
            "Error: argument --ttl: 0 is not a number of seconds, 1 to 31536000",
        ),
    ],
)
def test_command_refuses_in_one_line(command, message, capsys):
    EstablishmentFactory(pk=UUID(ID))

    with pytest.raises(CommandError) as refused:
        call_command(*command)

    assert str(refused.value) == message
    assert capsys.readouterr() == ("", "")
    assert [model.objects.count() for model in (Establishment, Player, ApiKey)] == [1, 0, 0]
