import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.contrib.auth.hashers import make_password
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_celery_beat.models import IntervalSchedule, PeriodicTask

from catalog.models import PlatformSku
from config import admin as lists
from inventory.admin.orders import PlayerOrderAdmin
from inventory.explanations import RESULTS, explain_change
from inventory.fulfilment.vocabulary import Result
from inventory.models import InventoryChange, InventoryRecord, PlatformEntitlement, PlayerOrder
from inventory.services.accept_player_orders import EntryDraft
from inventory.services.open_session import open_session
from players.models import PortalUser
from players.services.create_player import create_player
from players.services.issue_api_key import issue_api_key
from tests.factories import (
    EstablishmentFactory,
    ItemFactory,
    LootFactory,
    PlayerFactory,
    UserFactory,
)
from tests.placing import create, fill, place, update
from tests.staff import said, staff, superuser

pytestmark = pytest.mark.django_db

ORDERS = "/admin/inventory/playerorder/"
RECORDS = "/admin/inventory/inventoryrecord/"
CHANGES = "/admin/inventory/inventorychange/"
KEYS = "/admin/players/apikey/"
SESSIONS = "/admin/inventory/inventorysession/"
USES = "/admin/inventory/promotionuse/"
ENTITLEMENTS = "/admin/inventory/platformentitlement/"


def found(answer):
    return [row.pk for row in answer.context["cl"].result_list]


@pytest.fixture
def player():
    return PlayerFactory()


@pytest.fixture
def gems():
    return ItemFactory(id=10, name="gems")


# --- Who may do what -----------------------------------------------------------------------

CALLERS = {
    "anonymous": Client,
    "no rights": staff,
    "viewer": lambda: staff("view"),
    "support": lambda: staff("view", "inventory.grant_inventory"),
    "refunder": lambda: staff("view", "inventory.undo_playerorder"),
    "superuser": superuser,
}
PAGES = {
    "start": ("get", "/admin/"),
    "players": ("get", "/admin/players/player/"),
    "player": ("get", "/admin/players/player/{player}/change/"),
    "records": ("get", RECORDS),
    "record": ("get", RECORDS + "{record}/change/"),
    "changes": ("get", CHANGES),
    "change": ("get", CHANGES + "{change}/change/"),
    "orders": ("get", ORDERS),
    "order": ("get", ORDERS + "{order}/change/"),
    "keys": ("get", KEYS),
    "key": ("get", KEYS + "{key}/change/"),
    "grant": ("get", "/admin/players/player/{player}/inventory/"),
    "grant, sent": ("post", "/admin/players/player/{player}/inventory/"),
    "items to grant": ("get", "/admin/players/player/grantable-items/"),
    "issue key": ("get", f"{KEYS}add/?form={uuid4()}"),
    "issue key, sent": ("post", f"{KEYS}add/?form={uuid4()}"),
    "rotate key": ("get", KEYS + "{key}/rotate/"),
    "rotate key, sent": ("post", KEYS + "{key}/rotate/"),
    "revoke key": ("get", KEYS + "{key}/revoke/"),
    "revoke key, sent": ("post", KEYS + "{key}/revoke/"),
    "undo": ("get", ORDERS + "{order}/undo/"),
    "undo, sent": ("post", ORDERS + "{order}/undo/"),
    "explanation": ("get", ORDERS + "{order}/change/?explain"),
    "simulation": ("get", "/admin/players/player/{player}/simulation/"),
    "sessions": ("get", SESSIONS),
    "session": ("get", SESSIONS + "{session}/change/"),
    "uses": ("get", USES),
    "entitlements": ("get", ENTITLEMENTS),
    "add session": ("post", SESSIONS + "add/"),
    "change session": ("post", SESSIONS + "{session}/change/"),
    "delete session": ("post", SESSIONS + "{session}/delete/"),
    "add use": ("post", USES + "add/"),
    "add entitlement": ("get", ENTITLEMENTS + "add/"),
    "add record": ("post", RECORDS + "add/"),
    "change record": ("post", RECORDS + "{record}/change/"),
    "delete record": ("post", RECORDS + "{record}/delete/"),
    "add change": ("post", CHANGES + "add/"),
    "change change": ("post", CHANGES + "{change}/change/"),
    "delete change": ("post", CHANGES + "{change}/delete/"),
    "add order": ("post", ORDERS + "add/"),
    "change order": ("post", ORDERS + "{order}/change/"),
    "delete order": ("post", ORDERS + "{order}/delete/"),
}
READERS = {"viewer", "support", "refunder", "superuser"}
OPEN_TO = {
    "start": {"no rights", *READERS},
    "players": READERS,
    "player": READERS,
    "records": READERS,
    "record": READERS,
    "changes": READERS,
    "change": READERS,
    "orders": READERS,
    "order": READERS,
    "keys": READERS,
    "key": READERS,
    "grant": {"support", "superuser"},
    "grant, sent": {"support", "superuser"},
    "items to grant": {"support", "superuser"},
    "issue key": {"superuser"},
    "issue key, sent": {"superuser"},
    "rotate key": {"superuser"},
    "rotate key, sent": {"superuser"},
    "revoke key": {"superuser"},
    "revoke key, sent": {"superuser"},
    "undo": {"refunder", "superuser"},
    "undo, sent": {"refunder", "superuser"},
    "explanation": READERS,
    "simulation": READERS,
    "sessions": READERS,
    "session": READERS,
    "uses": READERS,
    "entitlements": READERS,
    "add entitlement": {"superuser"},
    # Nobody adds to the ledgers and what follows from them, or changes or deletes of them.
}


