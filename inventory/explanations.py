"""What results and changes mean, in words for staff."""

from collections.abc import Mapping
from typing import Any

from inventory.fulfilment.vocabulary import Result
from inventory.models import InventoryChange

RESULTS: Mapping[Result, str] = {
    Result.SUCCESS: "Done.",
    Result.INTERNAL_ERROR: "A fault of ours; nothing was changed. The log has it under the "
    "request id. May be tried again.",
    Result.INVALID_ENTRY_TYPE: "This server does not offer this type of entry.",
    Result.NOT_ALLOWED_ON_CURRENT_PORTAL: "The item may not be used on the platform of the order.",
    Result.LOOT_NOT_FOUND: "There is no such loot, or none was named.",
    Result.LOOT_NOT_ACTIVE: "The loot or its vendor is switched off, or not in effect yet.",
    Result.PRICE_ITEM_NOT_FOUND: "A currency of the price is not in the catalogue.",
    Result.PRICE_NOT_ALLOWED: "The loot is not for sale, or the price was missing or malformed.",
    Result.DYNAMIC_BUNDLE_INVALID: "The bundle's selection is not one that can be bought.",
    Result.TOO_MANY_REQUESTS: "The player tried too often. May be tried again later.",
    Result.PRICE_DOES_NOT_MATCH: "The price that the client showed is not the price in force; its "
    "catalogue is out of date.",
    Result.VENDOR_VERSION_DOES_NOT_MATCH: "The client's copy of the vendor is out of date.",
    Result.DYNAMIC_BUNDLE_LTIS_DO_NOT_MATCH: "The selection is not the one offered to the player.",
    Result.CANNOT_AFFORD_PRICE: "The player does not have enough of a currency.",
    Result.CANNOT_AFFORD_COUPON: "The player does not have the coupon.",
    Result.FAILED_TO_SPEND_PRICE: "The currency was spent elsewhere at the same moment. May be "
    "tried again.",
    Result.FAILED_TO_SPEND_COUPON: "The coupon was spent elsewhere at the same moment. May be "
    "tried again.",
    Result.LOOT_NOT_FOR_SALE_WITH_PRICE_ITEM: "The loot is not sold for these currencies.",
    Result.COUPONS_DISABLED: "Coupons are switched off.",
    Result.COUPON_ITEM_NOT_FOUND: "There is no such coupon.",
    Result.COUPON_ITEM_NOT_ACTIVE: "The coupon is switched off.",
    Result.COUPON_ITEM_NOT_APPLICABLE_FOR_QUANTITY: "The coupon is good for one piece only.",
    Result.COUPON_ITEM_NOT_APPLICABLE_FOR_PRICE_ITEM: "The coupon is for another currency.",
    Result.COUPON_ITEM_NOT_APPLICABLE_FOR_LOOT: "The coupon is for other loot.",
    Result.QUANTITY_NOT_ALLOWED: "The quantity is too small, or not one that is offered.",
    Result.PROMOTION_EXPIRED: "The promotion is over.",
    Result.PROMOTION_NOT_FOUND: "There is no such promotion code.",
    Result.PROMOTION_NO_USES_LEFT: "The promotion code is used up.",
    Result.PROMOTION_NOT_AVAILABLE: "The promotion has not begun, or is not for this player.",
    Result.PROMOTION_CLAIMED_ALREADY: "The player has used this promotion code already.",
    Result.DYNAMIC_BUNDLES_NOT_AVAILABLE: "Dynamic bundles are switched off.",
    Result.TRANSIENT_SINGLE_LOOT_ALREADY_APPLIED: "This session has had the loot already.",
    Result.LOOT_NOT_FILLABLE_FROM_CLIENT: "A player's own client may not claim this loot.",
    Result.PERMISSION_DENIED: "The caller may not place entries of this type.",
    Result.FAILED_TO_FIND_ANY_SUB_LOOT: "The vendor has no loot that could be given.",
    Result.FAILED_TO_FILL_ANY_SUB_LOOT: "None of the loot had any effect.",
    Result.CANNOT_MEET_LOOT_BLOCKER: "The player has too much of something that blocks the loot.",
    Result.CANNOT_MEET_LOOT_REQUIRED: "The player has too little of something the loot requires.",
    Result.FAILED_TO_CONSUME_LOOT_REQUIRED: "What the loot requires could not be taken away.",
    Result.FAILED_TO_SUBMIT_NEW_ORDER: "The order that was to follow could not be stored. May be "
    "tried again.",
    Result.FAILED_TO_MODIFY_INVENTORY: "The inventory could not be changed. May be tried again.",
    Result.INVENTORY_NOT_FOUND: "The player has no such inventory record.",
    Result.ITEM_NOT_FOUND: "There is no such item, or it is not one that can be owned.",
    Result.ITEM_NOT_ACTIVE: "The item is switched off.",
    Result.TOO_MANY_INV_CUSTOM_ATTRIBUTES: "The record would have too many custom attributes.",
    Result.ALWAYS_OWNED_INVENTORY_CANNOT_BE_MODIFIED: "Everyone has this item, always; it cannot "
    "be given or taken.",
    Result.AVAILABLE_UNTIL_IS_IN_PAST: "It would have expired already.",
    Result.ROLLBACK: "Was done, then undone: another entry of the transaction failed.",
    Result.NOT_STARTED: "Not tried: an earlier entry of the transaction failed.",
}


def explain_change(
    change: InventoryChange, items: Mapping[int, str], loot: Mapping[int, str]
) -> str:
    """One line, such as `gems (10): 5 → 15 (+10), because of loot welcome gift (700)`.

    The names are those of today; an item or loot that is no more is known by its id.
    """
    before: dict[str, Any] = change.before or {}
    after: dict[str, Any] = change.after
    line = f"{_named(items, after['item_id'], 'item')}: "
    if change.before is None:
        line += f"new record with {after['count']:,} ({change.delta:+,})"
    else:
        line += f"{before['count']:,} → {after['count']:,} ({change.delta:+,})"
        if before["item_id"] != after["item_id"]:
            line += f", was {_named(items, before['item_id'], 'item')}"
        for field in ("bucket", "expires", "custom_data"):
            if before.get(field) != after.get(field):
                line += f", {field.replace('_', ' ')} {before.get(field)} → {after.get(field)}"
    if change.loot_id is not None:
        line += f", because of {_named(loot, change.loot_id, 'loot', 'loot ')}"
    return line


def _named(names: Mapping[int, str], key: int, kind: str, prefix: str = "") -> str:
    name = names.get(key)
    return f"{prefix}{name} ({key})" if name else f"{kind} {key}"
