"""Write what became of player orders, in one statement: all of it, or nothing."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from django.db import connection

from inventory.fulfilment.orders import (
    BundleLoot,
    Change,
    CodeClaimed,
    CodeReturned,
    Effect,
    EntryOutcome,
    NewOrder,
    Record,
    Rules,
)
from inventory.fulfilment.vocabulary import EntryType, Result
from inventory.models import InventoryRecord, PlayerOrder
from inventory.services.plan_player_orders import Claimed, used_codes
from inventory.services.rules_in_force import stored_values

Row = dict[str, Any]

# By kind of row, how its rows are written. A row that is not as it was planned on is not written,
# and then the counts do not fit. An order is asked for its time, not its state: the index of the
# waiting ones would tempt a planner that seldom knows how many wait.
WRITE = {
    "new_records": """
        INSERT INTO inventory_inventoryrecord (
            inventory_id, player_id, item_id, type, state, bucket, count, acquired, expires,
            custom_data, session_id
        )
        SELECT * FROM json_to_recordset(%(new_records)s::json) AS new (
            inventory_id uuid, player_id bigint, item_id bigint, type text, state text,
            bucket text, count bigint, acquired timestamptz, expires timestamptz,
            custom_data jsonb, session_id uuid
        )
    """,
    "changed_records": """
        UPDATE inventory_inventoryrecord AS record
        SET item_id = changed.item_id, state = changed.state, bucket = changed.bucket,
            count = changed.count, expires = changed.expires, custom_data = changed.custom_data
        FROM json_to_recordset(%(changed_records)s::json) AS changed (
            inventory_id uuid, player_id bigint, item_id bigint, state text, bucket text,
            count bigint, expires timestamptz, custom_data jsonb, count_before bigint
        )
        WHERE record.inventory_id = changed.inventory_id
            AND record.player_id = changed.player_id
            AND record.count = changed.count_before
    """,
    "changes": """
        INSERT INTO inventory_inventorychange (
            record_id, player_id, entry_id, loot_id, delta, before, after, created_time
        )
        SELECT change.*, %(now)s FROM json_to_recordset(%(changes)s::json) AS change (
            record_id uuid, player_id bigint, entry_id bigint, loot_id bigint, delta bigint,
            before jsonb, after jsonb
        )
    """,
    # The numbers follow the largest so far; one above a limit is not stored. Two that race for a
    # number cannot both have it.
    "promotion_uses": """
        INSERT INTO inventory_promotionuse (
            promotion_id, number, player_id, player_number, entry_id, created_time
        )
        SELECT code, number, player_id, player_number, entry_id, %(now)s
        FROM (
            SELECT used.*,
                row_number() OVER (PARTITION BY code ORDER BY ordinality) + coalesce((
                    SELECT max(number) FROM inventory_promotionuse WHERE promotion_id = code
                ), 0) AS number,
                row_number() OVER (PARTITION BY code, player_id ORDER BY ordinality) + coalesce((
                    SELECT max(player_number) FROM inventory_promotionuse AS own
                    WHERE own.player_id = used.player_id AND promotion_id = code
                ), 0) AS player_number
            FROM ROWS FROM (json_to_recordset(%(promotion_uses)s::json) AS (
                code text, player_id bigint, entry_id bigint
            )) WITH ORDINALITY AS used
        ) AS numbered
        JOIN catalog_promotion AS promotion USING (code)
        WHERE (promotion.max_uses IS NULL OR number <= promotion.max_uses)
            AND player_number <= promotion.per_player_limit
        ORDER BY ordinality
    """,
    "applied_loot": """
        UPDATE inventory_inventorysession AS session
        SET applied_loot = session.applied_loot || applied.loot
        FROM json_to_recordset(%(applied_loot)s::json) AS applied (player_id bigint, loot bigint[])
        WHERE session.player_id = applied.player_id AND session.closed_at IS NULL
            AND NOT session.applied_loot && applied.loot
    """,
    "entries": """
        UPDATE inventory_playerorderentry AS entry
        SET result = processed.result, notes = processed.notes
        FROM json_to_recordset(%(entries)s::json) AS processed (
            id bigint, result text, notes jsonb
        )
        WHERE entry.id = processed.id AND entry.result IS NULL
    """,
    "orders": """
        UPDATE inventory_playerorder AS player_order
        SET state = done.state, outcome = done.outcome, done_time = %(now)s,
            catalogue_version = %(catalogue_version)s, rules_id = (SELECT id FROM rules)
        FROM json_to_recordset(%(orders)s::json) AS done (id bigint, state text, outcome text)
        WHERE player_order.id = done.id AND player_order.done_time IS NULL
    """,
}
# Stored once per distinct set. Where another transaction is storing the same, it is waited for; the
# update of nothing is what tells the id then.
RULES = """
    stored_rules AS (
        SELECT id FROM inventory_fulfilmentrules WHERE "values" = %(rules)s::jsonb
    ),
    new_rules AS (
        INSERT INTO inventory_fulfilmentrules ("values")
        SELECT %(rules)s::jsonb
        WHERE %(rules)s::jsonb IS NOT NULL AND NOT EXISTS (SELECT FROM stored_rules)
        ON CONFLICT ("values") DO UPDATE SET "values" = excluded."values"
        RETURNING id
    ),
    rules AS (SELECT id FROM stored_rules UNION ALL SELECT id FROM new_rules)
