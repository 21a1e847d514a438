"""The Celery doors of orders."""

import time
from collections.abc import Callable

from celery import shared_task

from orders.services.deliver_webhooks import deliver_webhooks
from orders.services.expire_orders import expire_orders as expire
from orders.services.fold_sales import fold_sales as fold
from orders.services.remove_export_files import expire_exports as expire_old_exports
from orders.services.run_bulk_cancellations import run_bulk_cancellations as run_bulk
from orders.services.run_exports import run_exports as run_due_exports
from orders.services.run_reports import run_reports as report
from orders.services.send_mail import send_mail as send
from orders.services.settle_payments import settle_payments as settle
from orders.services.take_notice import take_notice as take

SHIFT_SECONDS = 50
EXPIRE_BATCH = 100
OUTBOX_SHIFT_SECONDS = 30
SETTLE_BATCH = 20


@shared_task
def expire_orders() -> None:
    """Release what ran out, batch after batch, for a minute at most: then the clock knocks again.

    Delivered twice or to many workers at once, it does no harm.
    """
    _in_batches(expire, EXPIRE_BATCH, seconds=SHIFT_SECONDS)


@shared_task
def fold_sales() -> None:
    """Count again the days whose sales have changed, for the metrics.

    Delivered twice or to many workers at once it does no harm; not at all, metrics take longer.
    """
    fold()


@shared_task
def send_webhooks() -> None:
    """Call endpoints until nothing is due, for half a minute at most: then the clock knocks again.

    Delivered twice or to many workers at once, it does no harm.
    """
    deliver_webhooks(seconds=OUTBOX_SHIFT_SECONDS)


@shared_task
def send_mail() -> None:
    """Send mail until none is due, for half a minute at most: then the clock knocks again."""
    send(seconds=OUTBOX_SHIFT_SECONDS)


@shared_task
def settle_payments() -> None:
    """Ask gateways what became of payments, for half a minute at most: then the clock knocks again.

    Delivered twice or to many workers at once, it does no harm.
    """
    _in_batches(settle, SETTLE_BATCH, seconds=OUTBOX_SHIFT_SECONDS)


@shared_task
def take_notice(gateway_id: str, key: str) -> None:
    """A gateway says that something became of a payment: it is asked what."""
    take(gateway_id, key)


@shared_task
def run_bulk_cancellations() -> None:
    """Look at and cancel many orders for half a minute at most: then the clock knocks again.

    Delivered twice or to many workers at once, it does no harm.
    """
    run_bulk(seconds=OUTBOX_SHIFT_SECONDS)


@shared_task
def run_exports() -> None:
    """Make files for half a minute at most: then the clock knocks again.

    Delivered twice or to many workers at once, it does no harm.
    """
    run_due_exports(seconds=OUTBOX_SHIFT_SECONDS)


@shared_task
def expire_exports() -> None:
    """Remove old files of exports, for a minute at most: then the clock knocks again."""
    _in_batches(expire_old_exports, EXPIRE_BATCH, seconds=SHIFT_SECONDS)


@shared_task
def run_reports() -> None:
    """Begin the scheduled reports that are due, and go on with those that wait for their export.

    Delivered twice or to many workers at once, it does no harm.
    """
    report()


def _in_batches(do: Callable[[int], int], batch: int, *, seconds: float) -> None:
    """Until one is not full, or the time is over; one is done in any case."""
    end = time.monotonic() + seconds
    while do(batch) == batch and time.monotonic() < end:
        pass
