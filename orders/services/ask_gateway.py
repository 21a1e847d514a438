"""A payment as its gateway knows it."""

from orders.gateways.port import Charge, Gateway, RefundOf
from orders.gateways.registry import gateway_of
from orders.models import Payment, PaymentGateway


def gateway_for(payment: Payment) -> Gateway:
    return gateway_of(PaymentGateway.objects.get(pk=payment.gateway))


def charge_of(payment: Payment) -> Charge:
    return Charge(
        key=payment.code,
        reference=payment.reference,
        amount=payment.amount,
        currency=payment.currency,
        order_code=payment.order.code,
        description=f"Order {payment.order.code}",
        is_to_capture=payment.intent != Payment.Intent.AUTHORIZE,
    )


def refund_of(payment: Payment) -> RefundOf:
    """Its key is another one for each time that it was requested, and no other."""
    if payment.of is None:
        raise ValueError("Coins are not refunded by a gateway")
    again = f"_{payment.tries}" if payment.tries > 1 else ""
    return RefundOf(
        key=f"{payment.code}{again}",
        reference=payment.reference,
        amount=payment.amount,
        charge=charge_of(payment.of),
    )