"""


def record_outcomes(
    claimed: Claimed,
    outcomes: Sequence[Sequence[EntryOutcome]],
    *,
    now: datetime,
    catalogue_version: int | None = None,
    rules: Rules | None = None,
) -> None:
    """Finish the orders with these outcomes, one per entry.

    Without version and rules nobody can compute them again: they were not computed. The caller
    holds the locks of the orders' players, and then of the promotions that they use, since before
    the plan was made. Child orders are not placed here.
    """
    rows: dict[str, list[Row]] = {name: [] for name in WRITE}
    # Each record from before its first change to after its last.
    whole: dict[tuple[int, UUID], Change] = {}
    applied: dict[int, list[int | None]] = {}
    for (order, entries), results in zip(claimed.items(), outcomes, strict=True):
        player_id = order.player_id
        for entry, outcome in zip(entries, results, strict=True):
            entry.result = outcome.result
            entry.notes = notes_of(outcome)
            rows["entries"].append({"id": entry.pk, "result": outcome.result, "notes": entry.notes})
            for change in outcome.changes:
                key = (player_id, change.after.inventory_id)
                before = whole[key].before if key in whole else change.before
                whole[key] = Change(None, before, change.after)
                rows["changes"].append(_change_row(change, player_id, entry.pk))
            rows["promotion_uses"] += [
                {"code": code, "player_id": player_id, "entry_id": entry.pk}
                for code in used_codes(outcome)
            ]
            if (entry.type, entry.result) == (
                EntryType.FILL_LOOT_SINGLE_TRANSIENT,
                Result.SUCCESS,
            ):
                applied.setdefault(player_id, []).append(entry.loot_id)
        order.finish(outcome=_overall(results), at=now)
        rows["orders"].append({"id": order.pk, "state": order.state, "outcome": order.outcome})
    for (player_id, _), change in whole.items():
        name = "changed_records" if change.before else "new_records"
        rows[name].append(_record_row(player_id, change, now))
    rows["applied_loot"] = [
        {"player_id": player_id, "loot": loot} for player_id, loot in applied.items()
    ]
    _write(
        rows,
        now=now,
        catalogue_version=catalogue_version,
        rules=rules and orjson.dumps(stored_values(rules)).decode(),
    )


def notes_of(outcome: EntryOutcome) -> list[Row] | None:
    """What took place beside changes, each with its place among all effects; None: nothing."""
    return [
        {"at": at, **_note(effect)}
        for at, effect in enumerate(outcome.effects)
        if not isinstance(effect, Change)
    ] or None


def _note(effect: Effect) -> Row:
    match effect:
        case NewOrder():
            return {
                "type": "new_order",
                "loot_id": effect.loot_id,
                "order_id": effect.order_id,
            }
        case CodeClaimed():
            return {"type": "claim_promo_code", "loot_id": effect.loot_id, "code": effect.code}
        case CodeReturned():
            return {"type": "return_promo_code", "loot_id": effect.loot_id, "code": effect.code}
        case BundleLoot():
            return {"type": "dynamic_bundle_lti", "loot_id": effect.loot_id}
        case _:
            raise TypeError(f"{effect} is no note")


def _overall(outcomes: Sequence[EntryOutcome]) -> str:
    succeeded = sum(outcome.result is Result.SUCCESS for outcome in outcomes)
    if succeeded == len(outcomes):
        return PlayerOrder.Outcome.SUCCEEDED
    return PlayerOrder.Outcome.PARTLY if succeeded else PlayerOrder.Outcome.FAILED


def _change_row(change: Change, player_id: int, entry_id: int) -> Row:
    before, after = change.before, change.after
    return {
        "record_id": after.inventory_id,
        "player_id": player_id,
        "entry_id": entry_id,
        "loot_id": change.loot_id,
        "delta": after.count - (before.count if before else 0),
        "before": shown(before) if before else None,
        "after": shown(after),
    }


def _record_row(player_id: int, change: Change, now: datetime) -> Row:
    before, after = change.before, change.after
    return {
        **shown(after),
        "player_id": player_id,
        "state": _state(before, after, now),
        "count_before": before and before.count,
    }


def _state(before: Record | None, after: Record, now: datetime) -> str:
    """The state of a record after a change; where it is another one, the state machine agrees."""
    was, will_be = _state_of(before or after, now), _state_of(after, now)
    if was == will_be:
        return was
    states = InventoryRecord.State
    record = InventoryRecord(state=was, count=after.count)
    if was == states.EXPIRED:
        record.renew()
    elif will_be == states.EXPIRED:
        record.expire()
    elif will_be == states.ACTIVE:
        record.replenish()
    else:
        record.deplete()
    return record.state


def _state_of(record: Record, now: datetime) -> str:
    states = InventoryRecord.State
    if record.expires is not None and record.expires < now:
        return states.EXPIRED
    return states.ACTIVE if record.count else states.DEPLETED


def shown(record: Record) -> Row:
    """The record as the ledger shows it: as the API does, with its item, and its session if any."""
    row = {
        "inventory_id": record.inventory_id,
        "item_id": record.item_id,
        "type": record.type,
        "bucket": record.bucket,
        "count": record.count,
        "acquired": record.acquired.isoformat(timespec="microseconds"),
        "expires": record.expires and record.expires.isoformat(timespec="microseconds"),
        "custom_data": record.custom_data,
    }
    return row if record.session_id is None else {**row, "session_id": record.session_id}


def _write(rows: dict[str, list[Row]], **values: Any) -> None:
    planned = {name: len(its_rows) for name, its_rows in rows.items() if its_rows}
    if not planned:
        return
    parts = [RULES] + [f"{name} AS ({WRITE[name]} RETURNING 1)" for name in planned]
    counts = ", ".join(f"(SELECT count(*) FROM {name})" for name in planned)  # noqa: S608
    with connection.cursor() as cursor:
        parameters = {name: orjson.dumps(rows[name]).decode() for name in planned}
        statement = f"WITH {', '.join(parts)} SELECT {counts}"
        cursor.execute(statement, {**values, **parameters})
        written = dict(zip(planned, cursor.fetchone(), strict=True))
    if written != planned:
        raise RuntimeError(f"Of {planned} rows only {written} were written.")
