import pytest
from django.db import IntegrityError, connection, transaction

from players.models import CoinEntry
from tests.factories import PlayerFactory

pytestmark = pytest.mark.django_db


def entry():
    return CoinEntry.objects.create(
        player=PlayerFactory(), amount=5, balance=5, reason=CoinEntry.Reason.OPENING
    )


def test_ledger_row_cannot_be_updated():
    row = entry()

    with pytest.raises(IntegrityError, match="append-only: UPDATE"), transaction.atomic():
        CoinEntry.objects.filter(pk=row.pk).update(amount=6)


def test_ledger_row_cannot_be_deleted():
    row = entry()

    with pytest.raises(IntegrityError, match="append-only: DELETE"), transaction.atomic():
        row.delete()


@pytest.mark.parametrize(
    "table",
    [
        "players_coinentry",
        "catalog_stockmovement",
        "inventory_inventorychange",
        "inventory_promotionuse",
        "orders_orderevent",
        "orders_webhookmessage",
        "orders_webhookattempt",
    ],
)
def test_ledger_cannot_be_truncated(table):
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER {table}_no_truncate")
        with pytest.raises(IntegrityError, match="append-only: TRUNCATE"):
            cursor.execute(f"TRUNCATE {table} CASCADE")
