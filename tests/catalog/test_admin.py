import re
from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from catalog.admin import loot as loot_admin
from catalog.models import (
    CatalogVersion,
    InventoryBucketUseRuleSet,
    Item,
    Loot,
    PlatformSku,
    PricePoint,
    Promotion,
    TimeFrame,
    Vendor,
    XpTable,
)
from catalog.services.take_snapshot import current_catalogue
from inventory.models import PromotionUse
from tests.factories import ItemFactory, LootFactory, PlayerFactory, VendorFactory
from tests.placing import create, place
from tests.staff import form_in, said, staff, superuser
from tests.threads import elsewhere

pytestmark = pytest.mark.django_db

CATALOGUE = "/admin/catalog/"
VENDOR = f"{CATALOGUE}vendor/9/change/"


@pytest.fixture
def gems():
    return ItemFactory(id=10, name="gems")


@pytest.fixture
def vendor(gems):
    vendor = VendorFactory(id=9, name="gifts")
    price = PricePoint.objects.create(
        id="pp", current_breakpoints=[{"quantity": 1, "currencies": [PRICE]}]
    )
    LootFactory(id=702, vendor=vendor, item=gems, quantity=5, hard_quantity_maximum=20)
    LootFactory(id=701, vendor=vendor, item=gems, sort_order=1, quantity_type="absolute")
    LootFactory(
        id=703,
        vendor=vendor,
        item=gems,
        inventory_operation="check_less_than",
        current_price_point=price,
    )
    LootFactory(id=700, vendor=vendor, sub_vendor=VendorFactory(id=8), item=None, active=False)
    return vendor


PRICE = {"price_item_id": 10, "price": 1200}


def text(cell):
    return re.sub(r"\s+", " ", re.sub("<[^>]*>", " ", str(cell))).strip()


def send(client, url, **changed):
    """Open the page and send it with these values."""
    sent = {**form_in(client.get(url)), **changed}
    return client.post(url, {name: value for name, value in sent.items() if value is not None})


def errors_of(answer):
    return list(answer.context["adminform"].form.non_field_errors())


def version():
    return CatalogVersion.objects.get().version


# --- The vendor as staff think of it -------------------------------------------------------


def rows_of(page):
    [inline] = page.context["inline_admin_formsets"]
    return [form.instance for form in inline.formset.initial_forms]


def test_vendor_page_shows_its_loot_in_the_order_of_fulfilment_with_prices(vendor):
    page = superuser().get(VENDOR)

    assert [loot.pk for loot in rows_of(page)] == [703, 700, 702, 701]
    assert [loot.pk for loot in rows_of(page)] == [
        loot.id for loot in current_catalogue().vendors[9].loot
    ]
    shown = text(page.content.decode())
    assert "1,200 gems each" in shown
    assert "add, own: 5 × requested, at most 20" in shown
    assert current_catalogue().vendors[9].etag in shown


@pytest.mark.parametrize(("kind", "there"), [("recipe", False), ("randomly_sampled", True)])
def test_weights_are_asked_for_where_something_is_drawn(vendor, kind, there):
    Vendor.objects.filter(pk=9).update(type=kind)

    page = superuser().get(VENDOR)

    assert ("drop_weight" in rows_form(page).fields) == there


def rows_form(page):
    [inline] = page.context["inline_admin_formsets"]
    return inline.formset.initial_forms[0]


def test_vendor_with_more_loot_than_a_page_keeps_its_other_pages(vendor, monkeypatch):
    monkeypatch.setattr(loot_admin.LootInline, "per_page", 3)
    client = superuser()
    second = client.get(VENDOR, {"loot-page": 2})
    sent = {**form_in(second), "loot-page": "2", "loot-0-quantity": "77"}

    answer = client.post(VENDOR, sent)

    assert answer.status_code == 302
    assert dict(Loot.objects.filter(vendor=9).values_list("pk", "quantity")) == {
        700: 1,
        701: 77,
        702: 5,
        703: 1,
    }


