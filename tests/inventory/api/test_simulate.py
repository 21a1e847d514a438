"""`?simulate=true`: what an order would do, and nothing of it done."""

import uuid
from datetime import datetime
from random import Random

import pytest
from django.apps import apps
from django.db import connection, transaction

from catalog.models import Item, PricePoint, Promotion, XpTable
from inventory.models import InventoryRecord, PlayerOrder
from inventory.services import (
    accept_player_orders,
    fulfil_player_orders,
    simulate_player_order,
)
from players.models import IdempotentCall, Player
from tests.factories import (
    EstablishmentFactory,
    ItemFactory,
    LootFactory,
    PlayerFactory,
    VendorFactory,
)
from tests.placing import fill, place
from tests.threads import elsewhere

ME = "/inventory/v2/player/me"
ORDER = f"{ME}/order"
SEED = b"sixteen bytes of"
ENTRY = {"type": "fill_loot", "quantity": 1}
INSUFFICIENT = (403, "insufficient_permissions")


def outcome(response):
    body = response.json()
    if "detail" in body:
        return response.status_code, body["detail"][0]["type"]
    return response.status_code, body.get("error_code")


def stored():
    """Every row of the apps concerned."""
    return {
        model.__name__: sorted(map(repr, model.objects.values()))
        for app in ("catalog", "inventory", "players")
        for model in apps.get_app_config(app).get_models()
    }


@pytest.fixture
def loot(player, own, open_session, settings):
    """Loot of all kinds, for a player who can afford some of it."""
    settings.DYNAMIC_BUNDLES_ENABLED = True
    open_session(platform="Steam")
    gems = ItemFactory()
    own(gems, 30)
    price = PricePoint.objects.create(
        id="pp",
        current_breakpoints=[
            {"quantity": 1, "currencies": [{"price_item_id": gems.pk, "price": 7}]}
        ],
    )
    rewards = VendorFactory()
    for level in (1, 2, 2):
        LootFactory(vendor=rewards, sort_order=level)
    xp = ItemFactory(
        level_vendor=rewards, level_xp_table=XpTable.objects.create(id=1, minimums=[10, 25])
    )
    chest = VendorFactory(type="randomly_sampled")
    for weight in (1, 2, 3):
        LootFactory(vendor=chest, drop_weight=weight)
    LootFactory(vendor=chest, drop_weight=3, fill_in_new_order=True)
    entitled = LootFactory(inventory_selector_type="inherit_entitlement_inventory")
    bundle = LootFactory(
        item=ItemFactory(type=Item.Type.DYNAMIC_BUNDLE),
        sub_vendor=VendorFactory(),
        current_price_point=price,
        quantity=2,
    )
    for _ in range(4):
        LootFactory(vendor=bundle.sub_vendor, drop_weight=1)
    found = {
        "plain": LootFactory(),
        "xp": LootFactory(item=xp, quantity=8),
        "chest": LootFactory(sub_vendor=chest, quantity=2),
        "rent": LootFactory(inventory_selector_type="rent"),
        "transient": LootFactory(inventory_selector_type="own_transient"),
        "take": LootFactory(item=gems, inventory_operation="subtract", quantity=10),
        "need": LootFactory(
            item=gems, inventory_operation="check_greater_than_or_equal", quantity=12
        ),
        "bought": LootFactory(current_price_point=price),
        "entitlement": LootFactory(
            item=ItemFactory(type=Item.Type.ENTITLEMENT, entitled_loot=entitled)
        ),
        "bundle": bundle,
    }
    Promotion.objects.create(code="ONCE", loot=found["xp"])
    found["gems"] = gems
    return found


def entry_of(dice, api, loot):
    """An entry of some kind, as a client may send it."""
    gems = loot["gems"].pk
    price = {"currencies": [{"price_item_id": gems, "price": dice.choice([7, 7, 7, 8])}]}
    fills = [name for name in loot if name not in {"gems", "bundle"}]
    bundle = loot["bundle"].pk
    [make] = dice.choices(
        [
            lambda: {
                "type": "fill_loot",
                "loot_id": loot[dice.choice(fills)].pk,
                "quantity": dice.choice([1, 1, 2, 3]),
            },
            lambda: {
                "type": "purchase_loot",
                "loot_id": loot["bought"].pk,
                "quantity": dice.choice([1, 2]),
                "purchase_price": price,
            },
            lambda: {"type": "promotion_code", "quantity": 1, "external_tran_id": "once"},
            lambda: {
                "type": "fill_loot_single_transient",
                "loot_id": loot["plain"].pk,
                "quantity": 1,
            },
            lambda: {
                "type": "create_new_persistent_inventory",
                "item_id": gems,
                "quantity": 5,
                "custom_data": {"from": "test"},
            },
            lambda: {
                "type": "purchase_dynamic_bundle",
                "quantity": 1,
                "purchase_price": price,
                **api.get(f"{ME}/dynamic-bundle/{bundle}").json(),
            },
        ],
        weights=[6, 1, 1, 1, 1, 1],
    )
    return make()


