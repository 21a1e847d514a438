from decimal import Decimal

import pytest
from django.db import connection

from catalog.models import (
    CatalogVersion,
    Loot,
    PlatformSku,
    PricePoint,
    Promotion,
    Vendor,
    XpTable,
)
from inventory.fulfilment.orders import CORE_VERSION
from inventory.fulfilment.vocabulary import Source
from inventory.models import (
    FulfilmentRules,
    InventoryChange,
    InventoryRecord,
    PlatformEntitlement,
    PlayerOrder,
    PlayerOrderEntry,
    PromotionUse,
)
from inventory.services import fulfil_player_orders
from inventory.services import replay_player_order as replaying
from inventory.services.fulfil_player_orders import fulfil_waiting
from inventory.services.open_session import open_session
from inventory.services.replay_player_order import replay_player_order
from tests.factories import ItemFactory, LootFactory, PlayerFactory, VendorFactory
from tests.placing import apply, claim, create, fill, place, purchase, update

pytestmark = pytest.mark.django_db


@pytest.fixture
def gems():
    return ItemFactory(name="gems")


@pytest.fixture
def sword():
    return ItemFactory(name="sword")


@pytest.fixture
def player(gems):
    """A player with a hundred gems."""
    player = PlayerFactory()
    place(player, create(gems, 100))
    return player


def priced(item, price, **values):
    """Loot that costs so much of the item."""
    point = PricePoint.objects.create(
        id=f"price {price}",
        current_breakpoints=[
            {"quantity": 1, "currencies": [{"price_item_id": item.pk, "price": price}]}
        ],
    )
    return LootFactory(current_price_point=point, **values)


def sampled(*weights, **values):
    """Loot of a vendor that draws one of its loot, of so many gems each."""
    vendor = VendorFactory(type=Vendor.Type.RANDOMLY_SAMPLED)
    item = values.pop("item")
    for quantity, weight in enumerate(weights, start=1):
        LootFactory(vendor=vendor, item=item, quantity=quantity, drop_weight=weight, **values)
    return LootFactory(item=None, sub_vendor=vendor)


def done(order):
    return PlayerOrder.objects.get(pk=order.pk)


def results(order):
    return list(order.entries.order_by("position").values_list("result", flat=True))


def replayed(order):
    """What became of the order's entries; all of it reproduced."""
    replay = replay_player_order(done(order))
    assert (replay.why_not, replay.differences) == ("", [])
    assert replay.is_reproduced
    assert [entry.result for entry in replay.entries] == results(order)
    return results(order)


def test_loot_is_reproduced(player, gems):
    loot = LootFactory(item=gems, quantity=5)

    assert replayed(place(player, fill(loot, 3), fill(loot))) == ["success", "success"]


def test_direct_entries_are_reproduced(player, gems):
    record = player.inventory_records.get()
    custom = {"custom_data": {"colour": "red"}, "expires": "2099-01-01T00:00:00Z"}
    order = place(player, create(gems, 7, fields=custom), update(record, 0), update(record, 0))

    assert replayed(order) == ["success"] * 3


def test_failures_are_reproduced(player, gems):
    short = LootFactory(
        item=gems,
        quantity=101,
        inventory_operation=Loot.Operation.CHECK_GREATER_THAN_OR_EQUAL_AND_SUBTRACT,
    )
    off = LootFactory(active=False)

    assert replayed(place(player, fill(short), fill(off), fill(LootFactory(quantity=0)))) == [
        "cannot_meet_loot_required",
        "loot_not_active",
        "failed_to_fill_any_sub_loot",
    ]


def test_purchase_with_coupon_is_reproduced(player, gems):
    loot = priced(gems, 31)
    coupon = ItemFactory(
        coupon_discount_currency_item=gems,
        coupon_discount_percentage=Decimal("0.5"),
        coupon_discount_loot=[loot.pk],
        coupon_consume_on_use=True,
    )
    place(player, create(coupon))
    with_coupon = purchase(loot, (gems, 16), coupon=coupon)

    order = place(
        player,
        with_coupon,
        with_coupon,
        purchase(loot, (gems, 31), quantity=2),
        purchase(loot, (gems, 31)),
    )

    assert replayed(order) == ["success", "cannot_afford_coupon", "success", "cannot_afford_price"]


