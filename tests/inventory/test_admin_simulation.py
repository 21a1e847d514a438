import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from catalog.models import PricePoint
from catalog.services.take_snapshot import current_catalogue
from inventory.models import InventoryChange, InventoryRecord, PlayerOrder
from tests.factories import ItemFactory, LootFactory, PlayerFactory, VendorFactory
from tests.placing import create, fill, place
from tests.staff import form_in, staff, superuser

pytestmark = pytest.mark.django_db


@pytest.fixture
def player():
    return PlayerFactory()


@pytest.fixture
def gems():
    return ItemFactory(id=10, name="gems")


@pytest.fixture
def sword(gems):
    """A sword for 100 gems, or for 90 each from ten on."""
    price = PricePoint.objects.create(
        id="pp",
        current_breakpoints=[
            {"quantity": quantity, "currencies": [{"price_item_id": 10, "price": price}]}
            for quantity, price in ((1, 100), (10, 90))
        ],
    )
    return LootFactory(
        id=700, name="sword", item=ItemFactory(id=20, name="sword"), current_price_point=price
    )


def url_of(player):
    return f"/admin/players/player/{player.pk}/simulation/"


def ask(client, player, *entries, **order):
    """Fill in the page and send it."""
    sent = {**form_in(client.get(url_of(player))), **order}
    for at, entry in enumerate(entries):
        given = {"quantity": "1", **entry}
        sent |= {f"form-{at}-{name}": value for name, value in given.items()}
    return client.post(url_of(player), {**sent, "form-TOTAL_FORMS": str(len(entries))})


def told(answer):
    return [(each.shown.result, each.shown.effects) for each in answer.context["simulated"]]


def everything():
    return [
        list(model.objects.order_by("pk").values())
        for model in (PlayerOrder, InventoryRecord, InventoryChange)
    ]


@pytest.mark.parametrize(
    ("caller", "status"),
    [
        (Client, 302),
        (staff, 403),
        (lambda: staff("players.view_player", "inventory.view_inventoryrecord"), 403),
        (lambda: staff("view"), 200),
        (superuser, 200),
    ],
)
@pytest.mark.parametrize("method", ["get", "post"])
def test_page_opens_for_those_who_may(player, caller, method, status):
    assert getattr(caller(), method)(url_of(player)).status_code == status


def test_button_leads_there(player):
    page = staff("view").get(f"/admin/players/player/{player.pk}/change/")

    assert [(button.label, button.url) for button in page.context["buttons"]] == [
        ("What would happen?", url_of(player))
    ]


def test_what_would_happen_is_what_happens_and_nothing_is_changed(player, gems, sword):
    place(player, create(gems, 250))
    before = everything()

    answer = ask(
        superuser(),
        player,
        {"type": "purchase_loot", "loot": "700", "quantity": "2"},
        {"type": "purchase_loot", "loot": "700"},
        {"type": "fill_loot", "loot": "700", "quantity": "0"},
    )

    assert told(answer) == [
        (
            "success",
            [
                "gems (10): 250 → 50 (-200), because of loot sword (700)",
                "sword (20): new record with 2 (+2), because of loot sword (700)",
            ],
        ),
        ("cannot_afford_price", []),
        ("quantity_not_allowed", []),
    ]
    assert everything() == before
    assert "The player does not have enough of a currency." in answer.content.decode()


def test_steps_say_why(player, sword):
    answer = ask(superuser(), player, {"type": "purchase_loot", "loot": "700"})

    [simulated] = answer.context["simulated"]
    assert [line.text for line in simulated.lines][1:] == [
        "Price of one, from 1 on: 100 × gems (10).",
        "1 check passed: price_does_not_match.",
        "Applies: cannot_afford_price. The player does not have enough of a currency.",
        "The entry fails with cannot_afford_price; what it did is undone.",
    ]


def test_listed_price_is_meant_where_none_is_given(player, gems, sword):
    place(player, create(gems, 5000))

    answer = ask(
        superuser(),
        player,
        {"type": "purchase_loot", "loot": "700", "quantity": "10"},
        {"type": "purchase_loot", "loot": "700", "price": "99 of item 10"},
    )

    assert [(result, effects[:1]) for result, effects in told(answer)] == [
        ("success", ["gems (10): 5,000 → 4,100 (-900), because of loot sword (700)"]),
        ("price_does_not_match", []),
    ]


def test_coupon_lowers_the_listed_price_but_not_a_given_one(player, gems, sword):
    coupon = ItemFactory(
        id=50,
        name="half",
        coupon_discount_percentage="0.5",
        coupon_discount_currency_item=gems,
        coupon_discount_loot=[700],
    )
    place(player, create(gems, 100), create(coupon))

    answer = ask(
        superuser(),
        player,
        {"type": "purchase_loot", "loot": "700", "coupon": "50", "price": "99 of 10"},
        {"type": "purchase_loot", "loot": "700", "coupon": "50"},
    )

    assert [(result, effects[:1]) for result, effects in told(answer)] == [
        ("price_does_not_match", []),
        ("success", ["gems (10): 100 → 50 (-50), because of loot sword (700)"]),
    ]


