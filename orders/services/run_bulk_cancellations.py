"""The work on bulk cancellations: each order is looked at, and later cancelled, by itself."""

import time
from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import uuid5

import structlog
from django.db import transaction
from django.db.models import Prefetch, Q
from django.utils import timezone

from config.errors import Refusal
from orders.cancelling import CancellingMany
from orders.models import BulkCancellation, BulkCancellationRow, Order, OrderLine
from orders.services.cancel_order import cancel_order
from orders.services.give_up_payment import Patience, give_up_payment
from orders.services.what_cancelling_does import Effect, what_cancelling_does
from players.errors import PlayerBusy

log = structlog.get_logger(__name__)

State = BulkCancellation.State
RowState = BulkCancellationRow.State
LOOKED_AT_ONCE = 200
CANCELLED_AT_ONCE = 20
TRIES = 3
# Longer than one order takes: a worker that died is followed by another after that.
LEASE = timedelta(seconds=60)
UNEXPECTED = "Something unexpected happened; the logs have it. Look at the order."
LINES = Prefetch(
    "lines",
    OrderLine.objects.select_related("product", "player_order").order_by("position"),
)


def run_bulk_cancellations(*, seconds: float) -> int:
    """Work on what waits, batch after batch, for so long at most; it returns how many batches.

    Any number of processes may do so at once: each takes another bulk cancellation, and holds it
    by a lease. One that dies is followed by another when its lease ends; what it had done of an
    order is not done again, since the operation id of each follows from that of all. No order is
    begun, and no gateway asked, when the time is over.
    """
    end = time.monotonic() + seconds
    patience = Patience(until=end)
    batches = 0
    while time.monotonic() < end and (bulk := _take()):
        if bulk.state == State.LOOKING:
            _look(bulk)
        else:
            _cancel_some(bulk, patience)
        held = BulkCancellation.objects.filter(pk=bulk.pk, leased_until=bulk.leased_until)
        held.update(leased_until=None)
        batches += 1
    return batches


@transaction.atomic
def _take() -> BulkCancellation | None:
    now = timezone.now()
    free = BulkCancellation.objects.at_work().filter(Q(leased_until=None) | Q(leased_until__lt=now))
    bulk = free.select_for_update(skip_locked=True).order_by("pk").first()
    if bulk is not None:
        _lease(bulk, now)
    return bulk


def _lease(bulk: BulkCancellation, now: datetime) -> bool:
    """Hold it for a while longer, while it is ours and there is something to do for it."""
    until = now + LEASE
    held = BulkCancellation.objects.filter(
        pk=bulk.pk, state=bulk.state, leased_until=bulk.leased_until
    )
    if not held.update(leased_until=until):
        return False
    bulk.leased_until = until
    return True


def _look(bulk: BulkCancellation) -> None:
    """Find out what would become of the next of them, and change nothing else."""
    how = CancellingMany.from_json(bulk.how)
    rows = list(bulk.rows.filter(state=RowState.WAITING).order_by("pk")[:LOOKED_AT_ONCE])
    orders = _orders(rows)
    for row in rows:
        order = orders[row.order_id]
        effect = _effect(order, how)
        row.state = RowState.UNABLE if effect.refusal else RowState.ABLE
        row.said = effect.refusal or "\n".join(effect.lines)
        row.seen = effect.seen
        row.back = Decimal(0) if effect.refusal else how.back(order)
    with transaction.atomic():
        now = BulkCancellation.objects.select_for_update().get(pk=bulk.pk)
        if now.state != State.LOOKING or now.looks != bulk.looks:
            return
        BulkCancellationRow.objects.bulk_update(rows, ["state", "said", "seen", "back"])
        if not now.rows.filter(state=RowState.WAITING).exists():
            now.show()
            now.save(update_fields=["state"])


def _effect(order: Order, how: CancellingMany) -> Effect:
    try:
        return what_cancelling_does(order, how.of(order))
    except Exception:
        log.exception("bulk_cancellation_failed", order=str(order))
        return Effect([], refusal=UNEXPECTED)


def _cancel_some(bulk: BulkCancellation, patience: Patience) -> None:
    how = CancellingMany.from_json(bulk.how)
    rows = list(bulk.rows.filter(state=RowState.ABLE).order_by("pk")[:CANCELLED_AT_ONCE])
    orders = _orders(rows)
    for row in rows:
        if time.monotonic() >= patience.until or not _lease(bulk, timezone.now()):
            return  # another goes on, or it was stopped
        refusal = _cancel(bulk, row, orders[row.order_id], how, patience)
        _say(row, refusal)
    with transaction.atomic():
        now = BulkCancellation.objects.select_for_update().get(pk=bulk.pk)
        if now.state == State.RUNNING and not now.rows.filter(state=RowState.ABLE).exists():
            now.finish(at=timezone.now())
            now.save(update_fields=["state", "ended_at"])


def _say(row: BulkCancellationRow, refusal: str) -> None:
    """Say what became of it. Two may, if one was silent for long: what is cancelled stays so."""
    rows = BulkCancellationRow.objects.filter(pk=row.pk)
    if refusal:
        rows.filter(state=RowState.ABLE).update(state=RowState.REFUSED, said=refusal)
    else:
        rows.update(state=RowState.CANCELLED, said=row.said)


def _cancel(
    bulk: BulkCancellation,
    row: BulkCancellationRow,
    order: Order,
    how: CancellingMany,
    patience: Patience,
) -> str:
    """Cancel it as it was shown; why it was not, where it was refused."""
    by = f"staff:{bulk.owner_id}"
    for tried in range(1, TRIES + 1):
        try:
            if order.is_sale:
                give_up_payment(order, by=by, patience=patience)
            cancel_order(
                order,
                how=how.of(order),
                by=by,
                operation_id=uuid5(bulk.operation_id, str(order.pk)),
                seen=row.seen,
            )
        except PlayerBusy as busy:
            # Its lock was waited for; others go on meanwhile.
            if tried == TRIES:
                return busy.message
        except Refusal as refusal:
            return refusal.message
        except Exception:
            log.exception("bulk_cancellation_failed", order=str(order), bulk=bulk.pk)
            return UNEXPECTED
        else:
            return ""
    raise AssertionError


def _orders(rows: Iterable[BulkCancellationRow]) -> dict[int, Order]:
    related = Order.objects.select_related(
        "player", "establishment", "product", "delivery", "gateway"
    )
    return related.prefetch_related(LINES, "payments").in_bulk([row.order_id for row in rows])
