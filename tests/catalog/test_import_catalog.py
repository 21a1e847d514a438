import io
import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime
from threading import Barrier

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from catalog.errors import CatalogueInvalid
from catalog.models import CatalogVersion, Item, Loot, Vendor
from catalog.services.import_catalog import import_catalog

pytestmark = pytest.mark.django_db

UNCHANGED = {"created": 0, "updated": 0, "unchanged": 0}


def document(**sections):
    return json.dumps(sections).encode()


def catalogue():
    """Everything that is stored, to the last column."""
    return {model.__name__: list(model.objects.order_by("pk").values()) for model in TABLES}


TABLES = (Item, Vendor, Loot, CatalogVersion)
WHOLE = {
    "items": {
        "10": {"type": "unit", "name": "gems", "active": False, "always_owned": True},
        "11": {"type": "recipe"},
    },
    "vendors": {
        "8": {
            "type": "recipe",
            "name": "chest",
            "active": False,
            "legacy_config_version": 3,
            "loot": {
                "700": {
                    "name": "gems for a friend",
                    "item_id": 10,
                    "sub_vendor_id": None,
                    "quantity": 5,
                    "quantity_type": "absolute",
                    "quantity_mult_inventory_item_id": 10,
                    "hard_quantity_maximum": 100,
                    "inventory_selector_type": "own",
                    "inventory_operation": "set",
                    "sort_order": -1,
                    "active": False,
                    "effective_from": "2024-01-01T00:00:00+01:00",
                    "is_claimable_by_client": True,
                    "use_inventory_bucket": "steam",
                }
            },
        },
        "9": {"loot": {"701": {"sub_vendor_id": 8, "item_id": 11}, "702": {"item_id": 10}}},
    },
}


def test_import_catalog_stores_all_of_it():
    report = import_catalog(document(**WHOLE))

    stored = catalogue()
    plain = {
        "name": "",
        "sub_vendor_id": None,
        "quantity": 1,
        "quantity_type": "relative",
        "quantity_mult_inventory_item_id": None,
        "hard_quantity_maximum": 0,
        "inventory_selector_type": "own",
        "inventory_operation": "add",
        "sort_order": 0,
        "active": True,
        "effective_from": None,
        "is_claimable_by_client": False,
        "use_inventory_bucket": None,
    }
    first = WHOLE["vendors"]["8"]["loot"]["700"]
    moment = datetime(2023, 12, 31, 23, tzinfo=UTC)
    assert stored["Item"] == [
        {"id": 10, "type": "unit", "name": "gems", "active": False, "always_owned": True},
        {"id": 11, "type": "recipe", "name": "", "active": True, "always_owned": False},
    ]
    assert stored["Vendor"] == [
        {"id": 8, "type": "recipe", "name": "chest", "active": False, "legacy_config_version": 3},
        {"id": 9, "type": "recipe", "name": "", "active": True, "legacy_config_version": None},
    ]
    assert stored["Loot"] == [
        {**first, "id": 700, "vendor_id": 8, "effective_from": moment},
        {**plain, "id": 701, "vendor_id": 9, "item_id": 11, "sub_vendor_id": 8},
        {**plain, "id": 702, "vendor_id": 9, "item_id": 10},
    ]
    assert report == {
        "items": {"created": 2, "updated": 0, "unchanged": 0},
        "vendors": {"created": 2, "updated": 0, "unchanged": 0},
        "loot": {"created": 3, "updated": 0, "unchanged": 0, "deleted": 0},
        "version": CatalogVersion.objects.get().version,
    }


def test_import_catalog_changes_nothing_the_second_time():
    version = import_catalog(document(**WHOLE))["version"]
    before = catalogue()

    report = import_catalog(document(**WHOLE))

    assert catalogue() == before
    assert report == {
        "items": {"created": 0, "updated": 0, "unchanged": 2},
        "vendors": {"created": 0, "updated": 0, "unchanged": 2},
        "loot": {"created": 0, "updated": 0, "unchanged": 3, "deleted": 0},
        "version": version,
    }


def test_import_catalog_takes_an_empty_document_for_an_empty_wish():
    assert import_catalog(b"{}") == {
        "items": UNCHANGED,
        "vendors": UNCHANGED,
        "loot": {**UNCHANGED, "deleted": 0},
        "version": 0,
    }


