from uuid import UUID

from orders.cancelling import Cancelling
from orders.errors import WrongState
from orders.models import Order, OrderEvent
from orders.services.announce_order import announce_order
from orders.services.cancel_order import cancel_order
from orders.services.charge_offline import charge_offline
from orders.services.complete_order import complete_order, why_not_completed
from orders.services.give_up_payment import give_up_payment
from orders.services.lock_order import lock_order
from orders.services.record_event import asked_before, attempt, record_event
from orders.services.stop_paying import ask_not_being_paid, give_up_pending
from orders.vocabulary import Announced, PaymentStatus

Status = Order.Status
Kind = OrderEvent.Kind

# Where a person may bring a sale, and from where (DOMAIN 3.2).
SOURCES = {
    Status.PENDING_PAYMENT: (Status.PAYMENT_FAILED,),
    Status.PROCESSING: (Status.PENDING_PAYMENT, Status.PAYMENT_FAILED),
    Status.COMPLETED: (Status.PROCESSING,),
    Status.CANCELLED: (Status.PENDING_PAYMENT, Status.PAYMENT_FAILED, Status.PROCESSING),
}
KINDS = {Status.COMPLETED: Kind.COMPLETION, Status.CANCELLED: Kind.CANCELLATION}


def change_sale_status(
    order: Order, *, to: Order.Status, note: str, by: str, operation_id: UUID | None = None
) -> Order:
    """Bring a sale to a status by hand (DOMAIN 3.2); in that status already, it is left as it is.

    `processing` says that it was paid outside: its total is recorded as a charge. `completed` and
    `cancelled` do all that goes with them. A payment on its way is given up before an order is
    cancelled or said to be paid; its gateway is asked while nothing is locked, so not in a
    transaction. Refused with WrongState for what a person cannot bring about, and with
    PaymentInFlight while it is not known what became of a payment.
    """
    if not why_not_changed(order, to):
        if to == Status.CANCELLED:
            give_up_payment(order, by=by)
        elif to == Status.PROCESSING:
            give_up_pending(order, by=by)
    with attempt(order, f"Change to {to}", by=by):
        order = lock_order(order.pk)
        if asked_before(order, operation_id, KINDS.get(to, Kind.STATUS)) or order.status == to:
            return order
        if why_not := why_not_changed(order, to):
            raise WrongState(why_not)
        if to == Status.CANCELLED:
            how = Cancelling(note=note)
            return cancel_order(order, how=how, by=by, operation_id=operation_id)
        if to == Status.COMPLETED:
            return complete_order(order=order, note=note, by=by, operation_id=operation_id)
        _change(order, to, note=note, by=by, operation_id=operation_id)
    return order


def why_not_changed(order: Order, to: Order.Status) -> str:
    """Why a person cannot bring the sale there now; empty where it can, as far as it knows."""
    if order.status not in SOURCES.get(to, ()):
        now, then = order.get_status_display().lower(), Status(to).label.lower()
        return f"A sale that is {now} cannot be made {then}."
    return why_not_completed(order) if to == Status.COMPLETED else ""


def _change(
    order: Order, to: Order.Status, *, note: str, by: str, operation_id: UUID | None
) -> None:
    before = {"status": order.status, "payment_status": order.payment_status}
    if to == Status.PROCESSING:
        ask_not_being_paid(order)
        charge_offline(order)
        order.process()
    else:
        order.await_payment()
        if order.payment_status == PaymentStatus.FAILED:
            order.payment_status = PaymentStatus.PENDING
    record_event(
        order,
        Kind.STATUS,
        by=by,
        note=note,
        before=before,
        after={"status": order.status, "payment_status": order.payment_status},
        operation_id=operation_id,
    )
    if to == Status.PROCESSING:
        announce_order(order, Announced.PAID)
    order.save()
