"""Catalogues, holdings and orders made by chance: mostly such as have effects to go wrong.

The chance is plain. Drawing each choice by Hypothesis takes a hundred times longer, and its liking
for small cases leaves most orders without an effect.
"""

from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from math import ceil
from uuid import UUID

from catalog.snapshot import (
    BucketUseRuleSet,
    Catalogue,
    Item,
    PricePoint,
    Promotion,
    TimeFrame,
    XpTable,
)
from inventory.fulfilment.bundles import offer
from inventory.fulfilment.holdings import CLIENT_TRIES, PROMOTION_TRIES, Holdings
from inventory.fulfilment.orders import Entry, Order, Record, Rules, Session
from inventory.fulfilment.vocabulary import EntryType, Source
from tests.inventory.fulfilment.examples import (
    ADD,
    AT_LEAST,
    BASIC,
    CHEST,
    CONSUME,
    COUNT_MAXIMUM,
    EARLIER,
    GEMS,
    GOLD,
    ITEMS,
    LATER,
    LESS_THAN,
    NOW,
    PASS,
    PLAYER,
    RETIRED,
    SET,
    SUBTRACT,
    SWORD,
    catalogue,
    loot,
    order,
    price,
    price_point,
    record,
    vendor,
)

COUPON, OUTFIT, BOX, VIP, XP = 20, 21, 22, 23, 24
SESSION, OLD_SESSION = UUID(int=1), UUID(int=2)
RULES = Rules(max_custom_attributes=2, max_child_orders=3, dynamic_bundles=True)
RECIPES = [CHEST, OUTFIT, BOX]
STORED = [GEMS, GOLD, SWORD, PASS, VIP, XP, COUPON]


@dataclass(frozen=True)
class Case:
    """Orders of one player that follow each other."""

    of: Catalogue
    records: list[Record]
    holdings: Holdings
    orders: list[Order]
    rules: Rules
    uses: dict[str, int]


def mostly(chance, usual, *rare):
    return chance.choice(rare if rare and chance.random() < 0.05 else usual)


def some_case(chance, *, transactions=(True, False, False, False)):
    of = some_catalogue(chance)
    applied = frozenset(mostly(chance, [[]], of.loot))
    session = mostly(chance, [Session(SESSION, chance.choice(["", "Steam"]), applied)], None)
    records = [
        *(some_record(chance, number) for number in range(1, chance.randint(3, 9))),
        *(
            record(10 + item_id, item_id, chance.choice([1, 5, 100]))
            for item_id in STORED
            if chance.random() < 0.7
        ),
    ]
    holdings = Holdings(
        records,
        session=session,
        claimed=mostly(chance, [{}], {"WELCOME": 1}),
        tries=mostly(chance, [{}], {PROMOTION_TRIES: [NOW] * 10}, {CLIENT_TRIES: [NOW] * 5}),
    )
    orders = [
        some_order(chance, of, records, chance.choice(transactions))
        for _ in range(chance.randint(1, 3))
    ]
    rules = replace(
        RULES,
        client_entries=mostly(chance, [0], 5),
        direct_side_effects=mostly(chance, [False], True),
        coupons=mostly(chance, [True], False),
        dynamic_bundles=mostly(chance, [True], False),
        price_is_per_unit=mostly(chance, [True], False),
        entry_types=mostly(chance, [frozenset(EntryType)], frozenset(list(EntryType)[:5])),
    )
    return Case(of, records, holdings, orders, rules, {"WELCOME": chance.randint(0, 5)})


# --- Catalogues ----------------------------------------------------------------------------------


def some_catalogue(chance):
    return catalogue(
        *(some_vendor(chance, number) for number in range(1, 6)),
        items=ITEMS | some_items(chance),
        price_points=[some_price_point(chance, name) for name in "pqr"],
        rule_sets=[
            BucketUseRuleSet(
                "r",
                mostly(
                    chance,
                    [{"steam": ("steam", "none"), "none": ("none", "steam")}],
                    {"steam": ("psn",)},
                    {},
                ),
            )
        ],
        time_frames=[
            TimeFrame(1, True, EARLIER, LATER),
            TimeFrame(2, True, EARLIER, LATER, 7),
            TimeFrame(3, chance.choice([True, False]), EARLIER, chance.choice([EARLIER, LATER])),
        ],
        xp_tables=[XpTable(1, (0, 3, 5, 5, 40))],
        promotions=[some_promotion(chance, code) for code in ("WELCOME", "SPRING", "AUTUMN")],
    )


