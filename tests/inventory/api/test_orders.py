"""Orders on the wire, field for field as seeds 001 and 002 list them."""

import re
import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from inventory.models import InventoryRecord, PlayerOrder, PlayerOrderEntry
from inventory.services.accept_player_orders import EntryDraft
from tests.factories import ItemFactory, LootFactory

ME = "/inventory/v2/player/me/order"
UTC_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00")

# Typed off the documents, in their order.
ORDER_CREATE_FIELDS = [
    "source",
    "client_order_ref_id",
    "portal_id",
    "portal_user_id",
    "instance_id",
    "match_id",
    "is_transaction",
    "order_id",
    "entries",
]
ORDER_FIELDS = [
    "source",
    "client_order_ref_id",
    "portal_id",
    "portal_user_id",
    "instance_id",
    "match_id",
    "is_transaction",
    "order_id",
    "player_uuid",
    "created_time",
    "entries",
]
ENTRY_CREATE_FIELDS = [
    "type",
    "loot_id",
    "quantity",
    "vendor_version",
    "vendor_etag",
    "dynamic_bundle_loot_ids",
    "purchase_price",
    "external_tran_id",
    "external_item_sku",
    "use_inventory_bucket",
    "player_portal_event_id",
    "inventory_id",
    "legacy_inventory_id",
    "item_id",
    "expires",
    "custom_data",
    "entry_id",
]
ENTRY_FIELDS = [*ENTRY_CREATE_FIELDS, "result", "details"]
DETAIL_FIELDS = ["type", "loot_id", "inv_change", "order"]
CHANGE_FIELDS = ["before_item_id", "after_item_id", "before", "after"]
RECORD_FIELDS = [
    "inventory_id",
    "type",
    "legacy_inventory_id",
    "bucket",
    "count",
    "acquired",
    "expires",
    "custom_data",
]

FULL_ENTRY = {
    "type": "fill_loot",
    "loot_id": 9_999_999,
    "quantity": 3,
    "vendor_version": 2**63 - 1,
    "vendor_etag": "etag",
    "dynamic_bundle_loot_ids": [1, 2],
    "purchase_price": {
        "price_item_id": 10,
        "price": 100,
        "price_coupon_item_id": 11,
        "currencies": [{"price_item_id": 10, "price": 100}],
    },
    "external_tran_id": "WELCOME",
    "external_item_sku": "sku",
    "use_inventory_bucket": "steam",
    "player_portal_event_id": -(2**63),
    "inventory_id": "7b0e4ab5-5a0d-4f3e-9a39-6b5f1f0c2a11",
    "legacy_inventory_id": 5,
    "item_id": 7,
    "expires": "2099-01-23T21:07:02.000000+00:00",
    "custom_data": {"colour": "rot & grün", "": "\n"},
    "entry_id": "first",
}
FULL_ORDER = {
    "source": "IN_GAME",
    "client_order_ref_id": "0c9d4f5e-08b7-4a3f-8f6c-5a7f0e3f5b10",
    "portal_id": 33,
    "portal_user_id": "steam-1",
    "instance_id": "instance",
    "match_id": "match",
    "is_transaction": True,
    "order_id": "order-1",
    "entries": [FULL_ENTRY],
}
BARE_ENTRY = {
    **dict.fromkeys(ENTRY_CREATE_FIELDS),
    "type": "fill_loot",
    "quantity": 1,
}
BARE_ORDER = {
    **dict.fromkeys(ORDER_CREATE_FIELDS),
    "source": "CLIENT",
    "is_transaction": False,
}


def test_order_done_at_once_is_answered_200_with_every_field(api, player):
    response = api.post(ME, FULL_ORDER)

    order = response.json()
    assert response.status_code == 200
    assert UTC_TIME.fullmatch(order["created_time"])
    assert order == {
        **FULL_ORDER,
        "player_uuid": str(player.uuid),
        "created_time": order["created_time"],
        "entries": [{**FULL_ENTRY, "result": "loot_not_found", "details": []}],
    }
    assert list(order) == ORDER_FIELDS
    assert list(order["entries"][0]) == ENTRY_FIELDS


def test_order_accepted_is_answered_202_with_the_request(api):
    response = api.post(ME, FULL_ORDER, Prefer="respond-async")

    assert response.status_code == 202
    assert response.json() == FULL_ORDER
    assert list(response.json()) == ORDER_CREATE_FIELDS
    assert list(response.json()["entries"][0]) == ENTRY_CREATE_FIELDS
    assert {name: response[name] for name in ("Location", "Retry-After", "Preference-Applied")} == {
        "Location": f"{ME}/order-1",
        "Retry-After": "1",
        "Preference-Applied": "respond-async",
    }