def test_import_catalog_writes_what_differs_and_leaves_what_it_does_not_name():
    Item.objects.create(id=1, type="unit", name="kept")
    Item.objects.create(id=2, type="unit", name="old name")
    Vendor.objects.create(id=5)
    Loot.objects.create(id=70, vendor_id=5, item_id=1, quantity=4)
    Vendor.objects.create(id=6, name="dropped from the loot's view")
    Loot.objects.create(id=80, vendor_id=6, item_id=1)
    Loot.objects.create(id=81, vendor_id=6, item_id=1)
    Loot.objects.create(id=82, vendor_id=6, item_id=1)

    report = import_catalog(
        document(
            items={"2": {"type": "unit", "name": "new name"}, "3": {"type": "unit"}},
            vendors={
                "5": {"active": False},
                "6": {
                    "name": "dropped from the loot's view",
                    "loot": {"80": {"item_id": 1}, "81": {"item_id": 3}, "83": {"item_id": 2}},
                },
            },
        )
    )

    assert report == {
        "items": {"created": 1, "updated": 1, "unchanged": 0},
        "vendors": {"created": 0, "updated": 1, "unchanged": 1},
        "loot": {"created": 1, "updated": 1, "unchanged": 1, "deleted": 1},
        "version": CatalogVersion.objects.get().version,
    }
    assert list(Item.objects.order_by("id").values_list("id", "name")) == [
        (1, "kept"),
        (2, "new name"),
        (3, ""),
    ]
    assert list(Vendor.objects.order_by("id").values_list("id", "active")) == [
        (5, False),
        (6, True),
    ]
    assert list(
        Loot.objects.order_by("id").values_list("id", "vendor_id", "item_id", "quantity")
    ) == [(70, 5, 1, 4), (80, 6, 1, 1), (81, 6, 3, 1), (83, 6, 2, 1)]


def test_import_catalog_empties_a_vendor_whose_loot_is_empty():
    Item.objects.create(id=1, type="unit")
    Vendor.objects.create(id=5)
    Loot.objects.create(id=70, vendor_id=5, item_id=1)

    report = import_catalog(document(vendors={"5": {"loot": {}}}))

    assert report["loot"] == {**UNCHANGED, "deleted": 1}
    assert not Loot.objects.exists()


def test_import_catalog_moves_loot_between_vendors_of_the_document():
    Item.objects.create(id=1, type="unit")
    Vendor.objects.create(id=5)
    Vendor.objects.create(id=6)
    Loot.objects.create(id=70, vendor_id=5, item_id=1)

    report = import_catalog(
        document(vendors={"5": {"loot": {}}, "6": {"loot": {"70": {"item_id": 1}}}})
    )

    assert report["loot"] == {"created": 0, "updated": 1, "unchanged": 0, "deleted": 0}
    assert Loot.objects.get().vendor_id == 6


@pytest.fixture
def stored():
    """Vendor 1 leads to 2 leads to 3; vendor 3 has loot 30, which gives item 1."""
    Item.objects.create(id=1, type="unit")
    for vendor_id in (1, 2, 3):
        Vendor.objects.create(id=vendor_id)
    Loot.objects.create(id=10, vendor_id=1, sub_vendor_id=2)
    Loot.objects.create(id=20, vendor_id=2, sub_vendor_id=3)
    Loot.objects.create(id=30, vendor_id=3, item_id=1)
    return catalogue()


@pytest.mark.parametrize(
    ("vendors", "problems"),
    [
        (
            {"4": {"loot": {"40": {}}}},
            ["vendors.4.loot.40: needs an item_id or a sub_vendor_id"],
        ),
        (
            {"4": {"loot": {"40": {"item_id": 7, "quantity_mult_inventory_item_id": 8}}}},
            [
                "vendors.4.loot.40.item_id: there is no item 7",
                "vendors.4.loot.40.quantity_mult_inventory_item_id: there is no item 8",
            ],
        ),
        (
            {"4": {"loot": {"40": {"sub_vendor_id": 5}}}},
            ["vendors.4.loot.40.sub_vendor_id: there is no vendor 5"],
        ),
        (
            {"4": {"loot": {"30": {"item_id": 1}}}},
            ["vendors.4.loot.30: vendor 3, whose loot stays, has loot with this id"],
        ),
        (
            {"3": {"active": False}, "4": {"loot": {"30": {"item_id": 1}}}},
            ["vendors.4.loot.30: vendor 3, whose loot stays, has loot with this id"],
        ),
        (
            {"4": {"loot": {"40": {"sub_vendor_id": 4}}}},
            ["vendors.4.loot.40.sub_vendor_id: a cycle: 4 → 4"],
        ),
        (
            {"3": {"loot": {"30": {"sub_vendor_id": 1}}}},
            ["vendors.3.loot.30.sub_vendor_id: a cycle: 3 → 1 → 2 → 3"],
        ),
        (
            {
                "4": {"loot": {"40": {"sub_vendor_id": 5}, "41": {"sub_vendor_id": 6}}},
                "5": {"loot": {"50": {"sub_vendor_id": 4}}},
                "6": {"loot": {"60": {"sub_vendor_id": 5}, "61": {"sub_vendor_id": 6}}},
            },
            [
                "vendors.5.loot.50.sub_vendor_id: a cycle: 4 → 5 → 4",
                "vendors.6.loot.61.sub_vendor_id: a cycle: 6 → 6",
            ],
        ),
        (
            {"4": {"loot": {"40": {"item_id": 7, "quantity": -1}, "41": {"item_id": 7}, "x": {}}}},
            [
                "vendors.4.loot.40.quantity: must be greater than or equal to 0",
                "vendors.4.loot.x: an id must be an integer, in plain digits",
                "vendors.4.loot.41.item_id: there is no item 7",
            ],
        ),
    ],
)
def test_import_catalog_refuses_with_every_problem_and_changes_nothing(stored, vendors, problems):
    with pytest.raises(CatalogueInvalid) as refused:
        import_catalog(document(items={"9": {"type": "unit"}}, vendors=vendors))

    assert refused.value.problems == problems
    assert catalogue() == stored


