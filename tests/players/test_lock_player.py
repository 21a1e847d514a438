from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import OperationalError, connection, transaction

from catalog.services.change_status import change_status
from catalog.services.correct_stock import correct_stock
from catalog.services.lock_products import lock_products
from players.errors import PlayerBusy
from players.models import Establishment
from players.services.change_coins import change_coins
from players.services.lock_player import lock_player, refusing_to_wait
from tests.factories import EstablishmentFactory, PlayerFactory, ProductFactory
from tests.orders.looking import everything
from tests.threads import elsewhere

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def little_patience(settings):
    settings.PLAYER_ORDER_LOCK_WAIT = timedelta(milliseconds=50)


@pytest.fixture
def player():
    return PlayerFactory(establishment=EstablishmentFactory())


def hold(account):
    if isinstance(account, Establishment):
        Establishment.objects.select_for_update(no_key=True).get(pk=account.pk)
    else:
        lock_player(account.pk)


@pytest.mark.parametrize(
    ("held", "changed"),
    [("player", "player"), ("establishment", "player"), ("establishment", "establishment")],
)
def test_coins_are_not_changed_where_a_lock_is_not_free_in_time(player, held, changed):
    accounts = {"player": player, "establishment": player.establishment}
    change_coins(player.establishment, change=Decimal(5), by="system")
    before = everything()

    with transaction.atomic():
        hold(accounts[held])
        with pytest.raises(PlayerBusy, match="Try again in a moment"):
            elsewhere(change_coins, accounts[changed], change=Decimal(1), by="key:1")

    assert everything() == before


def test_stock_and_status_are_not_changed_where_the_product_is_not_free_in_time():
    product = ProductFactory()
    before = everything()
    stock = {"change": 1, "seen": product.stock, "note": "", "operation_id": uuid4()}

    with transaction.atomic():
        lock_products([product.pk])
        with pytest.raises(PlayerBusy):
            elsewhere(correct_stock, product=product, by="staff:1", **stock)
        with pytest.raises(PlayerBusy):
            elsewhere(change_status, product, status="paused", by="staff:1")

    assert everything() == before


def wait_too_long():
    with refusing_to_wait(), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = '10ms'")
        cursor.execute("SELECT pg_sleep(1)")


def test_other_faults_of_the_database_are_no_refusal():
    with pytest.raises(OperationalError, match="statement timeout"):
        wait_too_long()