def test_order_of_required_fields_alone_gets_defaults_ids_and_nulls(api):
    response = api.post(
        ME, {"entries": [{"type": "fill_loot", "quantity": 1}]}, Prefer="respond-async"
    )

    order = response.json()
    entry_id = order["entries"][0]["entry_id"]
    assert uuid.UUID(order["order_id"])
    assert uuid.UUID(entry_id)
    assert order == {
        **BARE_ORDER,
        "order_id": order["order_id"],
        "entries": [{**BARE_ENTRY, "entry_id": entry_id}],
    }


def test_order_unfinished_has_entries_without_result(api, player):
    api.post(ME, FULL_ORDER, Prefer="respond-async")

    response = api.get(f"{ME}/order-1")

    order = response.json()
    assert response.status_code == 200
    assert order == {
        **FULL_ORDER,
        "player_uuid": str(player.uuid),
        "created_time": order["created_time"],
        "entries": [{**FULL_ENTRY, "details": []}],
    }


def test_order_polled_is_the_order_that_was_answered(api):
    placed = api.post(ME, FULL_ORDER)

    polled = api.get(f"{ME}/order-1")

    assert (polled.status_code, polled.content) == (200, placed.content)


def test_order_keys_that_nobody_knows_are_ignored(api):
    order = {**FULL_ORDER, "custom": 1, "entries": [{**FULL_ENTRY, "custom_loot": {"a": "\0"}}]}

    response = api.post(ME, order, Prefer="respond-async")

    assert (response.status_code, response.json()) == (202, FULL_ORDER)


@pytest.mark.parametrize("price", [{}, {"currencies": []}, {"price": 5}])
def test_order_purchase_price_is_echoed_with_all_its_fields(api, price):
    entry = {"type": "purchase_loot", "quantity": 1, "purchase_price": price}

    response = api.post(ME, {"entries": [entry]}, Prefer="respond-async")

    assert response.json()["entries"][0]["purchase_price"] == {
        "price_item_id": None,
        "price": None,
        "price_coupon_item_id": None,
        "currencies": None,
        **price,
    }


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("2099-01-23T21:07:02Z", "2099-01-23T21:07:02.000000+00:00"),
        ("2099-01-23T21:07:02.123456+02:00", "2099-01-23T19:07:02.123456+00:00"),
        (4073058422, "2099-01-25T21:07:02.000000+00:00"),
        (4073058422.5, "2099-01-25T21:07:02.500000+00:00"),
        ("4073058422", "2099-01-25T21:07:02.000000+00:00"),
        ("4073058422.25", "2099-01-25T21:07:02.250000+00:00"),
        (0, "1970-01-01T00:00:00.000000+00:00"),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000000+00:00"),
        ("9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999+00:00"),
    ],
)
def test_order_times_are_read_as_utc_and_told_with_six_decimals(api, sent, kept):
    entry = {"type": "create_new_persistent_inventory", "quantity": 1, "expires": sent}

    response = api.post(ME, {"entries": [entry]})

    assert response.status_code == 200
    assert response.json()["entries"][0]["expires"] == kept


@pytest.mark.parametrize(
    ("field", "sent", "kept"),
    [
        ("quantity", "5", 5),
        ("quantity", 5.0, 5),
        ("loot_id", "7", 7),
        ("inventory_id", "7B0E4AB55A0D4F3E9A396B5F1F0C2A11", FULL_ENTRY["inventory_id"]),
    ],
)
def test_order_is_read_as_leniently_as_documented(api, field, sent, kept):
    response = api.post(
        ME, {"entries": [{"type": "fill_loot", "quantity": 1, field: sent}]}, Prefer="respond-async"
    )

    assert response.json()["entries"][0][field] == kept


