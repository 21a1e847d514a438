"""Orders in every state that the rewards API tells apart (DOMAIN 1.4)."""

from orders.cancelling import cancelling_by_api
from orders.models import Order
from orders.services.cancel_order import cancel_order
from orders.services.capture_delivery import capture_delivery
from orders.services.complete_order import complete_order
from orders.services.refund_order import refund_order
from orders.services.register_tracking import register_tracking
from orders.vocabulary import Reason
from tests.orders.reserving import ADDRESS, BY, a_reservation


def captured(order):
    return capture_delivery(order=order, overrides=ADDRESS, by=BY)


def tracked(order):
    return register_tracking(order=captured(order), tracking_number="1Z", by=BY)


def acquired(order):
    return complete_order(order=captured(order), by=BY)


def acquired_tracked(order):
    return complete_order(order=tracked(order), by=BY)


def cancelled(order):
    how = cancelling_by_api(Order.Status.RESERVED, refund=True)
    return cancel_order(order, how=how, by=BY)


def taken_back(order):
    order = acquired(order)
    how = cancelling_by_api(Order.Status.COMPLETED, refund=False)
    return cancel_order(order, how=how, by=BY)


def refunded(order):
    order = acquired(order)
    return refund_order(order, amount=order.refundable, reason=Reason.MISTAKE, by=BY)


STATES = {
    "reserved": lambda order: order,
    "captured": captured,
    "tracked": tracked,
    "acquired": acquired,
    "acquired, tracked": acquired_tracked,
    "reservation cancelled": cancelled,
    "acquisition cancelled": taken_back,
    "refunded": refunded,
}


def an_order(state, **fields):
    """An order in that state."""
    return STATES[state](a_reservation(**fields))
