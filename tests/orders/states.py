"""Orders in every state that there is, brought there by the services."""

from orders.cancelling import Cancelling
from orders.services.cancel_order import cancel_order
from orders.services.capture_delivery import capture_delivery
from orders.services.complete_order import complete_order
from orders.services.delay_order import delay_order
from orders.services.refund_order import refund_order
from orders.services.register_tracking import register_tracking
from orders.vocabulary import Reason
from tests.orders.reserving import ADDRESS, BY, a_reservation


def reserved(**fields):
    return a_reservation(**fields)


def captured(**fields):
    return capture_delivery(order=reserved(**fields), overrides=ADDRESS, by=BY)


def delayed(**fields):
    return delay_order(order=captured(**fields), reason=Reason.CUSTOMS, by="staff:1")


def sent(**fields):
    return register_tracking(order=captured(**fields), tracking_number="TRACK-1", by=BY)


def completed(**fields):
    return complete_order(order=captured(**fields), by=BY)


def cancelled(**fields):
    how = Cancelling(reason=Reason.MISTAKE)
    return cancel_order(order=reserved(**fields), how=how, by="staff:1")


def refunded(**fields):
    order = completed(**fields)
    return refund_order(order=order, amount=order.refundable, reason=Reason.MISTAKE, by="staff:1")


STATES = (reserved, captured, delayed, sent, completed, cancelled, refunded)
