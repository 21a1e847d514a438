"""Load what orders can look at, and no more: a player may own thousands of records.

One question for each kind of thing, however many orders and players, and only where an entry needs
the answer.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from catalog.snapshot import Catalogue
from inventory.fulfilment.holdings import Holdings
from inventory.fulfilment.orders import Order, Rules, Session
from inventory.services.database import ask
from inventory.services.load_promotion_uses import load_promotion_uses
from inventory.services.load_records import load_records_of_orders
from inventory.services.load_tries import load_tries


@dataclass(frozen=True, slots=True)
class Owner:
    """A player as orders see it; `session` is the open one."""

    uuid: UUID
    session: Session | None


@dataclass(frozen=True, slots=True)
class Loaded:
    """The holdings by player, and how often each code in question was used by all players."""

    holdings: dict[int, Holdings]
    promotion_uses: Counter[str]


OWNERS = """
    SELECT player.id, player.uuid, session.id, session.platform, session.applied_loot
    FROM players_player AS player
    LEFT JOIN inventory_inventorysession AS session
        ON session.player_id = player.id AND session.closed_at IS NULL
    WHERE player.id = ANY(%s)
"""


def load_owners(players: Collection[int]) -> dict[int, Owner]:
    return {
        player_id: Owner(uuid, session_id and Session(session_id, platform, frozenset(applied)))
        for player_id, uuid, session_id, platform, applied in ask(OWNERS, [[*players]])
    }


def load_holdings(
    orders: Iterable[tuple[int, Order]],
    owners: Mapping[int, Owner],
    catalogue: Catalogue,
    *,
    now: datetime,
    rules: Rules,
) -> Loaded:
    """What the players of these orders own of all that the orders can look at.

    Of what is expired only what an entry names; nothing of a session that is closed.
    """
    orders = list(orders)
    sessions = [owner.session.id for owner in owners.values() if owner.session]
    records = load_records_of_orders(orders, catalogue, sessions=sessions, now=now)
    own_uses, all_uses = load_promotion_uses(orders, catalogue)
    tries = load_tries(orders, rules)
    holdings = {
        player_id: Holdings(
            records[player_id].values(),
            session=owner.session,
            claimed=own_uses[player_id],
            tries=tries[player_id],
        )
        for player_id, owner in owners.items()
    }
    return Loaded(holdings, all_uses)