def some_items(chance):
    rule_set = {"inventory_bucket_use_rule_set_id": mostly(chance, [None], "r", "unknown")}
    coupon = Item(
        COUPON,
        "unit",
        active=mostly(chance, [True], False),
        always_owned=mostly(chance, [False], True),
        coupon_discount_percentage=Decimal(mostly(chance, ["0.3", "0.5"], "0", "1")),
        coupon_discount_currency_item_id=mostly(chance, [GEMS], GOLD, None),
        coupon_discount_loot=frozenset(mostly(chance, [range(100)], [], [chance.randint(10, 50)])),
        coupon_consume_on_use=chance.choice([True, False]),
    )
    items = [
        coupon,
        Item(GOLD, "unit", always_owned=mostly(chance, [False], True)),
        Item(PASS, "unit", active=mostly(chance, [True], False), **rule_set),
        Item(CHEST, "recipe", active=mostly(chance, [True], False), **rule_set),
        Item(OUTFIT, "recipe_with_price_reduction"),
        Item(BOX, "dynamic_bundle"),
        Item(VIP, "entitlement", entitled_loot_id=10 * chance.randint(1, 5)),
        Item(XP, "unit", level_xp_table_id=mostly(chance, [1], None), level_vendor_id=5),
    ]
    return {item.id: item for item in items}


def some_vendor(chance, number):
    """Sub-vendors have higher numbers, so that there is no cycle."""
    return vendor(
        number,
        *(
            some_loot(chance, 10 * number + nth, range(number + 1, 6))
            for nth in range(chance.randint(1, 4))
        ),
        active=mostly(chance, [True], False),
        version=1,
        type=mostly(chance, ["recipe", "recipe", "randomly_sampled"]),
    )


def some_loot(chance, loot_id, vendors):
    sub_vendor = chance.choice([None, None, *vendors])
    selector = mostly(
        chance,
        ["own"],
        "rent",
        "rent_timeframe_locked",
        "own_transient",
        "inherit_entitlement_inventory",
        "invalid",
    )
    return loot(
        loot_id,
        mostly(
            chance, [ADD, ADD, ADD, ADD, AT_LEAST, CONSUME], SUBTRACT, SET, LESS_THAN, "invalid"
        ),
        mostly(chance, [1, 1, 2], 0),
        mostly(chance, STORED, *RECIPES, BASIC, RETIRED, 99)
        if sub_vendor is None
        else chance.choice([None, *RECIPES]),
        sub_vendor_id=sub_vendor,
        quantity_type=mostly(chance, ["relative"], "absolute"),
        quantity_mult_inventory_item_id=mostly(chance, [None], GEMS, SWORD),
        hard_quantity_maximum=mostly(chance, [0], 2),
        inventory_selector_type=selector,
        sort_order=chance.randint(0, 4),
        drop_weight=mostly(chance, [1, 2, 3], 0),
        active=mostly(chance, [True], False),
        effective_from=mostly(chance, [None], EARLIER, LATER),
        is_claimable_by_client=chance.choice([True, False]),
        fill_in_new_order=mostly(chance, [False], True),
        allow_partial_bundles=mostly(chance, [True], False),
        required_item_id=mostly(chance, [None], PASS, BASIC),
        stack_limit=mostly(chance, [0], 1, 3),
        time_frame_id=chance.choice([1, 2, 3, None]),
        use_inventory_bucket=mostly(chance, [None], "steam"),
        xp_quantity_transform_type=mostly(
            chance,
            ["none"],
            "from_current_xp_to_target_additional_level_min_xp",
            "from_current_level_min_xp_to_target_additional_level_min_xp",
            "from_zero_to_target_exact_level_min_xp",
        ),
        current_price_point_id=mostly(chance, ["p", "q", "r"], None),
    )


def some_price_point(chance, name):
    steps = [
        (
            chance.choice([1, 1, 1, 3]),
            {
                item_id: chance.randint(1, 4)
                for item_id in mostly(chance, [[GEMS], [GOLD], [GEMS, GOLD]], [BASIC], [99])
            },
        )
        for _ in range(chance.randint(1, 3))
    ]
    return price_point(
        name,
        *steps,
        strict_flag=mostly(chance, [False], True),
        cap_flag=mostly(chance, [False], True),
    )


def some_promotion(chance, code):
    return Promotion(
        code,
        mostly(chance, [10, 20, 30, 40, 50], 99),
        active=mostly(chance, [True], False),
        starts_at=mostly(chance, [None], EARLIER, LATER),
        ends_at=mostly(chance, [None], EARLIER, LATER),
        max_uses=chance.choice([None, 1, 6]),
        per_player_limit=chance.choice([1, 2]),
        portals=mostly(chance, [frozenset()], frozenset({"steam"})),
    )


# --- Holdings and orders -------------------------------------------------------------------------