@pytest.fixture
def rows(player, gems):
    order = place(player, create(gems, 5))
    return {
        "player": player,
        "order": order,
        "record": InventoryRecord.objects.get(),
        "change": InventoryChange.objects.get(),
        "key": issue_api_key(name="key", scopes=["inv:*"])[0],
        "session": open_session(player=player),
    }


@pytest.mark.parametrize("caller", CALLERS)
@pytest.mark.parametrize("page", PAGES)
def test_page_opens_for_those_who_may(rows, page, caller):
    method, address = PAGES[page]

    answer = getattr(CALLERS[caller](), method)(
        address.format(**{name: row.pk for name, row in rows.items()})
    )

    if caller == "anonymous":
        assert (answer.status_code, answer.url.split("?")[0]) == (302, "/admin/login/")
    elif caller in OPEN_TO.get(page, set()):
        assert answer.status_code == (302 if page == "revoke key, sent" else 200)
    else:
        assert answer.status_code == 403
    assert (InventoryChange.objects.count(), InventoryRecord.objects.get().count) == (1, 5)


@pytest.mark.parametrize(
    ("caller", "buttons"),
    [
        ("viewer", ["What would happen?"]),
        ("support", ["Grant or correct inventory", "What would happen?"]),
    ],
)
def test_viewer_sees_no_action(rows, caller, buttons):
    page = CALLERS[caller]().get(f"/admin/players/player/{rows['player'].pk}/change/")

    assert [button.label for button in page.context["buttons"]] == buttons
    assert ("?record=" in page.content.decode()) == (caller == "support")


# --- Pages ---------------------------------------------------------------------------------


def test_player_page_shows_inventory_and_orders_with_links_to_all(player, gems):
    place(player, create(gems, 5), source="SYSTEM", order_id="first")
    place(player, create(gems, 7), source="IN_GAME", order_id="second")

    page = staff("view").get(f"/admin/players/player/{player.pk}/change/")

    inventory, orders = page.context["panels"][3:5]
    assert [(row[1], *row[2:]) for row in inventory.rows] == [
        ("7", "none", "Persistent", "Active", "never", ""),
        ("5", "none", "Persistent", "Active", "never", ""),
    ]
    assert ["gems (10)" in row[0] for row in inventory.rows] == [True, True]
    assert inventory.all_url == f"{RECORDS}?player_id={player.pk}"
    assert [re.sub("<[^>]*>", "", row[0]) for row in orders.rows] == ["second", "first"]
    assert [row[2:] for row in orders.rows] == [
        ("IN_GAME", "Done", "Every entry succeeded"),
        ("SYSTEM", "Done", "Every entry succeeded"),
    ]
    assert orders.all_url == f"{ORDERS}?player_id={player.pk}"


