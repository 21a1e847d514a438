"""What an order would do, without doing it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction

from catalog.services.take_snapshot import current_catalogue
from inventory.fulfilment.orders import EntryOutcome
from inventory.fulfilment.trace import Trace
from inventory.models import PlayerOrder, PlayerOrderEntry
from inventory.services.accept_player_orders import OrderDraft, new_order
from inventory.services.database import database_time
from inventory.services.plan_player_orders import plan_player_orders
from inventory.services.rules_in_force import rules_in_force
from players.models import Player

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
) -> Simulation:
    """Plan the order on what the player owns at this moment, as fulfilment would.

    Nothing is written and nothing locked. All is read from one snapshot of the database, unless the
    caller's transaction began before. Orders of the player that still wait are not looked at, nor
    whether the order's id is taken.
    """
    order, rows = new_order(
        draft, player_id=player.pk, placed_by="simulation", permissions=permissions
    )
    order.pk = NO_KEY
    order.dice_seed = dice_seed or order.dice_seed
    trace = Trace()
    is_outermost = not connection.in_atomic_block
    with transaction.atomic():
        if is_outermost:
            _take_snapshot()
        now = database_time()
        order.created_time = now
        [entries] = plan_player_orders(
            {order: rows}, current_catalogue(), now=now, rules=rules_in_force(), trace=trace
        )
    return Simulation(order, rows, entries, now, trace)


def _take_snapshot() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