def test_order_details_tell_a_new_record_then_its_change(api, player):
    loot = LootFactory(quantity=5)
    take = LootFactory(item=loot.item, inventory_operation="subtract", quantity=5)

    order = api.post(
        ME,
        {
            "entries": [
                {"type": "fill_loot", "loot_id": loot.pk, "quantity": 1},
                {"type": "fill_loot", "loot_id": take.pk, "quantity": 1},
            ]
        },
    ).json()

    record = InventoryRecord.objects.get(player=player)
    shown = {
        "inventory_id": str(record.pk),
        "type": "persistent",
        "legacy_inventory_id": record.pk.int % 2**62,
        "bucket": "none",
        "count": 5,
        "acquired": record.acquired.isoformat(timespec="microseconds"),
        "expires": None,
        "custom_data": None,
    }
    given, taken = order["entries"]
    assert given["details"] == [
        {
            "type": "inventory_change",
            "loot_id": loot.pk,
            "inv_change": {
                "before_item_id": None,
                "after_item_id": loot.item_id,
                "before": None,
                "after": shown,
            },
            "order": None,
        }
    ]
    assert taken["details"] == [
        {
            "type": "inventory_change",
            "loot_id": take.pk,
            "inv_change": {
                "before_item_id": loot.item_id,
                "after_item_id": loot.item_id,
                "before": shown,
                "after": {**shown, "count": 0},
            },
            "order": None,
        }
    ]
    assert [given["result"], taken["result"]] == ["success", "success"]
    [detail] = given["details"]
    assert list(detail) == DETAIL_FIELDS
    assert list(detail["inv_change"]) == CHANGE_FIELDS
    assert list(detail["inv_change"]["after"]) == RECORD_FIELDS


def test_order_details_show_times_and_data_of_a_record(api):
    item = ItemFactory()
    entry = {
        "type": "create_new_persistent_inventory",
        "item_id": item.pk,
        "quantity": 2,
        "expires": 4073058422,
        "custom_data": {"level": "3"},
        "use_inventory_bucket": "steam",
    }

    order = api.post(ME, {"source": "SUPPORT", "entries": [entry]}).json()

    [detail] = order["entries"][0]["details"]
    after = detail["inv_change"]["after"]
    assert detail["loot_id"] is None
    assert UTC_TIME.fullmatch(after["acquired"])
    assert after == {
        "inventory_id": after["inventory_id"],
        "type": "persistent",
        "legacy_inventory_id": uuid.UUID(after["inventory_id"]).int % 2**62,
        "bucket": "steam",
        "count": 2,
        "acquired": after["acquired"],
        "expires": "2099-01-25T21:07:02.000000+00:00",
        "custom_data": {"level": "3"},
    }


def test_record_is_found_by_the_legacy_id_that_is_shown(api, own):
    record, other = own(ItemFactory(), 3), own(ItemFactory(), 4)
    items = api.get("/inventory/v2/player/me/inventory").json()["inventory"]["items"]
    shown = items[str(record.item_id)]["records"][str(record.pk)]
    entry = {
        "type": "update_existing_persistent_inventory",
        "legacy_inventory_id": shown["legacy_inventory_id"],
        "quantity": 8,
    }

    order = api.post(ME, {"entries": [entry, {**entry, "legacy_inventory_id": 5}]}).json()

    assert [entry["result"] for entry in order["entries"]] == ["success", "inventory_not_found"]
    assert dict(InventoryRecord.objects.values_list("pk", "count")) == {record.pk: 8, other.pk: 4}


@pytest.mark.parametrize(
    ("prefer", "status"),
    [
        ("respond-async", 202),
        ("Respond-Async", 202),
        ("return=minimal, respond-async; wait=10", 202),
        ("wait=10,respond-async", 202),
        ('note="a, respond-async", wait=10', 200),
        ("respond-asynchronously", 200),
        ("", 200),
    ],
)
def test_order_is_accepted_only_if_prefer_asks_for_it(api, prefer, status):
    response = api.post(ME, FULL_ORDER, Prefer=prefer)

    assert response.status_code == status


def test_order_with_too_many_entries_for_now_is_accepted(api, settings):
    settings.PLAYER_ORDER_INLINE_ENTRIES = 1

    response = api.post(
        ME, {"order_id": "two", "entries": [FULL_ENTRY, {**FULL_ENTRY, "entry_id": "b"}]}
    )

    assert response.status_code == 202
    assert (response["Location"], response["Retry-After"]) == (f"{ME}/two", "1")
    assert "Preference-Applied" not in response


def test_order_behind_an_older_one_is_accepted(api):
    api.post(ME, {**FULL_ORDER, "order_id": "older"}, Prefer="respond-async")

    assert api.post(ME, FULL_ORDER).status_code == 202