@pytest.mark.parametrize("number", range(25))
def test_simulation_equals_the_order_done_with_the_same_dice_at_the_same_time(
    api, loot, monkeypatch, number
):
    dice = Random(number)
    order = {
        "order_id": "same",
        "source": dice.choice(["CLIENT", "IN_GAME"]),
        "portal_id": dice.choice([None, 5]),
        "is_transaction": dice.random() < 0.2,
        "entries": [
            {**entry_of(dice, api, loot), "entry_id": str(position)}
            for position in range(dice.randint(1, 8))
        ],
    }
    monkeypatch.setattr(accept_player_orders.secrets, "token_bytes", lambda _: SEED)

    simulated = api.post(f"{ORDER}?simulate=true", order)
    told = simulated.json()
    moment = datetime.fromisoformat(told["created_time"])
    monkeypatch.setattr(fulfil_player_orders, "database_time", lambda: moment)
    done = api.post(ORDER, order)

    assert (simulated.status_code, done.status_code) == (200, 200)
    assert told == {**done.json(), "created_time": told["created_time"]}
    assert list(told) == list(done.json())


def test_simulation_writes_nothing_and_keeps_no_key(api, loot):
    before = stored()
    order = {"order_id": "once", "entries": [{**ENTRY, "loot_id": loot["xp"].pk, "quantity": 2}]}
    key = {"Idempotency-Key": "a key"}

    simulated = api.post(f"{ORDER}?simulate=true", order, Prefer="respond-async", **key)

    assert simulated.status_code == 200
    assert [detail["type"] for detail in simulated.json()["entries"][0]["details"]] == [
        "inventory_change",
        "new_order",
    ]
    assert stored() == before
    assert not IdempotentCall.objects.exists()
    assert api.get(f"{ORDER}/once").status_code == 404
    assert api.post(ORDER, order, **key).status_code == 200


def test_simulation_of_an_order_that_is_stored_is_as_of_now(api, player):
    loot = LootFactory(quantity=5)
    order = {"order_id": "stored", "entries": [{**ENTRY, "loot_id": loot.pk}]}
    api.post(ORDER, order)

    response = api.post(f"{ORDER}?simulate=true", order)

    [detail] = response.json()["entries"][0]["details"]
    assert detail["inv_change"]["before"]["count"] == 5
    assert PlayerOrder.objects.count() == 1


@pytest.mark.parametrize("value", ["true", "1", "on", "yes", "True"])
def test_simulation_is_asked_for_in_many_words(api, value):
    assert api.post(f"{ORDER}?simulate={value}", {"entries": [ENTRY]}).status_code == 200
    assert not PlayerOrder.objects.exists()


@pytest.mark.parametrize("value", ["false", "0", "off", "no"])
def test_order_is_done_if_the_simulation_is_declined(api, value):
    assert api.post(f"{ORDER}?simulate={value}", {"entries": [ENTRY]}).status_code == 200
    assert PlayerOrder.objects.count() == 1


@pytest.mark.parametrize("value", ["", "perhaps", "2", "null", "true,false"])
@pytest.mark.parametrize(
    ("method", "end"),
    [
        ("post", "order"),
        ("post", "inventory"),
        ("put", "inventory"),
        ("put", f"inventory/{uuid.UUID(int=1)}"),
        ("post", "session"),
    ],
)
def test_simulate_that_is_neither_is_refused(api, value, method, end):
    response = getattr(api, method)(f"{ME}/{end}?simulate={value}", {"entries": [ENTRY]})

    assert (response.status_code, response.json()) == (
        422,
        {
            "detail": [
                {
                    "loc": ["query", "simulate"],
                    "msg": "Input should be a valid boolean, unable to interpret input",
                    "type": "bool_parsing",
                }
            ]
        },
    )
    assert not PlayerOrder.objects.exists()


