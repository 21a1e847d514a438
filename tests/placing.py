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


def purchase(loot, *prices, quantity=1, coupon=None, **values):
    """`prices` are pairs of a currency item and its price for one unit."""
    price = {
        "currencies": [{"price_item_id": item.pk, "price": price} for item, price in prices],
        "price_coupon_item_id": coupon and coupon.pk,
    }
    return EntryDraft(
        type=EntryType.PURCHASE_LOOT,
        quantity=quantity,
        loot_id=loot.pk,
        fields={"purchase_price": price, **values},
    )


def claim(code):
    return EntryDraft(type=EntryType.PROMOTION_CODE, quantity=1, fields={"external_tran_id": code})


def apply(loot):
    """Fill the loot once for the open session."""
    return EntryDraft(type=EntryType.FILL_LOOT_SINGLE_TRANSIENT, quantity=1, loot_id=loot.pk)