def test_doubtful_references_are_marked(vendor, gems):
    Item.objects.filter(pk=10).update(active=False)
    PricePoint.objects.update(current_breakpoints=[])
    over = timezone.now() - timedelta(days=1)
    frame = TimeFrame.objects.create(id=3, start=over - timedelta(days=1), end=over)
    Loot.objects.filter(pk=701).update(time_frame=frame)
    Loot.objects.filter(pk=702).update(item=None, sub_vendor_id=8)

    page = staff("view").get(VENDOR)

    assert [doubt.split(" ended")[0] for doubt in page.context["doubts"]] == [
        "loot 703: item 10 is switched off",
        "loot 703: price point pp has no price",
        "loot 702: sub-vendor 8 has no active loot",
        "loot 701: item 10 is switched off",
        "loot 701: time frame 3",
    ]
    assert "⚠ item 10 is switched off" in text(page.content.decode())


def test_lists_mark_doubts_without_a_query_for_each(vendor):
    Vendor.objects.filter(pk=9).update(type="randomly_sampled")
    counts = []
    client = superuser()
    current_catalogue()
    for number in range(2):
        with CaptureQueriesContext(connection) as asked:
            page = client.get(f"{CATALOGUE}vendor/")
        counts.append(len([q for q in asked if "content_type" not in q["sql"]]))
        VendorFactory(id=100 + number)
        current_catalogue()

    assert "⚠ none of its loot has a weight: nothing can drop" in text(page.content.decode())
    assert counts[0] == counts[1]


def test_vendor_page_asks_no_more_for_much_loot_than_for_little(gems):
    vendor = VendorFactory(id=9)
    price = PricePoint.objects.create(
        id="pp", current_breakpoints=[{"quantity": 1, "currencies": [PRICE]}]
    )
    client = superuser()

    counts = []
    for number in range(6):
        LootFactory(id=number, vendor=vendor, item=gems, current_price_point=price)
        current_catalogue()
        with CaptureQueriesContext(connection) as asked:
            client.get(VENDOR)
        counts.append(len(asked))

    # The first page is opened by a process that remembers nothing yet.
    assert counts[1:] == [counts[1]] * 5
    assert counts[1] < 25


def test_list_of_price_points_names_the_currencies(vendor):
    page = superuser().get(f"{CATALOGUE}pricepoint/")

    assert "1,200 gems each" in text(page.content.decode())


def test_item_page_shows_the_loot_that_changes_it(vendor):
    page = staff("view").get(f"{CATALOGUE}item/10/change/")

    panel = next(p for p in page.context["panels"] if p.title == "Loot that changes it")
    assert [text(row[0]) for row in panel.rows] == ["Loot (701)", "Loot (702)", "Loot (703)"]


# --- Changes -------------------------------------------------------------------------------


def test_vendor_and_its_loot_are_changed_together_and_it_is_written_down(vendor):
    client = superuser()

    answer = send(client, VENDOR, name="presents", **{"loot-0-quantity": "9"})

    assert answer.status_code == 302
    vendor = Vendor.objects.get(pk=9)
    assert vendor.name == "presents"
    assert Loot.objects.get(pk=703).quantity == 9
    assert current_catalogue().loot[703].quantity == 9
    [entry] = LogEntry.objects.all()
    assert (entry.user, entry.object_id) == (client.member, "9")


def test_page_that_is_sent_unchanged_changes_nothing_of_the_rows(vendor):
    before = [list(model.objects.order_by("pk").values()) for model in (Vendor, Loot)]

    assert send(superuser(), VENDOR).status_code == 302

    assert [list(model.objects.order_by("pk").values()) for model in (Vendor, Loot)] == before


@pytest.mark.parametrize(
    ("loot", "changed", "problem"),
    [
        (
            700,
            {"sub_vendor": "9"},
            "vendors.9.loot.700.sub_vendor_id: a cycle: 9 → 9",
        ),
        (
            701,
            {"inventory_selector_type": "rent_timeframe_locked"},
            (
                "vendors.9.loot.701.inventory_selector_type: "
                "rent_timeframe_locked needs a time_frame_id"
            ),
        ),
    ],
)
def test_change_that_would_break_the_catalogue_is_refused(vendor, loot, changed, problem):
    before, version_then = list(Loot.objects.order_by("pk").values()), version()

    answer = send(superuser(), f"{CATALOGUE}loot/{loot}/change/", **changed)

    assert (answer.status_code, errors_of(answer)) == (200, [problem])
    assert said(answer) == []
    assert list(Loot.objects.order_by("pk").values()) == before
    assert version() == version_then
    assert not LogEntry.objects.exists()
    # What was typed is still there.
    [name, value] = next(iter(changed.items()))
    assert str(answer.context["adminform"].form[name].value()) == value


