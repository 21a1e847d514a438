"""What to change in the world for an order of each kind to fail each check of DOMAIN 2.13.

A check is its rank, the code, and the changes that violate it, each in a way of its own.
"""

from decimal import Decimal

from inventory.fulfilment.holdings import CLIENT_TRIES
from inventory.fulfilment.orders import Currency
from inventory.fulfilment.vocabulary import Result
from tests.inventory.fulfilment.examples import (
    COUNT_MAXIMUM,
    EARLIER,
    GEMS,
    GOLD,
    LATER,
    NOW,
    RETIRED,
    SWORD,
    breakpoints,
)
from tests.inventory.fulfilment.world import BOX, OFFER, WORLD

_NO_TYPE = {"rules.entry_types": frozenset()}
_NO_PERMISSION = {"order.permissions": frozenset()}
_TOO_MANY = {"tries": {CLIENT_TRIES: [NOW] * 5}}
_TOO_MANY_ATTRIBUTES = {"entry.custom_data": {"a": "1", "b": "2", "c": "3"}}

_A = [
    ("A1", Result.INVALID_ENTRY_TYPE, [_NO_TYPE]),
    ("A2", Result.PERMISSION_DENIED, [_NO_PERMISSION]),
    ("A3", Result.TOO_MANY_REQUESTS, [_TOO_MANY]),
]
_A4 = ("A4", Result.QUANTITY_NOT_ALLOWED, [{"entry.quantity": 0}])
_B1 = ("B1", Result.LOOT_NOT_FOUND, [{"entry.loot_id": 99}, {"entry.loot_id": None}])
_B1_ENTITLED = (
    "B1",
    Result.LOOT_NOT_FOUND,
    [
        {"own_vip": None},
        {"own_vip.count": 0},
        {"own_vip.expires": EARLIER},
        {"vip.entitled_loot_id": 72},
        {"entry.loot_id": None},
    ],
)
_B2 = (
    "B2",
    Result.VENDOR_VERSION_DOES_NOT_MATCH,
    [
        {"entry.vendor_etag": "stale"},
        {"entry.vendor_version": 2},
        {"entry.vendor_etag": "stale", "entry.vendor_version": 3},
    ],
)
_B3_TO_B5 = [
    (
        "B3",
        Result.LOOT_NOT_ACTIVE,
        [{"loot.active": False}, {"loot.effective_from": LATER}, {"shop.active": False}],
    ),
    ("B4", Result.ITEM_NOT_FOUND, [{"box": None}]),
    ("B4", Result.ITEM_NOT_ACTIVE, [{"box.active": False}]),
    (
        "B5",
        Result.NOT_ALLOWED_ON_CURRENT_PORTAL,
        [
            {"rule_set.rules": {}},
            {"rule_set.rules": {"psn": ("psn",), "steam": (), "none": ()}},
            {"box.inventory_bucket_use_rule_set_id": "unknown"},
        ],
    ),
]
_B = [_B1, _B2, *_B3_TO_B5]
_B6 = ("B6", Result.LOOT_NOT_FILLABLE_FROM_CLIENT, [{"loot.is_claimable_by_client": False}])
_B7 = (
    "B7",
    Result.TRANSIENT_SINGLE_LOOT_ALREADY_APPLIED,
    [{"session.applied_loot": frozenset({70})}],
)
_C1_TO_C3 = [
    ("C1", Result.DYNAMIC_BUNDLES_NOT_AVAILABLE, [{"rules.dynamic_bundles": False}]),
    (
        "C2",
        Result.DYNAMIC_BUNDLE_INVALID,
        [
            {"box.type": "recipe"},
            {"loot.sub_vendor_id": None},
            {"entry.dynamic_bundle_loot_ids": None},
            {"entry.dynamic_bundle_loot_ids": ()},
            {"entry.dynamic_bundle_loot_ids": OFFER + OFFER},
            {"entry.dynamic_bundle_loot_ids": (70,)},
        ],
    ),
    (
        "C3",
        Result.DYNAMIC_BUNDLE_LTIS_DO_NOT_MATCH,
        [{"entry.dynamic_bundle_loot_ids": OFFER[1:]}],
    ),
]
_C4_TO_C5 = [
    (
        "C4",
        Result.PRICE_NOT_ALLOWED,
        [
            {"loot.current_price_point_id": None},
            {"loot.current_price_point_id": "unknown"},
            {"price": None},
            {"price.currencies": ()},
            {"price.currencies": (Currency(GEMS, 1), Currency(GEMS, 1))},
            {"price.currencies": (Currency(GEMS, -1),)},
        ],
    ),
    (
        "C5",
        Result.PRICE_ITEM_NOT_FOUND,
        [
            {"gems": None},
            {"price.currencies": (Currency(99, 1),)},
            {"price_point.current_breakpoints": breakpoints((1, {GEMS: 2}), (9, {99: 2}))},
        ],
    ),
]
_C6_SINGLE = ("C6", Result.QUANTITY_NOT_ALLOWED, [{"entry.quantity": 2}])
_C6 = (
    "C6",
    Result.QUANTITY_NOT_ALLOWED,
    [
        {"price_point.strict_flag": True, "entry.quantity": 2},
        {"price_point.cap_flag": True, "entry.quantity": 2},
        {"price_point.current_breakpoints": breakpoints((3, {GEMS: 2}))},
        {"box.type": "recipe_with_price_reduction", "entry.quantity": 2},
    ],
)
_C7_TO_C12 = [
    (
        "C7",
        Result.LOOT_NOT_FOR_SALE_WITH_PRICE_ITEM,
        [
            {"price.currencies": (Currency(GOLD, 1),)},
            {"price.currencies": (Currency(GEMS, 1), Currency(GOLD, 0))},
        ],
    ),
    ("C8", Result.COUPONS_DISABLED, [{"rules.coupons": False}]),
    (
        "C9",
        Result.COUPON_ITEM_NOT_FOUND,
        [
            {"coupon": None},
            {"coupon.coupon_discount_percentage": Decimal(0)},
            {"coupon.coupon_discount_loot": frozenset()},
        ],
    ),
    ("C10", Result.COUPON_ITEM_NOT_ACTIVE, [{"coupon.active": False}]),
    (
        "C11",
        Result.COUPON_ITEM_NOT_APPLICABLE_FOR_LOOT,
        [{"coupon.coupon_discount_loot": frozenset({72})}],
    ),
    (
        "C12",
        Result.COUPON_ITEM_NOT_APPLICABLE_FOR_PRICE_ITEM,
        [
            {"coupon.coupon_discount_currency_item_id": GOLD},
            {"coupon.coupon_discount_currency_item_id": None},
        ],
    ),
]
_C13 = ("C13", Result.COUPON_ITEM_NOT_APPLICABLE_FOR_QUANTITY, [{"entry.quantity": 2}])
_C14_TO_C16 = [
    (
        "C14",
        Result.PRICE_DOES_NOT_MATCH,
        [{"price.currencies": (Currency(GEMS, unit_price),)} for unit_price in (0, 2)],
    ),
    (
        "C15",
        Result.CANNOT_AFFORD_COUPON,
        [{"own_coupon": None}, {"own_coupon.count": 0}, {"own_coupon.expires": EARLIER}],
    ),
    (
        "C16",
        Result.CANNOT_AFFORD_PRICE,
        [
            {"own_gems": None},
            {"own_gems.expires": EARLIER},
            {
                "price_point.current_breakpoints": breakpoints((1, {GEMS: 6})),
                "price.currencies": (Currency(GEMS, 3),),
            },
        ],
    ),
]
_ATTRIBUTES = ("F4", Result.TOO_MANY_INV_CUSTOM_ATTRIBUTES, [_TOO_MANY_ATTRIBUTES])
_FILL = ("D", Result.CANNOT_MEET_LOOT_REQUIRED, [{"own_pass": None}, {"own_pass.expires": LATER}])
_FILL_OF_BUNDLE = ("D", Result.ITEM_NOT_ACTIVE, [{"sword.active": False}])
_C18 = [
    # What is always owned counts as one, whatever records there are.
    (
        "C18",
        Result.FAILED_TO_SPEND_COUPON,
        [{"coupon.always_owned": True, "own_coupon": WORLD["own_coupon"]}],
    ),
    (
        "C18",
        Result.FAILED_TO_SPEND_PRICE,
        [{"gems.always_owned": True, "own_gems": WORLD["own_gems"]}],
    ),
]
_E = [
    (
        "E1",
        Result.PROMOTION_NOT_FOUND,
        [{"entry.external_tran_id": code} for code in (None, " ", "WELCOME2")],
    ),
    (
        "E2",
        Result.PROMOTION_NOT_AVAILABLE,
        [
            {"promotion.active": False},
            {"promotion.starts_at": LATER},
            {"promotion.portals": frozenset({"psn"})},
        ],
    ),
    ("E3", Result.PROMOTION_EXPIRED, [{"promotion.ends_at": EARLIER}]),
    ("E4", Result.PROMOTION_CLAIMED_ALREADY, [{"claimed": {"WELCOME": 1}}]),
    ("E5", Result.PROMOTION_NO_USES_LEFT, [{"uses": {"WELCOME": 9}}]),
]
_F2 = ("F2", Result.ALWAYS_OWNED_INVENTORY_CANNOT_BE_MODIFIED, [{"sword.always_owned": True}])
_F2_OF_CREATE = (
    "F2",
    Result.ALWAYS_OWNED_INVENTORY_CANNOT_BE_MODIFIED,
    # It is about the item that the entry names.
    [{"sword.always_owned": True, "entry.item_id": SWORD}],
)
_F3_OF_CREATE = [
    (
        "F3",
        Result.ITEM_NOT_FOUND,
        [{"sword.type": "recipe"}, {"entry.item_id": None}, {"entry.item_id": 99}],
    ),
    ("F3", Result.ITEM_NOT_ACTIVE, [{"sword.active": False}]),
]
_F3_OF_UPDATE = [
    ("F3", Result.ITEM_NOT_FOUND, [{"entry.item_id": 99}, {"entry.item_id": BOX}]),
    ("F3", Result.ITEM_NOT_ACTIVE, [{"entry.item_id": RETIRED}]),
]
_F5 = (
    "F5",
    Result.AVAILABLE_UNTIL_IS_IN_PAST,
    [{"entry.expires": EARLIER}, {"entry.expires": NOW}],
)
_OVERFLOW = ("F6", Result.FAILED_TO_MODIFY_INVENTORY, [{"entry.quantity": COUNT_MAXIMUM + 1}])
_NO_SESSION_TO_FILL = ("D", Result.FAILED_TO_MODIFY_INVENTORY, [{"session": None}])
_NO_SESSION = ("F6", Result.FAILED_TO_MODIFY_INVENTORY, [{"session": None}])
_A4_OF_UPDATE = ("A4", Result.QUANTITY_NOT_ALLOWED, [{"entry.quantity": -1}])


