from django.utils import timezone

from orders.models import Order, Payment, PaymentGateway
from orders.vocabulary import PaymentStatus

OFFLINE = PaymentGateway.Kind.OFFLINE


def charge_offline(order: Order) -> Payment:
    """Record that the whole order was paid outside: in cash, by a bank transfer.

    The charge is of the order's own gateway, where that is an offline one, else of the gateway
    `offline`, whose row is made with the first. The caller holds the order's lock, has asked that
    no other charge is alive, and saves the order after.
    """
    payment = Payment(
        order=order,
        gateway=_offline_gateway(order).pk,
        kind=Payment.Kind.CHARGE,
        amount=order.total,
        currency=order.currency,
        created_at=timezone.now(),
    )
    payment.complete()
    payment.save()
    order.charged += payment.amount
    order.payment_status = PaymentStatus.COMPLETED
    return payment


def _offline_gateway(order: Order) -> PaymentGateway:
    if order.gateway is not None and order.gateway.kind == OFFLINE:
        return order.gateway
    # A gateway of another kind must not get to give back what it has not taken.
    gateway, _ = PaymentGateway.objects.get_or_create(
        pk="offline", kind=OFFLINE, defaults={"name": "Offline", "is_active": False}
    )
    return gateway
