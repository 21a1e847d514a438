"""The Celery doors of the inventory."""

import time

from celery import shared_task
from django.conf import settings

from inventory.services.expire_inventory import expire_inventory as expire
from inventory.services.fulfil_player_orders import fulfil_waiting
from inventory.services.knock_for_fulfilment import answer_knock, knock_for_fulfilment

SHIFT_SECONDS = 60
# A shift and its last batch end well before. It strikes once in a task, and well before the limit
# that kills.
SOFT_LIMIT_SECONDS = 120
EXPIRE_BATCH = 1_000


@shared_task(soft_time_limit=SOFT_LIMIT_SECONDS)
def fulfil_player_orders() -> None:
    """Fulfil what waits until nothing is left; after a minute, let a new message take over.

    The batch that meets the soft limit of time fails, and its orders are done one by one. Delivered
    twice or to many workers at once, it does no harm. It is not retried when the database
    is away: the clock knocks again.
    """
    answer_knock()
    end = time.monotonic() + SHIFT_SECONDS
    while fulfil_waiting(settings.PLAYER_ORDER_BATCH):
        if time.monotonic() > end:
            knock_for_fulfilment()
            return


@shared_task
def expire_inventory() -> None:
    """Mark what is over, batch after batch."""
    while expire(EXPIRE_BATCH) == EXPIRE_BATCH:
        pass