@pytest.mark.parametrize("query", ["simulate=true&simulate=false", "simulate=true&simulate=true"])
@pytest.mark.parametrize(
    ("method", "end"), [("post", "order"), ("put", "inventory"), ("post", "session")]
)
def test_simulate_that_is_sent_twice_is_refused(api, query, method, end):
    response = getattr(api, method)(f"{ME}/{end}?{query}", {"entries": [ENTRY]})

    [error] = response.json()["detail"]
    assert (response.status_code, error["loc"], error["type"]) == (
        422,
        ["query", "simulate"],
        "sent_twice",
    )
    assert not PlayerOrder.objects.exists()


def guess(api, *codes, **simulate):
    """The results of trying these codes in one order."""
    entries = [
        {"type": "promotion_code", "quantity": 1, "external_tran_id": code} for code in codes
    ]
    query = "?simulate=true" if simulate.get("simulated", True) else ""
    return [
        entry["result"] for entry in api.post(ORDER + query, {"entries": entries}).json()["entries"]
    ]


def test_simulated_codes_are_tries(api, player, settings):
    settings.PROMOTION_TRIES = 3
    Promotion.objects.create(code="GOOD", loot=LootFactory())
    unknown, too_many = "promotion_not_found", "too_many_requests"

    assert guess(api, "A") == [unknown]
    assert guess(api, "B", "GOOD", "C") == [unknown, "success", too_many]
    assert guess(api, "GOOD") == [too_many]
    # Neither for what is done, nor for staff, nor for anybody else.
    assert guess(api, "GOOD", simulated=False) == ["success"]
    draft = accept_player_orders.OrderDraft(
        entries=(
            accept_player_orders.EntryDraft(
                type="promotion_code", quantity=1, fields={"external_tran_id": "A"}
            ),
        )
    )
    by_staff, of_other = (
        simulate_player_order.simulate_player_order(
            player=who, draft=draft, permissions=frozenset({"loot"}), counts_codes=counts
        )
        for who, counts in ((player, False), (PlayerFactory(), True))
    )
    assert [by_staff.entries[0].result, of_other.entries[0].result] == [unknown] * 2


def test_simulated_codes_and_tries_count_together(api, settings):
    settings.PROMOTION_TRIES = 3

    assert guess(api, "A", simulated=False) == ["promotion_not_found"]
    assert guess(api, "B") == ["promotion_not_found"]
    assert guess(api, "C", "D") == ["promotion_not_found", "too_many_requests"]


def test_simulated_codes_are_forgotten_with_the_window(api, settings, monkeypatch):
    settings.PROMOTION_TRIES = 1
    assert guess(api, "A") + guess(api, "A") == ["promotion_not_found", "too_many_requests"]
    later = simulate_player_order.timezone.now() + settings.PROMOTION_WINDOW

    with monkeypatch.context() as patched:
        patched.setattr(simulate_player_order.timezone, "now", lambda: later)
        found = simulate_player_order.simulate_player_order(
            player=Player.objects.get(),
            draft=accept_player_orders.OrderDraft(
                entries=(accept_player_orders.EntryDraft(type="promotion_code", quantity=1),)
            ),
            permissions=frozenset({"loot"}),
            counts_codes=True,
        )

    assert [entry.result for entry in found.entries] == ["promotion_not_found"]


def test_no_code_is_simulated_where_nobody_counts(api, settings, own):
    location = "redis://127.0.0.1:1/0"
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": location}}

    assert guess(api, "A") == ["too_many_requests"]
    filled = api.post(f"{ORDER}?simulate=true", {"entries": [ENTRY]}).json()["entries"]
    assert [entry["result"] for entry in filled] == ["loot_not_found"]


def test_codes_without_a_limit_are_not_counted(api, settings):
    settings.PROMOTION_TRIES = 0

    assert guess(api, *["A"] * 12) == ["promotion_not_found"] * 12


