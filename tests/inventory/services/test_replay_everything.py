"""Whatever the services do, over any catalogue, is reproduced by computing it again."""

from collections import Counter
from datetime import timedelta
from random import Random

import pytest
from django.utils import timezone

from catalog.models import (
    Bucket,
    InventoryBucketUseRuleSet,
    Item,
    Loot,
    PlatformSku,
    PricePoint,
    Promotion,
    TimeFrame,
    Vendor,
    XpTable,
)
from inventory.fulfilment.vocabulary import EntryType, Source
from inventory.models import InventoryRecord, PlatformEntitlement, PlayerOrder
from inventory.services.accept_player_orders import EntryDraft
from inventory.services.fulfil_player_orders import fulfil_waiting
from inventory.services.open_session import open_session
from inventory.services.replay_player_order import RETIRED, replay_player_order
from tests.factories import PlayerFactory
from tests.placing import place

pytestmark = pytest.mark.django_db

ITEMS, VENDORS, LOOT = range(1, 16), range(1, 12), range(1, 61)
GEMS, COUPON = 1, 2
CODES = ["GIFT", "LAST", "OVER"]
TYPES = [
    *[EntryType.FILL_LOOT] * 10,
    *[EntryType.PURCHASE_LOOT] * 4,
    *[EntryType.PROMOTION_CODE] * 2,
    *[type_ for type_ in EntryType if type_ is not EntryType.FILL_LOOT],
]


