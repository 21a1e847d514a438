"""Fulfil accepted player orders: each once, and each player's in the order of acceptance.

A claim, its plan and all its writes are one transaction under the locks of the players concerned.
Whatever dies, its orders are still accepted, as if they had never been looked at.
"""

from collections.abc import Callable, Iterable
from datetime import timedelta
from functools import partial

import structlog
from django.conf import settings
from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import Prefetch

from inventory.fulfilment.orders import EntryOutcome
from inventory.fulfilment.vocabulary import Result
from inventory.models import PlayerOrder, PlayerOrderEntry
from inventory.services.plan_player_orders import plan_player_orders
from inventory.services.record_outcomes import database_time, record_outcomes

log = structlog.get_logger(__name__)

# The database is away or busy: the orders are as they were, and the next knock finds them.
TRANSIENT = (OperationalError, InterfaceError)


def fulfil_waiting(limit: int) -> int:
    """Fulfil up to `limit` orders, the oldest whose players are free, and return how many.

    Any number of workers may do so at once. When a batch fails, its orders are done one by one,
    and one that fails alone is done with `internal_error` and logged.
    """
    return len(_fulfil(partial(_claim, limit)))


def fulfil_at_once(order: PlayerOrder) -> PlayerOrder:
    """Fulfil one order if its player is free soon and has no older order waiting.

    It is returned as it is stored then: done, here or by a worker, or still accepted.
    """
    try:
        done = _fulfil(partial(_claim_one, order))
    except TRANSIENT as error:
        log.warning("order_left_to_workers", order_id=order.order_id, error=repr(error))
        return order
    return done[0] if done else PlayerOrder.objects.get(pk=order.pk)


def _fulfil(claim: Callable[[], list[PlayerOrder]]) -> list[PlayerOrder]:
    orders: list[PlayerOrder] = []
    try:
        with transaction.atomic():
            orders = claim()
            if orders:
                now = database_time()
                record_outcomes(orders, plan_player_orders(orders, now=now), now=now)
    except TRANSIENT:
        raise
    except Exception:
        if not orders:
            raise
        if len(orders) > 1:
            log.exception("batch_failed", orders=len(orders))
            return [done for _ in orders for done in _fulfil(partial(_claim, 1))]
        log.exception("order_failed", order_id=orders[0].order_id, of_request=orders[0].request_id)
        return _give_up(orders[0])
    return orders


def _give_up(order: PlayerOrder) -> list[PlayerOrder]:
    with transaction.atomic():
        orders = _claim_one(order)
        failed = [
            [EntryOutcome(Result.INTERNAL_ERROR) for _ in each.entries.all()] for each in orders
        ]
        record_outcomes(orders, failed, now=database_time())
    return orders


# FOR NO KEY UPDATE does not stand in the way of the foreign key check of a new order.
CLAIM = """
    SELECT waiting.id, waiting.player_id
    FROM inventory_playerorder AS waiting
    JOIN players_player AS player ON player.id = waiting.player_id
    WHERE waiting.state = 'accepted'
    ORDER BY waiting.id
    LIMIT %s
    FOR NO KEY UPDATE OF player SKIP LOCKED
"""


def _claim(limit: int) -> list[PlayerOrder]:
    """Lock the players of the oldest waiting orders, then read what waits for these players.

    Not just the orders found: while the claim was looking, another worker may have done some of
    them, or may have let go of a player after that player's older orders had been passed over.
    """
    orders: list[PlayerOrder] = []
    while not orders:
        with connection.cursor() as cursor:
            cursor.execute(CLAIM, [limit])
            found = cursor.fetchall()
        if not found:
            break
        orders = _waiting({player_id for _, player_id in found}, up_to=found[-1][0], limit=limit)
    return orders


# The timeout is set when the tables are joined, the lock waited for after that.
LOCK_PLAYER = """
    SELECT player.id
    FROM players_player AS player, set_config('lock_timeout', %s, true)
    WHERE player.id = %s
    FOR NO KEY UPDATE OF player
"""


def _claim_one(order: PlayerOrder) -> list[PlayerOrder]:
    """Lock the order's player and read the order, unless it is done or an older one waits."""
    patience = settings.PLAYER_ORDER_LOCK_WAIT // timedelta(milliseconds=1)
    with connection.cursor() as cursor:
        cursor.execute(LOCK_PLAYER, [f"{patience}ms", order.player_id])
    orders = _waiting([order.player_id], up_to=order.pk, limit=2)
    return orders if [each.pk for each in orders] == [order.pk] else []


def _waiting(players: Iterable[int], *, up_to: int, limit: int) -> list[PlayerOrder]:
    entries = PlayerOrderEntry.objects.order_by("position")
    return list(
        PlayerOrder.objects.waiting()
        .filter(player__in=players, pk__lte=up_to)
        .select_related("player")
        .prefetch_related(Prefetch("entries", queryset=entries))
        .order_by("pk")[:limit]
    )
