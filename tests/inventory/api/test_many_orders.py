"""POST /inventory/v1/order: orders for many players, each accepted or not by itself."""

from uuid import uuid4

import pytest

from inventory.models import PlayerOrder
from tests.factories import EstablishmentFactory, PlayerFactory

PATH = "/inventory/v1/order"
ENTRY = {"type": "fill_loot", "quantity": 1}
UNKNOWN = "The specified player was not found"


@pytest.fixture
def server(as_key):
    return as_key("inv:*")


def errors(response):
    return [(order["order_id"], order["error_info"]) for order in response.json()["failed_orders"]]


def test_many_orders_are_accepted_in_the_order_sent(server, player):
    other = PlayerFactory()

    response = server.post(
        PATH,
        {
            "orders": [
                {"order_id": "a", "player_id": player.pk, "entries": [ENTRY]},
                {"order_id": "b", "player_uuid": str(other.uuid), "entries": [ENTRY]},
                {"order_id": "c", "player_id": player.pk, "entries": [ENTRY]},
            ]
        },
    )

    assert (response.status_code, response.json()) == (
        200,
        {"order_ids": ["a", "b", "c"], "failed_orders": []},
    )
    assert list(PlayerOrder.objects.order_by("id").values_list("order_id", "player", "state")) == [
        ("a", player.pk, "accepted"),
        ("b", other.pk, "accepted"),
        ("c", player.pk, "accepted"),
    ]


def test_many_orders_fail_one_by_one_as_they_were_sent(as_key, player, place):
    place(order_id="taken", by=PlayerFactory())
    server = as_key(
        "inv:create_order:player:any",
        "inv:create_order:source:client",
        "inv:create_order:entry:loot",
    )
    mine, nobody = {"player_id": player.pk}, {"player_uuid": str(uuid4())}
    sent = [
        {"order_id": "good", **mine, "entries": [ENTRY]},
        {"order_id": "nobody", **nobody, "entries": [ENTRY]},
        {"order_id": "unnamed", "entries": [ENTRY]},
        {"order_id": "support", **mine, "source": "SUPPORT", "entries": [ENTRY]},
        {"order_id": "taken", **mine, "entries": [ENTRY]},
        {"order_id": "fine", **mine, "entries": [{**ENTRY, "expires": 0, "entry_id": "e"}]},
        {"order_id": "zero", "player_id": 0, "entries": [ENTRY]},
        # The uuid has precedence.
        {"order_id": "both", **mine, **nobody, "entries": [ENTRY]},
    ]

    response = server.post(PATH, {"orders": sent})

    assert response.status_code == 200
    assert response.json()["order_ids"] == ["good", "fine"]
    assert errors(response) == [
        ("nobody", UNKNOWN),
        ("unnamed", "No player was named: neither player_uuid nor player_id"),
        ("support", "Insufficient Permissions"),
        ("taken", "The order id is in use."),
        ("zero", UNKNOWN),
        ("both", UNKNOWN),
    ]
    assert response.json()["failed_orders"][0] == {
        "source": "CLIENT",
        "client_order_ref_id": None,
        "portal_id": None,
        "portal_user_id": None,
        "instance_id": None,
        "match_id": None,
        "is_transaction": False,
        "order_id": "nobody",
        "entries": [
            {
                "type": "fill_loot",
                "loot_id": None,
                "quantity": 1,
                "vendor_version": None,
                "vendor_etag": None,
                "dynamic_bundle_loot_ids": None,
                "purchase_price": None,
                "external_tran_id": None,
                "external_item_sku": None,
                "use_inventory_bucket": None,
                "player_portal_event_id": None,
                "inventory_id": None,
                "legacy_inventory_id": None,
                "item_id": None,
                "expires": None,
                "custom_data": None,
                "entry_id": None,
            }
        ],
        "player_id": None,
        **nobody,
        "error_info": UNKNOWN,
    }
    assert set(PlayerOrder.objects.values_list("order_id", flat=True)) == {"taken", "good", "fine"}


