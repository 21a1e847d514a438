"""Fulfil accepted player orders: each once, and each player's in the order of acceptance.

A claim, its plan and all its writes are one transaction under the locks of the players concerned.
Whatever dies, its orders are still accepted, as if they had never been looked at.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import accumulate, islice

import structlog
from django.db import InterfaceError, OperationalError, connection, transaction
from psycopg.errors import DeadlockDetected, LockNotAvailable, SerializationFailure

from catalog.services.take_snapshot import current_catalogue
from catalog.snapshot import promotion_code
from inventory.fulfilment.orders import EntryOutcome
from inventory.fulfilment.vocabulary import EntryType, Result
from inventory.models import PlayerOrder, PlayerOrderEntry
from inventory.services.database import ask, database_time
from inventory.services.knock_for_fulfilment import knock_for_fulfilment
from inventory.services.place_child_orders import place_child_orders
from inventory.services.plan_player_orders import Claimed, plan_player_orders
from inventory.services.record_outcomes import record_outcomes
from inventory.services.rules_in_force import rules_in_force
from players.services.lock_player import lock_player

log = structlog.get_logger(__name__)

# A batch has no more orders than its limit, and no more entries than this: it is planned in memory.
BATCH_ENTRIES = 5_000

# The database is away, or refuses.
TRANSIENT = (OperationalError, InterfaceError)


class ConnectionLostError(OperationalError):
    """What was to be done is as it was, unless the connection went away while it was committed."""


# Another transaction is in the way: the order is as it was, and the next knock finds it.
BUSY = (SerializationFailure, DeadlockDetected, LockNotAvailable)


def fulfil_waiting(limit: int) -> int:
    """Fulfil up to `limit` orders, the oldest whose players are free, and return how many.

    Any number of workers may do so at once. When a batch fails, its orders are done one by one, and
    none keeps the others from being done. One that fails alone, and fails again, is done with
    `internal_error` and logged. What another transaction is in the way of stays accepted, and so
    does all that is left when the connection is lost, which is raised.
    """
    return len(_fulfil(partial(_claim, limit)))


def fulfil_at_once(order: PlayerOrder) -> PlayerOrder:
    """Fulfil one order if its player is free soon and has no older order waiting.

    It is returned as it is stored then: done, here or by a worker, or still accepted.
    """
    try:
        done = _fulfil(partial(_claim_one, order))
        return done[0] if done else PlayerOrder.objects.get(pk=order.pk)
    except TRANSIENT as error:
        _leave(order, error)
        return order


def _fulfil(claim: Callable[[], Claimed], *, again: bool = False) -> list[PlayerOrder]:
    claimed: Claimed = {}
    try:
        with _transaction():
            claimed = claim()
            if claimed:
                claimed = _do(claimed)
        return list(claimed)
    except ConnectionLostError:
        raise
    except Exception as error:
        if not claimed:
            raise
        if len(claimed) > 1:
            log.exception("batch_failed", orders=len(claimed))
            return [done for order in claimed for done in _fulfil_alone(order)]
        [order] = claimed
        if isinstance(error.__cause__, BUSY):
            _leave(order, error)
            return []
        if not again:
            # The catalogue may have changed under the plan.
            log.warning("order_tried_again", order_id=order.order_id, error=repr(error))
            return _fulfil_alone(order, again=True)
        log.exception("order_failed", order_id=order.order_id, of_request=order.request_id)
        return list(_give_up(order))


def _fulfil_alone(order: PlayerOrder, *, again: bool = False) -> list[PlayerOrder]:
    """Fulfil this order of those that were claimed; if even that fails, it is left as it is."""
    try:
        return _fulfil(partial(_claim_one, order), again=again)
    except ConnectionLostError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever it is, the others are done
        _leave(order, error)
        return []


@contextmanager
def _transaction() -> Iterator[None]:
    """Tell a database that is away from one that refuses a statement."""
    used = None
    try:
        connection.ensure_connection()
        with transaction.atomic():
            used = connection.connection
            yield
    except TRANSIENT as error:
        if used is None or used.closed:
            raise ConnectionLostError(*error.args) from error
        raise


def _leave(order: PlayerOrder, error: Exception) -> None:
    log.warning("order_left_to_workers", order_id=order.order_id, error=repr(error))


def _do(claimed: Claimed) -> Claimed:
    """Plan and write the first of these orders; of all, unless that would be too much at once."""
    _lock_promotions(claimed)
    now, rules, catalogue = database_time(), rules_in_force(), current_catalogue()
    outcomes = plan_player_orders(claimed, catalogue, now=now, rules=rules)
    done = dict(islice(claimed.items(), len(outcomes)))
    record_outcomes(done, outcomes, now=now, catalogue_version=catalogue.version, rules=rules)
    if place_child_orders(done, outcomes, rules=rules):
        transaction.on_commit(knock_for_fulfilment)
    return done


# After the players, in one order of all promotions: who races for the last use waits here.
LOCK_PROMOTIONS = """
    SELECT code FROM catalog_promotion WHERE code = ANY(%s) ORDER BY code FOR NO KEY UPDATE
