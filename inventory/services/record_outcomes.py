"""Write what became of player orders: records, ledger, results and states, in one statement."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from django.db import connection

from inventory.fulfilment.orders import Change, EntryOutcome, Record
from inventory.fulfilment.vocabulary import Result
from inventory.models import InventoryRecord, PlayerOrder
from inventory.services.plan_player_orders import Claimed

Row = dict[str, Any]

# A row that is not as it was planned on is not written, and then the counts do not fit. An order is
# asked for its time, not its state: the index of the waiting ones would tempt a planner that seldom
# knows how many wait.
RECORD = """
    WITH new_record AS (
        INSERT INTO inventory_inventoryrecord (
            inventory_id, player_id, item_id, type, state, bucket, count, acquired, expires,
            custom_data
        )
        SELECT * FROM json_to_recordset(%(new_records)s::json) AS new (
            inventory_id uuid, player_id bigint, item_id bigint, type text, state text,
            bucket text, count bigint, acquired timestamptz, expires timestamptz,
            custom_data jsonb
        )
        RETURNING 1
    ),
    changed_record AS (
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
        RETURNING 1
    ),
    change AS (
        INSERT INTO inventory_inventorychange (
            record_id, player_id, entry_id, loot_id, delta, before, after, created_time
        )
        SELECT change.*, %(now)s FROM json_to_recordset(%(changes)s::json) AS change (
            record_id uuid, player_id bigint, entry_id bigint, loot_id bigint, delta bigint,
            before jsonb, after jsonb
        )
        RETURNING 1
    ),
    entry AS (
        UPDATE inventory_playerorderentry AS entry
        SET result = processed.result
        FROM json_to_recordset(%(entries)s::json) AS processed (id bigint, result text)
        WHERE entry.id = processed.id AND entry.result IS NULL
        RETURNING 1
    ),
    done AS (
        UPDATE inventory_playerorder AS player_order
        SET state = done.state, outcome = done.outcome, done_time = %(now)s
        FROM json_to_recordset(%(orders)s::json) AS done (id bigint, state text, outcome text)
        WHERE player_order.id = done.id AND player_order.done_time IS NULL
        RETURNING 1
    )
    SELECT
        (SELECT count(*) FROM new_record), (SELECT count(*) FROM changed_record),
        (SELECT count(*) FROM change), (SELECT count(*) FROM entry), (SELECT count(*) FROM done)
"""


def record_outcomes(
    claimed: Claimed, outcomes: Sequence[Sequence[EntryOutcome]], *, now: datetime
) -> None:
    """Finish the orders with these outcomes, one per entry.

    The caller holds the locks of the orders' players since before the plan was made.
    """
    order_rows: list[Row] = []
    entry_rows: list[Row] = []
    change_rows: list[Row] = []
    # Each record from before its first change to after its last.
    whole: dict[tuple[int, UUID], Change] = {}
    for (order, entries), results in zip(claimed.items(), outcomes, strict=True):
        for entry, outcome in zip(entries, results, strict=True):
            entry.result = outcome.result
            entry_rows.append({"id": entry.pk, "result": outcome.result})
            for change in outcome.changes:
                key = (order.player_id, change.after.inventory_id)
                before = whole[key].before if key in whole else change.before
                whole[key] = Change(None, before, change.after)
                change_rows.append(_change_row(change, order.player_id, entry.pk))
        order.finish(outcome=_overall(results), at=now)
        order_rows.append({"id": order.pk, "state": order.state, "outcome": order.outcome})
    new = [_record_row(key[0], change) for key, change in whole.items() if not change.before]
    changed = [_record_row(key[0], change) for key, change in whole.items() if change.before]
    _write(
        now,
        new_records=new,
        changed_records=changed,
        changes=change_rows,
        entries=entry_rows,
        orders=order_rows,
    )


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
        "before": _shown(before) if before else None,
        "after": _shown(after),
    }


def _record_row(player_id: int, change: Change) -> Row:
    before, after = change.before, change.after
    return {
        **_shown(after),
        "player_id": player_id,
        "state": _state(was_active=before is None or before.count > 0, is_active=after.count > 0),
        "count_before": before and before.count,
    }


def _state(*, was_active: bool, is_active: bool) -> str:
    """The state of a record after a change; where it is another one, the state machine agrees."""
    states = InventoryRecord.State
    state = states.ACTIVE if was_active else states.DEPLETED
    if was_active == is_active:
        return state
    record = InventoryRecord(state=state)
    if is_active:
        record.replenish()
    else:
        record.deplete()
    return record.state


def _shown(record: Record) -> Row:
    """The record as the API shows it, and its item."""
    return {
        "inventory_id": record.inventory_id,
        "item_id": record.item_id,
        "type": record.type,
        "bucket": record.bucket,
        "count": record.count,
        "acquired": record.acquired.isoformat(timespec="microseconds"),
        "expires": record.expires and record.expires.isoformat(timespec="microseconds"),
        "custom_data": record.custom_data,
    }


def _write(now: datetime, **rows: list[Row]) -> None:
    with connection.cursor() as cursor:
        parameters = {name: orjson.dumps(each).decode() for name, each in rows.items()}
        cursor.execute(RECORD, {"now": now, **parameters})
        written = cursor.fetchone()
    planned = tuple(len(each) for each in rows.values())
    if written != planned:
        raise RuntimeError(f"Of {planned} rows of {', '.join(rows)} only {written} were written.")
