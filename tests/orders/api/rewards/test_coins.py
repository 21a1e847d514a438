"""PUT /coins (DOMAIN 1.7)."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import transaction

from players.models import CoinEntry, Establishment
from players.services.lock_player import lock_player
from players.services.move_coins import move_coins
from tests.factories import EstablishmentFactory
from tests.orders.reserving import a_player
from tests.threads import elsewhere

pytestmark = pytest.mark.django_db

UPDATED = (200, {"message": "Coin balance updated"})


@pytest.fixture
def establishment(establishment):
    move_coins(establishment, Decimal(500), reason=CoinEntry.Reason.CORRECTION, by="system")
    return establishment


@pytest.fixture
def change(api, establishment, player):
    """Makes the call; tells the answer, and the coins of player and establishment then."""

    def changing(operation, coins, *, by=api, of_player=True, headers=(), **fields):
        body = {
            "establishmentId": str(establishment.pk),
            "change": coins,
            "operation": operation,
            **({"playerId": str(player.uuid)} if of_player else {}),
            **fields,
        }
        answer = by.put("/coins", body, **dict(headers))
        player.refresh_from_db()
        establishment.refresh_from_db()
        return (answer.status_code, answer.json()), (player.coins, establishment.coins)

    return changing


@pytest.mark.parametrize(
    ("operation", "of_player", "coins"),
    [
        ("add", True, (Decimal("1012.5"), Decimal("487.5"))),
        ("subtract", True, (Decimal("987.5"), Decimal("512.5"))),
        ("add", False, (1_000, Decimal("512.5"))),
        ("subtract", False, (1_000, Decimal("487.5"))),
    ],
)
def test_coins_move_between_establishment_and_player(change, operation, of_player, coins):
    assert change(operation, 12.5, of_player=of_player, campaign="Spring") == (UPDATED, coins)


@pytest.mark.parametrize(
    ("operation", "coins", "of_player", "message"),
    [
        ("add", 500.01, True, "Not enough balance in establishment"),
        ("subtract", 500.01, False, "Not enough balance in establishment"),
        ("subtract", 1000.01, True, "Not enough coins"),
    ],
)
def test_coins_that_are_not_there_do_not_move(change, operation, coins, of_player, message):
    assert change(operation, coins, of_player=of_player) == (
        (400, {"message": message}),
        (1_000, 500),
    )


@pytest.mark.parametrize("coins", [0, -1, 0.001, "5", None, True, 10**30, 9_999_999_999.99])
def test_what_is_no_number_of_coins_is_a_400(change, coins):
    (status, said), balances = change("add", coins, of_player=False)

    assert (status, list(said), balances) == (400, ["message"], (1_000, 500))


@pytest.mark.parametrize("operation", ["set", "", None, 5, []])
def test_another_operation_is_a_400(change, operation):
    (status, said), balances = change(operation, 5)

    assert (status, list(said), balances) == (400, ["message"], (1_000, 500))


@pytest.mark.parametrize("establishment_key", [True, False])
@pytest.mark.parametrize("who", ["player elsewhere", "nobody", "another establishment"])
def test_accounts_that_are_not_there(as_key, establishment, change, who, establishment_key):
    api = as_key("coins:change", of=establishment if establishment_key else None)
    fields = {
        "player elsewhere": {"playerId": str(a_player().uuid)},
        "nobody": {"playerId": "00000000-0000-4000-8000-000000000000"},
        "another establishment": {"establishmentId": str(EstablishmentFactory().pk)},
    }

    answer, balances = change("add", 5, by=api, **fields[who])

    elsewhere = establishment_key and who == "another establishment"
    assert answer == (
        (403, {"message": "Forbidden"})
        if elsewhere
        else (400, {"message": "Establishment or player not found"})
    )
    assert balances == (1_000, 500)
    assert Establishment.objects.exclude(pk=establishment.pk).filter(coins__gt=0).count() == 0


def test_coins_under_a_key_move_once(change):
    headers = {"Idempotency-Key": "a"}

    for _ in range(3):
        assert change("add", 5, headers=headers) == (UPDATED, (1_005, 495))
    assert change("add", 6, headers=headers)[0][0] == 409
    assert change("add", 5, headers={"Idempotency-Key": "b"}) == (UPDATED, (1_010, 490))


@pytest.mark.django_db(transaction=True)
def test_coins_of_a_player_who_is_busy_are_asked_for_again(api, player, settings):
    settings.PLAYER_ORDER_LOCK_WAIT = timedelta(milliseconds=50)
    body = {
        "establishmentId": str(player.establishment_id),
        "playerId": str(player.uuid),
        "change": 1,
        "operation": "subtract",
    }

    with transaction.atomic():
        lock_player(player.pk)
        answer = elsewhere(api.put, "/coins", body)

    assert (answer.status_code, answer["Retry-After"]) == (409, "1")
    assert answer.json()["message"].endswith("Try again in a moment.")
    player.refresh_from_db()
    assert player.coins == 1_000
