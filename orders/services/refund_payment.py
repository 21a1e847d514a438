from decimal import Decimal
from uuid import UUID, uuid4

from orders.errors import PaymentRefused
from orders.models import Order, OrderEvent, OrderLine, Payment
from orders.services.refund_order import refund_order
from orders.services.settle_payments import settle_payment
from orders.vocabulary import Reason


def refund_payment(  # noqa: PLR0913 - how much, of what, by whom and why
    order: Order,
    *,
    amount: Decimal,
    by: str,
    operation_id: UUID | None = None,
    line: OrderLine | None = None,
    reason: Reason | None = None,
    note: str = "",
) -> Payment:
    """Give money back for a sale, and ask its gateway for it at once (DOMAIN 3.9: refund).

    Where the gateway takes its time, or stays silent, the refund comes back in flight. An operation
    id refunds once, and gives the same refund again. Refused as `refund_order` does, and with
    PaymentRefused once it is committed that the gateway did not accept it: then it can be refunded
    again. Not to be called in a transaction.
    """
    operation_id = operation_id or uuid4()
    refund_order(
        order,
        amount=amount,
        reason=reason,
        by=by,
        note=note,
        operation_id=operation_id,
        line=line,
    )
    event = OrderEvent.objects.get(operation_id=operation_id)
    payment = settle_payment(Payment.objects.get(code=event.after["payment"]).pk)
    if payment.status == Payment.Status.FAILED:
        raise PaymentRefused(payment.failure, payment=payment.code)
    return payment