@pytest.mark.parametrize(
    ("field", "typed"), [("drop_weight", "-1"), ("quantity", "-5"), ("sort_order", "x")]
)
def test_number_that_cannot_be_is_refused_in_the_vendors_page(vendor, field, typed):
    Vendor.objects.filter(pk=9).update(type="randomly_sampled")

    answer = send(superuser(), VENDOR, **{f"loot-0-{field}": typed})

    assert answer.status_code == 200
    assert list(rows_form(answer).errors) == [field]


def test_what_only_the_database_refuses_is_said(vendor, monkeypatch):
    monkeypatch.setattr(Loot._meta.get_field("drop_weight"), "validators", [])
    Vendor.objects.filter(pk=9).update(type="randomly_sampled")

    answer = send(superuser(), VENDOR, **{"loot-0-drop_weight": "-1"})

    assert errors_of(answer) == ["The database refuses it: loot drop conditions never negative."]
    assert not Loot.objects.filter(drop_weight=-1).exists()


def test_constraint_is_explained_in_words(vendor):
    coupon = send(superuser(), f"{CATALOGUE}item/10/change/", coupon_discount_percentage="2")
    empty = send(superuser(), f"{CATALOGUE}loot/701/change/", item="")

    assert errors_of(coupon) == ["The discount is a share from 0 to 1: 0.25 for 25 %."]
    assert errors_of(empty) == ["Choose an item or a sub-vendor."]


def test_choice_that_cannot_be_a_key_is_an_error(vendor):
    answer = send(superuser(), f"{CATALOGUE}loot/701/change/", item="gems")

    assert answer.status_code == 200
    assert list(answer.context["adminform"].form.errors) == ["item"]


def test_old_problem_keeps_nobody_from_changing_something_else(vendor):
    Loot.objects.filter(pk=701).update(inventory_selector_type="rent_timeframe_locked")

    answer = send(superuser(), f"{CATALOGUE}item/10/change/", name="jewels")

    assert answer.status_code == 302
    assert Item.objects.get(pk=10).name == "jewels"


def test_change_of_what_somebody_else_changed_is_refused(vendor):
    client = superuser()
    page = client.get(VENDOR)
    Loot.objects.filter(pk=701).update(quantity=50)

    answer = client.post(VENDOR, {**form_in(page), "name": "mine"})

    assert errors_of(answer) == [
        "Somebody has changed this since the page was opened. Open it again to see how."
    ]
    assert Vendor.objects.get(pk=9).name == "gifts"
    assert Loot.objects.get(pk=701).quantity == 50
    # Sent again as it is, it is refused again.
    assert errors_of(client.post(VENDOR, {**form_in(answer), "name": "mine"}))


def test_change_beside_other_changes_is_made(vendor):
    client = superuser()
    page = client.get(VENDOR)
    Item.objects.filter(pk=10).update(name="jewels")

    answer = client.post(VENDOR, {**form_in(page), "name": "mine"})

    assert answer.status_code == 302
    assert Vendor.objects.get(pk=9).name == "mine"


def test_key_of_a_row_stays(vendor):
    send(superuser(), f"{CATALOGUE}item/10/change/", id="11", name="jewels")

    assert list(Item.objects.values_list("pk", "name")) == [(10, "jewels")]


@pytest.mark.django_db(transaction=True)
def test_change_waits_for_an_import(vendor):
    client = superuser()
    sent = {**form_in(client.get(f"{CATALOGUE}item/10/change/")), "name": "jewels"}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("LOCK TABLE catalog_item IN SHARE ROW EXCLUSIVE MODE")
        with pytest.raises(Exception, match="lock timeout"):
            elsewhere(post_impatiently, client, f"{CATALOGUE}item/10/change/", sent)

    assert Item.objects.get(pk=10).name == "gems"


def post_impatiently(client, url, sent):
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '200ms'")
    return client.post(url, sent)


# --- Additions -----------------------------------------------------------------------------

