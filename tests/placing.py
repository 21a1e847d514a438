"""Short words for placing player orders."""

from inventory.fulfilment.vocabulary import EntryType
from inventory.services.accept_player_orders import EntryDraft, OrderDraft
from inventory.services.place_player_order import place_player_order

PERMISSIONS = frozenset({"loot", "inventory"})


def fill(loot, quantity=1, **values):
    return EntryDraft(type=EntryType.FILL_LOOT, quantity=quantity, loot_id=loot.pk, **values)


def create(item, quantity=1, **values):
    return EntryDraft(
        type=EntryType.CREATE_NEW_PERSISTENT_INVENTORY,
        quantity=quantity,
        item_id=item.pk,
        **values,
    )


def update(record, quantity, **values):
    return EntryDraft(
        type=EntryType.UPDATE_INVENTORY, quantity=quantity, inventory_id=record.pk, **values
    )


def place(player, *entries, wait=True, reason="", **values):
    return place_player_order(
        player=player,
        draft=OrderDraft(entries=entries, **values),
        placed_by="system",
        permissions=PERMISSIONS,
        wait=wait,
        reason=reason,
    )
