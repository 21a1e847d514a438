from datetime import timedelta

import pytest
from django.db import transaction

from catalog.services.lock_products import lock_products
from orders.models import Order
from orders.services.capture_delivery import capture_delivery
from orders.services.lock_order import lock_order
from players.errors import PlayerBusy
from players.services.lock_player import lock_player
from tests.factories import ProductFactory
from tests.orders.looking import everything, timeline
from tests.orders.reserving import ADDRESS, BY, a_player, a_reservation
from tests.threads import elsewhere

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def little_patience(settings):
    settings.PLAYER_ORDER_LOCK_WAIT = timedelta(milliseconds=50)


def test_order_is_returned_with_what_belongs_to_it(django_assert_num_queries):
    order = a_reservation()

    with transaction.atomic():
        locked = lock_order(order.pk)
        with django_assert_num_queries(0):
            [line] = locked.lines.all()
            related = locked.player, locked.product, locked.delivery, line.product

    assert related == (order.player, order.product, order.delivery, order.product)


@pytest.mark.parametrize("what", ["player", "order", "product"])
def test_lock_that_is_not_free_in_time_is_refused_and_not_told(what):
    order = a_reservation()
    before = everything()

    with transaction.atomic():
        if what == "player":
            lock_player(order.player_id)
        elif what == "order":
            Order.objects.select_for_update(no_key=True).get(pk=order.pk)
        else:
            lock_products([order.product_id])
        with pytest.raises(PlayerBusy, match="Try again in a moment"):
            elsewhere(capture_delivery, order=order, overrides=ADDRESS, by=BY)

    assert everything() == before
    assert timeline(order) == ["reservation"]


@pytest.mark.parametrize("what", ["player", "product"])
def test_reservation_is_refused_where_a_lock_is_not_free_in_time(what):
    player, product = a_player(), ProductFactory()
    before = everything()

    with transaction.atomic():
        if what == "player":
            lock_player(player.pk)
        else:
            lock_products([product.pk])
        with pytest.raises(PlayerBusy):
            elsewhere(a_reservation, player=player, product=product)

    assert everything() == before
