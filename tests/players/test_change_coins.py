from decimal import Decimal
from uuid import uuid4

import pytest

from players.errors import (
    CoinOperationTaken,
    CoinsInvalid,
    CoinsMoved,
    CoinsShort,
    EstablishmentCoinsShort,
)
from players.models import CoinEntry
from players.services.change_coins import change_coins
from tests.factories import EstablishmentFactory, PlayerFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def establishment():
    return change_coins(EstablishmentFactory(), change=Decimal(100), by="system")


@pytest.fixture
def player(establishment):
    return PlayerFactory(establishment=establishment)


def change(account, coins, **values):
    return change_coins(account, change=Decimal(coins), **{"by": "key:1"} | values)


def entries():
    rows = CoinEntry.objects.order_by("pk")
    return [
        (each.player or each.establishment, each.amount, each.balance, each.reason) for each in rows
    ][1:]


def coins(*accounts):
    for account in accounts:
        account.refresh_from_db()
    return [account.coins for account in accounts]


def test_coins_of_a_player_come_from_the_establishment(player, establishment):
    given = change(player, 30, campaign="Easter", note="by mail")

    assert given.coins == 30
    assert coins(player, establishment) == [30, 70]
    assert entries() == [
        (player, 30, 30, "allocation"),
        (establishment, -30, 70, "allocation"),
    ]
    assert {(each.by, each.note) for each in CoinEntry.objects.order_by("pk")[1:]} == {
        ("key:1", "Easter: by mail")
    }


def test_coins_taken_from_a_player_go_back_to_the_establishment(player, establishment):
    change(player, 30)

    change(player, -10)

    assert coins(player, establishment) == [20, 80]


def test_coins_of_an_establishment_are_its_own(establishment):
    change(establishment, "-0.5")

    assert coins(establishment) == [Decimal("99.5")]
    assert entries() == [(establishment, Decimal("-0.5"), Decimal("99.5"), "correction")]


def test_correction_leaves_the_establishment_alone(player, establishment):
    change(player, 30, correction=True)

    assert coins(player, establishment) == [30, 100]
    assert entries() == [(player, 30, 30, "correction")]


def test_player_without_establishment_has_coins_of_its_own():
    player = PlayerFactory()

    change(player, 30)

    assert coins(player) == [30]


def test_coins_that_the_establishment_has_not_are_not_given(player, establishment):
    with pytest.raises(EstablishmentCoinsShort, match=r"^Not enough balance in establishment$"):
        change(player, 101)

    assert coins(player, establishment) == [0, 100]
    assert entries() == []


@pytest.mark.parametrize("correction", [True, False])
def test_coins_that_the_player_has_not_are_not_taken(player, establishment, correction):
    with pytest.raises(CoinsShort, match=r"^Not enough coins$"):
        change(player, -1, correction=correction)

    assert coins(player, establishment) == [0, 100]
    assert entries() == []


@pytest.mark.parametrize("number", ["0", "0.001", "NaN", "Infinity", "10000000000"])
def test_coins_that_no_account_holds_are_refused(player, number):
    with pytest.raises(CoinsInvalid):
        change(player, number, correction=True)

    assert entries() == []


def test_coins_that_moved_since_they_were_seen_are_left_alone(player, establishment):
    change(player, 30, seen=Decimal("0.00"))

    with pytest.raises(CoinsMoved):
        change(player, 5, seen=Decimal(0))

    assert coins(player, establishment) == [30, 70]


def test_operation_changes_coins_once(player, establishment):
    operation_id = uuid4()

    change(player, 30, operation_id=operation_id)
    again = change(player, 30, operation_id=operation_id)

    assert again.coins == 30
    assert coins(player, establishment) == [30, 70]


def test_operation_of_another_account_is_refused(player, establishment):
    operation_id = uuid4()
    change(player, 30, operation_id=operation_id)

    with pytest.raises(CoinOperationTaken):
        change(establishment, 30, operation_id=operation_id)

    assert coins(player, establishment) == [30, 70]
