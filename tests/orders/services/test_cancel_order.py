from decimal import Decimal
from uuid import uuid4

import pytest

from catalog.models import Product, StockMovement
from orders.cancelling import Cancelling, Coins, LootPolicy, Stock, cancelling_by_api
from orders.errors import (
    AmountInvalid,
    LootNotTaken,
    OperationIdTaken,
    OrderMoved,
    RefundTooHigh,
    WrongState,
)
from orders.models import Order
from orders.services.cancel_order import cancel_order, what_cancelling_does, why_not_cancelled
from orders.vocabulary import Reason
from tests.orders.reserving import a_player, a_reservation

pytestmark = pytest.mark.django_db
BY = "staff:1"


def cancel(order, *, by=BY, operation_id=None, seen=None, **how):
    how.setdefault("reason", Reason.MISTAKE)
    return cancel_order(order, how=Cancelling(**how), by=by, operation_id=operation_id, seen=seen)


def test_cancelled_reservation_is_as_if_it_had_not_been():
    player = a_player(coins=150)
    order = a_reservation(player=player)

    cancel(order, note="Ticket 4711")

    order = Order.objects.get(pk=order.pk)
    assert (order.status, order.display_status, order.cancel_reason, order.expires_at) == (
        "cancelled",
        "cancelled",
        "MISTAKE",
        None,
    )
    assert (order.charged, order.refunded) == (100, 100)
    line = order.lines.get()
    assert (line.status, line.stock) == ("cancelled", "released")
    assert (order.product.stock, order.product.reserved) == (10, 0)
    player.refresh_from_db()
    assert player.coins == 150
