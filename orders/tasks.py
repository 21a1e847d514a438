"""The Celery doors of orders."""

import time

from celery import shared_task

from orders.services.expire_reservations import expire_reservations as expire

SHIFT_SECONDS = 50
EXPIRE_BATCH = 100


@shared_task
def expire_reservations() -> None:
    """Release what ran out, batch after batch, for a minute at most: then the clock knocks again.

    Delivered twice or to many workers at once, it does no harm.
    """
    end = time.monotonic() + SHIFT_SECONDS
    while expire(EXPIRE_BATCH) == EXPIRE_BATCH and time.monotonic() < end:
        pass
