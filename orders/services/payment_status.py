from django.db.models import Sum

from orders.models import Order, Payment
from orders.vocabulary import PaymentStatus


def payment_status_of(order: Order) -> PaymentStatus:
    """How far a sale is paid, from its payments and its status as they are now (DOMAIN 3.2).

    The caller holds the order's lock, has saved the payment that changed, and sets the answer. A
    refund counts once it is done. What costs nothing was paid from the beginning.
    """
    if order.charged:
        return _of_paid(order)
    if order.payment_status == PaymentStatus.COMPLETED:
        return PaymentStatus.COMPLETED
    last = order.payments.charges().order_by("pk").last()
    found = last.status if last else Payment.Status.VOIDED
    if found == Payment.Status.AUTHORIZED:
        return PaymentStatus.AUTHORIZED
    if found == Payment.Status.FAILED:
        return PaymentStatus.FAILED
    is_over = order.status == Order.Status.CANCELLED
    return PaymentStatus.VOIDED if is_over else PaymentStatus.PENDING


def _of_paid(order: Order) -> PaymentStatus:
    refunds = order.payments.filter(kind=Payment.Kind.REFUND, status=Payment.Status.COMPLETED)
    given_back = refunds.aggregate(Sum("amount"))["amount__sum"] or 0
    if not given_back:
        return PaymentStatus.COMPLETED
    if given_back < order.charged:
        return PaymentStatus.PARTIALLY_REFUNDED
    return PaymentStatus.REFUNDED