def test_random_vendor_is_reproduced(player, gems):
    loot = sampled(3, 2, 1, 5, 8, item=gems)

    order = place(player, fill(loot), fill(loot), fill(loot, 4), fill(loot))

    assert replayed(order) == [*["success"] * 3, "failed_to_find_any_sub_loot"]


def test_orders_that_an_order_caused_are_reproduced(player, gems):
    loot = sampled(3, 2, item=gems, fill_in_new_order=True)
    order = place(player, fill(loot, 3))
    fulfil_waiting(10)

    assert replayed(order) == ["success"]
    children = PlayerOrder.objects.filter(caused_by__order=order)
    assert len(children) == 3
    for child in children:
        assert replayed(child) == ["success"]


def test_levels_are_reproduced(player, gems):
    rewards = VendorFactory()
    LootFactory(vendor=rewards, item=gems, sort_order=2)
    experience = ItemFactory(
        level_xp_table=XpTable.objects.create(id=1, minimums=[10, 20, 40]), level_vendor=rewards
    )
    order = place(player, fill(LootFactory(item=experience, quantity=25)))
    fulfil_waiting(10)

    assert replayed(order) == ["success"]
    assert replayed(PlayerOrder.objects.get(caused_by__order=order)) == ["success"]


def test_promotions_of_many_players_are_reproduced(player, gems):
    Promotion.objects.create(code="GIFT", loot=LootFactory(item=gems), max_uses=2)
    orders = [
        place(each, claim(" gift"), claim("gift"), wait=False)
        for each in (player, PlayerFactory(), PlayerFactory())
    ]
    fulfil_waiting(10)
    late = place(PlayerFactory(), claim("gift"))

    assert [replayed(order) for order in orders] == [
        ["success", "promotion_claimed_already"],
        ["success", "promotion_claimed_already"],
        ["promotion_no_uses_left", "promotion_no_uses_left"],
    ]
    assert replayed(late) == ["promotion_no_uses_left"]


def test_promotion_given_back_is_reproduced(player, gems):
    empty = LootFactory(item=gems, quantity=0)
    Promotion.objects.create(code="EMPTY", loot=empty, per_player_limit=9)
    order = place(player, claim("empty"))

    assert replayed(order) == ["failed_to_fill_any_sub_loot"]
    assert [note["type"] for note in order.entries.get().notes] == [
        "claim_promo_code",
        "return_promo_code",
    ]


def test_tries_are_reproduced(player, settings):
    settings.PROMOTION_TRIES = 3
    first = place(player, claim("none"), claim("none"))
    second = place(player, claim("none"), claim("none"))

    assert replayed(first) == ["promotion_not_found", "promotion_not_found"]
    assert replayed(second) == ["promotion_not_found", "too_many_requests"]


def test_transaction_rolled_back_is_reproduced(player, gems):
    loot = sampled(3, 2, item=gems)
    order = place(
        player, fill(loot), fill(loot, 0), fill(loot), is_transaction=True, source=Source.IN_GAME
    )

    assert replayed(order) == ["rollback", "quantity_not_allowed", "not_started"]


def test_sessions_are_reproduced(player, sword):
    transient = LootFactory(item=sword, inventory_selector_type=Loot.Selector.OWN_TRANSIENT)
    before = place(player, fill(transient))
    sku = PlatformSku.objects.create(
        id="dlc", platform="Steam", sku="1", type="durable", loot=LootFactory(item=sword)
    )
    PlatformEntitlement.objects.create(player=player, sku=sku)
    opened = open_session(player=player, platform="Steam")
    again = apply(sku.loot)
    during = place(player, fill(transient), again, source=Source.IN_GAME)
    open_session(player=player)
    after = place(player, fill(transient), again, source=Source.IN_GAME)

    assert replayed(before) == ["failed_to_modify_inventory"]
    assert replayed(opened.order) == ["success"]
    assert replayed(during) == ["success", "transient_single_loot_already_applied"]
    assert replayed(after) == ["success", "success"]


