"""Whose records an entry can look at, so that no more of a player's inventory is loaded."""

from collections.abc import Iterator

from catalog.snapshot import Catalogue, Loot, promotion_code
from inventory.fulfilment.entitlements import entitling_items
from inventory.fulfilment.orders import Entry
from inventory.fulfilment.vocabulary import EntryType


def items_within_reach(entry: Entry, catalogue: Catalogue) -> frozenset[int]:
    """Every item whose records may decide what becomes of the entry, or be changed by it.

    A record that the entry names by its id counts too, whatever its item.
    """
    return frozenset(
        item_id
        for item_id in (*_of_entry(entry, catalogue), *_of_loot(_loot(entry, catalogue), catalogue))
        if item_id is not None
    )


def _of_entry(entry: Entry, catalogue: Catalogue) -> Iterator[int | None]:
    yield entry.item_id
    if entry.type is EntryType.FILL_ENTITLED_LOOT:
        for item in entitling_items(catalogue, entry.loot_id):
            yield item.id
    price = entry.purchase_price
    if price is not None:
        yield price.price_item_id
        yield price.price_coupon_item_id
        for currency in price.currencies:
            yield currency.price_item_id


def _loot(entry: Entry, catalogue: Catalogue) -> Loot | None:
    loot_id = entry.loot_id
    if entry.type is EntryType.PROMOTION_CODE:
        promotion = catalogue.promotions.get(promotion_code(entry.external_tran_id or ""))
        loot_id = None if promotion is None else promotion.loot_id
    return None if loot_id is None else catalogue.loot.get(loot_id)


def _of_loot(top: Loot | None, catalogue: Catalogue) -> Iterator[int | None]:
    """The items of the loot and of all below it."""
    walked: set[int | None] = {None}
    waiting = [] if top is None else [top]
    while waiting:
        loot = waiting.pop()
        yield loot.item_id
        yield loot.quantity_mult_inventory_item_id
        yield loot.required_item_id
        if loot.sub_vendor_id not in walked:
            walked.add(loot.sub_vendor_id)
            vendor = catalogue.vendors.get(loot.sub_vendor_id or 0)
            waiting.extend(() if vendor is None else vendor.loot)
