"""Orders in each of their states, as the services make them."""

from inventory.services.fulfil_player_orders import fulfil_waiting
from orders.services.capture_delivery import capture_delivery
from orders.services.complete_order import complete_order
from orders.services.register_tracking import register_tracking
from tests.factories import ProductFactory
from tests.orders.reserving import ADDRESS, BY, a_reservation


def a_captured_order(**values):
    return capture_delivery(order=a_reservation(**values), overrides=ADDRESS, by=BY)


def a_sent_order(**values):
    return register_tracking(order=a_captured_order(**values), tracking_number="TRACK-1", by=BY)


def a_completed_order(**values):
    return complete_order(order=a_captured_order(**values), by=BY)


def a_sent_and_completed_order(**values):
    return complete_order(order=a_sent_order(**values), by=BY)


def a_loot_order(loot, *, fulfilled=True, **values):
    """A completed order of a digital product; its loot is with the player, unless said."""
    product = ProductFactory(kind="digital", loot=loot)
    order = complete_order(order=a_reservation(product=product, **values), by=BY)
    while fulfilled and fulfil_waiting(100):
        pass
    return order