def test_player_page_marks_what_is_over_and_shows_the_session(player, gems):
    closed = open_session(player=player, platform="Steam")
    over = timezone.now() - timedelta(hours=1)
    place(player, create(gems, 1), source="SYSTEM")
    InventoryRecord.objects.update(expires=over)
    transient = EntryDraft(type="create_new_transient_inventory", quantity=2, item_id=gems.pk)
    place(player, transient, source="SYSTEM")
    session = open_session(player=player, platform="PSN")
    place(player, transient, source="SYSTEM")

    panels = superuser().get(f"/admin/players/player/{player.pk}/change/").context["panels"]

    inventory, _, sessions, entitlements = panels[3:]
    expired = "⚠ Expired: its time or its session is over"
    kind = "Transient: for one session"
    assert sorted((row[1], *row[3:5], bool(row[6])) for row in inventory.rows) == [
        ("1", "Persistent", expired, False),
        ("2", kind, "Active", True),
        ("2", kind, expired, False),
    ]
    assert sessions.title == "Session: open"
    assert [(row[1] == "open", row[2]) for row in sessions.rows] == [
        (True, "PSN"),
        (False, "Steam"),
    ]
    assert [
        str(each.pk) in row[0] for each, row in zip((session, closed), sessions.rows, strict=True)
    ]
    assert entitlements.rows == []


def test_session_page_shows_what_was_had_for_it(player, gems):
    session = open_session(player=player, platform="Steam")
    place(
        player,
        EntryDraft(type="create_new_transient_inventory", quantity=2, item_id=gems.pk),
        source="SYSTEM",
    )

    page = staff("view").get(f"{SESSIONS}{session.pk}/change/")

    [panel] = page.context["panels"]
    assert [(text(row[0]), *row[1:]) for row in panel.rows] == [
        ("gems (10)", "2", "steam", "Active")
    ]
    assert "open" in text_of(page)


def text(cell):
    return re.sub("<[^>]*>", "", str(cell))


@pytest.fixture
def sku(gems):
    return PlatformSku.objects.create(
        id="dlc", platform="Steam", sku="1", type="durable", loot=LootFactory(item=gems)
    )


def test_entitlement_is_added_and_deleted_but_not_changed(player, sku):
    client = superuser()

    added = client.post(f"{ENTITLEMENTS}add/", {"player": str(player.pk), "sku": "dlc"})
    entitlement = PlatformEntitlement.objects.get()
    changed = client.post(f"{ENTITLEMENTS}{entitlement.pk}/change/", {"player": "1", "sku": "dlc"})
    again = client.post(f"{ENTITLEMENTS}add/", {"player": str(player.pk), "sku": "dlc"})
    there = PlatformEntitlement.objects.count()
    deleted = client.post(f"{ENTITLEMENTS}{entitlement.pk}/delete/", {"post": "yes"})

    assert [answer.status_code for answer in (added, changed, again, deleted)] == [
        302,
        403,
        200,
        302,
    ]
    assert (entitlement.player, entitlement.sku, there) == (player, sku, 1)
    assert not PlatformEntitlement.objects.exists()


def test_order_page_is_readable_by_a_person(player, gems):
    loot = LootFactory(id=700, name="welcome gift", item=gems, quantity=5)
    place(player, fill(loot))
    order = place(
        player, fill(loot, 2, fields={"external_tran_id": "T-1"}, entry_id="e"), fill(loot, 0)
    )

    page = staff("view").get(f"{ORDERS}{order.pk}/change/")

    good, bad = page.context["entries"]
    assert (good.heading, good.result, good.effects) == (
        "1. fill_loot × 2: loot welcome gift (700)",
        "success",
        ["gems (10): 5 → 15 (+10), because of loot welcome gift (700)"],
    )
    assert good.sent == (
        '{\n  "entry_id": "e",\n  "type": "fill_loot",\n  "quantity": 2,\n  "loot_id": 700,\n'
        '  "external_tran_id": "T-1"\n}'
    )
    assert (bad.result, bad.meaning, bad.effects) == (
        "quantity_not_allowed",
        "The quantity is too small, or not one that is offered.",
        [],
    )
    assert "gems (10): 5 → 15 (+10)" in page.content.decode()
    assert "The quantity is too small" in page.content.decode()