def test_rentals_are_reproduced(player, sword):
    rent = LootFactory(item=sword, quantity=2, inventory_selector_type=Loot.Selector.RENT)

    assert replayed(place(player, fill(rent), fill(rent))) == ["success", "success"]
    assert replayed(place(player, fill(rent))) == ["success"]


def test_orders_of_one_batch_are_reproduced(player, gems):
    loot = sampled(3, 2, 4, item=gems)
    other = PlayerFactory()
    orders = [place(each, fill(loot, 2), wait=False) for each in (player, other) * 5]
    fulfil_waiting(100)

    assert [replayed(order) for order in orders] == [["success"]] * 10


def test_order_is_reproduced_with_the_catalogue_of_its_time(player, gems):
    loot = LootFactory(item=gems, quantity=5)
    order = place(player, fill(loot))
    version = CatalogVersion.objects.get().version
    Loot.objects.filter(pk=loot.pk).update(quantity=6)
    Loot.objects.filter(pk=loot.pk).delete()

    assert replayed(order) == ["success"]
    assert done(order).catalogue_version == version


def test_order_is_reproduced_with_the_rules_of_its_time(player, gems, settings):
    loot = priced(gems, 10)
    few = place(player, create(gems, fields={"custom_data": {"a": "1", "b": "2"}}))
    settings.MAX_CUSTOM_ATTRIBUTES = 1
    settings.PRICE_IS_PER_UNIT = False
    fewer = place(
        player,
        create(gems, fields={"custom_data": {"a": "1", "b": "2"}}),
        purchase(loot, (gems, 10), quantity=2),
    )
    settings.MAX_CUSTOM_ATTRIBUTES = 20
    settings.PRICE_IS_PER_UNIT = True

    assert replayed(few) == ["success"]
    assert replayed(fewer) == ["too_many_inv_custom_attributes", "success"]


def test_what_came_later_does_not_matter(player, gems):
    order = place(player, fill(LootFactory(item=gems)))
    place(player, update(player.inventory_records.get(), 0))
    place(player, create(gems, 9))

    assert replayed(order) == ["success"]


def test_waiting_order_is_not_replayed(player, gems):
    order = place(player, create(gems), wait=False)

    replay = replay_player_order(order)

    assert (replay.is_reproduced, replay.why_not, replay.entries) == (
        False,
        "The order is not done yet.",
        (),
    )


def test_order_from_before_versions_is_not_replayed(player, gems):
    order = place(player, create(gems))
    PlayerOrder.objects.filter(pk=order.pk).update(catalogue_version=None, rules=None)

    assert replay_player_order(done(order)).why_not == replaying.BEFORE_VERSIONS


def test_order_of_a_purged_catalogue_is_not_replayed(player, gems):
    order = place(player, create(gems))
    ItemFactory()
    version = CatalogVersion.objects.get().version
    CatalogVersion.objects.update(kept_from=version)

    assert replay_player_order(done(order)).why_not == (
        f"Version {done(order).catalogue_version} of the catalogue, with which the order was done,"
        " is no longer kept."
    )


def test_order_that_was_given_up_is_not_replayed(player, gems, monkeypatch):
    def fail(*_args, **_values):
        raise RuntimeError("broken")

    monkeypatch.setattr(fulfil_player_orders, "plan_player_orders", fail)
    order = place(player, create(gems))

    assert results(order) == ["internal_error"]
    assert replay_player_order(done(order)).why_not == replaying.GIVEN_UP


