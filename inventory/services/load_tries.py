from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta

from inventory.fulfilment.holdings import CLIENT_TRIES, PROMOTION_TRIES
from inventory.fulfilment.orders import Order, Rules
from inventory.fulfilment.vocabulary import CLIENT_SOURCES, EntryType, Result
from inventory.services.database import ask

# An entry that ended so was none of the tries that a limit counts.
UNCOUNTED = (
    Result.TOO_MANY_REQUESTS,
    Result.INVALID_ENTRY_TYPE,
    Result.PERMISSION_DENIED,
    Result.NOT_STARTED,
)

TRIES = """
    SELECT asked.player_id, earlier.created_time
    FROM unnest(%(players)s::bigint[], %(since)s::timestamptz[]) AS asked (player_id, since)
    JOIN inventory_playerorder AS earlier
        ON earlier.player_id = asked.player_id AND earlier.created_time > asked.since
    JOIN inventory_playerorderentry AS entry ON entry.order_id = earlier.id
    WHERE (entry.type = ANY(%(types)s) OR earlier.source = ANY(%(sources)s))
        AND entry.result <> ALL(%(uncounted)s)
"""


def load_tries(
    orders: Sequence[tuple[int, Order]], rules: Rules
) -> dict[int, dict[str, list[datetime]]]:
    """The times of what counts for a limit, for those who may come up against it."""
    promotion, client = Counter[int](), Counter[int]()
    first: dict[int, datetime] = {}
    for player_id, order in orders:
        first.setdefault(player_id, order.created_time)
        promotion[player_id] += any(e.type is EntryType.PROMOTION_CODE for e in order.entries)
        client[player_id] += order.source in CLIENT_SOURCES
    tries: dict[int, dict[str, list[datetime]]] = defaultdict(lambda: defaultdict(list))

    def count(
        limit: str, who: Counter[int], window: timedelta, types: list[str], sources: list[str]
    ) -> None:
        players = [player_id for player_id, times in who.items() if times]
        if players:
            asked = {
                "players": players,
                "since": [first[player_id] - window for player_id in players],
                "types": types,
                "sources": sources,
                "uncounted": [*UNCOUNTED],
            }
            for player_id, time in ask(TRIES, asked):
                tries[player_id][limit].append(time)

    if rules.promotion_tries:
        count(PROMOTION_TRIES, promotion, rules.promotion_window, [EntryType.PROMOTION_CODE], [])
    if rules.client_entries:
        count(CLIENT_TRIES, client, rules.client_window, [], [*CLIENT_SOURCES])
    return tries
