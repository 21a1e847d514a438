"""GET /inventory/v1/catalog/vendor/{id}/odds: what a vendor may give, and how likely."""

import pytest

from inventory.services import compute_odds
from tests.factories import (
    EstablishmentFactory,
    ItemFactory,
    LootFactory,
    PlayerFactory,
    VendorFactory,
)


@pytest.fixture
def chest(db):
    """One sword of three draws, else a shield; the shield once."""
    vendor = VendorFactory(type="randomly_sampled")
    LootFactory(vendor=vendor, drop_weight=1)
    LootFactory(vendor=vendor, drop_weight=2, quantity=3)
    return vendor


def odds_of(vendor):
    return f"/inventory/v1/catalog/vendor/{vendor.pk}/odds"


def test_odds_are_told_with_every_field(api, chest):
    sword, shield = chest.loot.order_by("pk")

    response = api.get(odds_of(chest))

    body = response.json()
    assert (response.status_code, body) == (
        200,
        {
            "vendor_id": chest.pk,
            "catalogue_version": body["catalogue_version"],
            "etag": api.get(f"/inventory/v1/catalog/vendor/{chest.pk}")["ETag"].strip('"'),
            "quantity": 1,
            "exact": True,
            "paths": 2,
            "cut": False,
            "nothing": 0.0,
            "results": {"success": 1.0},
            "drops": [
                {
                    "loot_id": loot.pk,
                    "item_id": loot.item_id,
                    "sub_vendor_id": None,
                    "probability": share,
                    "expected": share,
                    "error": 0.0,
                }
                for loot, share in ((sword, 1 / 3), (shield, 2 / 3))
            ],
            "items": [
                {
                    "item_id": loot.item_id,
                    "probability": share,
                    "expected": share * loot.quantity,
                    "quantities": {str(loot.quantity): share},
                    "error": 0.0,
                }
                for loot, share in ((sword, 1 / 3), (shield, 2 / 3))
            ],
        },
    )


def test_odds_of_more_draws(api, chest):
    body = api.get(odds_of(chest), {"quantity": 2}).json()

    assert (body["quantity"], [drop["probability"] for drop in body["drops"]]) == (2, [1.0, 1.0])


def test_odds_for_a_player_are_of_what_the_player_has(api, as_key, player, own, chest):
    sword, shield = chest.loot.order_by("pk")
    chest.loot.filter(pk=sword.pk).update(stack_limit=1)
    own(sword.item)

    def shares(**query):
        drops = api.get(odds_of(chest), query).json()["drops"]
        return {drop["loot_id"]: drop["probability"] for drop in drops if drop["probability"]}

    assert shares() == {sword.pk: 1 / 3, shield.pk: 2 / 3}
    assert shares(player_uuid=player.uuid) == {shield.pk: 1.0}
    of_other = as_key("inv:read_inv:any").get(odds_of(chest), {"player_uuid": PlayerFactory().uuid})
    assert [drop["probability"] for drop in of_other.json()["drops"]] == [1 / 3, 2 / 3]


def test_odds_for_a_player_take_the_right_to_read_the_inventory(as_player, as_key, player, chest):
    theirs = PlayerFactory(establishment=EstablishmentFactory())
    mine = EstablishmentFactory()

    def ask(api, of):
        response = api.get(odds_of(chest), {"player_uuid": of.uuid} if of else None)
        return response.status_code, response.json().get("error_code")

    ok, denied = (200, None), (403, "insufficient_permissions")
    assert [
        ask(as_player(), None),
        ask(as_player(), player),
        ask(as_player("inv:read_inv:self"), player),
        ask(as_player("inv:*"), theirs),
        ask(as_key("inv:read_inv:self"), player),
        ask(as_key("inv:read_inv:any"), theirs),
        ask(as_key("inv:*", establishment=mine), theirs),
    ] == [ok, denied, ok, denied, denied, ok, (404, "player_not_found")]


def test_odds_of_no_vendor_are_not_found(api, chest):
    response = api.get("/inventory/v1/catalog/vendor/0/odds")

    assert (response.status_code, response.json()["error_code"]) == (404, "vendor_not_found")


def test_odds_of_a_vendor_in_which_nothing_is_drawn_are_refused(api):
    vendor = LootFactory().vendor

    response = api.get(odds_of(vendor))

    [error] = response.json()["detail"]
    assert (response.status_code, error["loc"], error["type"]) == (
        422,
        ["path", "vendor_id"],
        "vendor_not_sampled",
    )


def test_odds_are_worked_out_for_one_caller_at_a_time(api, player, chest, monkeypatch):
    now = compute_odds.database_time()
    monkeypatch.setattr(compute_odds, "database_time", lambda: now)
    known = api.get(odds_of(chest))

    with compute_odds._at_work:
        again = api.get(odds_of(chest))
        busy = [
            api.get(odds_of(chest), query)
            for query in ({"quantity": 3}, {"player_uuid": player.uuid})
        ]

    assert (again.status_code, again.json()) == (200, known.json())
    for response in busy:
        assert (response.status_code, response["Retry-After"], response.json()) == (
            503,
            "1",
            {
                "auth_success": True,
                "error_code": "odds_busy",
                "desc": "Other odds are being worked out. Ask again in a second.",
            },
        )
    assert api.get(odds_of(chest), {"quantity": 3}).status_code == 200


def test_odds_of_very_many_ways_are_sampled(api):
    vendor = VendorFactory(type="randomly_sampled")
    for _ in range(12):
        LootFactory(vendor=vendor, drop_weight=1)

    two, three = (api.get(odds_of(vendor), {"quantity": n}).json() for n in (2, 3))

    assert (two["exact"], two["paths"]) == (True, 132)
    assert (three["exact"], three["paths"]) == (False, 1_000)
    assert all(drop["error"] > 0 for drop in three["drops"])


@pytest.mark.parametrize(
    ("query", "name", "kind"),
    [
        ("player_uuid=x", "player_uuid", "uuid_parsing"),
        ("quantity=0", "quantity", "greater_than_equal"),
        ("quantity=11", "quantity", "less_than_equal"),
        ("quantity=x", "quantity", "int_parsing"),
    ],
)
def test_odds_asked_for_badly_are_refused(api, chest, query, name, kind):
    response = api.get(f"{odds_of(chest)}?{query}")

    [error] = response.json()["detail"]
    assert (response.status_code, error["loc"], error["type"]) == (422, ["query", name], kind)


@pytest.mark.parametrize("items", [1, 5])
def test_odds_for_a_player_take_the_same_queries_for_one_record_and_five(
    api, player, own, chest, items, django_assert_num_queries
):
    for _ in range(items):
        own(ItemFactory())
    api.get(odds_of(chest))  # builds the catalogue

    # The token's player; the version of the catalogue, the time, the session, the records in a
    # savepoint.
    with django_assert_num_queries(7):
        api.get(odds_of(chest), {"player_uuid": player.uuid})
