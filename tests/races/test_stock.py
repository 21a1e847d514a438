"""One correction sent many times at once, and imports that meet: real threads."""

import json
from decimal import Decimal
from threading import Barrier
from uuid import uuid4

import pytest

from catalog.models import Product, StockMovement
from catalog.services.correct_stock import correct_stock
from catalog.services.import_products import import_products
from players.models import CoinEntry, Player
from players.services.change_coins import change_coins
from tests.factories import ProductFactory
from tests.orders.reserving import a_player
from tests.threads import threads

pytestmark = pytest.mark.django_db(transaction=True)

CLICKS = 12


def at_once(function, *args, **kwargs):
    """What each of many calls gave, or how it was refused."""
    ready = Barrier(CLICKS)

    def click():
        ready.wait()
        return function(*args, **kwargs)

    with threads(CLICKS) as start:
        clicks = [start(click) for _ in range(CLICKS)]
    return [click.exception() or click.result() for click in clicks]


def test_one_correction_of_stock_sent_many_times_at_once_is_done_once():
    product = ProductFactory()

    movements = at_once(
        correct_stock,
        product=product,
        change=-3,
        seen=10,
        by="staff:3",
        note="",
        operation_id=uuid4(),
    )

    assert movements == [StockMovement.objects.latest("pk")] * CLICKS
    assert (Product.objects.get().stock, StockMovement.objects.count()) == (7, 2)


def test_one_correction_of_coins_sent_many_times_at_once_is_done_once():
    player = a_player(coins=100)

    answers = at_once(
        change_coins,
        player,
        change=Decimal(-70),
        correction=True,
        seen=Decimal(100),
        by="staff:3",
        operation_id=uuid4(),
    )

    assert answers == [player] * CLICKS
    assert (Player.objects.get().coins, CoinEntry.objects.count()) == (30, 2)


def test_one_document_imported_many_times_at_once_is_imported_once():
    product = {"id": str(uuid4()), "name": "Mug", "price": 1, "stock": 5, "supplierId": "works"}
    document = {
        "establishments": [{"id": str(uuid4()), "name": "Casino", "coins": 9}],
        "suppliers": [{"id": "works", "name": "Works"}],
        "products": [product],
    }

    reports = at_once(import_products, json.dumps(document).encode())

    created = [sum(counts["created"] for counts in report.values()) for report in reports]
    assert sorted(created) == [*[0] * (CLICKS - 1), 3]
    assert (Product.objects.get().stock, StockMovement.objects.count()) == (5, 1)
    assert CoinEntry.objects.get().amount == 9
