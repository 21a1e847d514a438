from decimal import Decimal

import pytest

from catalog.models import Product
from orders.models import Order, OrderEvent, Payment, WebhookMessage
from players.models import Player
from tests.factories import ProductFactory
from tests.orders.reserving import a_player, a_reservation

pytestmark = pytest.mark.django_db


def test_reservation_holds_a_unit_and_takes_the_coins():
    player, product = a_player(coins=150), ProductFactory(units=2, price=100)

    order = a_reservation(player=player, product=product)

    order = Order.objects.get(pk=order.pk)
    assert (order.status, order.display_status) == ("reserved", "pending")
    assert (order.total, order.charged, order.refunded) == (100, 100, 0)
    assert order.reference == "PROV-REF-000001"
    product = Product.objects.get()
    assert (product.stock, product.reserved, product.available) == (2, 1, 1)
    assert Player.objects.get().coins == Decimal(50)
    payment = Payment.objects.get()
    assert (payment.kind, payment.status, payment.amount) == ("charge", "completed", 100)
    assert OrderEvent.objects.get().kind == OrderEvent.Kind.RESERVATION
    assert WebhookMessage.objects.get().event == "order.created"
