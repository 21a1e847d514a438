"""The details of an entry: every kind of them, each at its place."""

import uuid

import pytest

from catalog.models import Item, PricePoint, Promotion, XpTable
from inventory.models import InventoryRecord, PlayerOrder
from inventory.services.fulfil_player_orders import fulfil_waiting
from tests.factories import ItemFactory, LootFactory, VendorFactory

ME = "/inventory/v2/player/me/order"


def send(api, *entries, **order):
    return api.post(ME, {"entries": entries, **order}).json()


def fill(loot, **fields):
    return {"type": "fill_loot", "loot_id": loot.pk, "quantity": 1, **fields}


def kinds(entry):
    return [(detail["type"], detail["loot_id"]) for detail in entry["details"]]


@pytest.fixture
def xp(db):
    """An item whose first two levels, at 10 and 20, give loot; and the loot that adds 25 of it."""
    rewards = VendorFactory()
    first = LootFactory(vendor=rewards, sort_order=1)
    second = LootFactory(vendor=rewards, sort_order=2)
    item = ItemFactory(
        level_vendor=rewards, level_xp_table=XpTable.objects.create(id=1, minimums=[10, 20])
    )
    return LootFactory(item=item, quantity=25), first, second


def test_details_show_the_order_of_level_rewards_after_the_change_that_caused_it(api, player, xp):
    loot, first, second = xp

    order = send(api, fill(loot), match_id="m", portal_id=5, client_order_ref_id=str(uuid.uuid4()))

    [entry] = order["entries"]
    [_, child] = entry["details"]
    child_id = PlayerOrder.objects.get(generation=1).order_id
    blank = {
        **dict.fromkeys(entry),
        "type": "fill_loot",
        "quantity": 1,
    }
    del blank["result"], blank["details"]
    assert kinds(entry) == [("inventory_change", loot.pk), ("new_order", None)]
    assert child == {
        "type": "new_order",
        "loot_id": None,
        "inv_change": None,
        "order": {
            "source": "SYSTEM",
            "client_order_ref_id": None,
            "portal_id": 5,
            "portal_user_id": None,
            "instance_id": None,
            "match_id": "m",
            "is_transaction": False,
            "order_id": child_id,
            "entries": [
                {**blank, "loot_id": reward.pk, "entry_id": str(position)}
                for position, reward in enumerate((first, second))
            ],
        },
    }
    fulfil_waiting(10)
    assert {entry["result"] for entry in api.get(f"{ME}/{child_id}").json()["entries"]} == {
        "success"
    }


def test_details_show_a_drop_that_is_filled_in_an_order_of_its_own(api):
    chest = VendorFactory(type="randomly_sampled")
    drop = LootFactory(vendor=chest, drop_weight=1, fill_in_new_order=True)
    loot = LootFactory(item=ItemFactory(type=Item.Type.RECIPE), sub_vendor=chest, quantity=2)

    order = send(api, fill(loot))

    [entry] = order["entries"]
    children = PlayerOrder.objects.filter(generation=1).order_by("pk")
    assert (entry["result"], kinds(entry)) == ("success", [("new_order", drop.pk)] * 2)
    assert [detail["order"]["order_id"] for detail in entry["details"]] == [
        child.order_id for child in children
    ]
    assert [detail["order"]["entries"][0]["loot_id"] for detail in entry["details"]] == [
        drop.pk
    ] * 2


def test_details_show_a_promotion_claimed_before_what_it_gave(api):
    loot = LootFactory()
    Promotion.objects.create(code="WELCOME", loot=loot)

    order = send(api, {"type": "promotion_code", "quantity": 0, "external_tran_id": " welcome "})

    [entry] = order["entries"]
    assert entry["result"] == "success"
    assert kinds(entry) == [("claim_promo_code", loot.pk), ("inventory_change", loot.pk)]
    assert entry["details"][0] == {
        "type": "claim_promo_code",
        "loot_id": loot.pk,
        "inv_change": None,
        "order": None,
    }


