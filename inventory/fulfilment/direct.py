"""Direct inventory entries: the caller states the record itself (DOMAIN 2.10, 2.13 F).

No loot rules and no stacking apply.
"""

from collections.abc import Mapping
from dataclasses import replace

from inventory.fulfilment.always_owned import ALWAYS_OWNED, always_owned_records
from inventory.fulfilment.attempt import Attempt, Failed
from inventory.fulfilment.orders import Record
from inventory.fulfilment.vocabulary import Result


def create_record(attempt: Attempt) -> None:
    """Make a new record, whatever the player has already."""
    entry = attempt.entry
    _refuse_always_owned(is_it=attempt.is_always_owned(entry.item_id))
    item = attempt.item(entry.item_id, to_store=True)
    _check(attempt, entry.custom_data)
    attempt.create(item.id, entry.quantity, bucket=attempt.bucket(), expires=entry.expires)


def create_transient_record(attempt: Attempt) -> None:
    raise NotImplementedError


def update_record(attempt: Attempt) -> None:
    """Make the record what the entry says; one that is so already succeeds without a change.

    The count and the expiry are always as sent; item, bucket and custom data only where sent.
    """
    entry = attempt.entry
    before = _record(attempt)
    _refuse_always_owned(
        is_it=before.type == ALWAYS_OWNED
        or attempt.is_always_owned(before.item_id)
        or attempt.is_always_owned(entry.item_id)
    )
    if entry.item_id is not None:
        attempt.item(entry.item_id, to_store=True)
    after = replace(
        before,
        item_id=before.item_id if entry.item_id is None else entry.item_id,
        bucket=attempt.chosen_bucket or before.bucket,
        count=entry.quantity,
        expires=entry.expires,
        custom_data=before.custom_data if entry.custom_data is None else entry.custom_data,
    )
    _check(attempt, after.custom_data)
    if after != before:
        attempt.write(before, after)


def _record(attempt: Attempt) -> Record:
    inventory_id = attempt.entry.inventory_id
    record = attempt.draft.find(inventory_id)
    if record is not None:
        return record
    player_uuid = attempt.order.player_uuid
    for owned in always_owned_records(attempt.catalogue, player_uuid, acquired=attempt.now):
        if owned.inventory_id == inventory_id:
            return owned
    raise Failed(Result.INVENTORY_NOT_FOUND)


def _refuse_always_owned(*, is_it: bool) -> None:
    if is_it:
        raise Failed(Result.ALWAYS_OWNED_INVENTORY_CANNOT_BE_MODIFIED)


def _check(attempt: Attempt, custom_data: Mapping[str, str] | None) -> None:
    attempt.check_attributes(custom_data)
    expires = attempt.entry.expires
    if expires is not None and expires <= attempt.now:
        raise Failed(Result.AVAILABLE_UNTIL_IS_IN_PAST)