def test_update_says_of_which_item_and_to_how_many(player, gems):
    place(player, create(gems, 5))
    record = InventoryRecord.objects.get()
    order = place(player, update(record, 25_000_000_750))

    page = staff("view").get(f"{ORDERS}{order.pk}/change/")

    assert page.context["entries"][0].heading == (
        f"1. Set gems (10) to 25,000,000,750: update_inventory, record {record.pk}"
    )


def test_order_page_leaves_out_what_is_empty_and_explains_first(player, gems):
    order = place(player, create(gems))

    page = superuser().get(f"{ORDERS}{order.pk}/change/")

    [fieldset] = page.context["adminform"].fieldsets
    assert "match_id" not in str(fieldset)
    assert "placer" in str(fieldset)
    assert [button.label for button in page.context["buttons"]] == ["Explain", "Undo"]


def test_order_page_of_a_waiting_order(player, gems):
    order = place(player, create(gems), wait=False)

    page = staff("view").get(f"{ORDERS}{order.pk}/change/")

    [entry] = page.context["entries"]
    assert (entry.result, entry.meaning) == ("waiting", "Not processed yet.")


def test_order_page_says_who_placed_it(player, gems):
    key, _ = issue_api_key(name="game servers", scopes=["inv:*"])
    order = place(player, create(gems))
    client = staff("view")
    placers = [
        "system",
        f"key:{key.pk}",
        f"player:{player.pk}",
        f"staff:{client.member.pk}",
        "key:0",
    ]

    shown = []
    for placer in placers:
        PlayerOrder.objects.update(placed_by=placer)
        page = client.get(f"{ORDERS}{order.pk}/change/").content.decode()
        shown.append(
            re.search(r"Placed by</label>.*?readonly[^>]*>(.*?)</div>", page, re.DOTALL)[1].strip()
        )

    assert [re.sub("<[^>]*>", "", text) for text in shown] == [
        "system",
        f"key {key}",
        f"player {player}",
        f"staff {client.member}",
        "key:0",
    ]


def test_record_page_shows_its_ledger(player, gems):
    place(player, create(gems, 5))
    record = InventoryRecord.objects.get()
    order = place(player, update(record, 3), source="SUPPORT")

    page = staff("view").get(f"{RECORDS}{record.pk}/change/")

    [ledger] = page.context["panels"]
    assert [row[1:4] for row in ledger.rows] == [
        ("gems (10): 5 → 3 (-2)", "-2", "3"),
        ("gems (10): new record with 5 (+5)", "+5", "5"),
    ]
    assert order.order_id in ledger.rows[0][4]
    assert ledger.all_url == f"{CHANGES}?record_id={record.pk}"


def text_of(page):
    return re.sub(r"\s+", " ", re.sub("<[^>]*>", " ", page.content.decode()))


def test_record_is_called_the_same_everywhere(player, gems):
    place(player, create(gems, 1200, fields={"use_inventory_bucket": "xbox_live"}), source="SYSTEM")
    record = InventoryRecord.objects.get()
    client = staff("view")

    pages = [
        client.get(address)
        for address in (
            f"/admin/players/player/{player.pk}/change/",
            RECORDS,
            f"{RECORDS}{record.pk}/change/",
        )
    ]

    for page in pages:
        assert "xbox_live" in text_of(page)
        assert " never " in text_of(page)
    assert "1,200 × gems (10)" in text_of(pages[2])


def test_change_reads_the_same_in_list_and_page(player, gems):
    place(player, create(gems, 1200))
    client = staff("view")

    pages = [
        client.get(CHANGES),
        client.get(f"{CHANGES}{InventoryChange.objects.get().pk}/change/"),
        client.get(f"{RECORDS}{InventoryRecord.objects.get().pk}/change/"),
    ]

    assert ["+1,200" in text_of(page) for page in pages] == [True, True, True]


