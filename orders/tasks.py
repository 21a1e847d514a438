"""The Celery doors of orders."""

import time

from celery import shared_task

from orders.services.deliver_webhooks import deliver_webhooks
from orders.services.expire_orders import expire_orders as expire
from orders.services.send_mail import send_mail as send

SHIFT_SECONDS = 50
EXPIRE_BATCH = 100
OUTBOX_SHIFT_SECONDS = 30


@shared_task
def expire_orders() -> None:
    """Release what ran out, batch after batch, for a minute at most: then the clock knocks again.

    Delivered twice or to many workers at once, it does no harm.
    """
    end = time.monotonic() + SHIFT_SECONDS
    while expire(EXPIRE_BATCH) == EXPIRE_BATCH and time.monotonic() < end:
        pass


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
