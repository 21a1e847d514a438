"""Load what orders can look at, and no more: a player may own thousands of records.

One question for each kind of thing, however many orders and players, and only where an entry needs
the answer.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

import orjson
from django.db import connection

from catalog.snapshot import Catalogue, promotion_code
from inventory.fulfilment.holdings import CLIENT_TRIES, PROMOTION_TRIES, Holdings
from inventory.fulfilment.orders import Entry, Order, Record, Rules, Session
from inventory.fulfilment.reach import items_within_reach
from inventory.fulfilment.vocabulary import CLIENT_SOURCES, EntryType, Result

# An entry that ended so was none of the tries that a limit counts.
UNCOUNTED = (
    Result.TOO_MANY_REQUESTS,
    Result.INVALID_ENTRY_TYPE,
    Result.PERMISSION_DENIED,
    Result.NOT_STARTED,
)


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
        for player_id, uuid, session_id, platform, applied in _ask(OWNERS, [[*players]])
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
    records = _records(orders, owners, catalogue, now)
    own_uses, all_uses = _promotion_uses(orders, catalogue)
    tries = _tries(orders, rules)
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


# --- Records ---------------------------------------------------------------------------------

RECORDS = """
    SELECT record.player_id, record.inventory_id, record.item_id, record.type, record.bucket,
        record.count, record.acquired, record.expires, record.custom_data, record.session_id
    FROM unnest(%s::bigint[], %s::bigint[]) AS looked_at (player_id, item_id)
    JOIN inventory_inventoryrecord AS record USING (player_id, item_id)
    WHERE (record.expires IS NULL OR record.expires >= %s)
        AND (record.session_id IS NULL OR record.session_id = ANY(%s))
"""
# What is named brings the other records of its item, which a level may depend on. The deprecated
# number of a record is the end of its id: see `fulfilment.orders.legacy_inventory_id`.
NAMED_RECORDS = """
    WITH named AS MATERIALIZED (
        SELECT record.player_id, record.inventory_id, record.item_id
        FROM unnest(%s::bigint[], %s::uuid[]) AS named (player_id, inventory_id)
        JOIN inventory_inventoryrecord AS record USING (player_id, inventory_id)
        UNION ALL
        SELECT record.player_id, record.inventory_id, record.item_id
        FROM unnest(%s::bigint[], %s::bigint[]) AS named (player_id, legacy_inventory_id)
        JOIN inventory_inventoryrecord AS record
            ON record.player_id = named.player_id
            AND ('x' || replace(right(record.inventory_id::text, 17), '-', ''))::bit(64)::bigint
                & (1::bigint << 62) - 1 = named.legacy_inventory_id
    )
    SELECT record.player_id, record.inventory_id, record.item_id, record.type, record.bucket,
        record.count, record.acquired, record.expires, record.custom_data, record.session_id
    FROM (SELECT DISTINCT player_id, item_id FROM named) AS looked_at
    JOIN inventory_inventoryrecord AS record USING (player_id, item_id)
    WHERE (record.expires IS NULL OR record.expires >= %s
            OR record.inventory_id IN (SELECT inventory_id FROM named))
        AND (record.session_id IS NULL OR record.session_id = ANY(%s))