"""


def _lock_promotions(claimed: Claimed) -> None:
    codes = {
        promotion_code(entry.fields.get("external_tran_id") or "")
        for entries in claimed.values()
        for entry in entries
        if entry.type == EntryType.PROMOTION_CODE
    }
    if codes:
        ask(LOCK_PROMOTIONS, [sorted(codes)])


def _give_up(order: PlayerOrder) -> Claimed:
    with transaction.atomic():
        claimed = _claim_one(order)
        failed = [
            [EntryOutcome(Result.INTERNAL_ERROR)] * len(entries) for entries in claimed.values()
        ]
        record_outcomes(claimed, failed, now=database_time())
    return claimed


CLAIM = """
    SELECT waiting.id, waiting.player_id
    FROM inventory_playerorder AS waiting
    JOIN players_player AS player ON player.id = waiting.player_id
    WHERE waiting.state = 'accepted'
    ORDER BY waiting.id
    LIMIT %s
    FOR NO KEY UPDATE OF player SKIP LOCKED
"""


def _claim(limit: int) -> Claimed:
    """Lock the players of the oldest waiting orders, then read what waits for these players.

    Not just the orders found: while the claim was looking, another worker may have done some of
    them, or may have let go of a player after that player's older orders had been passed over.
    """
    orders: list[PlayerOrder] = []
    while not orders:
        found = ask(CLAIM, [limit])
        if not found:
            break
        orders = _waiting({player_id for _, player_id in found}, up_to=found[-1][0], limit=limit)
    return _with_entries(_bounded(orders))


def _claim_one(order: PlayerOrder) -> Claimed:
    """Lock the order's player and read the order, unless it is done or an older one waits."""
    lock_player(order.player_id)
    orders = _waiting([order.player_id], up_to=order.pk, limit=2)
    return _with_entries(orders) if orders == [order] else {}


# By hand: of hundreds of ids Django makes as many parameters, and a statement like no other.
WAITING = """
    SELECT * FROM inventory_playerorder
    WHERE state = 'accepted' AND player_id = ANY(%s) AND id <= %s ORDER BY id LIMIT %s
"""
SIZES = """
    SELECT order_id, count(*) FROM inventory_playerorderentry
    WHERE order_id = ANY(%s) GROUP BY order_id
"""
ENTRIES = """
    SELECT * FROM inventory_playerorderentry WHERE order_id = ANY(%s) ORDER BY order_id, position
"""


def _waiting(players: Iterable[int], *, up_to: int, limit: int) -> list[PlayerOrder]:
    return list(PlayerOrder.objects.raw(WAITING, [[*players], up_to, limit]))


def _bounded(orders: Sequence[PlayerOrder]) -> list[PlayerOrder]:
    """The first orders that have BATCH_ENTRIES entries together; in any case the very first."""
    sizes = dict(ask(SIZES, [[order.pk for order in orders]]))
    totals = accumulate(sizes.get(order.pk, 0) for order in orders)
    return [
        order
        for order, total in zip(orders, totals, strict=True)
        if total <= BATCH_ENTRIES or order is orders[0]
    ]


def _with_entries(orders: Iterable[PlayerOrder]) -> Claimed:
    entries: dict[int, list[PlayerOrderEntry]] = {order.pk: [] for order in orders}
    for entry in PlayerOrderEntry.objects.raw(ENTRIES, [[*entries]]):
        entries[entry.order_id].append(entry)
    return {order: entries[order.pk] for order in orders}