def test_history_is_offered_only_where_there_may_be_one(rows):
    client = superuser()
    pages = {
        "player": f"/admin/players/player/{rows['player'].pk}/change/",
        "key": f"{KEYS}{rows['key'].pk}/change/",
        "order": f"{ORDERS}{rows['order'].pk}/change/",
        "record": f"{RECORDS}{rows['record'].pk}/change/",
    }

    offered = {
        name: "/history/" in client.get(page).content.decode() for name, page in pages.items()
    }

    assert offered == {"player": True, "key": True, "order": False, "record": False}


def test_change_is_explained_with_all_that_changed():
    before = {"item_id": 10, "count": 5, "bucket": "none", "expires": None, "custom_data": None}
    after = before | {"item_id": 11, "bucket": "steam", "expires": "2027-01-01T00:00:00Z"}
    change = InventoryChange(delta=0, before=before, after=after, loot_id=700)

    assert explain_change(change, {10: "gems"}, {}) == (
        "item 11: 5 → 5 (+0), was gems (10), bucket none → steam, "
        "expires None → 2027-01-01T00:00:00Z, because of loot 700"
    )


def test_every_result_has_a_meaning():
    assert set(RESULTS) == set(Result)
    assert len(set(RESULTS.values())) == len(Result)


def test_start_page_counts_and_links(player, gems):
    place(player, create(gems))
    failed = place(player, fill(LootFactory(active=False)))
    waiting = place(player, create(gems), wait=False)
    PlayerOrder.objects.filter(pk=waiting.pk).update(
        created_time=timezone.now() - timedelta(seconds=75)
    )
    client = staff("view")

    figures = client.get("/admin/").context["figures"]

    assert [(figure["title"], figure["figure"]) for figure in figures] == [
        ("Player orders waiting", "1"),
        ("Player orders today", "3"),
        ("Player orders failed today", "1"),
    ]
    assert figures[0]["note"] in ("the oldest for 75 s", "the oldest for 76 s")
    assert [found(client.get(figure["url"])) for figure in figures] == [
        [waiting.pk],
        sorted(PlayerOrder.objects.values_list("pk", flat=True), reverse=True),
        [failed.pk],
    ]


def test_start_page_of_one_who_may_see_no_orders():
    assert "figures" not in staff("players.view_player").get("/admin/").context


# --- The site ------------------------------------------------------------------------------


@pytest.mark.parametrize("caller", [superuser, lambda: staff("view")])
def test_menu_and_lists_have_the_same_names(caller):
    client = caller()
    groups = client.get("/admin/").context["sidebar_navigation"]
    items = [item for group in groups for item in group["items"] if item["has_permission"]]
    links = {str(item["link"]): item["title"] for item in items}
    links.pop("/admin/")

    for link, title in links.items():
        page = client.get(link).content.decode()
        heading = re.search("<h1.*?</h1>", page, re.DOTALL)[0]
        assert re.sub("<[^>]*>", "", heading).split() == title.split()
    assert len(links) > 10


@pytest.mark.parametrize(
    ("path", "caller", "words", "link"),
    [
        (CHANGES, superuser, "There are no ledger entries yet.", None),
        (CHANGES + "?q=7", superuser, "No ledger entries match. Show all", '"?"'),
        (CHANGES + "?player_id=7", superuser, "No ledger entries match. Show all", '"?"'),
        (KEYS, superuser, "There are no API keys yet. Add API key", f'"{KEYS}add/"'),
        (KEYS, lambda: staff("view"), "There are no API keys yet.", None),
    ],
)
def test_empty_list_says_so(path, caller, words, link):
    page = caller().get(path)

    assert words in text_of(page)
    assert ("Add API key" in text_of(page)) == ("Add" in words)
    if link:
        assert f"href={link}" in page.content.decode()


def test_wrong_password_is_said_once():
    page = Client().post("/admin/login/", {"username": "nobody", "password": "x"})

    assert page.content.decode().count("errornote") == 1
    assert "correct username and password" in text_of(page)