"""


Records = dict[int, dict[UUID, Record]]


def load_records(
    looked_at: Iterable[tuple[int, int]], *, sessions: Collection[UUID], now: datetime
) -> Records:
    """By player and id, what is unexpired of these players' items.

    Of transient records only those of these sessions.
    """
    return _by_player(_ask(RECORDS, [*_columns(looked_at), now, [*sessions]]))


def _records(
    orders: Sequence[tuple[int, Order]],
    owners: Mapping[int, Owner],
    catalogue: Catalogue,
    now: datetime,
) -> Records:
    @cache
    def reach(entry: Entry) -> frozenset[int]:
        return items_within_reach(entry, catalogue)

    looked_at: set[tuple[int, int]] = set()
    named: set[tuple[int, UUID]] = set()
    numbered: set[tuple[int, int]] = set()
    for player_id, order in orders:
        for entry in order.entries:
            looked_at |= {(player_id, item_id) for item_id in reach(_without_values(entry))}
            if entry.inventory_id is not None:
                named.add((player_id, entry.inventory_id))
            elif entry.legacy_inventory_id is not None:
                numbered.add((player_id, entry.legacy_inventory_id))
    sessions = [owner.session.id for owner in owners.values() if owner.session]
    records = load_records(looked_at, sessions=sessions, now=now)
    if named or numbered:
        asked = [*_columns(named), *_columns(numbered), now, sessions]
        for player_id, more in _by_player(_ask(NAMED_RECORDS, asked)).items():
            records[player_id] |= more
    return records


def _by_player(rows: Iterable[Any]) -> Records:
    records: Records = defaultdict(dict)
    for player_id, *row in rows:
        row[7] = row[7] and orjson.loads(row[7])  # the custom data
        records[player_id][row[0]] = Record(*row)
    return records


def _without_values(entry: Entry) -> Entry:
    """The entry with nothing but what decides how far it reaches."""
    return Entry(
        entry.type,
        0,
        loot_id=entry.loot_id,
        dynamic_bundle_loot_ids=entry.dynamic_bundle_loot_ids,
        purchase_price=entry.purchase_price,
        external_tran_id=entry.external_tran_id,
        item_id=entry.item_id,
    )


# --- Promotions --------------------------------------------------------------------------------

# Uses are numbered without gaps: the largest number is how many there are.
PROMOTION_USES = """
    SELECT asked.player_id, asked.code,
        (SELECT max(number) FROM inventory_promotionuse WHERE promotion_id = asked.code),
        (SELECT max(player_number) FROM inventory_promotionuse
            WHERE player_id = asked.player_id AND promotion_id = asked.code)
    FROM unnest(%s::bigint[], %s::text[]) AS asked (player_id, code)
"""


def promotion_codes(entries: Iterable[Entry], catalogue: Catalogue) -> set[str]:
    """The codes of promotions that the entries would use."""
    codes = {
        promotion_code(entry.external_tran_id)
        for entry in entries
        if entry.type is EntryType.PROMOTION_CODE and entry.external_tran_id
    }
    return {code for code in codes if code in catalogue.promotions}


def _promotion_uses(
    orders: Sequence[tuple[int, Order]], catalogue: Catalogue
) -> tuple[dict[int, dict[str, int]], Counter[str]]:
    asked = {
        (player_id, code)
        for player_id, order in orders
        for code in promotion_codes(order.entries, catalogue)
    }
    own: dict[int, dict[str, int]] = defaultdict(dict)
    total: Counter[str] = Counter()
    if asked:
        for player_id, code, uses, own_uses in _ask(PROMOTION_USES, _columns(asked)):
            own[player_id][code] = own_uses or 0
            total[code] = uses or 0
    return own, total


# --- Tries ---------------------------------------------------------------------------------------

TRIES = """
    SELECT asked.player_id, earlier.created_time
    FROM unnest(%(players)s::bigint[], %(since)s::timestamptz[]) AS asked (player_id, since)
    JOIN inventory_playerorder AS earlier
        ON earlier.player_id = asked.player_id AND earlier.created_time > asked.since
    JOIN inventory_playerorderentry AS entry ON entry.order_id = earlier.id
    WHERE (entry.type = ANY(%(types)s) OR earlier.source = ANY(%(sources)s))
        AND entry.result <> ALL(%(uncounted)s)
"""


def _tries(
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

    def ask(
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
            for player_id, time in _ask(TRIES, asked):
                tries[player_id][limit].append(time)

    if rules.promotion_tries:
        ask(PROMOTION_TRIES, promotion, rules.promotion_window, [EntryType.PROMOTION_CODE], [])
    if rules.client_entries:
        ask(CLIENT_TRIES, client, rules.client_window, [], [*CLIENT_SOURCES])
    return tries


def _ask(question: str, values: Any) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(question, values)
        return cursor.fetchall()


def _columns(pairs: Iterable[tuple[int, Any]]) -> tuple[list[int], list[Any]]:
    pairs = list(pairs)
    return [left for left, _ in pairs], [right for _, right in pairs]
