"""Entitlement items: what their owner gets at every session (DOMAIN 2.10, 2.14)."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from catalog.snapshot import Catalogue, Item
from inventory.fulfilment.always_owned import always_owned_record
from inventory.fulfilment.attempt import NEVER, Attempt
from inventory.fulfilment.dice import Dice
from inventory.fulfilment.holdings import Holdings
from inventory.fulfilment.orders import Entry, Order, Record, Rules
from inventory.fulfilment.vocabulary import EntryType, Source


def entitling_items(catalogue: Catalogue, loot_id: int | None) -> Sequence[Item]:
    """The active entitlement items that grant this loot."""
    return () if loot_id is None else catalogue.entitlements.get(loot_id, ())


def loot_at_opening(
    catalogue: Catalogue, holdings: Holdings, *, player_uuid: UUID, now: datetime
) -> tuple[int, ...]:
    """What is granted when the session in the holdings is opened: a loot for each item owned."""
    entry = Entry(EntryType.FILL_ENTITLED_LOOT, 1)
    order = Order(player_uuid, Source.ENTITLEMENTS, None, False, frozenset(), (entry,), now)
    attempt = Attempt(order, entry, catalogue, holdings.draft(), now, Dice(b"opening"), Rules(), {})
    return tuple(
        item.entitled_loot_id
        for item in items_entitling(catalogue)
        if item.entitled_loot_id is not None and _owned(attempt, item)
    )


def items_entitling(catalogue: Catalogue) -> list[Item]:
    """The active entitlement items, whatever they grant."""
    return [item for items in catalogue.entitlements.values() for item in items]


def entitlement(attempt: Attempt, loot_id: int | None) -> Record | None:
    """The player's record of such an item, of several the one that lasts longest."""
    return max(
        (
            record
            for item in entitling_items(attempt.catalogue, loot_id)
            for record in _owned(attempt, item)
        ),
        key=lambda record: (record.expires or NEVER, record.inventory_id),
        default=None,
    )


def _owned(attempt: Attempt, item: Item) -> list[Record]:
    if item.always_owned:
        return [always_owned_record(item, attempt.order.player_uuid, acquired=attempt.now)]
    return [record for record in attempt.usable_records(item.id) if record.count > 0]