def test_login_without_an_aim_leads_to_the_start():
    UserFactory(username="ada", password=make_password("long and odd"), is_staff=True)

    answer = Client().post("/admin/login/", {"username": "ada", "password": "long and odd"})

    assert (answer.status_code, answer.url) == (302, "/admin/")


def test_missing_password_is_said():
    page = Client().post("/admin/login/", {"username": "nobody"})

    assert "Please correct what is marked below." in text_of(page)


def test_page_that_is_not_there_leads_to_the_start():
    page = superuser().get(f"{ORDERS}nothing")

    assert page.status_code == 404
    assert 'href="/admin/"' in page.content.decode()


def test_page_that_is_not_allowed_leads_to_the_start():
    page = staff().get(ORDERS)

    assert page.status_code == 403
    assert "Not allowed" in page.content.decode()
    assert 'href="/admin/"' in page.content.decode()


def test_start_page_of_one_who_may_nothing_says_so():
    words = "You may not see anything yet."

    assert words in staff().get("/admin/").content.decode()
    assert words not in staff("players.view_player").get("/admin/").content.decode()


def test_page_that_fails_leads_to_the_start(monkeypatch):
    monkeypatch.setattr(PlayerOrderAdmin, "get_queryset", lambda *_: 1 / 0)
    client = superuser()
    client.raise_request_exception = False

    page = client.get(ORDERS)

    assert page.status_code == 500
    assert 'href="/admin/"' in page.content.decode()
    assert "ZeroDivisionError" not in page.content.decode()


# --- Lists ---------------------------------------------------------------------------------


QUERIES = {
    "players": 6,
    "player": 10,
    "records": 6,
    "record": 6,
    "changes": 6,
    "orders": 6,
    "order": 8,
}


@pytest.mark.parametrize("rows_there", [1, 3])
@pytest.mark.parametrize("page", QUERIES)
def test_page_asks_no_more_for_three_rows_than_for_one(page, rows_there):
    client = superuser()
    player = create_player(coins="5")
    for number in range(rows_there):
        PortalUser.objects.create(player=player, portal_id=5, portal_user_id=str(number))
        order = place(player, *[create(ItemFactory()) for _ in range(rows_there)])
        create_player(coins="5", establishment=EstablishmentFactory())
    record = InventoryRecord.objects.filter(player=player).first()
    for count in range(2, rows_there + 1):
        place(player, update(record, count))
    address = PAGES[page][1].format(player=player.pk, record=record.pk, order=order.pk)

    with CaptureQueriesContext(connection) as asked:
        client.get(address)

    # Content types are remembered by the process.
    uninteresting = re.compile("SAVEPOINT|django_content_type")
    statements = [query["sql"] for query in asked if not uninteresting.search(query["sql"])]
    assert len(statements) == QUERIES[page], "\n".join(statements)


LISTS = [
    SESSIONS,
    USES,
    ENTITLEMENTS,
    "/admin/players/player/",
    "/admin/players/portaluser/",
    "/admin/players/coinentry/",
    ORDERS,
    RECORDS,
    CHANGES,
]


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize(
    "params", [{}, {"q": "7"}, {"q": str(uuid4())}, {"q": "words"}, {"player_id": "7"}]
)
def test_list_reads_no_table_whole(path, params):
    client = superuser()

    with CaptureQueriesContext(connection) as asked:
        client.get(path, params)

    reads = [query["sql"] for query in asked if query["sql"].startswith("SELECT")]
    counts = [sql for sql in reads if "COUNT(" in sql]
    assert reads
    assert [sql for sql in counts if "LIMIT 10001" not in sql] == []


SOME_UUID = "0192f0c1-0000-7000-8000-000000000000"
NOW = timezone.now().isoformat()


