from django.db import transaction
from django.utils import timezone

from orders.errors import WrongState
from orders.models import OrderEvent, Payment
from orders.services.knock_for_settling import knock_for_settling
from orders.services.lock_order import lock_order
from orders.services.move_payment import refundable_amount
from orders.services.record_event import attempt, record_event


def retry_refund(payment: Payment, *, by: str) -> Payment:
    """Request a refund that failed once more; to the gateway it is another one.

    Refused with WrongState where it has not failed, and with RefundTooHigh where the money went
    back in another way meanwhile. The gateway is asked after the commit.
    """
    order = payment.order
    with attempt(order, "Try the refund again", by=by):
        order = lock_order(order.pk)
        payment = Payment.objects.select_for_update(no_key=True).get(pk=payment.pk)
        if why_not := _why_no_failed_refund(payment):
            raise WrongState(why_not)
        refundable_amount(order, payment.amount)
        payment.request_again()
        payment.ask_at = timezone.now()
        payment.save()
        before = {"refunded": str(order.refunded)}
        order.refunded += payment.amount
        record_event(
            order,
            OrderEvent.Kind.REFUND,
            by=by,
            note="Tried again.",
            before=before,
            after={"refunded": str(order.refunded), "payment": payment.code},
        )
        order.save()
        transaction.on_commit(knock_for_settling)
    return payment


def why_not_retried(payment: Payment) -> str:
    """Why the refund cannot be tried again; empty: it can, as far as it knows."""
    return _why_no_failed_refund(payment) or _why_given_back(payment)


def _why_given_back(payment: Payment) -> str:
    if payment.amount <= payment.order.refundable:
        return ""
    refunds = payment.order.payments.filter(kind=Payment.Kind.REFUND)
    others = refunds.exclude(status=Payment.Status.FAILED).order_by("pk")
    return f"The money was given back by {', '.join(other.code for other in others)}."


def _why_no_failed_refund(payment: Payment) -> str:
    if payment.kind != Payment.Kind.REFUND:
        return "It is no refund."
    if payment.status != Payment.Status.FAILED:
        return f"It is {payment.get_status_display().lower()}, not failed."
    return ""
