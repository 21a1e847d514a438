"""Every endpoint and every caller, and the layers of rights in their order."""

from uuid import UUID, uuid4

import pytest

from inventory.models import InventorySession, PlayerOrder
from tests.factories import (
    EstablishmentFactory,
    ItemFactory,
    LootFactory,
    PlayerFactory,
    VendorFactory,
)

ENTRY = {"type": "fill_loot", "quantity": 1}
ORDER = {"order_id": "new", "entries": [ENTRY]}
ME = "/inventory/v2/player/me/order"
INSUFFICIENT = (403, "insufficient_permissions")
WRONG_TYPE = (403, "auth_token_invalid_type")
NOT_FOUND = (404, "player_not_found")
INVALID = (422, "player_not_found")
OK = (200, None)

CREATE = "inv:create_order:player"
READ = "inv:read_order"
INVENTORY = "inv:read_inv"
RECORD = UUID(int=1)
BUNDLE = 5
# What is called, and the scope it takes, without its end.
ENDPOINTS = [
    ("post", "/order", CREATE),
    ("get", "/order", READ),
    ("get", "/order/placed", READ),
    ("get", "/inventory", INVENTORY),
    ("post", "/inventory", CREATE),
    ("put", "/inventory", CREATE),
    ("put", f"/inventory/{RECORD}", CREATE),
    ("get", "/session", "inv:read_session"),
    ("post", "/session", "inv:create_session"),
    ("get", f"/dynamic-bundle/{BUNDLE}", INVENTORY),
]
BODIES = {
    ("post", "/order"): ORDER,
    ("post", "/inventory"): {"inventory": [{"item_id": 1}]},
    ("put", "/inventory"): {"inventory": [{"inventory_id": str(RECORD)}]},
    ("put", f"/inventory/{RECORD}"): {},
    ("post", "/session"): {},
}


def outcome(response):
    body = response.json()
    if "detail" in body:
        return response.status_code, body["detail"][0]["type"]
    return response.status_code, body.get("error_code")


def call(api, endpoint, base):
    method, end, _ = endpoint
    if method == "get":
        return outcome(api.get(base + end))
    response = getattr(api, method)(base + end, BODIES[method, end])
    # A session opened is always answered 202.
    return OK if end == "/session" and response.status_code == 202 else outcome(response)


@pytest.fixture
def bundle(settings):
    settings.DYNAMIC_BUNDLES_ENABLED = True
    LootFactory(id=BUNDLE, item=ItemFactory(type="dynamic_bundle"), sub_vendor=VendorFactory())


@pytest.fixture(params=["v1", "v2"])
def address(request):
    """The path of a player in one of the two versions; of `me` without one."""

    def path(player=None):
        name = "me" if player is None else (player.pk if request.param == "v1" else player.uuid)
        return f"/inventory/{request.param}/player/{name}"

    return path


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_player_token_reaches_its_own_player_only(
    as_player, player, place, open_session, bundle, address, endpoint
):
    *_, scope = endpoint
    place(order_id="placed")
    open_session()
    other = PlayerFactory()
    rest = ["inv:create_order:source:client"] if scope == CREATE else []
    expected = {
        ("inv:*",): OK,
        (f"{scope}:self", *rest): OK,
        (f"{scope}:any", *rest): OK,
        (): INSUFFICIENT,
        ("orders:*", *rest): INSUFFICIENT,
    }

    for scopes, answer in expected.items():
        api = as_player(*scopes)
        assert {
            "me": call(api, endpoint, address()),
            "own": call(api, endpoint, address(player)),
            "other": call(api, endpoint, address(other)),
            "unknown": call(api, endpoint, address(PlayerFactory.build(pk=0, uuid=uuid4()))),
        } == {"me": answer, "own": answer, "other": INSUFFICIENT, "unknown": INSUFFICIENT}


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_key_reaches_any_player_by_path(
    as_key, player, place, open_session, bundle, address, endpoint
):
    method, _, scope = endpoint
    place(order_id="placed")
    open_session()
    unknown = PlayerFactory.build(pk=0, uuid=uuid4())
    rest = ["inv:create_order:source:client"] if scope == CREATE else []
    missing = NOT_FOUND if method == "get" else INVALID

    for scopes, answer, of_unknown in [
        (("inv:*",), OK, missing),
        ((f"{scope}:any", *rest), OK, missing),
        ((f"{scope}:self", *rest), INSUFFICIENT, INSUFFICIENT),
        (("orders:*",), INSUFFICIENT, INSUFFICIENT),
    ]:
        api = as_key(*scopes)
        assert {
            "player": call(api, endpoint, address(player)),
            "unknown": call(api, endpoint, address(unknown)),
            "me": call(api, endpoint, address()),
        } == {"player": answer, "unknown": of_unknown, "me": WRONG_TYPE}


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_key_of_an_establishment_reaches_its_players_only(
    as_key, place, open_session, bundle, address, endpoint
):
    method, *_ = endpoint
    mine, theirs = EstablishmentFactory(), EstablishmentFactory()
    missing = NOT_FOUND if method == "get" else INVALID
    players = {
        "mine": PlayerFactory(establishment=mine),
        "theirs": PlayerFactory(establishment=theirs),
        "nobody's": PlayerFactory(establishment=None),
    }
    place(order_id="placed", by=players["mine"])
    open_session(of=players["mine"])
    api = as_key("inv:*", establishment=mine)

    assert {name: call(api, endpoint, address(of)) for name, of in players.items()} == {
        "mine": OK,
        "theirs": missing,
        "nobody's": missing,
    }
    assert PlayerOrder.objects.exclude(player=players["mine"]).count() == 0
    assert InventorySession.objects.exclude(player=players["mine"]).count() == 0