def test_simulation_is_refused_where_there_is_none(api, as_key, player):
    session = api.post(f"{ME}/session?simulate=true", {})
    many = as_key("inv:*").post(
        "/inventory/v1/order?simulate=true",
        {"orders": [{"player_id": player.pk, "entries": [ENTRY]}]},
    )

    for response in (session, many):
        assert (response.status_code, response.json()) == (
            422,
            {
                "detail": [
                    {
                        "loc": ["query", "simulate"],
                        "msg": "This call cannot be simulated",
                        "type": "simulation_not_offered",
                    }
                ]
            },
        )
    assert not PlayerOrder.objects.exists()
    assert not player.inventory_sessions.exists()


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_simulation_takes_a_scope_of_its_own(as_player, as_key, player, version):
    other, mine = PlayerFactory(), EstablishmentFactory()
    name = {"v1": "pk", "v2": "uuid"}[version]

    def simulate(api, of=None):
        who = getattr(of, name) if of else "me"
        path = f"/inventory/{version}/player/{who}/order?simulate=true"
        return outcome(api.post(path, {"source": "SUPPORT", "entries": [ENTRY]}))

    ok, unknown = (200, None), (422, "player_not_found")
    placing = ("inv:create_order:player:any", "inv:create_order:source:any")
    assert {
        scopes: (
            simulate(as_player(*scopes)),
            simulate(as_player(*scopes), player),
            simulate(as_player(*scopes), other),
            simulate(as_key(*scopes), other),
            simulate(as_key(*scopes)),
            simulate(as_key(*scopes, establishment=mine), other),
        )
        for scopes in [("inv:*",), ("inv:simulate",), placing, ("orders:*",)]
    } == {
        ("inv:*",): (ok, ok, INSUFFICIENT, ok, (403, "auth_token_invalid_type"), unknown),
        ("inv:simulate",): (ok, ok, INSUFFICIENT, ok, (403, "auth_token_invalid_type"), unknown),
        placing: (INSUFFICIENT,) * 4 + ((403, "auth_token_invalid_type"), INSUFFICIENT),
        ("orders:*",): (INSUFFICIENT,) * 4 + ((403, "auth_token_invalid_type"), INSUFFICIENT),
    }
    assert not PlayerOrder.objects.exists()


@pytest.mark.parametrize(
    ("groups", "loot", "inventory"),
    [
        ([], "loot_not_found", "item_not_found"),
        (["inv:create_order:entry:loot"], "loot_not_found", "permission_denied"),
        (["inv:create_order:entry:inventory"], "permission_denied", "item_not_found"),
    ],
)
def test_simulation_has_the_entry_groups_of_its_caller_or_all(as_player, groups, loot, inventory):
    response = as_player("inv:simulate", *groups).post(
        f"{ORDER}?simulate=true",
        {"entries": [ENTRY, {"type": "create_new_persistent_inventory", "quantity": 1}]},
    )

    assert [entry["result"] for entry in response.json()["entries"]] == [loot, inventory]


def test_direct_changes_can_be_simulated(api, own):
    item = ItemFactory()
    record = own(item, 3)
    before = stored()

    created = api.post(f"{ME}/inventory?simulate=true", {"inventory": [{"item_id": item.pk}]})
    updated = api.put(f"{ME}/inventory/{record.pk}?simulate=true", {"count": 9})
    both = api.put(
        f"{ME}/inventory?simulate=true",
        {"inventory": [{"inventory_id": str(record.pk), "count": count} for count in (4, 5)]},
    )

    assert [
        [
            detail["inv_change"]["after"]["count"]
            for entry in response.json()["entries"]
            for detail in entry["details"]
        ]
        for response in (created, updated, both)
    ] == [[1], [9], [4, 5]]
    assert stored() == before


@pytest.mark.django_db(transaction=True)
def test_simulation_reads_one_snapshot_and_can_write_nothing(monkeypatch):
    player, loot = PlayerFactory(), LootFactory()
    place(player, fill(loot))
    seen = []
    plan = simulate_player_order.plan_player_orders

    def look(*arguments, **named):
        elsewhere(place, player, fill(loot))
        with connection.cursor() as cursor:
            for name in ("transaction_isolation", "transaction_read_only"):
                cursor.execute(f"SHOW {name}")
                seen.extend(cursor.fetchone())
        return plan(*arguments, **named)

    monkeypatch.setattr(simulate_player_order, "plan_player_orders", look)
    [outcome] = simulated(player, loot).entries

    assert seen == ["repeatable read", "on"]
    assert [change.after.count for change in outcome.changes] == [2]
    assert InventoryRecord.objects.get().count == 2
    with connection.cursor() as cursor:
        cursor.execute("SHOW transaction_isolation")
        assert cursor.fetchone() == ("read committed",)


@pytest.mark.django_db(transaction=True)
def test_simulation_waits_for_nobody():
    player, loot = PlayerFactory(), LootFactory()

    with transaction.atomic():
        Player.objects.select_for_update().get(pk=player.pk)
        [outcome] = elsewhere(simulated, player, loot).entries

    assert outcome.result == "success"


def simulated(player, loot):
    return simulate_player_order.simulate_player_order(
        player=player,
        draft=accept_player_orders.OrderDraft(entries=(fill(loot),)),
        permissions=frozenset({"loot"}),
    )