SPLIT = {"start": ("2026-01-01", "00:00:00"), "end": ("2026-02-01", "00:00:00")}
ADDED = {
    "item": ({"id": "77", "name": "hat", "type": "unit"}, Item),
    "vendor": ({"id": "77", "name": "shop", "type": "recipe"}, Vendor),
    "loot": (
        {
            "id": "77",
            "vendor": "9",
            "item": "10",
            "quantity": "3",
            "quantity_type": "relative",
            "inventory_operation": "add",
            "inventory_selector_type": "own",
        },
        Loot,
    ),
    "pricepoint": (
        {"id": "77", "current_breakpoints": "1: 100 of item 10\n10: 90 of 10"},
        PricePoint,
    ),
    "timeframe": (
        {
            "id": "77",
            **{
                f"{name}_{at}": part
                for name, parts in SPLIT.items()
                for at, part in enumerate(parts)
            },
        },
        TimeFrame,
    ),
    "xptable": ({"id": "77", "minimums": "20, 50, 100"}, XpTable),
    "inventorybucketuseruleset": (
        {"id": "77", "rules": "steam: steam, free\nnone: none"},
        InventoryBucketUseRuleSet,
    ),
    "promotion": ({"code": " welcome ", "loot": "701", "per_player_limit": "1"}, Promotion),
    "platformsku": (
        {"id": "77", "platform": "Steam", "sku": "x", "type": "durable", "loot": "701"},
        PlatformSku,
    ),
}


@pytest.mark.parametrize("kind", ADDED)
def test_row_is_added(vendor, kind):
    given, model = ADDED[kind]
    inline = {"loot-TOTAL_FORMS": "0", "loot-INITIAL_FORMS": "0"} if kind == "vendor" else {}
    client = superuser()
    initial = form_in(client.get(f"{CATALOGUE}{kind}/add/"))

    answer = client.post(f"{CATALOGUE}{kind}/add/", {**initial, **inline, **given})

    assert answer.status_code == 302, errors_of(answer) or answer.context["errors"]
    assert model.objects.filter(pk={"promotion": "WELCOME"}.get(kind, "77")).exists()


@pytest.mark.parametrize("kind", ["item", "vendor", "loot", "timeframe", "xptable"])
def test_next_free_id_is_offered(vendor, kind):
    model = ADDED[kind][1]
    highest = model.objects.order_by("-pk").values_list("pk", flat=True).first() or 0

    page = superuser().get(f"{CATALOGUE}{kind}/add/")

    assert page.context["adminform"].form.initial["id"] == highest + 1


def test_loot_is_added_to_the_vendor_from_whose_page_one_comes(vendor):
    client = superuser()
    [button] = [b for b in client.get(VENDOR).context["buttons"] if b.label == "Add loot"]

    assert client.get(button.url).context["adminform"].form.initial["vendor"] == "9"


def test_id_that_is_taken_is_refused(vendor):
    given = {"id": "10", "name": "hat", "type": "unit", "availability_flags": "0"}
    initial = form_in(superuser().get(f"{CATALOGUE}item/add/"))

    answer = superuser().post(f"{CATALOGUE}item/add/", {**initial, **given})

    assert answer.context["adminform"].form.errors == {"id": ["Item with this Id already exists."]}
    assert Item.objects.get(pk=10).name == "gems"


def test_fields_are_read_as_they_are_typed(vendor):
    client = superuser()
    for kind in ("pricepoint", "inventorybucketuseruleset", "xptable"):
        initial = form_in(client.get(f"{CATALOGUE}{kind}/add/"))
        client.post(f"{CATALOGUE}{kind}/add/", {**initial, **ADDED[kind][0]})

    assert PricePoint.objects.get(pk="77").current_breakpoints == [
        {"quantity": 1, "currencies": [{"price_item_id": 10, "price": 100}]},
        {"quantity": 10, "currencies": [{"price_item_id": 10, "price": 90}]},
    ]
    assert InventoryBucketUseRuleSet.objects.get(pk="77").rules == {
        "steam": ["steam", "free"],
        "none": ["none"],
    }
    assert XpTable.objects.get(pk=77).minimums == [20, 50, 100]
    page = client.get(f"{CATALOGUE}pricepoint/77/change/")
    assert form_in(page)["current_breakpoints"] == ["1: 100 of item 10\n10: 90 of item 10"]
    assert send(client, f"{CATALOGUE}pricepoint/77/change/").status_code == 302