def test_unknown_player_of_a_post_is_named_by_its_place_in_the_path(as_key):
    api = as_key("inv:*")
    uuid = uuid4()

    for path, name in [("v1/player/0", "player_id"), (f"v2/player/{uuid}", "player_uuid")]:
        response = api.post(f"/inventory/{path}/order", ORDER)

        assert (response.status_code, response.json()) == (
            422,
            {
                "detail": [
                    {
                        "loc": ["path", name],
                        "msg": "The specified player was not found",
                        "type": "player_not_found",
                    }
                ]
            },
        )


def test_unknown_player_of_a_get_is_not_found(as_key):
    response = as_key("inv:*").get("/inventory/v1/player/0/order")

    assert (response.status_code, response.json()) == (
        404,
        {
            "auth_success": True,
            "error_code": "player_not_found",
            "desc": "The specified player was not found",
        },
    )


def test_order_of_another_player_is_not_found(as_key, player, place):
    place(order_id="theirs", by=PlayerFactory())

    response = as_key("inv:*").get(f"/inventory/v2/player/{player.uuid}/order/theirs")

    assert outcome(response) == (404, "order_not_found")


SELF = "inv:create_order:player:self"


@pytest.mark.parametrize(
    ("scopes", "client", "other"),
    [
        (["inv:*"], OK, OK),
        ([SELF], INSUFFICIENT, INSUFFICIENT),
        ([SELF, "inv:create_order:source:client"], OK, INSUFFICIENT),
        ([SELF, "inv:create_order:source:any"], OK, OK),
    ],
)
def test_source_takes_a_scope(as_player, scopes, client, other):
    api = as_player(*scopes)

    def place(order_id, **source):
        return outcome(api.post(ME, {"order_id": order_id, "entries": [ENTRY], **source}))

    assert {
        "unsaid": place("1"),
        "CLIENT": place("2", source="CLIENT"),
        "CLIENT_CLAIM": place("3", source="CLIENT_CLAIM"),
        "SUPPORT": place("4", source="SUPPORT"),
        "UNKNOWN": place("5", source="UNKNOWN"),
    } == {
        "unsaid": client,
        "CLIENT": client,
        "CLIENT_CLAIM": client,
        "SUPPORT": other,
        "UNKNOWN": other,
    }
    assert PlayerOrder.objects.count() == [client, client, client, other, other].count(OK)


@pytest.mark.parametrize(
    ("scopes", "loot", "inventory"),
    [
        (["inv:*"], "loot_not_found", "item_not_found"),
        ([], "permission_denied", "permission_denied"),
        (["inv:create_order:entry:loot"], "loot_not_found", "permission_denied"),
        (["inv:create_order:entry:inventory"], "permission_denied", "item_not_found"),
    ],
)
def test_entry_type_takes_a_scope_and_fails_alone(as_player, scopes, loot, inventory):
    api = as_player(SELF, "inv:create_order:source:any", *scopes)

    response = api.post(
        ME, {"entries": [ENTRY, {"type": "create_new_persistent_inventory", "quantity": 1}]}
    )

    assert response.status_code == 200
    assert [entry["result"] for entry in response.json()["entries"]] == [loot, inventory]


def test_questions_come_in_their_order(as_player, as_key, player):
    """Authentication, path, player permission, shape, source permission, player."""
    bad_order, bad_path = {"source": "SUPPORT"}, "/inventory/v1/player/x/order"
    support = {"source": "SUPPORT", "entries": [ENTRY]}
    nobody, powerless = as_key("inv:*"), as_key("orders:*")
    server = as_key("inv:create_order:player:any")
    unknown = "/inventory/v1/player/0/order"
    nobody.credential = "garbage"

    assert outcome(nobody.post(bad_path, bad_order)) == (403, "auth_not_jwt")
    assert outcome(powerless.post(bad_path, bad_order)) == (422, "int_parsing")
    assert outcome(powerless.post(unknown, bad_order)) == INSUFFICIENT
    assert outcome(powerless.get(f"{unknown}?limit=0")) == INSUFFICIENT
    assert outcome(server.post(unknown, bad_order)) == (422, "missing")
    assert outcome(server.post(unknown, support)) == INSUFFICIENT
    assert outcome(as_key("inv:*").post(unknown, support)) == INVALID
    assert outcome(as_key("inv:*").get(f"{unknown}?limit=0")) == (422, "greater_than_equal")


def test_action_without_a_scope_is_a_fault_not_a_door(as_key, player, monkeypatch):
    monkeypatch.setattr("inventory.api.views.orders.PlayerOrderViewSet.scopes", {})

    response = as_key("inv:*").get(f"/inventory/v2/player/{player.uuid}/order")

    assert outcome(response) == (500, "internal_error")
