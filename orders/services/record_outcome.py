"""What a gateway said of a payment, written into our own books: as often as it is said, once."""

import structlog
from django.db import transaction
from django.utils import timezone

from orders.gateways.port import Outcome, State
from orders.models import Order, OrderEvent, Payment
from orders.services.announce_order import announce_order
from orders.services.lock_order import lock_order
from orders.services.payment_status import payment_status_of
from orders.services.record_event import record_event
from orders.services.request_refund import request_refund
from orders.vocabulary import Announced, PaymentStatus, Reason
from players.services.lock_player import refusing_to_wait

log = structlog.get_logger(__name__)

SYSTEM = "system"
NOT_FINISHED = "Nobody finished the payment."
# A gateway that contradicts itself; only people can put that right.
TWICE = {
    "payment_taken_twice": "The gateway took money that is not owed. Pay it back there.",
    "refund_done_twice": "The gateway gave money back that was given back otherwise. Look there.",
}
OPEN = (Payment.Status.REQUESTED, Payment.Status.PENDING, Payment.Status.AUTHORIZED)
OVER = (Payment.Status.FAILED, Payment.Status.VOIDED)
Kind = OrderEvent.Kind


def record_outcome(asked: Payment, outcome: Outcome, *, by: str = SYSTEM) -> Payment:
    """Let the payment and its order become what the gateway says; return the payment as it is then.

    `asked` is the payment as it was when the gateway was asked. What is said of an earlier try of a
    refund tells nothing of the one that came after it: that stays as it is.

    Locks the player and the order: refused with PlayerBusy where they are not free in time, and
    then nothing is written; the payment stays in flight, and the gateway is asked again. What was
    recorded before changes nothing.

    Money for an order that no longer waits for any goes back at once.
    """
    with refusing_to_wait(), transaction.atomic():
        order = lock_order(asked.order_id)
        payment = Payment.objects.select_for_update(no_key=True).get(pk=asked.pk)
        told = order.last_event
        if payment.tries != asked.tries:
            _pass_over(order, payment, asked, outcome, by=by)
        else:
            _keep_reference(payment, outcome)
            record = _record_charge if payment.kind == Payment.Kind.CHARGE else _record_refund
            record(order, payment, outcome, by=by)
        if order.last_event != told:
            order.save()
    return payment


def _keep_reference(payment: Payment, outcome: Outcome) -> None:
    if outcome.reference and outcome.reference != payment.reference:
        payment.reference = outcome.reference
        payment.save(update_fields=["reference"])


def _pass_over(
    order: Order, payment: Payment, asked: Payment, outcome: Outcome, *, by: str
) -> None:
    """A refund is tried again only once its last try was refused: only money given is news."""
    if outcome.state == State.PAID:
        _warn(order, payment, "refund_done_twice", reference=outcome.reference, by=by)
    else:
        log.info("outcome_of_an_earlier_try", payment=payment.code, tried=asked.tries)


def _record_charge(order: Order, payment: Payment, outcome: Outcome, *, by: str) -> None:
    is_open = payment.status in OPEN
    if outcome.state == State.PAID and payment.status != Payment.Status.COMPLETED:
        _take(order, payment, outcome, by=by)
    elif outcome.state == State.AUTHORIZED and payment.status == Payment.Status.PENDING:
        _set_aside(order, payment, by=by)
    elif outcome.state == State.GIVEN_UP and is_open and not _was_abandoned(payment):
        payment.void()
        _tell(order, payment, Kind.PAYMENT, by=by, note="It was given up; nothing was taken.")
    elif outcome.state in (State.DECLINED, State.GIVEN_UP) and is_open:
        _refuse(order, payment, outcome.why or NOT_FINISHED, by=by)


def _was_abandoned(payment: Payment) -> bool:
    """Whether a charge with a token ended though nobody wanted it to."""
    return bool(payment.token_end) and payment.intent != Payment.Intent.VOID


