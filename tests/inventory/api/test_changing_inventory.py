"""POST and PUT …/inventory: records made or changed directly, by one order."""

import uuid
from datetime import UTC, datetime

import pytest

from inventory.models import InventoryRecord, PlayerOrder, PlayerOrderEntry
from tests.factories import ItemFactory, PlayerFactory

ME = "/inventory/v2/player/me/inventory"
LATER = "2099-01-23T21:07:02.000000+00:00"
REF = "0c9d4f5e-08b7-4a3f-8f6c-5a7f0e3f5b10"
NOTHING = dict.fromkeys(
    (
        "loot_id",
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
    )
)
ORDER = {
    "client_order_ref_id": None,
    "portal_id": None,
    "portal_user_id": None,
    "instance_id": None,
    "match_id": None,
    "is_transaction": False,
}


def results(response):
    return [entry["result"] for entry in response.json()["entries"]]


def test_creation_is_answered_with_the_order_that_it_is(api, player):
    item = ItemFactory()

    response = api.post(
        ME,
        {
            "source": "SUPPORT",
            "client_order_ref_id": REF,
            "inventory": [
                {
                    "item_id": item.pk,
                    "count": 3,
                    "bucket": "steam",
                    "expires": LATER,
                    "custom_data": {"a": "b"},
                },
                {"item_id": item.pk},
                {"item_id": item.pk, "type": "transient"},
            ],
        },
    )

    order = response.json()
    first, second = InventoryRecord.objects.order_by("-count")
    made = {
        "inventory_id": str(first.pk),
        "type": "persistent",
        "legacy_inventory_id": first.pk.int % 2**62,
        "bucket": "steam",
        "count": 3,
        "acquired": first.acquired.isoformat(timespec="microseconds"),
        "expires": LATER,
        "custom_data": {"a": "b"},
    }
    change = {
        "type": "inventory_change",
        "loot_id": None,
        "inv_change": {
            "before_item_id": None,
            "after_item_id": item.pk,
            "before": None,
            "after": made,
        },
        "order": None,
    }
    plain = {
        **made,
        "inventory_id": str(second.pk),
        "legacy_inventory_id": second.pk.int % 2**62,
        "bucket": "none",
        "count": 1,
        "expires": None,
        "custom_data": None,
    }
    entry_ids = [entry["entry_id"] for entry in order["entries"]]
    create = {**NOTHING, "type": "create_new_persistent_inventory", "item_id": item.pk}
    assert (response.status_code, order) == (
        200,
        {
            **ORDER,
            "source": "SUPPORT",
            "client_order_ref_id": REF,
            "order_id": order["order_id"],
            "player_uuid": str(player.uuid),
            "created_time": order["created_time"],
            "entries": [
                {
                    **create,
                    "quantity": 3,
                    "use_inventory_bucket": "steam",
                    "expires": LATER,
                    "custom_data": {"a": "b"},
                    "entry_id": entry_ids[0],
                    "result": "success",
                    "details": [change],
                },
                {
                    **create,
                    "quantity": 1,
                    "entry_id": entry_ids[1],
                    "result": "success",
                    "details": [{**change, "inv_change": {**change["inv_change"], "after": plain}}],
                },
                {
                    **create,
                    "type": "create_new_transient_inventory",
                    "quantity": 1,
                    "entry_id": entry_ids[2],
                    "result": "failed_to_modify_inventory",
                    "details": [],
                },
            ],
        },
    )


def test_creation_of_a_client_ignores_the_bucket(api):
    item = ItemFactory()

    response = api.post(ME, {"inventory": [{"item_id": item.pk, "bucket": "steam"}]})

    assert (results(response), InventoryRecord.objects.get().bucket) == (["success"], "none")


