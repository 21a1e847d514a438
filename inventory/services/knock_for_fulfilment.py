"""Tell the workers that player orders are waiting."""

from django.core.cache import cache

from config.knocks import knock, only_warning

FULFIL_TASK = "inventory.tasks.fulfil_player_orders"
KNOCKED = "player-orders-knocked"
# Long enough to keep a busy door quiet, short enough that a lost message costs little.
KNOCKED_TTL = 5


def knock_for_fulfilment() -> None:
    """Send one message to a worker, unless one is on its way already.

    Never fails and waits little: the orders are safe in their table, and where a knock is lost the
    next one, at the latest that of the beat, finds them.
    """
    with only_warning("knock_failed", task=FULFIL_TASK):
        if cache.add(KNOCKED, 1, timeout=KNOCKED_TTL):
            knock(FULFIL_TASK)


def answer_knock() -> None:
    """Let the next knock through. Done before looking for orders, so that none is missed."""
    with only_warning("knock_not_answered", task=FULFIL_TASK):
        cache.delete(KNOCKED)
