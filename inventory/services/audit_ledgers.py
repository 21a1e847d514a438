"""Prove that every number is the sum of its ledger, and that every order fits its results."""

from collections.abc import Mapping
from typing import Any

import orjson
from django.db import connection, transaction

# By short names, and as they stand: a table that a question does not ask for is not read.
TABLES = {
    "establishment": "players_establishment",
    "player": "players_player",
    "coin_entry": "players_coinentry",
    "record": "inventory_inventoryrecord",
    "change": "inventory_inventorychange",
    "player_order": "inventory_playerorder",
    "entry": "inventory_playerorderentry",
    "session": "inventory_inventorysession",
    "promotion_use": "inventory_promotionuse",
}
COUNTED = {
    "players": "player",
    "coin_entries": "coin_entry",
    "records": "record",
    "changes": "change",
    "player_orders": "player_order",
    "entries": "entry",
    "sessions": "session",
    "promotion_uses": "promotion_use",
}
ASK = """
    WITH {tables}
    SELECT count(*) OVER () AS total, to_jsonb(found) FROM ({question}) AS found LIMIT %(limit)s
"""
# As the ledger shows a time.
WIRE_TIME = 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"'

# What can be off, and the question whose every row is one such finding.
QUESTIONS = {
    "record_is_not_the_sum_of_its_changes": """
        SELECT record.inventory_id, record.count, coalesce(ledger.total, 0) AS changes
        FROM record
        LEFT JOIN (
            SELECT record_id, sum(delta) AS total FROM change GROUP BY record_id
        ) AS ledger ON ledger.record_id = record.inventory_id
        WHERE record.count <> coalesce(ledger.total, 0)
    """,
    "record_is_not_as_its_last_change_left_it": """
        SELECT record.inventory_id, last.id AS change, last.after
        FROM record
        LEFT JOIN (
            SELECT record_id, max(id) AS id FROM change GROUP BY record_id
        ) AS newest ON newest.record_id = record.inventory_id
        LEFT JOIN change AS last ON last.id = newest.id
        WHERE last.after IS DISTINCT FROM jsonb_build_object(
            'inventory_id', record.inventory_id, 'item_id', record.item_id,
            'type', record.type, 'bucket', record.bucket, 'count', record.count,
            'acquired', to_char(record.acquired AT TIME ZONE 'UTC', %(wire_time)s),
            'expires', to_char(record.expires AT TIME ZONE 'UTC', %(wire_time)s),
            'custom_data', record.custom_data
        ) || CASE WHEN record.session_id IS NULL THEN '{}'
            ELSE jsonb_build_object('session_id', record.session_id) END
    """,
    "record_state_does_not_fit_its_count": """
        SELECT inventory_id, state, count FROM record
        WHERE state <> 'expired' AND (state = 'depleted') <> (count = 0)
    """,
    "record_expired_before_its_time": """
        SELECT record.inventory_id, record.expires
        FROM record LEFT JOIN session ON session.id = record.session_id
        WHERE record.state = 'expired' AND session.closed_at IS NULL
            AND (record.expires IS NULL OR record.expires >= clock_timestamp())
    """,
    "record_outlives_its_session": """
        SELECT record.inventory_id, record.state, session.id AS session
        FROM record JOIN session ON session.id = record.session_id
        WHERE record.state <> 'expired' AND session.closed_at IS NOT NULL
    """,
    "change_does_not_start_where_the_one_before_it_ended": """
        SELECT id AS change, record_id AS inventory_id
        FROM (
            SELECT id, record_id, jsonb_hash_extended(before, 0) AS before,
                lag(jsonb_hash_extended(after, 0)) OVER (PARTITION BY record_id ORDER BY id)
                    AS ended
            FROM change
        ) AS chain
        WHERE before IS DISTINCT FROM ended
    """,
    "change_is_not_the_difference_it_shows": """
        SELECT id AS change, record_id AS inventory_id, delta FROM change
        WHERE delta IS DISTINCT FROM
            (after ->> 'count')::bigint - coalesce((before ->> 'count')::bigint, 0)
    """,
    "change_belongs_to_another_player": """
        SELECT change.id AS change, change.player_id, record.player_id AS owner,
            player_order.player_id AS ordered_by
        FROM change
        JOIN record ON record.inventory_id = change.record_id
        JOIN entry ON entry.id = change.entry_id
        JOIN player_order ON player_order.id = entry.order_id
        WHERE change.player_id <> record.player_id
            OR change.player_id <> player_order.player_id
    """,
    "entry_changed_something_without_success": """
        SELECT change.id AS change, entry.id AS entry, entry.result
        FROM change JOIN entry ON entry.id = change.entry_id
        WHERE entry.result IS DISTINCT FROM 'success'
    """,
    "order_state_does_not_fit_its_results": """
        SELECT player_order.order_id, player_order.state, player_order.outcome
        FROM player_order
        LEFT JOIN (
            SELECT order_id, count(*) AS entries, count(result) AS processed,
                count(*) FILTER (WHERE result = 'success') AS succeeded
            FROM entry GROUP BY order_id
        ) AS found ON found.order_id = player_order.id
        WHERE player_order.state || ' ' || player_order.outcome <> CASE
            WHEN found.processed = 0 THEN 'accepted '
            WHEN found.processed < found.entries OR found.entries IS NULL THEN 'impossible'
            WHEN found.succeeded = found.entries THEN 'done succeeded'
            WHEN found.succeeded > 0 THEN 'done partly'
            ELSE 'done failed'
        END
    """,
    "order_was_overtaken_by_a_later_one": """
        SELECT waiting.order_id, min(later.order_id) AS by
        FROM player_order AS waiting
        JOIN player_order AS later
            ON later.player_id = waiting.player_id AND later.id > waiting.id
        WHERE waiting.state = 'accepted' AND later.state = 'done' AND EXISTS (
            SELECT FROM entry WHERE entry.order_id = later.id AND result <> 'not_started'
        )
        GROUP BY waiting.order_id
    """,
    "order_does_not_fit_its_cause": """
        SELECT child.order_id, cause.order_id AS caused_by
        FROM player_order AS child
        LEFT JOIN entry ON entry.id = child.caused_by_id
        LEFT JOIN player_order AS cause ON cause.id = entry.order_id
        WHERE child.generation <> coalesce(cause.generation + 1, 0)
            OR (cause.player_id, cause.state) <> (child.player_id, 'done')
            OR cause.id > child.id
    """,
    "order_that_was_to_follow_is_missing": """
        SELECT entry.id AS entry, note ->> 'order_id' AS order_id
        FROM entry CROSS JOIN jsonb_array_elements(entry.notes) AS note
        WHERE note ->> 'type' = 'new_order' AND NOT EXISTS (
            SELECT FROM player_order AS child
            WHERE child.order_id = note ->> 'order_id' AND child.caused_by_id = entry.id
        )
    """,
    "session_belongs_to_another_player": """
        SELECT session.id AS session, session.player_id, record.player_id AS owner,
            player_order.player_id AS ordered_by
        FROM session
        LEFT JOIN record ON record.session_id = session.id
        LEFT JOIN player_order ON player_order.id = session.order_id
        WHERE session.player_id <> record.player_id
            OR session.player_id <> player_order.player_id
    """,
    "session_loot_is_not_what_its_orders_applied": """
        SELECT session.id AS session, session.applied_loot, found.loot AS by_orders
        FROM session
        LEFT JOIN LATERAL (
            SELECT array_agg(entry.loot_id ORDER BY entry.order_id, entry.position) AS loot
            FROM player_order JOIN entry ON entry.order_id = player_order.id
            WHERE player_order.player_id = session.player_id
                AND player_order.done_time >= session.opened_at
                AND (session.closed_at IS NULL OR player_order.done_time < session.closed_at)
                AND entry.type = 'fill_loot_single_transient' AND entry.result = 'success'
        ) AS found ON true
        WHERE session.applied_loot <> coalesce(found.loot, '{}')
    """,
    "promotion_uses_are_not_numbered_from_one": """
        SELECT promotion_id AS code, count(*) AS uses, max(number) AS largest
        FROM promotion_use GROUP BY promotion_id
        HAVING max(number) <> count(*) OR min(number) <> 1
    """,
    "promotion_uses_of_a_player_are_not_numbered_from_one": """
        SELECT promotion_id AS code, player_id, count(*) AS uses, max(player_number) AS largest
        FROM promotion_use GROUP BY promotion_id, player_id
        HAVING max(player_number) <> count(*) OR min(player_number) <> 1
    """,
    # By what the promotion allowed then; what is purged of that is not asked any more.
    "promotion_was_used_more_often_than_it_allowed": """
        SELECT used.id AS promotion_use, used.promotion_id AS code, used.number,
            used.player_number, at_the_time.row ->> 'max_uses' AS max_uses,
            at_the_time.row ->> 'per_player_limit' AS per_player_limit
        FROM promotion_use AS used
        JOIN entry ON entry.id = used.entry_id
        JOIN player_order ON player_order.id = entry.order_id
        JOIN LATERAL (
            SELECT history.row FROM catalog_cataloghistory AS history
            WHERE history."table" = 'catalog_promotion' AND history.key = used.promotion_id
                AND history.version <= player_order.catalogue_version
            ORDER BY history.version DESC LIMIT 1
        ) AS at_the_time ON true
        WHERE used.number > (at_the_time.row ->> 'max_uses')::bigint
            OR used.player_number > (at_the_time.row ->> 'per_player_limit')::bigint
    """,
    "promotion_uses_do_not_fit_the_result": """
        SELECT entry.id AS entry, entry.type, entry.result, count(used.id) AS uses
        FROM entry LEFT JOIN promotion_use AS used ON used.entry_id = entry.id
        WHERE entry.type = 'promotion_code' OR used.id IS NOT NULL
        GROUP BY entry.id, entry.type, entry.result
        HAVING count(used.id) <>
            CASE WHEN entry.type = 'promotion_code' AND entry.result = 'success' THEN 1 ELSE 0 END
    """,
    "promotion_use_belongs_to_another_player": """
        SELECT used.id AS promotion_use, used.player_id, player_order.player_id AS ordered_by
        FROM promotion_use AS used
        JOIN entry ON entry.id = used.entry_id
        JOIN player_order ON player_order.id = entry.order_id
        WHERE used.player_id <> player_order.player_id
    """,
    "coins_are_not_the_sum_of_their_entries": """
        SELECT player.id AS player_id, player.coins, coalesce(ledger.total, 0) AS entries
        FROM player
        LEFT JOIN (
            SELECT player_id, sum(amount) AS total FROM coin_entry GROUP BY player_id
        ) AS ledger ON ledger.player_id = player.id
        WHERE player.coins <> coalesce(ledger.total, 0)
    """,
    "establishment_coins_are_not_the_sum_of_their_entries": """
        SELECT establishment.id AS establishment_id, establishment.coins,
            coalesce(ledger.total, 0) AS entries
        FROM establishment
        LEFT JOIN (
            SELECT establishment_id, sum(amount) AS total FROM coin_entry GROUP BY establishment_id
        ) AS ledger ON ledger.establishment_id = establishment.id
        WHERE establishment.coins <> coalesce(ledger.total, 0)
    """,
    "coin_balance_is_not_the_sum_so_far": """
        SELECT id AS coin_entry, player_id, establishment_id, balance, total
        FROM (
            SELECT id, player_id, establishment_id, balance,
                sum(amount) OVER (PARTITION BY player_id, establishment_id ORDER BY id) AS total
            FROM coin_entry
        ) AS running
        WHERE balance <> total
    """,
    "coins_given_are_not_the_coins_taken": """
        SELECT sum(amount) AS left_over FROM coin_entry
        WHERE reason = 'allocation' HAVING sum(amount) <> 0
    """,
}


