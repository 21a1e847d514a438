"""What an order would do, without doing it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import structlog
from django.core.cache import cache
from django.db import connection, transaction
from django.utils import timezone

from catalog.services.take_snapshot import current_catalogue
from inventory.fulfilment.orders import EntryOutcome, Rules
from inventory.fulfilment.trace import Trace
from inventory.fulfilment.vocabulary import EntryType
from inventory.models import PlayerOrder, PlayerOrderEntry
from inventory.services.accept_player_orders import OrderDraft, new_order
from inventory.services.database import database_time
from inventory.services.plan_player_orders import plan_player_orders
from inventory.services.rules_in_force import rules_in_force
from players.models import Player

log = structlog.get_logger(__name__)

# Planning tells orders apart by their keys; those that are stored have others.
NO_KEY = -1


@dataclass(frozen=True, slots=True)
class Simulation:
    """An order that is stored nowhere, with the outcome of each of its entries.

    `trace` tells how each came about. Other dice may give other outcomes.
    """

    order: PlayerOrder
    rows: Sequence[PlayerOrderEntry]
    entries: Sequence[EntryOutcome]
    now: datetime
    trace: Trace

    @property
    def order_id(self) -> str:
        return self.order.order_id


def simulate_player_order(
    *,
    player: Player,
    draft: OrderDraft,
    permissions: frozenset[str],
    dice_seed: bytes | None = None,
    counts_codes: bool = False,
) -> Simulation:
    """Plan the order on what the player owns at this moment, as fulfilment would.

    Nothing is written and nothing locked. All is read from one snapshot of the database, unless the
    caller's transaction began before. Orders of the player that still wait are not looked at, nor
    whether the order's id is taken.

    With `counts_codes`, promotion codes that are simulated count for the limit on tries of those
    that are simulated later, or else any code could be found out. They are counted in the cache: if
    that is away, none may be tried.
    """
    order, rows = new_order(
        draft, player_id=player.pk, placed_by="simulation", permissions=permissions
    )
    order.pk = NO_KEY
    order.dice_seed = dice_seed or order.dice_seed
    rules = rules_in_force()
    if counts_codes:
        rules = _less_tried(rules, player, draft)
    trace = Trace()
    is_outermost = not connection.in_atomic_block
    with transaction.atomic():
        if is_outermost:
            _take_snapshot()
        now = database_time()
        order.created_time = now
        [entries] = plan_player_orders(
            {order: rows}, current_catalogue(), now=now, rules=rules, trace=trace
        )
    return Simulation(order, rows, entries, now, trace)


def _take_snapshot() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")


def _less_tried(rules: Rules, player: Player, draft: OrderDraft) -> Rules:
    """The rules with as many tries of codes fewer as the player simulated in this window.

    Windows follow each other. None left is -1: 0 would be no limit.
    """
    codes = sum(entry.type == EntryType.PROMOTION_CODE for entry in draft.entries)
    if not codes or not rules.promotion_tries:
        return rules
    window = max(1, round(rules.promotion_window.total_seconds()))
    key = f"simulated-codes-{player.uuid}-{timezone.now().timestamp() // window:.0f}"
    try:
        cache.add(key, 0, timeout=window)
        earlier = cache.incr(key, codes) - codes
    except Exception as error:  # noqa: BLE001 - whatever ails the cache, no code is given away
        log.warning("simulated_codes_not_counted", error=repr(error))
        earlier = rules.promotion_tries
    left = rules.promotion_tries - earlier
    return replace(rules, promotion_tries=left if left > 0 else -1)
