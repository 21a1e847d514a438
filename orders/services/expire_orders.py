import time
from collections.abc import Iterator
from datetime import datetime

import structlog
from django.db.models import Q
from django.utils import timezone

from config.errors import Refusal
from orders.cancelling import Cancelling
from orders.errors import PaymentInFlight
from orders.models import Order, Payment
from orders.services.cancel_order import cancel_order
from orders.services.give_up_payment import give_up_payment
from orders.services.record_event import attempt
from orders.vocabulary import Reason
from players.errors import PlayerBusy
from players.services.lock_player import take_player

log = structlog.get_logger(__name__)

SYSTEM = "system"
PAGE = 100
ASKING_SECONDS = 20
REASONS = {
    Order.Kind.REWARD: Reason.EXPIRED,
    Order.Kind.SALE: Reason.PAYMENT_EXPIRED,
}


def expire_orders(limit: int) -> int:
    """Cancel what ran out: reservations that nobody captured, sales that nobody paid.

    Up to `limit` of them, the one that waits longest first, each in a transaction of its own; it
    returns how many. One that cannot be cancelled is logged and passed over until the next time:
    it keeps none of the others. Any number of processes may do so at once (DOMAIN 1.5, 3.3).

    Of a sale a payment that is on its way is given up first, while nothing is locked: not to be
    called in a transaction. While it is not known what became of it, the hold stays; gateways are
    asked for ASKING_SECONDS at most, and `settle_payments` asks again.
    """
    at = timezone.now()
    end = time.monotonic() + ASKING_SECONDS
    released = 0
    for order in _overdue(at):
        if released == limit:
            break
        released += _release(order, at, may_ask=time.monotonic() < end)
    return released


def _overdue(at: datetime) -> Iterator[Order]:
    """Page by page, each begun after the last row of the one before: nothing is met twice."""
    overdue = Order.objects.ran_out(at=at)
    page = list(overdue[:PAGE])
    while page:
        yield from page
        last = page[-1]
        after = Q(expires_at__gt=last.expires_at) | Q(expires_at=last.expires_at, pk__gt=last.pk)
        page = list(overdue.filter(after)[:PAGE])


def _release(order: Order, at: datetime, *, may_ask: bool) -> bool:
    """Whether it was cancelled here: it may have been captured, paid or cancelled meanwhile."""
    try:
        if order.is_sale and not _is_unpaid_for_good(order, may_ask=may_ask):
            return False
        with attempt(order, "Release what ran out", by=SYSTEM):
            # Nothing changes the order while its player is held.
            take_player(order.player_id)
            if not _has_run_out(order, at):
                return False
            how = Cancelling(reason=REASONS[Order.Kind(order.kind)])
            cancel_order(order=order, how=how, by=SYSTEM)
    except Refusal as refusal:
        log.warning("order_not_released", order=str(order), code=refusal.code)
        return False
    except Exception:
        log.exception("order_not_released", order=str(order))
        return False
    return True


def _is_unpaid_for_good(order: Order, *, may_ask: bool) -> bool:
    """Whether nothing can be taken for it any more; else that is seen to, for a later time."""
    charge = order.payments.open_charge().first()
    if charge is None:
        return True
    if not may_ask or charge.intent == Payment.Intent.VOID:
        return False
    try:
        give_up_payment(order, by=SYSTEM)
    except (PaymentInFlight, PlayerBusy) as refusal:
        log.info("order_not_released_yet", order=str(order), code=refusal.code)
        return False
    return True


def _has_run_out(order: Order, at: datetime) -> bool:
    return Order.objects.ran_out(at=at).filter(pk=order.pk).exists()
