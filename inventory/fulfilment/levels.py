"""What follows when the count of an item rises: rewards of levels, entitled loot (DOMAIN 2.14)."""

from catalog.snapshot import Item, Loot
from inventory.fulfilment.attempt import Attempt, Failed, is_active
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

    Those orders are no part of the entry: one that cannot be placed does not fail it.
    """
    if item.level_vendor_id is None and item.type != "entitlement":
        attempt.write(before, after, loot_id=loot_id)
        return
    had = attempt.own_count(item.id)
    attempt.write(before, after, loot_id=loot_id)
    has = attempt.own_count(item.id)
    if has > had:
        rewards = _rewards(attempt, item, had, has)
        _order(attempt, rewards, EntryType.FILL_LOOT, Source.SYSTEM)
        if item.type == "entitlement" and item.entitled_loot_id is not None:
            entitled = (item.entitled_loot_id,)
            _order(attempt, entitled, EntryType.FILL_ENTITLED_LOOT, Source.ENTITLEMENTS)


def _rewards(attempt: Attempt, item: Item, had: int, has: int) -> tuple[int, ...]:
    """The loot of every level that was reached, skipped ones included, in their order."""
    if item.level_vendor_id is None:
        return ()
    before, after = _level(attempt, item, had), _level(attempt, item, has)
    if after == before:
        return ()
    attempt.tell(Told.LEVEL, item.id, before, after)
    vendor = attempt.catalogue.vendors.get(item.level_vendor_id)
    loot: tuple[Loot, ...] = vendor.loot if vendor is not None and vendor.active else ()
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
    try:
        attempt.submit(entries, source=source, loot_id=None)
    except Failed as failure:
        attempt.tell(Told.SKIP, failure.result)