@pytest.mark.parametrize(
    ("path", "params", "indexes"),
    [
        (ORDERS, {"waits": "yes"}, ["player_order_waiting"]),
        (ORDERS, {"waits": "long"}, ["player_order_waiting"]),
        (ORDERS, {"outcome__exact": "failed"}, ["player_order_not_succeeded"]),
        (ORDERS, {"source__exact": "SUPPORT"}, ["player_order_by_source"]),
        (ORDERS, {"created_time__gte": NOW}, ["Index Cond: (created_time >="]),
        (ORDERS, {"q": SOME_UUID}, ["order_id", "player_order_by_client_ref", "player"]),
        (ORDERS, {"q": "7"}, ["order_id", "player"]),
        (SESSIONS, {"q": SOME_UUID}, ["inventorysession_pkey", "session_by_player"]),
        (SESSIONS, {"player_id": "7"}, ["session_by_player"]),
        (USES, {"q": "7"}, ["one_use_per_number_of_a_player", "promotion"]),
        (USES, {"promotion_id": "welcome"}, ["one_use_per_number_of_a_promotion"]),
        (ENTITLEMENTS, {"q": "7"}, ["one_entitlement_per_sku_of_a_player", "sku"]),
        (RECORDS, {"q": SOME_UUID}, ["inventoryrecord_pkey", "player"]),
        (RECORDS, {"q": "7"}, ["item", "player"]),
        (CHANGES, {"q": SOME_UUID}, ["record_id", "player"]),
        (CHANGES, {"q": "7"}, ["player"]),
        ("/admin/players/coinentry/", {"q": "7"}, ["player"]),
        ("/admin/players/portaluser/", {"q": "7"}, ["one_player_per_portal_account", "player_id"]),
        ("/admin/players/player/", {"q": "jo"}, ["player_by_first_name", "player_by_last_name"]),
        ("/admin/players/player/", {"q": "jo do"}, ["player_by_first_name", "customer_code"]),
        ("/admin/players/player/", {"q": "a@b.example"}, ["email"]),
        ("/admin/players/player/", {"q": SOME_UUID}, ["uuid"]),
        ("/admin/players/player/", {"q": "7"}, ["player_pkey"]),
    ],
)
def test_search_and_filter_have_an_index(path, params, indexes):
    player = PlayerFactory(uuid=SOME_UUID)
    PortalUser.objects.create(player=player, portal_id=5, portal_user_id="7")
    client = superuser()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")

    with CaptureQueriesContext(connection) as asked:
        client.get(path, params)

    # The count asks for the same rows, without the order that the key's index could serve.
    [count] = [query["sql"] for query in asked if "COUNT(" in query["sql"]]
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {count}")
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "Seq Scan" not in plan
    assert [index for index in indexes if index not in plan] == [], plan


@pytest.fixture
def five_orders(player, gems):
    return [place(player, create(gems)).pk for _ in range(5)][::-1]


def test_list_below_the_cap_is_counted(five_orders):
    answer = staff("view").get(ORDERS)

    assert answer.context["cl"].paginator.total == "5"
    assert answer.context["cl"].older == ""
    assert found(answer) == five_orders


def test_list_beyond_the_cap_is_estimated_and_a_search_is_not(five_orders, player, monkeypatch):
    monkeypatch.setattr(lists, "COUNTED", 3)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE inventory_playerorder")
    client = staff("view")

    whole, searched = client.get(ORDERS), client.get(ORDERS, {"q": str(player.pk)})

    assert whole.context["cl"].paginator.total == "about 5"
    assert searched.context["cl"].paginator.total == "3+"
    assert "about 5" in whole.content.decode()


def test_pages_reach_the_cap_and_a_link_goes_on(five_orders, monkeypatch):
    monkeypatch.setattr(lists, "COUNTED", 4)
    monkeypatch.setattr(lists.BoundedListAdmin, "list_per_page", 2)
    client = staff("view")

    first, second = client.get(ORDERS), client.get(ORDERS, {"p": 2})
    beyond = client.get(ORDERS, {"p": 3})
    older = client.get(ORDERS + second.context["cl"].older)

    assert first.context["cl"].older == ""
    assert [found(page) for page in (first, second, older)] == [
        five_orders[:2],
        five_orders[2:4],
        five_orders[4:],
    ]
    assert beyond.status_code == 302


