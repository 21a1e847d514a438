"""Sales in every state that the sales API tells apart (DOMAIN 3.2)."""

from orders.errors import PaymentRefused
from orders.models import Order
from orders.services.cancel_sale import cancel_sale
from orders.services.change_sale_status import change_sale_status
from orders.services.refund_payment import refund_payment
from orders.services.take_payment import take_payment
from tests.orders.selling import BY, a_sale


def paid_by(token, *, is_to_capture=True):
    def pay(order):
        try:
            take_payment(order, token=token, amount=order.total, is_to_capture=is_to_capture, by=BY)
        except PaymentRefused:
            assert token.startswith("tok_chargeDeclined")
        return Order.objects.get(pk=order.pk)

    return pay


processing = paid_by("tok_visa")


def completed(order):
    return change_sale_status(processing(order), to=Order.Status.COMPLETED, note="", by=BY)


def refunded(order):
    refund_payment(completed(order), amount=order.total, by=BY)
    return Order.objects.get(pk=order.pk)


def partly_refunded(order):
    refund_payment(completed(order), amount=order.total / 2, by=BY)
    return Order.objects.get(pk=order.pk)


STATES = {
    "awaiting payment": lambda order: order,
    "in flight": paid_by("tok_timeoutBefore"),
    "authorized": paid_by("tok_visa", is_to_capture=False),
    "payment failed": paid_by("tok_chargeDeclined"),
    "processing": processing,
    "completed": completed,
    "partly refunded": partly_refunded,
    "refunded": refunded,
    "cancelled": lambda order: cancel_sale(order, note="", by=BY),
}


def a_sale_that_is(state, *offers, **fields):
    """A sale in that state: one unit for 99.98."""
    return STATES[state](a_sale(*offers, **fields))