@pytest.mark.parametrize(
    ("kind", "field", "typed", "error"),
    [
        (
            "pricepoint",
            "current_breakpoints",
            "1: 100 of 10\nmany",
            "Line 2: must begin with a quantity from 1 on and a colon.",
        ),
        (
            "pricepoint",
            "current_breakpoints",
            "1: gems",
            "Line 1: “gems” is no price such as “90 of item 7”.",
        ),
        (
            "pricepoint",
            "current_breakpoints",
            "1: 0 of item 10",
            "Line 1: “0 of item 10” is no price such as “90 of item 7”.",
        ),
        ("inventorybucketuseruleset", "rules", "steam: x", "Line 1: “x” is no bucket."),
        (
            "inventorybucketuseruleset",
            "rules",
            "steam: free\nsteam: none",
            "A platform has more than one line.",
        ),
    ],
)
def test_line_that_cannot_be_read_is_an_error(vendor, kind, field, typed, error):
    client = superuser()
    initial = form_in(client.get(f"{CATALOGUE}{kind}/add/"))

    answer = client.post(f"{CATALOGUE}{kind}/add/", {**initial, "id": "77", field: typed})

    assert answer.context["adminform"].form.errors == {field: [error]}
    assert not ADDED[kind][1].objects.filter(pk="77").exists()


def test_price_in_a_currency_that_is_not_there_is_refused(vendor):
    client = superuser()

    answer = send(
        client, f"{CATALOGUE}pricepoint/pp/change/", current_breakpoints="1: 5 of item 99"
    )

    assert errors_of(answer) == [
        "price_points.pp.current_breakpoints.0.currencies.0.price_item_id: there is no item 99"
    ]
    assert PricePoint.objects.get().current_breakpoints[0]["currencies"] == [PRICE]


# --- Deletions -----------------------------------------------------------------------------


def test_row_is_deleted(vendor):
    client = superuser()
    url = f"{CATALOGUE}loot/701/delete/"

    page = client.get(url)
    answer = client.post(url, {"post": "yes"})

    assert page.context["protected"] == []
    assert answer.status_code == 302
    assert not Loot.objects.filter(pk=701).exists()
    assert [entry.is_deletion() for entry in LogEntry.objects.all()] == [True]


def test_vendor_is_deleted_with_its_loot(vendor):
    superuser().post(f"{CATALOGUE}vendor/9/delete/", {"post": "yes"})

    assert not Vendor.objects.filter(pk=9).exists()
    assert not Loot.objects.exists()


@pytest.mark.parametrize(
    ("url", "users"),
    [
        ("item/10/delete/", ["loot 701", "loot 702", "loot 703"]),
        ("vendor/8/delete/", ["loot 700"]),
        ("pricepoint/pp/delete/", ["loot 703"]),
    ],
)
def test_what_is_in_use_is_not_deleted(vendor, url, users):
    client = superuser()

    page = client.get(CATALOGUE + url)
    answer = client.post(CATALOGUE + url, {"post": "yes"})

    assert sorted(page.context["protected"]) == users
    assert answer.status_code == 200
    assert (Item.objects.count(), Vendor.objects.count(), Loot.objects.count()) == (1, 2, 4)


def test_vendor_whose_loot_is_in_use_is_not_deleted(vendor):
    Promotion.objects.create(code="A", loot_id=701)
    client = superuser()

    page = client.get(f"{CATALOGUE}vendor/9/delete/")
    client.post(f"{CATALOGUE}vendor/9/delete/", {"post": "yes"})

    assert page.context["protected"] == ["promotion A"]
    assert Vendor.objects.filter(pk=9).exists()


def test_item_that_players_own_is_not_deleted_and_they_are_not_all_read():
    item = ItemFactory(id=10)
    for _ in range(3):
        place(PlayerFactory(), create(item))
    client = superuser()

    with CaptureQueriesContext(connection) as asked:
        page = client.get(f"{CATALOGUE}item/10/delete/")

    reads = [q["sql"] for q in asked if 'FROM "inventory_inventoryrecord"' in q["sql"]]
    assert len(page.context["protected"]) == 3
    assert [sql.rpartition(" ORDER")[2].rpartition(" LIMIT ")[2] for sql in reads] == ["20"]
    client.post(f"{CATALOGUE}item/10/delete/", {"post": "yes"})
    assert Item.objects.filter(pk=10).exists()


def test_deletion_that_would_break_the_catalogue_is_refused(vendor):
    Item.objects.filter(pk=10).update(coupon_discount_percentage="0.5", coupon_discount_loot=[701])
    client = superuser()

    answer = client.post(f"{CATALOGUE}loot/701/delete/", {"post": "yes"}, follow=True)

    assert said(answer) == ["items.10.coupon_discount_loot: there is no loot 701"]
    assert Loot.objects.filter(pk=701).exists()