def test_update_makes_the_records_what_was_sent(api, own):
    item, other = ItemFactory.create_batch(2)
    first = own(item, 3, bucket="steam", custom_data={"a": "b"})
    second = own(item, 4, expires=datetime(2098, 1, 1, tzinfo=UTC))
    theirs = own(item, 5, by=PlayerFactory())

    response = api.put(
        ME,
        {
            "source": "SUPPORT",
            "inventory": [
                {"inventory_id": str(first.pk), "count": 0, "expires": LATER},
                {"inventory_id": str(theirs.pk), "count": 1},
                {
                    "inventory_id": str(second.pk),
                    "item_id": other.pk,
                    "bucket": "psn",
                    "custom_data": {},
                },
            ],
        },
    )

    assert (response.status_code, results(response)) == (
        200,
        ["success", "inventory_not_found", "success"],
    )
    columns = ("item_id", "count", "bucket", "expires", "custom_data")
    for record, expected in [
        (first, (item.pk, 0, "steam", datetime.fromisoformat(LATER), {"a": "b"})),
        (second, (other.pk, 1, "psn", None, None)),
        (theirs, (item.pk, 5, "none", None, None)),
    ]:
        assert InventoryRecord.objects.filter(pk=record.pk).values_list(*columns).get() == expected


def test_update_of_one_record_names_it_in_the_path(api, own):
    record = own(ItemFactory(), 3)

    response = api.put(f"{ME}/{record.pk}", {"source": "IN_GAME", "count": 7})

    order = response.json()
    [entry] = order["entries"]
    assert (response.status_code, order["source"]) == (200, "IN_GAME")
    assert {name: entry[name] for name in ("type", "inventory_id", "quantity", "result")} == {
        "type": "update_inventory",
        "inventory_id": str(record.pk),
        "quantity": 7,
        "result": "success",
    }
    assert InventoryRecord.objects.get().count == 7


@pytest.mark.parametrize(
    ("method", "end", "body"),
    [
        ("post", "", {"inventory": [{"item_id": 1}]}),
        ("put", "", {"inventory": [{"inventory_id": str(uuid.UUID(int=1))}]}),
        ("put", f"/{uuid.UUID(int=1)}", {}),
    ],
)
def test_change_is_accepted_and_polled_as_an_order(as_key, player, method, end, body):
    server = as_key("inv:*")
    for base in (f"/inventory/v1/player/{player.pk}", f"/inventory/v2/player/{player.uuid}"):
        response = getattr(server, method)(f"{base}/inventory{end}", body, Prefer="respond-async")

        order = response.json()
        assert response.status_code == 202
        assert {name: response[name] for name in ("Location", "Preference-Applied")} == {
            "Location": f"{base}/order/{order['order_id']}",
            "Preference-Applied": "respond-async",
        }
        assert [sorted(entry) for entry in order["entries"]] == [
            sorted([*NOTHING, "type", "quantity", "entry_id"])
        ]
        polled = server.get(response["Location"])
        assert (polled.status_code, polled.json()["order_id"]) == (200, order["order_id"])


def test_change_sent_twice_with_a_key_is_done_once(api, player):
    item = ItemFactory()
    key = {"Idempotency-Key": "a key"}
    body = {"inventory": [{"item_id": item.pk}]}

    first, second = api.post(ME, body, **key), api.post(ME, body, **key)

    assert (second.status_code, second.content) == (200, first.content)
    assert InventoryRecord.objects.filter(player=player).count() == 1
    assert PlayerOrder.objects.count() == 1


@pytest.mark.parametrize(
    ("scopes", "result"),
    [
        ([], "permission_denied"),
        (["inv:create_order:entry:loot"], "permission_denied"),
        (["inv:create_order:entry:inventory"], "item_not_found"),
    ],
)
def test_change_takes_the_entry_group_inventory(as_player, scopes, result):
    api = as_player("inv:create_order:player:self", "inv:create_order:source:client", *scopes)

    assert results(api.post(ME, {"inventory": [{"item_id": 1}]})) == [result]


def test_change_takes_the_scope_of_its_source(as_player):
    api = as_player("inv:create_order:player:self", "inv:create_order:source:client")
    body = {"source": "SUPPORT", "inventory": [{"item_id": 1}]}

    response = api.post(ME, body)

    assert (response.status_code, response.json()["error_code"]) == (
        403,
        "insufficient_permissions",
    )
    assert not PlayerOrderEntry.objects.exists()