def test_order_sent_again_is_not_done_again(api, player):
    loot = LootFactory()
    order = {
        "order_id": "again",
        "entries": [{"type": "fill_loot", "loot_id": loot.pk, "quantity": 1}],
    }

    first, second = api.post(ME, order), api.post(ME, order)

    assert (second.status_code, second.content) == (first.status_code, first.content)
    assert first.status_code == 200
    assert InventoryRecord.objects.get(player=player).count == 1


def test_order_sent_again_while_unfinished_is_accepted_again(api):
    first = api.post(ME, FULL_ORDER, Prefer="respond-async")
    second = api.post(ME, {**FULL_ORDER, "match_id": "other"}, Prefer="respond-async")

    assert (second.status_code, second.content) == (202, first.content)
    assert PlayerOrder.objects.count() == 1


@pytest.mark.parametrize("order_id", ["a", "a" * 128, "~._-!$&'()*+,;=:@", "..."[:2] + "a"])
def test_order_is_polled_where_location_says(api, order_id):
    accepted = api.post(ME, {**FULL_ORDER, "order_id": order_id}, Prefer="respond-async")

    assert accepted.status_code == 202
    assert api.get(accepted["Location"]).json()["order_id"] == order_id


def test_order_location_has_the_form_of_the_request(player, as_key):
    server = as_key("inv:*")
    for path in (
        f"/inventory/v1/player/{player.pk}/order",
        f"/inventory/v2/player/{player.uuid}/order",
    ):
        response = server.post(path, FULL_ORDER, Prefer="respond-async")

        assert response["Location"] == f"{path}/order-1"
        assert server.get(response["Location"]).status_code == 200


def test_order_keeps_what_staff_and_fulfilment_read(api, player):
    api.post(ME, {**FULL_ORDER, "portal_id": -2}, Prefer="respond-async")

    order = PlayerOrder.objects.get()
    entry = PlayerOrderEntry.objects.get()
    assert (order.placed_by, order.permissions, order.portal_id) == (
        f"player:{player.pk}",
        ["inventory", "loot"],
        -2,
    )
    assert uuid.UUID(order.request_id)
    assert entry.fields == {
        name: value
        for name, value in FULL_ENTRY.items()
        if name not in {"type", "quantity", "loot_id", "item_id", "inventory_id", "entry_id"}
    }


def test_order_too_old_is_not_found(api, settings):
    api.post(ME, FULL_ORDER)
    settings.PLAYER_ORDER_RECENT = timedelta(0)

    response = api.get(f"{ME}/order-1")

    assert (response.status_code, response.json()) == (
        404,
        {
            "auth_success": True,
            "error_code": "order_not_found",
            "desc": "Order was not found for player",
        },
    )


def test_order_with_times_in_another_form_is_told_in_ours(api, place):
    order = place(
        EntryDraft(type="fill_loot", quantity=1, fields={"expires": "2099-01-01T02:00:00+02:00"})
    )

    shown = api.get(f"{ME}/{order.order_id}").json()

    assert shown["entries"][0]["expires"] == "2099-01-01T00:00:00.000000+00:00"


@pytest.mark.parametrize("orders", [1, 3])
def test_order_list_takes_the_same_queries_for_one_row_and_three(
    api, place, orders, django_assert_num_queries
):
    loot = LootFactory(quantity=5)
    for _ in range(orders):
        place(*[EntryDraft(type="fill_loot", loot_id=loot.pk, quantity=1)] * orders)

    # The token's player; orders, entries, changes.
    with django_assert_num_queries(4):
        page = api.get(ME).json()

    assert [len(order["entries"]) for order in page["data"]] == [orders] * orders
    assert all(entry["details"] for order in page["data"] for entry in order["entries"])


@pytest.mark.parametrize("entries", [1, 3])
def test_order_polled_takes_the_same_queries_for_one_entry_and_three(
    api, place, entries, django_assert_num_queries
):
    loot = LootFactory(quantity=5)
    order = place(*[EntryDraft(type="fill_loot", loot_id=loot.pk, quantity=1)] * entries)

    with django_assert_num_queries(4):
        response = api.get(f"{ME}/{order.order_id}")

    assert len(response.json()["entries"]) == entries


def test_order_created_time_is_that_of_its_acceptance(api):
    before = timezone.now()

    created = api.post(ME, FULL_ORDER).json()["created_time"]

    assert abs(timezone.datetime.fromisoformat(created) - before) < timedelta(seconds=30)
