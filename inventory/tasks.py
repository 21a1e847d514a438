"""The Celery doors of the inventory."""

import time

from celery import shared_task
from django.conf import settings

from inventory.services.fulfil_player_orders import fulfil_waiting
from inventory.services.knock_for_fulfilment import answer_knock, knock_for_fulfilment

# Well below Celery's time limit.
SHIFT_SECONDS = 60


@shared_task
def fulfil_player_orders() -> None:
    """Fulfil what waits until nothing is left; after a minute, let a new message take over.

    Delivered twice or to many workers at once, it does no harm. It is not retried when the database
    is away: the clock knocks again.
    """
    answer_knock()
    end = time.monotonic() + SHIFT_SECONDS
    while fulfil_waiting(settings.PLAYER_ORDER_BATCH):
        if time.monotonic() > end:
            knock_for_fulfilment()
            return