def some_record(chance, number):
    session_id = mostly(chance, [None, None, None, SESSION], OLD_SESSION)
    return record(
        number,
        mostly(chance, STORED, *ITEMS),
        mostly(chance, [0, 1, 5, 30], COUNT_MAXIMUM),
        type="transient" if session_id else "persistent",
        session_id=session_id,
        bucket=mostly(chance, ["none"], "steam"),
        expires=mostly(chance, [None], EARLIER, NOW, LATER, LATER + timedelta(hours=7)),
        custom_data=some_custom_data(chance),
    )


def some_custom_data(chance):
    return mostly(chance, [None], {}, {"skin": "red"}, {"a": "1", "b": "2", "c": "3"})


def some_order(chance, of, records, is_transaction):
    return order(
        *(some_entry(chance, of, records) for _ in range(chance.randint(1, 5))),
        source=chance.choice([Source.IN_GAME, Source.IN_GAME, Source.CLIENT, Source.REFUND]),
        portal_id=chance.choice([None, 5]),
        permissions=mostly(chance, [frozenset({"loot", "inventory"})], frozenset({"loot"})),
        is_transaction=is_transaction,
        generation=mostly(chance, [0], 10),
    )


def some_entry(chance, of, records):
    entry_type = chance.choice([*EntryType, EntryType.FILL_LOOT, *[EntryType.PURCHASE_LOOT] * 3])
    transient = [each for each in records if each.session_id]
    is_transient = entry_type is EntryType.UPDATE_EXISTING_TRANSIENT_INVENTORY and transient
    named = mostly(chance, transient if is_transient else records, record(99, GEMS, 1))
    entry = Entry(
        entry_type,
        mostly(chance, [1, 1, 2, 3], 10, 0, -1, COUNT_MAXIMUM),
        loot_id=mostly(chance, [*of.loot], 99),
        vendor_version=mostly(chance, [None, 1], 2),
        use_inventory_bucket=mostly(chance, [None], "steam"),
        inventory_id=mostly(chance, [named.inventory_id], None),
        legacy_inventory_id=named.legacy_inventory_id,
        external_tran_id=mostly(chance, ["welcome", "SPRING", "AUTUMN"], None, "WINTER"),
        expires=mostly(chance, [None], EARLIER, LATER),
        custom_data=some_custom_data(chance),
    )
    if entry_type is EntryType.FILL_ENTITLED_LOOT:
        return replace(entry, loot_id=mostly(chance, [of.items[VIP].entitled_loot_id], 10))
    if entry_type.startswith("create"):
        return replace(entry, item_id=mostly(chance, STORED, *ITEMS, 99))
    if entry_type.startswith("update"):
        return replace(entry, item_id=mostly(chance, [None], *STORED, RETIRED))
    if entry_type.startswith("purchase"):
        return some_purchase(chance, of, entry)
    return entry


def some_purchase(chance, of, entry):
    """Mostly at the price that it has for who owns nothing of it."""
    is_bundle = entry.type is EntryType.PURCHASE_DYNAMIC_BUNDLE
    all_loot = list(of.loot.values())
    fitting = [
        each
        for each in all_loot
        if each.current_price_point_id and (each.item_id == BOX) == is_bundle
    ]
    sold = mostly(chance, fitting or all_loot, *all_loot)
    point = of.price_points.get(sold.current_price_point_id, PricePoint("none"))
    steps = [step for step in point.current_breakpoints if step.quantity <= entry.quantity]
    prices = {GEMS: 1}
    if steps:
        reached = max(step.quantity for step in steps)
        step = mostly(chance, [s for s in steps if s.quantity == reached], *steps)
        prices = {each.price_item_id: each.price for each in step.currencies}
    coupon = mostly(chance, [None, COUPON] if GEMS in prices else [None], COUPON, SWORD, 99)
    if coupon == COUPON and GEMS in prices:
        kept = 1 - of.items[COUPON].coupon_discount_percentage
        prices[GEMS] = ceil(prices[GEMS] * kept)
    if chance.random() < 0.1:
        prices = chance.choice([{}, {99: 1}, {SWORD: 1}, {GEMS: 1, GOLD: 1}, {GEMS: 7}])
    selection = offer(of, PLAYER, sold, now=NOW)
    members = [each.id for each in all_loot if each.vendor_id == sold.sub_vendor_id]
    return replace(
        entry,
        quantity=mostly(chance, [1], entry.quantity, 2),
        loot_id=sold.id,
        purchase_price=price(prices, coupon=coupon),
        dynamic_bundle_loot_ids=mostly(chance, [selection], (), tuple(members), members[:1]),
    )