def test_details_of_a_failed_promotion_are_its_use_taken_and_given_back(api):
    loot = LootFactory(inventory_operation="check_greater_than_or_equal")
    Promotion.objects.create(code="WELCOME", loot=loot)

    order = send(api, {"type": "promotion_code", "quantity": 1, "external_tran_id": "WELCOME"})

    [entry] = order["entries"]
    assert (entry["result"], kinds(entry)) == (
        "cannot_meet_loot_required",
        [("claim_promo_code", loot.pk), ("return_promo_code", loot.pk)],
    )


def test_details_of_a_dynamic_bundle_name_each_of_its_loot_before_what_it_gave(
    api, player, own, settings
):
    settings.DYNAMIC_BUNDLES_ENABLED = True
    gems = ItemFactory()
    own(gems, 10)
    price = PricePoint.objects.create(
        id="pp",
        current_breakpoints=[
            {"quantity": 1, "currencies": [{"price_item_id": gems.pk, "price": 4}]}
        ],
    )
    vendor = VendorFactory()
    members = [LootFactory(vendor=vendor, drop_weight=1) for _ in range(2)]
    bundle = LootFactory(
        item=ItemFactory(type=Item.Type.DYNAMIC_BUNDLE),
        sub_vendor=vendor,
        quantity=2,
        current_price_point=price,
    )
    offer = api.get(f"/inventory/v2/player/me/dynamic-bundle/{bundle.pk}").json()

    order = send(
        api,
        {
            "type": "purchase_dynamic_bundle",
            "quantity": 1,
            **offer,
            "purchase_price": {"currencies": [{"price_item_id": gems.pk, "price": 4}]},
        },
    )

    [entry] = order["entries"]
    first, second = offer["dynamic_bundle_loot_ids"]
    assert {first, second} == {member.pk for member in members}
    assert (entry["result"], kinds(entry)) == (
        "success",
        [
            ("inventory_change", bundle.pk),
            ("dynamic_bundle_lti", first),
            ("inventory_change", first),
            ("dynamic_bundle_lti", second),
            ("inventory_change", second),
        ],
    )


def test_details_of_a_transaction_that_failed_are_none(api, xp):
    loot, *_ = xp
    Promotion.objects.create(code="WELCOME", loot=loot)

    order = send(
        api,
        {"type": "promotion_code", "quantity": 1, "external_tran_id": "WELCOME"},
        fill(loot),
        {"type": "fill_loot", "quantity": 1},
        fill(loot),
        is_transaction=True,
    )

    assert [(entry["result"], entry["details"]) for entry in order["entries"]] == [
        ("rollback", []),
        ("rollback", []),
        ("loot_not_found", []),
        ("not_started", []),
    ]
    assert not InventoryRecord.objects.exists()


def test_details_show_transient_records(api, player, open_session):
    open_session(platform="Steam")
    loot = LootFactory(inventory_selector_type="own_transient")

    order = send(api, fill(loot))

    record = InventoryRecord.objects.get(player=player)
    [detail] = order["entries"][0]["details"]
    assert detail["inv_change"]["after"] == {
        "inventory_id": str(record.pk),
        "type": "transient",
        "legacy_inventory_id": record.pk.int % 2**62,
        "bucket": "steam",
        "count": 1,
        "acquired": record.acquired.isoformat(timespec="microseconds"),
        "expires": None,
        "custom_data": None,
    }


@pytest.mark.parametrize("orders", [1, 3])
def test_orders_with_children_take_the_same_queries_for_one_and_three(
    api, orders, django_assert_num_queries
):
    chest = VendorFactory(type="randomly_sampled")
    LootFactory(vendor=chest, drop_weight=1, fill_in_new_order=True)
    loot = LootFactory(sub_vendor=chest, quantity=3)
    for _ in range(orders):
        send(api, *[fill(loot)] * orders)
        fulfil_waiting(100)

    # The token's player; orders, entries, children with their entries, changes.
    with django_assert_num_queries(5):
        page = api.get(f"{ME}?limit=50").json()

    shown = [order for order in page["data"] if order["source"] == "CLIENT"]
    assert [[len(entry["details"]) for entry in order["entries"]] for order in shown] == [
        [3] * orders
    ] * orders
