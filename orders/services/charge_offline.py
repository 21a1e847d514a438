from django.utils import timezone

from orders.models import Order, Payment, PaymentGateway
from orders.vocabulary import PaymentStatus

OFFLINE = "offline"


def charge_offline(order: Order) -> Payment:
    """Record that the whole order was paid outside: in cash, by a bank transfer.

    The charge is of the gateway `offline`, whose row is made with the first. The caller holds the
    order's lock, has asked that no other charge is alive, and saves the order after.
    """
    gateway, _ = PaymentGateway.objects.get_or_create(
        pk=OFFLINE,
        defaults={
            "name": "Offline",
            "kind": PaymentGateway.Kind.OFFLINE,
            "is_active": False,
        },
    )
    payment = Payment(
        order=order,
        gateway=gateway.pk,
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
