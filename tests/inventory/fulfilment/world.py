"""A world in which an order of each kind succeeds, until something in it is changed.

A change names a part of the world, or a field of a part: `{"entry.quantity": 0}`.
"""

from dataclasses import replace
from decimal import Decimal

from catalog.snapshot import BucketUseRuleSet, Item, Promotion
from inventory.fulfilment.bundles import offer
from inventory.fulfilment.orders import Entry, Session
from inventory.fulfilment.vocabulary import EntryType, Source
from tests.inventory.fulfilment.examples import (
    AT_LEAST,
    GEMS,
    ITEMS,
    NOW,
    PASS,
    PLAYER,
    RULES,
    SWORD,
    catalogue,
    loot,
    order,
    owned,
    planned,
    price,
    price_point,
    record,
    to_vendor,
    vendor,
)

COUPON, BOX, VIP, STEAM = 20, 21, 22, 5
SESSION = Session(PLAYER)

WORLD = {
    "order": order(source=Source.CLIENT, portal_id=STEAM),
    "rules": replace(RULES, client_entries=5, dynamic_bundles=True),
    "tries": {},
    "session": SESSION,
    "claimed": {},
    "uses": {},
    "gems": Item(GEMS, "unit"),
    "sword": Item(SWORD, "unit"),
    "vip": Item(VIP, "entitlement", entitled_loot_id=70),
    "box": Item(BOX, "recipe", inventory_bucket_use_rule_set_id="r"),
    "coupon": Item(
        COUPON,
        "unit",
        coupon_discount_percentage=Decimal("0.5"),
        coupon_discount_currency_item_id=GEMS,
        coupon_discount_loot=frozenset({70}),
        coupon_consume_on_use=True,
    ),
    "rule_set": BucketUseRuleSet("r", {"none": ("steam", "none")}),
    "price_point": price_point("p", (1, {GEMS: 2})),
    "shop": vendor(1, version=3),
    "loot": to_vendor(70, 2, item=BOX, current_price_point_id="p", is_claimable_by_client=True),
    "contents": vendor(2),
    "gate": loot(71, AT_LEAST, item=PASS),
    "goods": loot(72, item=SWORD, drop_weight=1, sort_order=1),
    "more_goods": loot(73, item=SWORD, drop_weight=1, sort_order=1),
    "promotion": Promotion("WELCOME", 70, max_uses=9),
    "price": price({GEMS: 1}, coupon=COUPON),
    "own_gems": record(1, GEMS, 2),
    "own_coupon": record(2, COUPON, 1),
    "own_pass": record(3, PASS, 1),
    "own_vip": record(4, VIP, 1),
    "own_sword": record(5, SWORD, 1),
    "own_try_out": record(6, SWORD, 1, type="transient", session_id=SESSION.id),
}
_ITEMS = ["gems", "sword", "vip", "box", "coupon"]
_RECORDS = ["own_gems", "own_coupon", "own_pass", "own_vip", "own_sword", "own_try_out"]


def _changed(changes):
    parts = dict(WORLD)
    for key, value in changes.items():
        part, _, field = key.partition(".")
        parts[part] = replace(parts[part], **{field: value}) if field else value
    return parts


def _catalogue(parts):
    members = (parts[name] for name in ("gate", "goods", "more_goods"))
    shop, contents = parts["shop"], parts["contents"]
    items = {parts[name].id: parts[name] for name in _ITEMS if parts[name]}
    gone = {WORLD[name].id for name in _ITEMS if not parts[name]}
    return catalogue(
        replace(shop, loot=vendor(1, parts["loot"]).loot),
        replace(contents, loot=vendor(2, *members).loot),
        items={id_: item for id_, item in (ITEMS | items).items() if id_ not in gone},
        rule_sets=[parts["rule_set"]],
        price_points=[parts["price_point"]],
        promotions=[parts["promotion"]],
    )


def outcome_of(kind, changes):
    """What becomes of an order of this kind with these changes, and the records afterwards."""
    own = {"box.type": "dynamic_bundle"} if kind == "purchase_dynamic_bundle" else {}
    parts = _changed({"entry": ENTRIES[kind]} | own | changes)
    entry = parts["entry"]
    if kind.startswith("purchase"):
        entry = replace(entry, purchase_price=parts["price"])
    result = planned(
        replace(parts["order"], entries=(entry,)),
        _catalogue(parts),
        [parts[name] for name in _RECORDS if parts[name]],
        rules=parts["rules"],
        uses=parts["uses"],
        session=parts["session"],
        claimed=parts["claimed"],
        tries=parts["tries"],
    )
    (outcome,) = result.entries
    return outcome, owned(result.holdings)


def records_before(changes):
    parts = _changed({key: value for key, value in changes.items() if key.startswith("own_")})
    return [parts[name] for name in _RECORDS if parts[name]]


def clash(one, other):
    """Whether no order can have both changes: they say different things about the same."""
    return any(a == b or a.startswith(f"{b}.") or b.startswith(f"{a}.") for a in one for b in other)


OFFER = offer(_catalogue(WORLD), PLAYER, WORLD["loot"], now=NOW)

ENTRIES = {
    "fill_loot": Entry(EntryType.FILL_LOOT, 1, loot_id=70),
    "purchase_loot": Entry(EntryType.PURCHASE_LOOT, 1, loot_id=70),
    "purchase_dynamic_bundle": Entry(
        EntryType.PURCHASE_DYNAMIC_BUNDLE, 1, loot_id=70, dynamic_bundle_loot_ids=OFFER
    ),
    "promotion_code": Entry(EntryType.PROMOTION_CODE, 0, external_tran_id="welcome"),
    "fill_loot_single_transient": Entry(EntryType.FILL_LOOT_SINGLE_TRANSIENT, 1, loot_id=70),
    "fill_entitled_loot": Entry(EntryType.FILL_ENTITLED_LOOT, 1, loot_id=70),
    "create_new_persistent_inventory": Entry(
        EntryType.CREATE_NEW_PERSISTENT_INVENTORY, 1, item_id=SWORD
    ),
    "create_new_transient_inventory": Entry(
        EntryType.CREATE_NEW_TRANSIENT_INVENTORY, 1, item_id=SWORD
    ),
    "update_inventory": Entry(
        EntryType.UPDATE_INVENTORY, 2, inventory_id=WORLD["own_sword"].inventory_id
    ),
    "update_existing_persistent_inventory": Entry(
        EntryType.UPDATE_EXISTING_PERSISTENT_INVENTORY,
        2,
        legacy_inventory_id=WORLD["own_sword"].legacy_inventory_id,
    ),
    "update_existing_transient_inventory": Entry(
        EntryType.UPDATE_EXISTING_TRANSIENT_INVENTORY,
        2,
        inventory_id=WORLD["own_try_out"].inventory_id,
    ),
}
