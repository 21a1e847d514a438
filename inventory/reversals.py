"""What undoing an order would do to each record that it changed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from inventory.models import InventoryChange, InventoryRecord

Fields = Mapping[str, Any]

UNDONE_FIELDS = ("item_id", "bucket", "custom_data")


@dataclass(frozen=True, slots=True)
class Reversal:
    """One record as it is now and as undoing leaves it. `lost`: what cannot be undone, and why."""

    record: InventoryRecord
    item_id: int
    bucket: str
    count: int
    expires: datetime | None
    custom_data: Mapping[str, str] | None
    lost: tuple[str, ...] = ()

    @property
    def moves(self) -> bool:
        """Whether the record is changed at all."""
        record = self.record
        return (record.item_id, record.bucket, record.count, record.expires) != (
            self.item_id,
            self.bucket,
            self.count,
            self.expires,
        ) or record.custom_data != self.custom_data

    def as_change(self) -> InventoryChange:
        """The row that the ledger would have of it; never saved."""
        return InventoryChange(
            record_id=self.record.pk,
            delta=self.count - self.record.count,
            before=_shown(_as_it_is(self.record)),
            after=_shown(self),
        )


def net_changes(
    changes: Iterable[InventoryChange],
) -> dict[UUID, tuple[Fields | None, Fields]]:
    """By record, what it was before these changes (None: it is new) and after them.

    A record that ended as it began is left out.
    """
    net: dict[UUID, tuple[Fields | None, Fields]] = {}
    for change in changes:
        before, _ = net.get(change.record_id, (change.before, None))
        net[change.record_id] = before, change.after
    return {pk: ends for pk, ends in net.items() if _empty_if_new(*ends) != ends[1]}


def reversal_of(
    record: InventoryRecord, before: Fields | None, after: Fields, *, now: datetime
) -> Reversal:
    """Take back from the record what the order gave it, and give back what it took.

    What others did to the record since stays. The count never goes below zero; a field that was
    changed again since is left as it is.
    """
    now_is = _as_it_is(record)
    if record.state == InventoryRecord.State.EXPIRED or (record.expires and record.expires <= now):
        return replace(now_is, lost=("it has expired",))
    if record.item_id != after["item_id"]:
        return replace(now_is, lost=("it holds another item now",))
    is_new, before = before is None, _empty_if_new(before, after)
    undone, lost = _fields_undone(now_is, before, after)
    if is_new and record.expires != _time(after):
        lost.append("its expiry has been changed since")
    given = after["count"] - before["count"]
    count = record.count - given
    if count < 0:
        lost.append(f"{-count:,} of {given:,} are gone already")
    undone = replace(undone, count=max(count, 0))
    if undone.expires != record.expires and undone.expires and undone.expires <= now:
        lost.append("part of its time is over")
        undone = replace(undone, count=0, expires=record.expires)
    return replace(undone, lost=tuple(lost))


def _fields_undone(now_is: Reversal, before: Fields, after: Fields) -> tuple[Reversal, list[str]]:
    restored: dict[str, Any] = {}
    lost: list[str] = []
    for name in UNDONE_FIELDS:
        if before.get(name) == after.get(name):
            continue
        if getattr(now_is, name) == after.get(name):
            restored[name] = before.get(name)
        else:
            lost.append(f"its {name.replace('_', ' ')} has been changed since")
    was, became = _time(before), _time(after)
    if was and became and now_is.expires:
        restored["expires"] = now_is.expires - (became - was)
    elif was != became and now_is.expires == became:
        restored["expires"] = was
    elif was != became:
        lost.append("its expiry has been changed since")
    return replace(now_is, **restored), lost


def _empty_if_new(before: Fields | None, after: Fields) -> Fields:
    return {**after, "count": 0} if before is None else before


def _time(fields: Fields) -> datetime | None:
    text = fields.get("expires")
    return datetime.fromisoformat(text) if text else None


def _as_it_is(record: InventoryRecord) -> Reversal:
    return Reversal(
        record, record.item_id, record.bucket, record.count, record.expires, record.custom_data
    )


def _shown(reversal: Reversal) -> Fields:
    return {
        "item_id": reversal.item_id,
        "bucket": reversal.bucket,
        "count": reversal.count,
        "expires": reversal.expires and reversal.expires.isoformat(timespec="microseconds"),
        "custom_data": reversal.custom_data,
    }