def audit_ledgers(
    *,
    limit: int,
    tables: Mapping[str, str] = TABLES,
    counted: Mapping[str, str] = COUNTED,
    questions: Mapping[str, str] = QUESTIONS,
) -> dict[str, Any]:
    """Return how much was checked, how much of it is off, and up to `limit` findings of each kind.

    `tables` are by the short names that `questions` use; of some it is `counted` how many rows.
    All questions are asked of one snapshot, so that work may go on meanwhile. The database sorts
    and sums; nothing here grows with the tables. It cannot be called inside a transaction.
    """
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        counts = ", ".join(f"(SELECT count(*) FROM {name})" for name in counted.values())  # noqa: S608
        cursor.execute(f"WITH {_named(tables)} SELECT {counts}")
        checked = dict(zip(counted, cursor.fetchone(), strict=True))
        total, findings = find_faults(limit=limit, tables=tables, questions=questions)
    return {"checked": checked, "total": total, "findings": findings}


def find_faults(
    *, limit: int, tables: Mapping[str, str], questions: Mapping[str, str]
) -> tuple[int, list[dict[str, Any]]]:
    """Ask the questions in the transaction that is open: how many findings, and some of each."""
    total = 0
    findings: list[dict[str, Any]] = []
    with connection.cursor() as cursor:
        for name, question in questions.items():
            cursor.execute(
                ASK.format(tables=_named(tables), question=question),
                {"wire_time": WIRE_TIME, "limit": limit},
            )
            rows = cursor.fetchall()
            findings += [{"finding": name, **orjson.loads(finding)} for _, finding in rows]
            total += rows[0][0] if rows else 0
    return total, findings


def _named(tables: Mapping[str, str]) -> str:
    return ", ".join(
        f"{name} AS NOT MATERIALIZED (TABLE {table})" for name, table in tables.items()
    )