def test_order_of_another_core_is_replayed_with_a_remark(player, gems):
    order = place(player, create(gems))
    values = FulfilmentRules.objects.get().values
    other = FulfilmentRules.objects.create(values={**values, "core_version": CORE_VERSION + 1})
    PlayerOrder.objects.filter(pk=order.pk).update(rules=other)

    replay = replay_player_order(done(order))

    assert replay.is_reproduced
    [remark] = replay.remarks
    assert remark == replaying.OTHER_CORE.format(CORE_VERSION + 1, CORE_VERSION)


@pytest.fixture
def tamper():
    """Let the ledger be changed."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE inventory_inventorychange DISABLE TRIGGER USER")
        cursor.execute("ALTER TABLE inventory_promotionuse DISABLE TRIGGER USER")


def differences(order):
    replay = replay_player_order(done(order))
    assert not replay.is_reproduced
    return replay.differences


def test_other_result_is_told(player, gems):
    order = place(player, create(gems))
    PlayerOrderEntry.objects.filter(order=order).update(result="item_not_found")

    assert differences(order) == [
        "Entry 1: entry, result: item_not_found is stored, success comes out"
    ]


@pytest.mark.usefixtures("tamper")
def test_other_ledger_row_is_told(player, gems):
    order = place(player, fill(LootFactory(item=gems, quantity=5)))
    change = InventoryChange.objects.get(entry__order=order)
    change.after["count"] = 107
    change.delta = 7
    change.save()

    assert differences(order) == [
        "Entry 1: ledger row 1, delta: 7 is stored, 5 comes out",
        "Entry 1: ledger row 1, count after: 107 is stored, 105 comes out",
    ]


@pytest.mark.usefixtures("tamper")
def test_missing_ledger_row_is_told(player, gems):
    order = place(player, fill(LootFactory(item=gems, quantity=5)))
    InventoryChange.objects.filter(entry__order=order).delete()

    [difference] = differences(order)
    assert difference.startswith("Entry 1: ledger row 1 comes out, but is not stored: loot_id ")


@pytest.mark.usefixtures("tamper")
def test_surplus_ledger_row_is_told(player, gems):
    order = place(player, create(gems, 5))
    change = InventoryChange.objects.get(entry__order=order)
    change.pk = None
    change.save()

    [difference] = differences(order)
    assert difference.startswith("Entry 1: ledger row 2 is stored, but does not come out: delta 5")


def test_other_note_and_lost_child_are_told(player, gems):
    loot = sampled(1, item=gems, fill_in_new_order=True)
    order = place(player, fill(loot))
    entry = order.entries.get()
    [note] = entry.notes
    PlayerOrderEntry.objects.filter(pk=entry.pk).update(notes=[{**note, "loot_id": 9}])
    PlayerOrder.objects.filter(caused_by=entry).update(caused_by=None)

    told = differences(order)

    assert told[0] == (f"Entry 1: note 1, loot_id: 9 is stored, {note['loot_id']} comes out")
    assert told[1].startswith(f"Entry 1: caused orders, {note['order_id']}: None is stored, (")


@pytest.mark.usefixtures("tamper")
def test_lost_use_of_a_promotion_is_told(player, gems):
    Promotion.objects.create(code="GIFT", loot=LootFactory(item=gems))
    order = place(player, claim("gift"))
    PromotionUse.objects.all().delete()

    assert differences(order) == ["Entry 1: uses of promotions, GIFT: None is stored, 1 comes out"]


def test_replay_writes_nothing(player, gems, django_assert_num_queries):
    loot = sampled(3, 2, item=gems)
    order = done(place(player, *[fill(loot)] * 10))
    rows = [
        list(model.objects.values()) for model in (InventoryRecord, InventoryChange, PlayerOrder)
    ]

    replay_player_order(order)

    assert rows == [
        list(model.objects.values()) for model in (InventoryRecord, InventoryChange, PlayerOrder)
    ]


@pytest.mark.parametrize("entries", [1, 3])
def test_replay_asks_the_same_however_many_entries(
    player, gems, entries, django_assert_max_num_queries
):
    order = done(place(player, *[fill(LootFactory(item=gems))] * entries))

    with django_assert_max_num_queries(13):
        replay_player_order(order)