def test_list_that_takes_too_long_is_cancelled_and_says_so(five_orders, monkeypatch):
    monkeypatch.setattr(lists, "PATIENCE", "20ms")
    slow = PlayerOrder.objects.extra(where=["pg_sleep(0.2) IS NOT NULL"])
    monkeypatch.setattr(PlayerOrderAdmin, "get_queryset", lambda *_: slow)

    answer = staff("view").get(ORDERS)

    assert said(answer) == [
        "There is too much to look through. Search for a player, an id or a date as well."
    ]
    assert found(answer) == []
    with connection.cursor() as cursor:
        cursor.execute("SHOW statement_timeout")
        assert cursor.fetchone() == ("0",)


def test_orders_that_wait_long(player, gems):
    old, young = (place(player, create(gems), wait=False) for _ in range(2))
    done = place(PlayerFactory(), create(gems))
    PlayerOrder.objects.filter(pk=old.pk).update(created_time=timezone.now() - timedelta(minutes=2))
    client = staff("view")

    shown = {value: found(client.get(ORDERS, {"waits": value})) for value in ("yes", "long", "no")}

    assert shown == {"yes": [young.pk, old.pk], "long": [old.pk], "no": [done.pk]}


@pytest.mark.parametrize("by", ["order_id", "client_order_ref_id", "player uuid", "player id"])
def test_order_is_found(player, gems, by):
    order = place(player, create(gems), order_id="o-1", client_order_ref_id=uuid4())
    place(PlayerFactory(), create(gems))
    terms = {"player uuid": player.uuid, "player id": player.pk}

    answer = staff("view").get(ORDERS, {"q": str(terms.get(by) or getattr(order, by))})

    assert found(answer) == [order.pk]


@pytest.mark.parametrize("by", ["inventory_id", "item_id", "player uuid", "player id"])
def test_record_is_found(player, by):
    place(player, create(ItemFactory(id=5000)))
    place(PlayerFactory(), create(ItemFactory(id=5001)))
    record = InventoryRecord.objects.get(player=player)
    terms = {"player uuid": player.uuid, "player id": player.pk}

    answer = staff("view").get(RECORDS, {"q": str(terms.get(by) or getattr(record, by))})

    assert found(answer) == [record.pk]


def test_columns_cannot_be_sorted_by_what_has_no_index(five_orders):
    answer = staff("view").get(ORDERS, {"o": "3"})

    assert found(answer) == five_orders


def test_facets_are_never_counted(five_orders):
    with CaptureQueriesContext(connection) as asked:
        superuser().get(ORDERS, {"_facets": "True"})

    assert sum("COUNT(" in query["sql"] for query in asked) == 1


# --- The schedule --------------------------------------------------------------------------


def test_schedule_is_run_and_switched_only_by_those_who_may_change_it():
    task = PeriodicTask.objects.create(
        name="knock",
        task="inventory.tasks.fulfil_player_orders",
        interval=IntervalSchedule.objects.create(every=2, period="seconds"),
    )
    url = "/admin/django_celery_beat/periodictask/"
    form = {"action": "disable_tasks", "_selected_action": [task.pk]}

    for client, enabled in ((staff("view"), True), (superuser(), False)):
        assert client.get(url).status_code == 200
        client.post(url, form)
        task.refresh_from_db()
        assert task.enabled == enabled


def test_schedule_does_not_show_when_a_task_last_ran():
    PeriodicTask.objects.create(
        name="knock", interval=IntervalSchedule.objects.create(every=2, period="seconds")
    )

    page = superuser().get("/admin/django_celery_beat/periodictask/")

    assert "every 2 seconds" in text_of(page)
    assert "last run" not in text_of(page).lower()


@pytest.mark.parametrize(
    "path",
    ["periodictask/add/", "intervalschedule/", "intervalschedule/add/", "crontabschedule/add/"],
)
def test_page_of_the_schedule_opens(path):
    assert superuser().get(f"/admin/django_celery_beat/{path}").status_code == 200


def test_latest_session_is_first_in_the_list(player):
    sessions = [open_session(player=each) for each in (player, PlayerFactory(), PlayerFactory())]
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_sort = off")

    listed = staff("view").get(SESSIONS)

    assert found(listed) == [session.pk for session in reversed(sessions)]
    plan = listed.context["cl"].queryset.explain()
    assert "session_by_time" in plan
    assert "Presorted Key: inventory_inventorysession.opened_at" in plan
