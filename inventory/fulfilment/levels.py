"""What follows when the count of an item rises: rewards of levels, entitled loot (DOMAIN 2.14)."""

from catalog.snapshot import Item, Loot
from inventory.fulfilment.attempt import PERSISTENT, Attempt, is_active
from inventory.fulfilment.orders import Entry, Record
from inventory.fulfilment.trace import Told
from inventory.fulfilment.vocabulary import EntryType, Source
from inventory.fulfilment.xp import level_of


def write(
    attempt: Attempt,
    item: Item,
    before: Record | None,
    after: Record,
    *,
    loot_id: int | None = None,
) -> None:
    """Change a record of the item and order, directly after it, what a risen count brings.

    Levels are of what lasts: what a session gives, it would reward again every time.
    """
    if item.level_vendor_id is None and item.type != "entitlement":
        attempt.write(before, after, loot_id=loot_id)
        return
    had, kept = attempt.own_count(item.id), _persistent_count(attempt, item)
    attempt.write(before, after, loot_id=loot_id)
    rewards = _rewards(attempt, item, kept, _persistent_count(attempt, item))
    _order(attempt, rewards, EntryType.FILL_LOOT, Source.SYSTEM)
    entitled_loot_id = item.entitled_loot_id if item.type == "entitlement" else None
    if entitled_loot_id is not None and attempt.own_count(item.id) > had:
        entitled = (entitled_loot_id,)
        _order(attempt, entitled, EntryType.FILL_ENTITLED_LOOT, Source.ENTITLEMENTS)


def _persistent_count(attempt: Attempt, item: Item) -> int:
    records = attempt.usable_records(item.id)
    return sum(record.count for record in records if record.type == PERSISTENT)


def _rewards(attempt: Attempt, item: Item, had: int, has: int) -> tuple[int, ...]:
    """The loot of every level that was reached, skipped ones included, in their order."""
    if item.level_vendor_id is None:
        return ()
    before, after = _level(attempt, item, had), _level(attempt, item, has)
    if after <= before:
        return ()
    attempt.tell(Told.LEVEL, item.id, before, after)
    vendor = attempt.catalogue.vendors.get(item.level_vendor_id)
    loot: tuple[Loot, ...] = vendor.loot if vendor is not None and vendor.active else ()
    attempt.work(len(loot) // 8)
    return tuple(
        each.id
        for each in loot
        if before < each.sort_order <= after and is_active(each, attempt.now)
    )


def _level(attempt: Attempt, item: Item, count: int) -> int:
    """Without an XP table the count itself is the level."""
    if item.level_xp_table_id is None:
        return count
    table = attempt.catalogue.xp_tables.get(item.level_xp_table_id)
    return 0 if table is None else level_of(table, count)


def _order(attempt: Attempt, loot: tuple[int, ...], type: EntryType, source: Source) -> None:  # noqa: A002 - the field's name
    if not loot:
        return
    entries = tuple(Entry(type, 1, loot_id=loot_id) for loot_id in loot)
    attempt.submit(entries, source=source, loot_id=None)
