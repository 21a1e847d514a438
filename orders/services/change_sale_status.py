from uuid import UUID

from orders.errors import WrongState
from orders.models import Order, OrderEvent
from orders.services.announce_order import announce_order
from orders.services.ask_not_being_paid import ask_not_being_paid
from orders.services.cancel_sale import cancel_sale
from orders.services.charge_offline import charge_offline
from orders.services.complete_order import complete_order
from orders.services.lock_order import lock_order
from orders.services.record_event import asked_before, attempt, record_event
from orders.vocabulary import Announced, PaymentStatus

Status = Order.Status

# Where a person may bring a sale, and from where (DOMAIN 3.2).
SOURCES = {
    Status.PENDING_PAYMENT: (Status.PAYMENT_FAILED,),
    Status.PROCESSING: (Status.PENDING_PAYMENT, Status.PAYMENT_FAILED),
    Status.COMPLETED: (Status.PROCESSING,),
    Status.CANCELLED: (Status.PENDING_PAYMENT, Status.PAYMENT_FAILED, Status.PROCESSING),
}


def change_sale_status(
    order: Order, *, to: Order.Status, note: str, by: str, operation_id: UUID | None = None
) -> Order:
    """Bring a sale to a status by hand (DOMAIN 3.2); in that status already, it is left as it is.

    To `processing` says that it was paid outside: the total is recorded as a charge. `completed`
    and `cancelled` do all that goes with them. Refused with WrongState for what a person cannot
    bring about, and with PaymentInFlight while what became of a payment is not known.
    """
    if to == Status.CANCELLED:
        return _cancel(order, note=note, by=by, operation_id=operation_id)
    if to == Status.COMPLETED:
        return _complete(order, note=note, by=by, operation_id=operation_id)
    with attempt(order, "Change the status", by=by):
        order = lock_order(order.pk)
        if asked_before(order, operation_id, OrderEvent.Kind.STATUS) or order.status == to:
            return order
        if why_not := why_not_changed(order, to):
            raise WrongState(why_not)
        before = {"status": order.status, "payment_status": order.payment_status}
        if to == Status.PROCESSING:
            ask_not_being_paid(order)
            charge_offline(order)
            order.process()
        else:
            order.await_payment()
            order.payment_status = PaymentStatus.PENDING
        record_event(
            order,
            OrderEvent.Kind.STATUS,
            by=by,
            note=note,
            before=before,
            after={"status": order.status, "payment_status": order.payment_status},
            operation_id=operation_id,
        )
        if to == Status.PROCESSING:
            announce_order(order, Announced.PAID)
        order.save()
    return order


def why_not_changed(order: Order, to: Order.Status) -> str:
    """Why a person cannot bring the sale there now; empty where it can, as far as it knows."""
    if order.status in SOURCES.get(to, ()):
        return ""
    now, then = order.get_status_display().lower(), Status(to).label.lower()
    return f"A sale that is {now} cannot be made {then}."


def _cancel(order: Order, *, note: str, by: str, operation_id: UUID | None) -> Order:
    if Order.objects.get(pk=order.pk).status == Status.CANCELLED:
        return order
    return cancel_sale(order, note=note, by=by, operation_id=operation_id)


def _complete(order: Order, *, note: str, by: str, operation_id: UUID | None) -> Order:
    if Order.objects.get(pk=order.pk).status == Status.COMPLETED:
        return order
    return complete_order(order=order, note=note, by=by, operation_id=operation_id)
