from uuid import UUID

from orders.cancelling import Cancelling
from orders.errors import PaymentInFlight, WrongState
from orders.models import Order, OrderEvent, Payment
from orders.services.cancel_order import cancel_order
from orders.services.give_up_payment import give_up_payment
from orders.services.record_event import asked_before, attempt, record_refusal
from orders.vocabulary import PaymentStatus

VOIDABLE = (PaymentStatus.PENDING, PaymentStatus.AUTHORIZED)


def void_payment(order: Order, *, by: str, operation_id: UUID | None = None) -> Payment | None:
    """Give up the payment of an order that is not paid, and cancel it with that (DOMAIN 3.9).

    It returns the charge that was given up; none where none had begun. Refused with WrongState,
    also where the charge turns out to have taken the money, and with PaymentInFlight where what
    became of it is not known. Not to be called in a transaction.
    """
    with attempt(order, "Void", by=by):
        now = Order.objects.get(pk=order.pk)
        if asked_before(now, operation_id, OrderEvent.Kind.CANCELLATION):
            return _last_charge(now)
        if why_not := why_not_voided(now):
            raise WrongState(why_not)
    try:
        give_up_payment(order, by=by)
    except PaymentInFlight as refusal:
        record_refusal(order.pk, "Void", refusal, by=by)
        raise
    with attempt(order, "Void", by=by):
        now = Order.objects.get(pk=order.pk)
        if why_not := why_not_voided(now):
            raise WrongState(why_not)
    how = Cancelling(note="The payment was voided.", of=Order.Status(now.status))
    cancel_order(order, how=how, by=by, operation_id=operation_id)
    return _last_charge(order)


def why_not_voided(order: Order) -> str:
    """Why there is no payment to give up; empty: there is, as far as it knows."""
    if not order.is_sale:
        return "It is paid in coins."
    if not order.is_unpaid:
        return f"It is {order.get_status_display().lower()}."
    if order.payment_status not in VOIDABLE:
        return f"Its payment is {order.get_payment_status_display().lower()}."
    return ""


def _last_charge(order: Order) -> Payment | None:
    return order.payments.charges().order_by("pk").last()