class World:
    """A catalogue made by chance, and what may happen to players in it."""

    def __init__(self, seed, settings):
        self.chance = Random(seed)
        self.settings = settings
        self.players = [PlayerFactory() for _ in range(4)]
        self.make_tables()
        self.make_items()
        self.make_vendors()
        for player in self.players:
            open_session(player=player)
            place(
                player,
                EntryDraft(type="create_new_persistent_inventory", quantity=900, item_id=GEMS),
            )

    def make_tables(self):
        now = timezone.now()
        XpTable.objects.create(id=1, minimums=[5, 10, 10, 40, 100])
        InventoryBucketUseRuleSet.objects.create(
            id="rules", rules={"steam": ["free", "steam"], "none": ["none", "free"]}
        )
        for id_, days, hours in ((1, 3, 0), (2, -1, 0), (3, 3, 2)):
            TimeFrame.objects.create(
                id=id_,
                start=now - timedelta(days=5),
                end=now + timedelta(days=days),
                hour_interval=hours,
            )
        for id_, prices in (("one", [(1, 3)]), ("many", [(1, 9), (5, 7)])):
            PricePoint.objects.create(
                id=id_,
                current_breakpoints=[
                    {"quantity": n, "currencies": [{"price_item_id": GEMS, "price": price}]}
                    for n, price in prices
                ],
            )

    def make_items(self):
        pick = self.chance.choice
        types = [*["unit"] * 20, "recipe_with_price_reduction", "entitlement", "recipe"]
        Item.objects.create(id=GEMS, type="unit", name="gems")
        for id_ in ITEMS[1:]:
            Item.objects.create(
                id=id_,
                type=pick(types),
                active=self.chance.random() < 0.95,
                always_owned=self.chance.random() < 0.05,
                level_xp_table_id=pick([None, None, 1]),
                inventory_bucket_use_rule_set_id=pick([None, None, "rules"]),
            )
        Item.objects.filter(id=COUPON).update(
            type="unit",
            active=True,
            coupon_discount_currency_item=GEMS,
            coupon_discount_percentage="0.5",
            coupon_discount_loot=list(LOOT),
            coupon_consume_on_use=True,
        )

    def make_vendors(self):
        pick, share = self.chance.choice, self.chance.random
        for id_ in VENDORS:
            Vendor.objects.create(id=id_, type=pick(Vendor.Type.values))
        for id_ in LOOT:
            vendor_id = pick(VENDORS)
            deeper = [*[None] * 12, *VENDORS[vendor_id:]]
            Loot.objects.create(
                id=id_,
                vendor_id=vendor_id,
                item_id=pick(ITEMS),
                sub_vendor_id=pick(deeper),
                quantity=pick([0, *[1] * 8, 2, 5]),
                quantity_type=pick(Loot.QuantityType.values),
                quantity_mult_inventory_item_id=pick([None] * 8 + [GEMS]),
                hard_quantity_maximum=pick([0, 0, 0, 3]),
                inventory_selector_type=pick(["own"] * 20 + Loot.Selector.values),
                inventory_operation=pick(["add"] * 30 + Loot.Operation.values),
                sort_order=pick([0, 1, 2, 3]),
                drop_weight=pick([0, 1, 2, 5]),
                active=share() < 0.95,
                is_claimable_by_client=share() < 0.7,
                fill_in_new_order=share() < 0.15,
                allow_partial_bundles=share() < 0.7,
                required_item_id=pick([*[None] * 12, GEMS, COUPON]),
                stack_limit=pick([0, 0, 0, 2]),
                time_frame_id=pick([None, 1, 2, 3]),
                use_inventory_bucket=pick([None, None, None, "free"]),
                xp_quantity_transform_type=pick(["none"] * 20 + Loot.XpTransform.values),
                current_price_point_id=pick([None, "one", "one", "many"]),
            )
        for item in Item.objects.exclude(id=GEMS):
            item.level_vendor_id = pick([None, *VENDORS])
            item.entitled_loot_id = pick(LOOT) if item.type == "entitlement" else None
            item.save()
        for code, loot_id in zip(CODES, self.chance.sample(LOOT, 3), strict=True):
            Promotion.objects.create(
                code=code,
                loot_id=loot_id,
                max_uses=pick([None, 3]),
                per_player_limit=pick([1, 5]),
                ends_at=timezone.now() if code == "OVER" else None,
            )
        sku = PlatformSku.objects.create(
            id="dlc", platform="Steam", sku="1", type="durable", loot_id=pick(LOOT)
        )
        for player in self.players[:2]:
            PlatformEntitlement.objects.create(player=player, sku=sku)

    def entry(self, player):
        pick = self.chance.choice
        records = list(InventoryRecord.objects.filter(player=player).order_by("acquired", "pk"))
        record = pick(records) if records else None
        price = {"price_item_id": GEMS, "price": pick([*[3] * 9, 9, 7, 2])}
        if self.chance.random() < 0.1:
            price["price_coupon_item_id"] = COUPON
        fields = {
            "purchase_price": price,
            "external_tran_id": pick(["gift", " last", "over", "none"]),
            "use_inventory_bucket": pick([None, None, None, *Bucket.values[:3]]),
            "custom_data": pick([*[None] * 9, {"a": "b"}, {"a": "b", "c": "d"}]),
            "dynamic_bundle_loot_ids": pick([None, [1, 2]]),
        }
        return EntryDraft(
            type=pick(TYPES),
            quantity=pick([0, *[1] * 12, 2, 3, 6]),
            loot_id=pick([None, *LOOT]),
            item_id=pick([None, *ITEMS]),
            inventory_id=record and record.pk,
            fields={name: value for name, value in fields.items() if value is not None},
        )

    def place(self):
        pick = self.chance.choice
        player = pick(self.players)
        place(
            player,
            *[self.entry(player) for _ in range(pick([1, 1, 2, 3, 5]))],
            wait=self.chance.random() < 0.6,
            source=pick([Source.CLIENT, *[Source.IN_GAME] * 3]),
            portal_id=pick([None, 5, 28]),
            is_transaction=self.chance.random() < 0.2,
        )

    def change_catalogue(self):
        loot = Loot.objects.get(pk=self.chance.choice(LOOT))
        loot.quantity = self.chance.choice([1, 2, 3])
        loot.active = self.chance.random() < 0.9
        loot.inventory_selector_type = self.chance.choice(["own", "own_transient", "rent"])
        loot.save()

    def change_rules(self):
        self.settings.COUPONS_ENABLED = self.chance.random() < 0.8
        self.settings.PRICE_IS_PER_UNIT = self.chance.random() < 0.7
        self.settings.CLIENT_ENTRIES_LIMIT = self.chance.choice([0, 0, 30])
        self.settings.PROMOTION_TRIES = self.chance.choice([0, 5])
        self.settings.MAX_CUSTOM_ATTRIBUTES = self.chance.choice([1, 2])
        self.settings.DIRECT_INVENTORY_SIDE_EFFECTS = self.chance.random() < 0.5
        self.settings.PLAYER_ORDER_MAX_GENERATIONS = self.chance.choice([1, 3])

    def go_on(self):
        happens = self.chance.choice(
            [
                *[self.place] * 12,
                lambda: fulfil_waiting(self.chance.choice([1, 5, 100])),
                lambda: open_session(
                    player=self.chance.choice(self.players),
                    platform=self.chance.choice(["", "Steam"]),
                ),
                self.change_catalogue,
                self.change_rules,
            ]
        )
        happens()


@pytest.mark.parametrize("seed", range(3))
def test_everything_that_is_done_is_reproduced(seed, settings):
    world = World(seed, settings)
    while PlayerOrder.objects.count() < 120:
        world.go_on()
    while fulfil_waiting(100):
        pass

    results = Counter()
    for order in PlayerOrder.objects.order_by("pk"):
        replay = replay_player_order(order)
        # Nothing was planned for a session that was closed meanwhile.
        why_not = "" if order.rules_id else RETIRED
        assert (order.pk, replay.why_not, replay.differences) == (order.pk, why_not, [])
        results.update(entry.result for entry in replay.entries)
    assert results["success"] > 50
    assert len(results) > 12
    assert results["internal_error"] == 0
