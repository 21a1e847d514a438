"""Ask gateways what became of payments in flight, until it is known (DOMAIN 3.9)."""

import structlog
from django.db import transaction
from django.utils import timezone

from orders.gateways.port import Gateway, GatewayMisconfigured, GatewaySilent, Outcome, State
from orders.models import Payment
from orders.services.ask_gateway import charge_of, gateway_for, refund_of
from orders.services.lock_order import lock_order
from orders.services.open_charge import ABANDONED_AFTER, wait_after
from orders.services.record_outcome import SYSTEM, record_outcome
from players.errors import PlayerBusy
from players.services.lock_player import refusing_to_wait

log = structlog.get_logger(__name__)


def settle_payments(limit: int) -> int:
    """Settle up to `limit` payments whose time has come, the longest waiting first.

    It returns how many were asked for. Any number of processes may do so at once: each payment is
    claimed, and asked for again later, twice as late each time. One that cannot be settled keeps
    none of the others; a gateway that is silent is asked nothing more this time.
    """
    silent: set[str] = set()
    for asked in range(limit):
        payment = _claim(silent)
        if payment is None:
            return asked
        try:
            _settle(payment)
        except (GatewaySilent, GatewayMisconfigured) as error:
            _log_silence(payment, error)
            silent.add(payment.gateway)
        except PlayerBusy:
            log.info("payment_not_settled", payment=payment.code, why="player_busy")
        except Exception:
            log.exception("payment_not_settled", payment=payment.code)
    return limit


def settle_payment(payment_id: int, *, by: str = SYSTEM) -> Payment:
    """Ask for one payment now, if it is in flight; return it as it is then.

    `by` is who the timeline says it of. For a gateway's notice, and for staff. A gateway that stays
    silent leaves it as it is.
    """
    payment = Payment.objects.get(pk=payment_id)
    if payment.is_in_flight:
        try:
            return _settle(payment, by=by)
        except (GatewaySilent, GatewayMisconfigured) as error:
            _log_silence(payment, error)
        except PlayerBusy:
            log.info("payment_not_settled", payment=payment.code, why="player_busy")
    return Payment.objects.get(pk=payment_id)


def _log_silence(payment: Payment, error: Exception) -> None:
    misconfigured = isinstance(error, GatewayMisconfigured)
    say = log.error if misconfigured else log.warning
    say(
        "gateway_misconfigured" if misconfigured else "gateway_silent",
        gateway=payment.gateway,
        payment=payment.code,
        why=str(error),
    )


@transaction.atomic
def _claim(silent: set[str]) -> Payment | None:
    """Take the next, so that nobody else asks for it before its next time."""
    now = timezone.now()
    due = Payment.objects.to_be_asked(at=now).exclude(gateway__in=silent)
    payment = due.select_for_update(no_key=True, skip_locked=True).first()
    if payment is not None:
        payment.ask_at = now + wait_after(payment.times_asked)
        payment.times_asked += 1
        payment.save(update_fields=["ask_at", "times_asked"])
    return payment


def _settle(payment: Payment, *, by: str = SYSTEM) -> Payment:
    gateway = gateway_for(payment)
    if payment.kind == Payment.Kind.REFUND:
        payment = _send(payment)
        return record_outcome(payment, _ask_for_refund(gateway, payment), by=by)
    return record_outcome(payment, _ask_for_charge(gateway, payment), by=by)


def _ask_for_charge(gateway: Gateway, payment: Payment) -> Outcome:
    charge = charge_of(payment)
    if payment.intent == Payment.Intent.VOID:
        return gateway.give_up(charge)
    if payment.status == Payment.Status.AUTHORIZED:
        return gateway.capture(charge)
    outcome = gateway.look_up(charge)
    if outcome.state == State.OPEN and _is_abandoned(payment):
        return gateway.give_up(charge)
    return outcome


def _is_abandoned(payment: Payment) -> bool:
    """A buyer takes as long as the checkout lasts; but one that has no page was never seen."""
    is_with_buyer = payment.reference and not payment.token_end
    return not is_with_buyer and payment.created_at < timezone.now() - ABANDONED_AFTER


def _ask_for_refund(gateway: Gateway, payment: Payment) -> Outcome:
    """One that the gateway has named is looked up; else it may not have heard: it is told again."""
    refund = refund_of(payment)
    return gateway.look_up_refund(refund) if payment.reference else gateway.refund(refund)


def _send(payment: Payment) -> Payment:
    """The refund as it is now, on its way to the gateway."""
    if payment.status != Payment.Status.REQUESTED:
        return payment
    with refusing_to_wait(), transaction.atomic():
        lock_order(payment.order_id)
        now = Payment.objects.select_for_update(no_key=True).get(pk=payment.pk)
        if now.status == Payment.Status.REQUESTED:
            now.ask()
            now.ask_at = timezone.now() + wait_after(now.times_asked)
            now.save(update_fields=["status", "ask_at"])
    return now
