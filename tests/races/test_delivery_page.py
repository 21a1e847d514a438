"""Two windows with the form of one order, sent at once."""

import pytest

from orders.errors import OrderMoved
from orders.models import Order
from orders.services.confirm_delivery import confirm_delivery, fingerprint
from tests.orders.looking import timeline
from tests.orders.reserving import ADDRESS, a_reservation
from tests.threads import threads

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(order, *cities):
    """Confirm once for each city; return how many were refused as overtaken."""
    seen = fingerprint(order)

    def confirm(city):
        typed = ADDRESS | {"city": city}
        try:
            confirm_delivery(order=order, typed=typed, seen=seen, by="player:1")
        except OrderMoved:
            return 1
        return 0

    with threads(len(cities)) as start:
        return sum(each.result() for each in [start(confirm, city) for city in cities])


def test_of_two_addresses_one_is_stored_and_the_other_told():
    order = a_reservation()

    assert at_once(order, "Paris", "Rome") == 1

    assert timeline(order) == ["reservation", "capture", "refused"]
    assert Order.objects.get(delivery__city__in=["Paris", "Rome"]).product.stock == 9


def test_one_address_from_many_windows_is_stored_once():
    order = a_reservation()

    assert at_once(order, *["Paris"] * 8) == 0

    assert timeline(order) == ["reservation", "capture"]