def test_loot_is_deleted_in_its_vendors_page(vendor):
    answer = send(superuser(), VENDOR, **{"loot-0-DELETE": "on"})

    assert answer.status_code == 302
    assert not Loot.objects.filter(pk=703).exists()


def test_loot_in_use_is_not_deleted_in_its_vendors_page(vendor):
    Promotion.objects.create(code="A", loot_id=703)

    answer = send(superuser(), VENDOR, **{"loot-0-DELETE": "on"})

    assert answer.status_code == 200
    assert Loot.objects.filter(pk=703).exists()


# --- Who may do what -----------------------------------------------------------------------

CALLERS = {
    "anonymous": Client,
    "no rights": staff,
    "viewer": lambda: staff("view"),
    "editor": lambda: staff("view", "catalog.change_item", "catalog.add_item"),
    "superuser": superuser,
}


@pytest.mark.parametrize("caller", CALLERS)
@pytest.mark.parametrize(
    ("method", "url", "allowed"),
    [
        ("get", "item/", {"viewer", "editor", "superuser"}),
        ("get", "item/10/change/", {"viewer", "editor", "superuser"}),
        ("get", "item/add/", {"editor", "superuser"}),
        ("post", "item/10/change/", {"editor", "superuser"}),
        ("post", "item/add/", {"editor", "superuser"}),
        ("get", "item/10/delete/", {"superuser"}),
        ("post", "item/10/delete/", {"superuser"}),
        ("post", "loot/701/change/", {"superuser"}),
    ],
)
def test_page_opens_for_those_who_may(vendor, caller, method, url, allowed):
    answer = getattr(CALLERS[caller](), method)(CATALOGUE + url)

    if caller == "anonymous":
        assert (answer.status_code, answer.url.split("?")[0]) == (302, "/admin/login/")
    else:
        assert answer.status_code == (200 if caller in allowed else 403)
    assert Item.objects.get(pk=10).name == "gems"


def test_viewer_of_a_vendor_changes_neither_it_nor_its_loot(vendor):
    client = staff("view")

    page = client.get(VENDOR)

    assert page.context["has_change_permission"] is False
    assert [button.label for button in page.context["buttons"]] == []
    assert client.post(VENDOR, {"name": "x"}).status_code == 403


@pytest.mark.parametrize("term", ["10", "gem", "EMS"])
def test_item_is_found(vendor, term):
    ItemFactory(id=11, name="gold")

    answer = staff("view").get(f"{CATALOGUE}item/", {"q": term})

    assert [item.pk for item in answer.context["cl"].result_list] == [10]


@pytest.mark.parametrize(
    ("model", "field"), [("loot", "item"), ("loot", "vendor"), ("item", "level_xp_table")]
)
def test_references_are_chosen_by_typing(vendor, model, field):
    XpTable.objects.create(id=10, name="gems", minimums=[1])
    Vendor.objects.filter(pk=9).update(name="gems")

    found = superuser().get(
        "/admin/autocomplete/",
        {"term": "gem", "app_label": "catalog", "model_name": model, "field_name": field},
    )

    assert ["gems" in row["text"] for row in found.json()["results"]] == [True]


# --- Promotions ----------------------------------------------------------------------------


def test_promotion_shows_uses_so_far_and_what_remains(vendor):
    promotion = Promotion.objects.create(code="WELCOME", loot_id=701, max_uses=5)
    Promotion.objects.create(code="OTHER", loot_id=701)
    for number in (1, 2):
        order = place(PlayerFactory(), create(Item.objects.get(pk=10)))
        PromotionUse.objects.create(
            promotion=promotion,
            number=number,
            player=order.player,
            player_number=1,
            entry=order.entries.get(),
            created_time=timezone.now(),
        )
    client = superuser()

    page = client.get(f"{CATALOGUE}promotion/WELCOME/change/")
    listed = client.get(f"{CATALOGUE}promotion/")

    [panel] = page.context["panels"]
    assert panel.title == "Uses: 2 so far, remaining: 3"
    assert [text(row[0]) for row in panel.rows] == ["#2", "#1"]
    admin = listed.context["cl"].model_admin
    assert [
        (row.pk, admin.so_far(row), admin.remaining(row))
        for row in listed.context["cl"].result_list
    ] == [("OTHER", "0", "any number"), ("WELCOME", "2", "3")]
