"""GET and POST …/session: a player's time at play."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from django.db import transaction

from catalog.models import Item, PlatformSku
from inventory.models import InventoryRecord, InventorySession, PlatformEntitlement, PlayerOrder
from players.models import Player
from tests.factories import ItemFactory, LootFactory, PlayerFactory
from tests.threads import elsewhere

ME = "/inventory/v2/player/me/session"
NONE = {
    "auth_success": True,
    "error_code": "session_not_found",
    "desc": "The player has no open session",
}


def test_session_of_nobody_at_play_is_not_found(api, open_session):
    open_session(closed_at=datetime(2025, 4, 1, tzinfo=UTC))

    response = api.get(ME)

    assert (response.status_code, response.json()) == (404, NONE)


def test_session_opened_is_the_one_that_is_read(api, player):
    opened = api.post(ME, {"session_platform": "Steam"})

    session = InventorySession.objects.get(player=player)
    assert (opened.status_code, opened.json()) == (
        202,
        {"session_id": str(session.pk), "session_platform": "Steam", "order_id": None},
    )
    assert "Location" not in opened
    response = api.get(ME)
    assert (response.status_code, response.json()) == (
        200,
        {
            "session_id": str(session.pk),
            "session_platform": "Steam",
            "applied_durable_loot": [],
        },
    )


@pytest.mark.parametrize("body", [{}, {"session_platform": None}])
def test_session_needs_no_platform(api, body):
    opened = api.post(ME, body).json()

    assert (opened["session_platform"], api.get(ME).json()["session_platform"]) == (None, None)


def test_session_needs_no_body(api):
    opened = api.post(ME, b"")

    assert (opened.status_code, opened.json()["session_platform"]) == (202, None)
    assert InventorySession.objects.get().pk == UUID(opened.json()["session_id"])


def test_session_opened_again_takes_the_place_of_the_first(api, player, own):
    first = api.post(ME, {}).json()
    item = ItemFactory()
    own(item, 1, type="transient", session_id=first["session_id"])

    second = api.post(ME, {}).json()

    assert first["session_id"] != second["session_id"]
    assert api.get(ME).json()["session_id"] == second["session_id"]
    assert api.get("/inventory/v2/player/me/inventory").json()["inventory"] == {"items": {}}
    assert InventorySession.objects.filter(player=player, closed_at=None).count() == 1


def test_session_gives_what_the_player_is_entitled_to_in_an_order(api, player, own):
    entitled = LootFactory(inventory_selector_type="inherit_entitlement_inventory")
    own(ItemFactory(type=Item.Type.ENTITLEMENT, entitled_loot=entitled))
    durable = LootFactory()
    sku = PlatformSku.objects.create(
        id="s", platform="Steam", sku="dlc", type="durable", loot=durable
    )
    PlatformEntitlement.objects.create(player=player, sku=sku)

    opened = api.post(ME, {"session_platform": "Steam"})

    order_id = opened.json()["order_id"]
    assert (opened.status_code, opened["Location"], opened["Retry-After"]) == (
        202,
        f"/inventory/v2/player/me/order/{order_id}",
        "1",
    )
    order = api.get(opened["Location"]).json()
    assert order["source"] == "ENTITLEMENTS"
    assert [(entry["type"], entry["loot_id"], entry["result"]) for entry in order["entries"]] == [
        ("fill_entitled_loot", entitled.pk, "success"),
        ("fill_loot_single_transient", durable.pk, "success"),
    ]
    assert api.get(ME).json()["applied_durable_loot"] == [durable.pk]
    items = api.get("/inventory/v2/player/me/inventory").json()["inventory"]["items"]
    assert {
        int(item): [record["type"] for record in records["records"].values()]
        for item, records in items.items()
        if int(item) in {entitled.item_id, durable.item_id}
    } == {entitled.item_id: ["transient"], durable.item_id: ["transient"]}


def test_session_opened_twice_with_a_key_is_one(api):
    key = {"Idempotency-Key": "a key"}

    first, second = api.post(ME, {}, **key), api.post(ME, {}, **key)

    assert (second.status_code, second.content) == (202, first.content)
    assert InventorySession.objects.count() == 1


def test_session_of_an_unknown_player_is_refused_at_its_place(as_key):
    api = as_key("inv:*")

    posted = api.post("/inventory/v1/player/0/session", {})
    read = api.get("/inventory/v1/player/0/session")

    assert (posted.status_code, posted.json()["detail"][0]["loc"]) == (422, ["path", "player_id"])
    assert (read.status_code, read.json()["error_code"]) == (404, "player_not_found")


@pytest.mark.parametrize(
    ("body", "loc", "kind"),
    [
        ([], [], "model_attributes_type"),
        ({"session_platform": "steam"}, ["session_platform"], "enum"),
        ({"session_platform": 5}, ["session_platform"], "enum"),
    ],
)
def test_session_of_a_bad_shape_is_refused(api, body, loc, kind):
    response = api.post(ME, body)

    [error] = response.json()["detail"]
    assert (response.status_code, error["loc"], error["type"]) == (422, ["body", *loc], kind)
    assert not InventorySession.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_session_of_a_busy_player_is_a_conflict(as_key, settings):
    settings.PLAYER_ORDER_LOCK_WAIT *= 0
    player = PlayerFactory()
    api = as_key("inv:*")

    with transaction.atomic():
        Player.objects.select_for_update(no_key=True).get(pk=player.pk)
        response = elsewhere(api.post, f"/inventory/v2/player/{player.uuid}/session", {})

    assert (response.status_code, response["Retry-After"], response.json()["error_code"]) == (
        409,
        "1",
        "player_busy",
    )
    assert not InventorySession.objects.exists()
    assert not InventoryRecord.objects.exists()
    assert not PlayerOrder.objects.exists()
