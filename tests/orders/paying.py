"""Sales as far as they are paid, for tests that begin with one."""

from decimal import Decimal

from orders.models import Order, Payment, SandboxTransaction
from orders.services.refund_order import refund_order
from orders.services.settle_payments import settle_payment
from orders.services.take_payment import take_payment
from tests.orders.selling import BY, a_sale

VISA = "tok_visa"


def pay(order, token=VISA, amount=None, **values):
    """Take the whole total, or the amount, from a token of the sandbox."""
    amount = order.total if amount is None else Decimal(amount)
    return take_payment(
        order, token=token, amount=amount, **{"is_to_capture": True, "by": BY} | values
    )


def a_paid_sale(*offers, token=VISA, **fields):
    order = a_sale(*offers, **fields)
    pay(order, token)
    return Order.objects.get(pk=order.pk)


def an_authorized_sale(*offers, token=VISA, **fields):
    order = a_sale(*offers, **fields)
    pay(order, token, is_to_capture=False)
    return Order.objects.get(pk=order.pk)


def refund(order, amount, **values):
    """Request that so much goes back; the gateway is not asked yet."""
    values = {"reason": None, "by": "staff:1"} | values
    return refund_order(order, amount=Decimal(amount), **values)


def settle_all(order):
    """Ask the gateway for everything that is in flight, as the job does when it is due."""
    for payment in order.payments.filter(ask_at__isnull=False).order_by("pk"):
        settle_payment(payment.pk)


def money(order):
    """How the order stands: status, payment status, charged, refunded."""
    order = Order.objects.get(pk=order.pk)
    return order.status, order.payment_status, order.charged, order.refunded


def payments(order):
    """Kind, status and amount of each, in order."""
    found = Payment.objects.filter(order=order).order_by("pk")
    return [(payment.kind, payment.status, payment.amount) for payment in found]


def books(order):
    """What the sandbox has in its own books: kind, state and amount of each."""
    keys = [*Payment.objects.filter(order=order).values_list("code", flat=True)]
    entries = SandboxTransaction.objects.order_by("created_at")
    return [
        (entry.kind, entry.state, entry.amount)
        for entry in entries
        if any(entry.key == key or entry.key.startswith(f"{key}_") for key in keys)
    ]