def test_import_catalog_does_not_call_an_item_missing_that_is_only_wrong():
    with pytest.raises(CatalogueInvalid) as refused:
        import_catalog(
            document(
                items={"7": {"type": "entitlement"}},
                vendors={"4": {"type": "x", "loot": {"40": {"item_id": 7, "sub_vendor_id": 4}}}},
            )
        )

    assert refused.value.problems == [
        "items.7.type: must be 'unit' or 'recipe'",
        "vendors.4.type: must be 'recipe'",
        "vendors.4.loot.40.sub_vendor_id: a cycle: 4 → 4",
    ]


@pytest.mark.usefixtures("stored")
def test_import_catalog_leaves_a_cycle_in_peace_that_was_there_before():
    Loot.objects.create(id=31, vendor_id=3, sub_vendor_id=1)

    report = import_catalog(document(vendors={"1": {"name": "renamed"}}))

    assert report["vendors"] == {"created": 0, "updated": 1, "unchanged": 0}


@pytest.mark.usefixtures("stored")
def test_import_catalog_may_break_a_cycle():
    Loot.objects.create(id=31, vendor_id=3, sub_vendor_id=1)

    import_catalog(document(vendors={"2": {"loot": {"20": {"item_id": 1}}}}))

    assert Loot.objects.get(pk=20).sub_vendor_id is None


def test_import_catalog_takes_a_long_chain_of_vendors():
    length = 3000
    vendors = {
        str(n): {"loot": {str(n): {"sub_vendor_id": n + 1} if n < length else {"item_id": 1}}}
        for n in range(1, length + 1)
    }

    report = import_catalog(document(items={"1": {"type": "unit"}}, vendors=vendors))

    assert report["loot"] == {"created": length, "updated": 0, "unchanged": 0, "deleted": 0}


def test_import_catalog_asks_as_many_queries_for_many_rows(django_assert_max_num_queries):
    def wish(count, name):
        ids = [str(n) for n in range(1, count + 1)]
        return document(
            items={n: {"type": "unit", "name": name} for n in ids},
            vendors={n: {"name": name, "loot": {n: {"item_id": 1, "name": name}}} for n in ids},
        )

    import_catalog(wish(3, "first"))
    with django_assert_max_num_queries(30) as few:
        import_catalog(wish(1, "second"))
    with django_assert_max_num_queries(30) as many:
        import_catalog(wish(300, "third"))

    assert len(many) == len(few)


@pytest.mark.django_db(transaction=True)
def test_import_catalog_at_once_is_one_after_the_other():
    together = Barrier(3)

    def run(_):
        with closing(connection):
            together.wait()
            return import_catalog(document(**WHOLE))

    with ThreadPoolExecutor(3) as threads:
        reports = sorted(threads.map(run, range(3)), key=lambda report: report["loot"]["unchanged"])

    (version,) = {report["version"] for report in reports}
    assert [report["loot"] for report in reports] == [
        {"created": 3, "updated": 0, "unchanged": 0, "deleted": 0},
        {"created": 0, "updated": 0, "unchanged": 3, "deleted": 0},
        {"created": 0, "updated": 0, "unchanged": 3, "deleted": 0},
    ]
    assert version == CatalogVersion.objects.get().version


def test_import_catalog_command_reads_a_file(tmp_path, capsys):
    (tmp_path / "catalogue.json").write_bytes(document(**WHOLE))

    call_command("import_catalog", str(tmp_path / "catalogue.json"))

    printed, complaints = capsys.readouterr()
    assert json.loads(printed)["loot"] == {
        "created": 3,
        "updated": 0,
        "unchanged": 0,
        "deleted": 0,
    }
    assert complaints == ""


def test_import_catalog_command_reads_standard_input(monkeypatch, capsys):
    standard_input = io.TextIOWrapper(io.BytesIO(document(items={"1": {"type": "unit"}})))
    monkeypatch.setattr("sys.stdin", standard_input)

    call_command("import_catalog", "-")

    assert json.loads(capsys.readouterr().out)["items"] == {
        "created": 1,
        "updated": 0,
        "unchanged": 0,
    }


def test_import_catalog_command_says_every_problem_in_a_line(tmp_path, capsys):
    (tmp_path / "catalogue.json").write_bytes(document(items={"1": {}, "x": {}}))

    with pytest.raises(CommandError) as refused:
        call_command("import_catalog", str(tmp_path / "catalogue.json"))

    assert str(refused.value).splitlines() == [
        "Nothing was imported:",
        "items.1.type: missing",
        "items.x: an id must be an integer, in plain digits",
    ]
    assert capsys.readouterr().out == ""
    assert not Item.objects.exists()


def test_import_catalog_command_says_that_there_is_no_file(tmp_path):
    with pytest.raises(CommandError, match=r"nowhere\.json: No such file or directory$"):
        call_command("import_catalog", str(tmp_path / "nowhere.json"))
