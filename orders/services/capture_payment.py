from decimal import Decimal

import structlog
from django.utils import timezone

from orders.errors import AmountWrong, PaymentRefused, WrongState
from orders.models import Order, Payment
from orders.services.lock_order import lock_order
from orders.services.open_charge import wait_after, why_not_paid
from orders.services.record_event import attempt
from orders.services.settle_payments import settle_payment
from orders.services.shown_amounts import shown_money

log = structlog.get_logger(__name__)


def capture_payment(order: Order, *, amount: Decimal, by: str) -> Payment:
    """Take all of the money that was set aside for the order (DOMAIN 3.9).

    What is meant is committed before the gateway is asked. Where that stays silent the payment
    comes back in flight. What is captured already comes back as it is. Refused with WrongState,
    AmountWrong, and with PaymentRefused once the refusal is committed.
    """
    payment = _mean_to_capture(order, amount, by=by)
    if payment.is_in_flight:
        payment = settle_payment(payment.pk, by=by)
    if payment.status == Payment.Status.FAILED:
        raise PaymentRefused(payment.failure, payment=payment.code)
    return payment


def why_not_captured_payment(order: Order) -> str:
    """Why no money can be captured; empty: it can, as far as it knows."""
    if why_not := why_not_paid(order):
        return why_not
    charge = order.payments.live_charge().first()
    if charge is None or charge.status == Payment.Status.PENDING:
        return "No money is set aside for it."
    if charge.intent == Payment.Intent.VOID and charge.status == Payment.Status.AUTHORIZED:
        return "Its payment is being given up."
    return ""


def _mean_to_capture(order: Order, amount: Decimal, *, by: str) -> Payment:
    with attempt(order, "Capture", by=by):
        order = lock_order(order.pk)
        if why_not := why_not_captured_payment(order):
            raise WrongState(why_not)
        payment = order.payments.live_charge().get()
        if amount != payment.amount:
            raise AmountWrong(
                f"{shown_money(payment.amount, payment.currency)} are set aside, not {amount}",
                total=payment.amount,
            )
        if payment.status == Payment.Status.AUTHORIZED:
            payment.intent = Payment.Intent.CAPTURE
            payment.ask_at = timezone.now() + wait_after(0)
            payment.save(update_fields=["intent", "ask_at"])
    return payment