def test_transaction_is_simulated_as_one(player, sword):
    answer = ask(
        superuser(),
        player,
        {"type": "fill_loot", "loot": "700"},
        {"type": "purchase_loot", "loot": "700"},
        {"type": "fill_loot", "loot": "700"},
        is_transaction="on",
    )

    assert told(answer) == [("rollback", []), ("cannot_afford_price", []), ("not_started", [])]


def test_entries_of_every_field_are_simulated(player, gems):
    place(player, create(gems, 5))
    record = InventoryRecord.objects.get()

    answer = ask(
        superuser(),
        player,
        {"type": "create_new_persistent_inventory", "item": "10", "bucket": "steam"},
        {"type": "update_inventory", "record": str(record.pk), "quantity": "2"},
        {"type": "promotion_code", "code": "none"},
        source="SUPPORT",
    )

    assert told(answer) == [
        ("success", ["gems (10): new record with 1 (+1) in bucket steam"]),
        ("success", ["gems (10): 5 → 2 (-3)"]),
        ("promotion_not_found", []),
    ]


def test_child_orders_are_told_of(player, gems):
    shop = VendorFactory(id=9)
    LootFactory(id=701, vendor=shop, item=gems, name="more", fill_in_new_order=True)
    LootFactory(id=702, vendor=VendorFactory(id=8), item=None, sub_vendor=shop)

    answer = ask(superuser(), player, {"type": "fill_loot", "loot": "702"}, source="SYSTEM")

    [(result, [effect])] = told(answer)
    assert result == "success"
    assert effect.startswith("New order ")
    assert effect.endswith(", for loot more (701)")


@pytest.mark.parametrize(
    ("entry", "errors"),
    [
        ({"type": "fill_loot", "quantity": ""}, {"quantity": ["This field is required."]}),
        (
            {"type": "purchase_loot", "price": "many"},
            {"price": ["“many” is no price such as “90 of item 7”."]},
        ),
        (
            {"type": "fill_loot", "loot": "99"},
            {"loot": ["Select a valid choice. That choice is not one of the available choices."]},
        ),
    ],
)
def test_what_cannot_be_read_is_an_error(player, entry, errors):
    answer = ask(superuser(), player, entry)

    assert answer.context["entries"].errors == [errors]
    assert answer.context["simulated"] == []


@pytest.mark.parametrize(("button", "number"), [("more", 3), ("fewer", 1)])
def test_number_of_entries_is_changed_without_losing_what_was_typed(player, sword, button, number):
    client = superuser()
    typed = {"type": "purchase_loot", "loot": "700", "quantity": "7", "price": "1 of 10"}
    sent = {**form_in(client.get(url_of(player))), "form-TOTAL_FORMS": "2", button: ""}
    sent |= {f"form-{at}-{name}": value for at in range(2) for name, value in typed.items()}

    page = client.post(url_of(player), sent)

    kept = form_in(page)
    assert kept["form-TOTAL_FORMS"] == [str(number)]
    assert {name: kept[f"form-0-{name}"] for name in typed} == {
        name: [value] for name, value in typed.items()
    }


def test_loot_is_chosen_by_typing(player, sword):
    client = superuser()
    url = "/admin/players/player/simulation/"

    found = [client.get(url + kind, {"term": "SWO"}).json() for kind in ("loot/", "item/")]

    assert found == [
        {"results": [{"id": 700, "text": "sword (700)"}]},
        {"results": [{"id": 20, "text": "sword (20)"}]},
    ]
    assert client.get(f"{url}player/").status_code == 404
    assert staff("players.view_player").get(f"{url}loot/").status_code == 403


def test_page_holds_only_what_was_chosen_of_the_catalogue(player, sword):
    for number in range(5):
        LootFactory(id=900 + number, vendor=sword.vendor, item=sword.item, name="another one")

    page = ask(superuser(), player, {"type": "fill_loot", "loot": "700"})

    assert "sword (700)" in page.content.decode()
    assert "another one" not in page.content.decode()


# --- How an order came about ---------------------------------------------------------------


def test_order_is_explained_only_when_asked(player, sword):
    order = place(player, fill(sword, 2), fill(sword, 0), source="SYSTEM")
    client = staff("view")
    url = f"/admin/inventory/playerorder/{order.pk}/change/"

    plain, explained = client.get(url), client.get(url, {"explain": ""})

    assert "replay" not in plain.context
    assert explained.context["replay"].is_reproduced
    assert [[line.text for line in each.lines][1:] for each in explained.context["explained"]] == [
        [
            "Fill 2 × loot sword (700).",
            "2 checks passed: item_not_found, item_not_active.",
            "sword (20): new record with 2 (+2).",
        ],
        [
            "Applies: quantity_not_allowed. The quantity is too small, or not one that is offered.",
            "The entry fails with quantity_not_allowed; what it did is undone.",
        ],
    ]
    assert "the same comes out" in explained.content.decode()


