"""Direct inventory entries: the caller states the record itself (DOMAIN 2.10, 2.13 F).

No loot rules and no stacking apply. What follows from a higher count, only by
`Rules.direct_side_effects`.
"""

from collections.abc import Mapping
from dataclasses import replace

from inventory.fulfilment import levels
from inventory.fulfilment.always_owned import ALWAYS_OWNED, always_owned_records
from inventory.fulfilment.attempt import PERSISTENT, TRANSIENT, Attempt
from inventory.fulfilment.orders import Record
from inventory.fulfilment.vocabulary import EntryType, Result, Source

# The deprecated types update records of one type only.
_ONLY = {
    EntryType.UPDATE_EXISTING_PERSISTENT_INVENTORY: PERSISTENT,
    EntryType.UPDATE_EXISTING_TRANSIENT_INVENTORY: TRANSIENT,
}


def create_record(attempt: Attempt) -> None:
    """Make a new record, whatever the player has already."""
    _create(attempt, PERSISTENT)


def create_transient_record(attempt: Attempt) -> None:
    """Make a new record for the open session."""
    _create(attempt, TRANSIENT)


def update_record(attempt: Attempt) -> None:
    """Make the record what the entry says; one that is so already succeeds without a change.

    The count and the expiry are always as sent; item, bucket and custom data only where sent.
    """
    entry = attempt.entry
    before = attempt.found(Result.INVENTORY_NOT_FOUND, _record(attempt))
    _refuse_always_owned(
        attempt,
        is_it=before.type == ALWAYS_OWNED
        or attempt.is_always_owned(before.item_id)
        or attempt.is_always_owned(entry.item_id),
    )
    if entry.item_id is not None:
        attempt.item(entry.item_id, to_store=True)
    after = replace(
        before,
        item_id=before.item_id if entry.item_id is None else entry.item_id,
        bucket=attempt.chosen_bucket or before.bucket,
        count=entry.quantity,
        expires=entry.expires,
        custom_data=before.custom_data if entry.custom_data is None else entry.custom_data or None,
    )
    _check(attempt, after.custom_data)
    if after != before:
        _write(attempt, before, after)


def _create(attempt: Attempt, type: str) -> None:  # noqa: A002 - the field's name
    entry = attempt.entry
    _refuse_always_owned(attempt, is_it=attempt.is_always_owned(entry.item_id))
    item = attempt.item(entry.item_id, to_store=True)
    _check(attempt, entry.custom_data)
    record = attempt.new_record(
        item.id, entry.quantity, bucket=attempt.bucket(), type=type, expires=entry.expires
    )
    _write(attempt, None, record)


def _record(attempt: Attempt) -> Record | None:
    """What the entry names, unless it is of a session that is over."""
    entry, draft = attempt.entry, attempt.draft
    attempt.work(sum(1 for _ in draft) // 8)
    only = _ONLY.get(entry.type)
    if entry.inventory_id is not None:
        record = draft.find(entry.inventory_id)
        if record is None and only is None:
            record = _always_owned_record(attempt)
    else:
        record = draft.find_legacy(entry.legacy_inventory_id) if only is not None else None
    if record is None or record.type != (only or record.type) or not attempt.is_current(record):
        return None
    return record


def _always_owned_record(attempt: Attempt) -> Record | None:
    attempt.work(3 * len(attempt.catalogue.always_owned))
    shown = always_owned_records(attempt.catalogue, attempt.order.player_uuid, acquired=attempt.now)
    return next((each for each in shown if each.inventory_id == attempt.entry.inventory_id), None)


def _refuse_always_owned(attempt: Attempt, *, is_it: bool) -> None:
    attempt.require(Result.ALWAYS_OWNED_INVENTORY_CANNOT_BE_MODIFIED, that=not is_it)


def _check(attempt: Attempt, custom_data: Mapping[str, str] | None) -> None:
    attempt.check_attributes(custom_data)
    expires = attempt.entry.expires
    is_to_come = expires is None or expires > attempt.now
    attempt.require(Result.AVAILABLE_UNTIL_IS_IN_PAST, that=is_to_come)


def _write(attempt: Attempt, before: Record | None, after: Record) -> None:
    """A refund puts back what was there, so its higher counts are no gain."""
    item = attempt.catalogue.items.get(after.item_id)
    is_gain = attempt.rules.direct_side_effects and attempt.order.source is not Source.REFUND
    if is_gain and item is not None:
        levels.write(attempt, item, before, after)
    else:
        attempt.write(before, after)
