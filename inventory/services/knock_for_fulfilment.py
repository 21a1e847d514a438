"""Tell the workers that player orders are waiting."""

import structlog
from celery import current_app
from django.core.cache import cache

log = structlog.get_logger(__name__)

FULFIL_TASK = "inventory.tasks.fulfil_player_orders"
KNOCKED = "player-orders-knocked"
# Long enough to keep a busy door quiet, short enough that a lost message costs little.
KNOCKED_TTL = 5


def knock_for_fulfilment() -> None:
    """Send one message to a worker, unless one is on its way already.

    Never fails and waits little: the orders are safe in their table, and where a knock is lost the
    next one, at the latest that of the beat, finds them.
    """
    try:
        if cache.add(KNOCKED, 1, timeout=KNOCKED_TTL):
            current_app.send_task(FULFIL_TASK, ignore_result=True)
    except Exception as error:  # noqa: BLE001 - whatever ails the broker, the order is accepted
        log.warning("knock_failed", error=repr(error))


def answer_knock() -> None:
    """Let the next knock through. Done before looking for orders, so that none is missed."""
    try:
        cache.delete(KNOCKED)
    except Exception as error:  # noqa: BLE001 - the key expires by itself
        log.warning("knock_not_answered", error=repr(error))