_F1 = ("F1", Result.INVENTORY_NOT_FOUND, [{"entry.inventory_id": None}, {"own_sword": None}])
_F1_OF_PERSISTENT = (
    "F1",
    Result.INVENTORY_NOT_FOUND,
    [
        {"entry.legacy_inventory_id": None},
        {"entry.inventory_id": WORLD["own_try_out"].inventory_id},
        {"own_sword": None},
        {"own_sword.type": "transient"},
    ],
)
_F1_OF_TRANSIENT = (
    "F1",
    Result.INVENTORY_NOT_FOUND,
    [
        {"entry.inventory_id": None},
        {"entry.inventory_id": WORLD["own_sword"].inventory_id},
        {"own_try_out": None},
        {"session": None},
    ],
)


_FILLABLE = [*_A, _A4, *_B, _B6]
_PRICED = [*_C7_TO_C12, _C13, *_C14_TO_C16, _ATTRIBUTES]
_CREATE = [*_A, _A4, _F2_OF_CREATE, *_F3_OF_CREATE, _ATTRIBUTES, _F5]
_UPDATE = [_F2, *_F3_OF_UPDATE, _ATTRIBUTES, _F5, _OVERFLOW]

# By kind of order, first check first.
CHECKS = {
    "fill_loot": [*_FILLABLE, _ATTRIBUTES, _FILL],
    "fill_loot_single_transient": [*_FILLABLE, _B7, _NO_SESSION_TO_FILL, _ATTRIBUTES, _FILL],
    "fill_entitled_loot": [*_A, _A4, _B1_ENTITLED, _B2, *_B3_TO_B5, _B6, _ATTRIBUTES, _FILL],
    "purchase_loot": [*_A, _A4, *_B, *_C4_TO_C5, _C6, *_PRICED, _FILL, *_C18],
    "purchase_dynamic_bundle": [
        *(*_A, _A4, *_B, *_C1_TO_C3, *_C4_TO_C5, _C6_SINGLE, *_C7_TO_C12, *_C14_TO_C16),
        *(_ATTRIBUTES, _FILL_OF_BUNDLE, *_C18),
    ],
    "promotion_code": [*_A, *_E, *_B3_TO_B5, _ATTRIBUTES, _FILL],
    "create_new_persistent_inventory": [*_CREATE, _OVERFLOW],
    "create_new_transient_inventory": [*_CREATE, _NO_SESSION],
    "update_inventory": [*_A, _A4_OF_UPDATE, _F1, *_UPDATE],
    "update_existing_persistent_inventory": [*_A, _A4_OF_UPDATE, _F1_OF_PERSISTENT, *_UPDATE],
    "update_existing_transient_inventory": [*_A, _A4_OF_UPDATE, _F1_OF_TRANSIENT, *_UPDATE],
}

# Checks that follow each other and that no order can violate together, and why.
IMPOSSIBLE = {
    (Result.ITEM_NOT_FOUND, Result.ITEM_NOT_ACTIVE): "what does not exist is not inactive",
    (
        Result.TRANSIENT_SINGLE_LOOT_ALREADY_APPLIED,
        Result.FAILED_TO_MODIFY_INVENTORY,
    ): "what was applied is known of an open session only",
}