def _take(order: Order, payment: Payment, outcome: Outcome, *, by: str) -> None:
    others = order.payments.live_charge().exclude(pk=payment.pk)
    if order.charged + payment.amount > order.total or others.exists():
        # Only a gateway that took money after it had said that it would not.
        _warn(order, payment, "payment_taken_twice", reference=outcome.reference, by=by)
        return
    if payment.status in OVER:
        payment.turn_up()
    else:
        payment.complete()
    order.charged += payment.amount
    before = {"status": order.status}
    if order.is_unpaid:
        order.process()
        _tell(order, payment, Kind.PAYMENT, by=by, before=before)
        announce_order(order, Announced.PAID)
        return
    _tell(order, payment, Kind.PAYMENT, by=by, note="It came too late, and goes back.")
    request_refund(order, payment.amount, by=by)


def _set_aside(order: Order, payment: Payment, *, by: str) -> None:
    payment.authorize()
    if payment.intent != Payment.Intent.AUTHORIZE:
        payment.ask_at = timezone.now()  # it is to be taken, or given up
    _tell(order, payment, Kind.PAYMENT, by=by)


def _refuse(order: Order, payment: Payment, why: str, *, by: str) -> None:
    payment.fail(why=why)
    before = {"status": order.status}
    if order.status == Order.Status.PENDING_PAYMENT:
        order.fail_payment()
    _tell(order, payment, Kind.PAYMENT_REFUSED, by=by, note=why, before=before)
    if order.is_unpaid:
        announce_order(order, Announced.PAYMENT_FAILED)


def _record_refund(order: Order, payment: Payment, outcome: Outcome, *, by: str) -> None:
    is_open = payment.status in OPEN
    is_refused = outcome.state in (State.DECLINED, State.GIVEN_UP)
    if outcome.state == State.PAID and payment.status != Payment.Status.COMPLETED:
        _give_back(order, payment, outcome, by=by)
    elif is_refused and payment.status != Payment.Status.FAILED:
        why = outcome.why or "The gateway did not accept the refund."
        if is_open:
            payment.fail(why=why)
        else:
            payment.bounce(why=why)
        order.refunded -= payment.amount
        log.warning("refund_failed", order=order.code, payment=payment.code, why=why)
        _tell(order, payment, Kind.REFUND_FAILED, by=by, note=why)


def _give_back(order: Order, payment: Payment, outcome: Outcome, *, by: str) -> None:
    if payment.status == Payment.Status.FAILED:
        if payment.amount > order.refundable:
            _warn(order, payment, "refund_done_twice", reference=outcome.reference, by=by)
            return
        payment.turn_up()
        order.refunded += payment.amount
    else:
        payment.complete()
    payment.save()
    before = {"status": order.status}
    is_all = payment_status_of(order) == PaymentStatus.REFUNDED
    if is_all and order.status == Order.Status.COMPLETED:
        reason = Reason(payment.reason) if payment.reason else None
        order.refund(reason=reason, at=timezone.now())
    _tell(order, payment, Kind.REFUND_DONE, by=by, note=outcome.why, before=before)
    announce_order(
        order, Announced.REFUNDED, reason=payment.reason, notify=payment.is_told, refund=payment
    )


def _warn(order: Order, payment: Payment, what: str, *, reference: str, by: str) -> None:
    """Log it, and tell the timeline once."""
    log.error(what, order=order.code, payment=payment.code, reference=reference)
    note, after = TWICE[what], {"payment": payment.code, "reference": reference}
    if not order.events.filter(note=note, after=after).exists():
        record_event(order, Kind.PAYMENT, by=by, note=note, after=after)


def _tell(  # noqa: PLR0913 - what, who, why, from what
    order: Order,
    payment: Payment,
    kind: OrderEvent.Kind,
    *,
    by: str,
    note: str = "",
    before: dict[str, str] | None = None,
) -> None:
    """Save the payment, and let the timeline say how both stand."""
    payment.save()
    was = order.payment_status
    order.payment_status = payment_status_of(order)
    record_event(
        order,
        kind,
        by=by,
        note=note,
        before={**(before or {"status": order.status}), "payment_status": was},
        after={
            "status": order.status,
            "payment_status": order.payment_status,
            "payment": payment.code,
            "amount": str(payment.amount),
            "is": payment.status,
        },
    )
