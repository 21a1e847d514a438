from decimal import Decimal

import structlog
from django.db import transaction
from django.utils import timezone

from orders.models import Order, OrderLine, Payment
from orders.services.knock_for_settling import knock_for_settling
from orders.services.move_payment import refundable_amount
from orders.vocabulary import Reason

log = structlog.get_logger(__name__)


def request_refund(  # noqa: PLR0913 - how much, of what, by whom and why
    order: Order,
    amount: Decimal,
    *,
    line: OrderLine | None = None,
    by: str,
    reason: Reason | str = "",
    is_told: bool = True,
) -> Payment | None:
    """Have money given back after the commit, by the gateway that took it; nothing for nothing.

    It counts as refunded from now on, so that no more than was charged is ever asked for; should
    the gateway refuse, it is taken back. The caller holds the locks of player and order, tells the
    timeline, and saves the order after. Refused with AmountInvalid or RefundTooHigh.
    """
    if not amount:
        return None
    refundable_amount(order, amount)
    charge = order.payments.live_charge().get(status=Payment.Status.COMPLETED)
    order.refunded += amount
    payment = Payment.objects.create(
        order=order,
        gateway=charge.gateway,
        kind=Payment.Kind.REFUND,
        status=Payment.Status.REQUESTED,
        of=charge,
        line=line,
        amount=amount,
        currency=order.currency,
        reason=reason,
        is_told=is_told,
        ask_at=timezone.now(),
        created_at=timezone.now(),
    )
    log.info("refund_requested", order=order.code, payment=payment.code, by=by)
    transaction.on_commit(knock_for_settling)
    return payment