def test_order_that_is_not_reproduced_is_said_to_be(player, sword):
    order = place(player, fill(sword, 2), source="SYSTEM")
    order.entries.update(result="item_not_found")

    page = staff("view").get(f"/admin/inventory/playerorder/{order.pk}/change/?explain")

    assert page.context["replay"].differences
    assert "something else comes out" in page.content.decode()


def test_waiting_order_is_not_explained(player, sword):
    order = place(player, fill(sword), wait=False)

    page = superuser().get(f"/admin/inventory/playerorder/{order.pk}/change/?explain")

    assert ("Explain", "It is not done yet.") in [
        (button.label, button.disabled) for button in page.context["buttons"]
    ]
    assert "The order is not done yet." in page.content.decode()


# --- Odds ----------------------------------------------------------------------------------


@pytest.fixture
def chest(gems):
    chest = VendorFactory(id=7, type="randomly_sampled")
    hat = ItemFactory(id=21, name="hat")
    LootFactory(id=701, name="gift", vendor=chest, item=gems, quantity=5, drop_weight=3)
    LootFactory(id=702, name="hat", vendor=chest, item=hat, drop_weight=1, stack_limit=1)
    return chest


CHEST = "/admin/catalog/vendor/7/change/"


def drops(page):
    return [(row.percent, row.share, row.expected, row.more) for row in page.context["odds"].drops]


def test_odds_of_a_vendor_are_a_table_and_its_bars(chest):
    page = superuser().get(CHEST)

    assert drops(page) == [
        ("75 %", 75.0, "0.75", "gems (10)"),
        ("25 %", 25.0, "0.25", "hat (21)"),
    ]
    odds = page.context["odds"]
    assert [(row.percent, row.expected, row.more) for row in odds.items] == [
        ("75 %", "+3.75", "+5: 75 %"),
        ("25 %", "+0.25", "+1: 25 %"),
    ]
    assert (odds.whose, odds.how, odds.nothing, odds.failures) == (
        "for a player who has nothing",
        "Exact, over 2 ways to draw.",
        "0 %",
        [],
    )
    assert page.content.decode().count('<rect width="75.000"') == 4


def test_odds_for_a_player_are_those_of_what_the_player_has(chest, player):
    place(player, create(ItemFactory._meta.model.objects.get(pk=21)))

    page = superuser().get(CHEST, {"player": str(player.uuid)})

    assert drops(page) == [("100 %", 100.0, "1", "gems (10)")]
    assert page.context["odds"].whose == f"for {player}"


def test_odds_of_many_draws_are_those_of_the_quantity(chest):
    assert drops(superuser().get(CHEST, {"odds": "", "quantity": "2"})) == [
        ("100 %", 100.0, "1", "gems (10)"),
        ("100 %", 100.0, "1", "hat (21)"),
    ]


def test_odds_of_nested_vendors_wait_until_they_are_asked_for(chest):
    box = VendorFactory(id=8, type="randomly_sampled")
    LootFactory(id=801, vendor=box, item=None, sub_vendor=chest, drop_weight=1)
    client = superuser()
    url = "/admin/catalog/vendor/8/change/"

    plain, asked = client.get(url), client.get(url, {"odds": ""})

    assert plain.context["odds"] is None
    assert plain.context["odds_form"]
    assert len(drops(asked)) == 3


def test_vendor_without_draws_has_no_odds(chest):
    VendorFactory(id=8)
    client = superuser()

    assert "odds_form" not in client.get("/admin/catalog/vendor/8/change/").context


def test_player_that_is_not_there_is_an_error(chest):
    page = superuser().get(CHEST, {"player": "77"})

    assert page.context["odds_form"].errors == {
        "player": ["There is no player with the id or uuid 77."]
    }
    assert page.context["odds"] is None


def test_odds_for_a_player_are_for_those_who_may_see_players(chest, player):
    page = staff("catalog.view_vendor", "catalog.view_loot").get(CHEST, {"player": str(player.pk)})

    assert "player" not in page.context["odds_form"].fields
    assert page.context["odds"].whose == "for a player who has nothing"


def test_odds_ask_no_more_for_much_loot_than_for_little(gems):
    chest = VendorFactory(id=7, type="randomly_sampled")
    client = superuser()

    counts = []
    for number in range(6):
        LootFactory(id=number, vendor=chest, item=gems, drop_weight=1)
        current_catalogue()
        with CaptureQueriesContext(connection) as asked:
            client.get(CHEST)
        counts.append(len(asked))

    # The first page is opened by a process that remembers nothing yet.
    assert counts[1:] == [counts[1]] * 5
    assert counts[1] < 25