INT = ("int_parsing", "Input should be a valid integer, unable to parse string as an integer")
UUID = ("uuid_parsing", "Input should be a valid UUID, invalid character: found `x` at 0")
OBJECT = (
    "model_attributes_type",
    "Input should be a valid dictionary or object to extract fields from",
)
EMPTY = ("too_short", "List should have at least 1 item after validation, not 0")
MANY = ("too_long", "List should have at most 500 items after validation, not 501")
MISSING = ("missing", "Field required")
NO_ZONE = ("timezone_aware", "Input should have timezone info")
ONE = f"/{uuid.UUID(int=1)}"
RECORD = {"inventory_id": str(uuid.UUID(int=1))}

BAD = [
    ("post", "", {}, ["inventory"], MISSING),
    ("post", "", {"inventory": []}, ["inventory"], EMPTY),
    ("post", "", {"inventory": [{"item_id": 1}] * 501}, ["inventory"], MANY),
    ("post", "", {"inventory": None}, ["inventory"], ("list_type", "Input should be a valid list")),
    ("post", "", {"inventory": [1]}, ["inventory", 0], OBJECT),
    ("post", "", {"inventory": [{}]}, ["inventory", 0, "item_id"], MISSING),
    ("post", "", {"inventory": [{"item_id": "x"}]}, ["inventory", 0, "item_id"], INT),
    (
        "post",
        "",
        {"inventory": [{"item_id": 1, "type": "always_owned"}]},
        ["inventory", 0, "type"],
        ("enum", "Input should be 'persistent' or 'transient'"),
    ),
    (
        "post",
        "",
        {"inventory": [{"item_id": 1, "count": None}]},
        ["inventory", 0, "count"],
        ("int_type", "Input should be a valid integer"),
    ),
    (
        "post",
        "",
        {"inventory": [{"item_id": 1, "expires": "2099-01-01T00:00:00"}]},
        ["inventory", 0, "expires"],
        NO_ZONE,
    ),
    (
        "post",
        "",
        {"inventory": [{"item_id": 1, "custom_data": {"a": "x" * 5_000}}]},
        ["inventory", 0, "custom_data"],
        (
            "custom_data_too_long",
            "Keys and values should have at most 4096 bytes as JSON in UTF-8, not 5008",
        ),
    ),
    ("post", "", [], [], OBJECT),
    ("put", "", {"inventory": []}, ["inventory"], EMPTY),
    ("put", "", {"inventory": [RECORD] * 501}, ["inventory"], MANY),
    ("put", "", {"inventory": [{}]}, ["inventory", 0, "inventory_id"], MISSING),
    ("put", "", {"inventory": [{"inventory_id": "x"}]}, ["inventory", 0, "inventory_id"], UUID),
    ("put", "", {"inventory": [{**RECORD, "item_id": "x"}]}, ["inventory", 0, "item_id"], INT),
    ("put", ONE, {"count": "x"}, ["count"], INT),
    ("put", ONE, {"client_order_ref_id": "x"}, ["client_order_ref_id"], UUID),
    ("put", ONE, [], [], OBJECT),
]


@pytest.mark.parametrize(("method", "end", "body", "loc", "error"), BAD)
def test_change_of_a_bad_shape_is_refused(api, method, end, body, loc, error):
    kind, message = error

    response = getattr(api, method)(ME + end, body)

    assert (response.status_code, response.json()) == (
        422,
        {"detail": [{"loc": ["body", *loc], "msg": message, "type": kind}]},
    )
    assert not PlayerOrder.objects.exists()


def test_change_of_a_record_that_is_named_badly_is_refused(api):
    response = api.put(f"{ME}/x", {})

    assert (response.status_code, response.json()) == (
        422,
        {"detail": [{"loc": ["path", "inventory_id"], "msg": UUID[1], "type": UUID[0]}]},
    )


def test_update_of_a_record_of_a_session_that_is_over_finds_nothing(api, open_session):
    item = ItemFactory()
    open_session()
    created = api.post(ME, {"inventory": [{"item_id": item.pk, "type": "transient"}]})
    api.post("/inventory/v2/player/me/session", {})
    record = InventoryRecord.objects.get()

    response = api.put(f"{ME}/{record.pk}", {"count": 2})

    assert (results(created), results(response)) == (["success"], ["inventory_not_found"])
    assert InventoryRecord.objects.values_list("count", "state").get() == (1, "expired")
