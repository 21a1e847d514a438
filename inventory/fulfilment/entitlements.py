"""Entitlement items: what their owner gets at every session (DOMAIN 2.10, 2.14)."""

from catalog.snapshot import Catalogue, Item
from inventory.fulfilment.always_owned import always_owned_record
from inventory.fulfilment.attempt import NEVER, Attempt
from inventory.fulfilment.orders import Record


def entitling_items(catalogue: Catalogue, loot_id: int | None) -> list[Item]:
    """The active entitlement items that grant this loot."""
    if loot_id is None:
        return []
    return [
        item
        for item in catalogue.items.values()
        if item.entitled_loot_id == loot_id and item.type == "entitlement" and item.active
    ]


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
