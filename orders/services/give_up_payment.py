import time
from dataclasses import dataclass, field

import structlog
from django.db import transaction
from django.utils import timezone

from orders.errors import PaymentInFlight
from orders.gateways.port import GatewayMisconfigured, GatewaySilent
from orders.models import Order, Payment
from orders.services.ask_gateway import charge_of, gateway_for
from orders.services.lock_order import lock_order
from orders.services.open_charge import IN_FLIGHT, wait_after
from orders.services.record_outcome import record_outcome
from players.services.lock_player import refusing_to_wait

log = structlog.get_logger(__name__)

# While somebody waits for the answer.
ASKING_SECONDS = 10


@dataclass(slots=True)
class Patience:
    """How long gateways are asked for many orders in all; one that was silent is not asked again.

    `until` is a time of the monotonic clock; if it is not said, ASKING_SECONDS from now.
    """

    until: float = field(default_factory=lambda: time.monotonic() + ASKING_SECONDS)
    silent: set[str] = field(default_factory=set)

    def is_left_for(self, gateway: str) -> bool:
        return gateway not in self.silent and time.monotonic() < self.until


def give_up_payment(order: Order, *, by: str, patience: Patience | None = None) -> None:
    """See to it that nothing is taken for the order any more, if nothing was taken yet.

    After it there is no open charge: it was given up, or refused, or turned out to be paid, and
    then the order is processing. Its gateway is asked while nothing is locked, so not in a
    transaction. Refused with PaymentInFlight where what becomes of the charge is not known; it is
    given up by a job then. So it is, without asking, where the patience with its gateway is over.
    """
    charge = order.payments.open_charge().first()
    meant = _mean_to_void(charge) if charge else None
    if meant is None:
        return
    if patience and not patience.is_left_for(meant.gateway):
        raise PaymentInFlight(IN_FLIGHT)
    try:
        outcome = gateway_for(meant).give_up(charge_of(meant))
    except (GatewaySilent, GatewayMisconfigured) as error:
        log.warning("payment_in_flight", payment=meant.code, why=repr(error))
        if patience:
            patience.silent.add(meant.gateway)
        raise PaymentInFlight(IN_FLIGHT) from error
    if record_outcome(meant, outcome, by=by).is_in_flight:
        raise PaymentInFlight(IN_FLIGHT)


def refuse_in_flight(order: Order) -> None:
    """Refused with PaymentInFlight while money may still be taken; the caller holds the lock."""
    if order.payments.open_charge().exists():
        raise PaymentInFlight(IN_FLIGHT)


def _mean_to_void(charge: Payment) -> Payment | None:
    """Commit what is meant, so that it is done whoever dies; nothing where it is too late."""
    with refusing_to_wait(), transaction.atomic():
        lock_order(charge.order_id)
        payment = Payment.objects.select_for_update(no_key=True).get(pk=charge.pk)
        if payment.status not in (Payment.Status.PENDING, Payment.Status.AUTHORIZED):
            return None
        payment.intent = Payment.Intent.VOID
        payment.ask_at = timezone.now() + wait_after(0)
        payment.save(update_fields=["intent", "ask_at"])
    return payment