def test_many_orders_reach_the_players_of_the_keys_establishment_only(as_key):
    mine = EstablishmentFactory()
    player, other = PlayerFactory(establishment=mine), PlayerFactory()
    orders = [
        {"order_id": "a", "player_id": player.pk, "entries": [ENTRY]},
        {"order_id": "b", "player_id": other.pk, "entries": [ENTRY]},
    ]

    response = as_key("inv:*", establishment=mine).post(PATH, {"orders": orders})

    assert response.json()["order_ids"] == ["a"]
    assert errors(response) == [("b", UNKNOWN)]


def test_many_orders_that_all_fail_are_still_answered(server):
    response = server.post(PATH, {"orders": [{"order_id": "a", "entries": [ENTRY]}]})

    assert (response.status_code, response.json()["order_ids"]) == (200, [])
    assert not PlayerOrder.objects.exists()


BAD_BODIES = [
    ({}, ["orders"], "missing", "Field required"),
    (
        {"orders": []},
        ["orders"],
        "too_short",
        "List should have at least 1 item after validation, not 0",
    ),
    (
        {"orders": [{"player_id": 1, "entries": [ENTRY]}] * 101},
        ["orders"],
        "too_long",
        "List should have at most 100 items after validation, not 101",
    ),
    ({"orders": [{"player_id": 1}]}, ["orders", 0, "entries"], "missing", "Field required"),
    (
        {"orders": [{"player_id": "x", "entries": [ENTRY]}]},
        ["orders", 0, "player_id"],
        "int_parsing",
        "Input should be a valid integer, unable to parse string as an integer",
    ),
    (
        {"orders": [{"player_id": 1, "entries": [{"type": "fill_loot", "quantity": None}]}]},
        ["orders", 0, "entries", 0, "quantity"],
        "int_type",
        "Input should be a valid integer",
    ),
]


@pytest.mark.parametrize(("body", "loc", "kind", "message"), BAD_BODIES)
def test_many_orders_not_of_the_shape_are_refused_together(server, body, loc, kind, message):
    response = server.post(PATH, body)

    assert (response.status_code, response.json()) == (
        422,
        {"detail": [{"loc": ["body", *loc], "msg": message, "type": kind}]},
    )
    assert not PlayerOrder.objects.exists()


@pytest.mark.parametrize(
    ("scopes", "status"),
    [
        (["inv:*"], 200),
        (["inv:create_order:player:any", "inv:create_order:source:any"], 200),
        (["inv:create_order:player:self", "inv:create_order:source:any"], 403),
        (["inv:read_order:any"], 403),
    ],
)
def test_many_orders_take_the_scope_for_any_player(as_key, player, scopes, status):
    orders = [{"player_id": player.pk, "entries": [ENTRY]}]

    response = as_key(*scopes).post(PATH, {"orders": orders})

    assert (response.status_code, PlayerOrder.objects.count()) == (status, int(status == 200))


def test_many_orders_are_not_for_players(api, player):
    response = api.post(PATH, {"orders": [{"player_id": player.pk, "entries": [ENTRY]}]})

    assert (response.status_code, response.json()) == (
        403,
        {
            "auth_success": True,
            "error_code": "insufficient_permissions",
            "desc": "Insufficient Permissions",
        },
    )
    assert not PlayerOrder.objects.exists()


@pytest.mark.parametrize("orders", [1, 3])
def test_many_orders_take_the_same_queries_for_one_and_three(
    server, player, orders, django_assert_num_queries
):
    body = {
        "orders": [
            {"player_uuid": str(PlayerFactory().uuid), "entries": [ENTRY] * orders}
            for _ in range(orders)
        ]
    }

    # The key, its use, the players, the orders.
    with django_assert_num_queries(4):
        response = server.post(PATH, body)

    assert len(response.json()["order_ids"]) == orders
