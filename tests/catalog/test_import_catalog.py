import io
import json
from datetime import UTC, datetime
from threading import Barrier

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction

from catalog.errors import CatalogueInvalid
from catalog.models import CatalogVersion, Item, Loot, PlatformSku, Promotion, Vendor
from catalog.sections import LOOT, SECTIONS
from catalog.services.import_catalog import import_catalog
from tests.factories import (
    ItemFactory,
    LootFactory,
    ProductFactory,
    PromotionFactory,
    VendorFactory,
)
from tests.threads import blocked, threads, wait_until

pytestmark = pytest.mark.django_db

UNCHANGED = {"created": 0, "updated": 0, "unchanged": 0}


def document(**sections):
    return json.dumps(sections).encode()


def catalogue():
    """Everything that is stored, to the last column."""
    return {
        model.__name__: list(model.objects.order_by("pk").values())
        for model in (*[section.model for section in (*SECTIONS, LOOT)], CatalogVersion)
    }


WHOLE = {
    "xp_tables": {"5": {"name": "season", "xp_entries": {"2": 50, "1": 20, "3": 50}}},
    "inventory_bucket_use_rule_sets": {
        "r1": {"name": "own platform", "rules": {"steam": ["steam", "free"], "none": ["none"]}}
    },
    "time_frames": {
        "3": {
            "name": "april",
            "active": False,
            "start": "2025-04-01T00:00:00+01:00",
            "end": "2025-05-01T00:00:00Z",
            "hour_interval": 24,
            "episode": 2,
        }
    },
    "price_points": {
        "pp1": {
            "name": "cheap",
            "strict_flag": True,
            "cap_flag": True,
            "current_breakpoints": [
                {
                    "quantity": 1,
                    "currencies": [
                        {"price_item_id": 10, "price": 100},
                        {"price_item_id": 12, "price": 1},
                    ],
                },
                {"quantity": 1, "currencies": [{"price_item_id": 10, "price": 150}]},
            ],
            "pre_sale_breakpoints": [
                {"quantity": 1, "currencies": [{"price_item_id": 10, "price": 200}]}
            ],
        },
        "pp2": {},
    },
    "items": {
        "10": {"type": "unit", "name": "gems", "active": False, "always_owned": True},
        "11": {"type": "recipe"},
        "12": {
            "type": "entitlement",
            "entitled_loot_id": 702,
            "level_xp_table_id": 5,
            "level_vendor_id": 9,
            "coupon_discount_currency_item_id": 10,
            "coupon_discount_percentage": 0.125,
            "coupon_discount_loot": [702, 700],
            "coupon_consume_on_use": True,
            "inventory_bucket_use_rule_set_id": "r1",
            "item_portal_use_ruleset_id": 4,
            "availability_flags": 6,
        },
    },
    "vendors": {
        "8": {
            "type": "randomly_sampled",
            "name": "chest",
            "active": False,
            "legacy_config_version": 3,
            "loot": {
                "700": {
                    "name": "gems for a friend",
                    "item_id": 12,
                    "sub_vendor_id": None,
                    "quantity": 5,
                    "quantity_type": "absolute",
                    "quantity_mult_inventory_item_id": 10,
                    "hard_quantity_maximum": 100,
                    "inventory_selector_type": "rent_timeframe_locked",
                    "inventory_operation": "set",
                    "sort_order": -1,
                    "drop_weight": 9,
                    "active": False,
                    "effective_from": "2024-01-01T00:00:00+01:00",
                    "is_claimable_by_client": True,
                    "fill_in_new_order": True,
                    "allow_partial_bundles": False,
                    "required_item_id": 10,
                    "required_item_count": 2,
                    "stack_limit": 3,
                    "time_frame_id": 3,
                    "xp_quantity_transform_type": "from_zero_to_target_exact_level_min_xp",
                    "current_price_point_guid": "pp1",
                    "pre_sale_price_point_guid": "pp2",
                    "use_inventory_bucket": "steam",
                }
            },
        },
        "9": {"loot": {"701": {"sub_vendor_id": 8, "item_id": 11}, "702": {"item_id": 10}}},
    },
    "promotions": {
        "Welcome": {
            "loot_id": 700,
            "active": False,
            "starts_at": "2025-04-01T00:00:00Z",
            "ends_at": "2025-05-01T00:00:00Z",
            "max_uses": 100,
            "per_player_limit": 2,
            "portals": ["steam", "psn"],
        },
        "BACK": {"loot_id": 701},
    },
    "skus": {
        "s1": {
            "platform": "Steam",
            "sku": "480",
            "loot_entitlement": {
                "type": "durable",
                "loot_id": 700,
                "refund_loot_id": 701,
                "chargeback_loot_id": 702,
                "chargeback_reversal_loot_id": 700,
            },
        },
        "s2": {
            "platform": "Epic",
            "sku": "480",
            "loot_entitlement": {"type": "consumable", "loot_id": 700},
        },
    },
}
COUNTS = {
    "xp_tables": 1,
    "inventory_bucket_use_rule_sets": 1,
    "time_frames": 1,
    "price_points": 2,
    "items": 3,
    "vendors": 2,
    "promotions": 2,
    "skus": 2,
    "loot": 3,
}


def report(version, counts=UNCHANGED, **sections):
    """`sections` are those that `counts` does not hold for."""
    counted = {name: dict(counts) for name in COUNTS} | sections
    counted["loot"] = {"deleted": 0, **counted["loot"]}
    return {**counted, "version": version}


def version():
    return CatalogVersion.objects.get().version


def test_import_catalog_stores_all_of_it():
    answer = import_catalog(document(**WHOLE))

    stored = catalogue()
    april, may = datetime(2025, 4, 1, tzinfo=UTC), datetime(2025, 5, 1, tzinfo=UTC)
    [season] = stored["XpTable"]
    assert season == {"id": 5, "name": "season", "minimums": [20, 50, 50]}
    [rules] = stored["InventoryBucketUseRuleSet"]
    assert rules == {"id": "r1", **WHOLE["inventory_bucket_use_rule_sets"]["r1"]}
    [frame] = stored["TimeFrame"]
    assert frame == {
        "id": 3,
        **WHOLE["time_frames"]["3"],
        "start": datetime(2025, 3, 31, 23, tzinfo=UTC),
        "end": may,
    }
    assert stored["PricePoint"] == [
        {"id": "pp1", **WHOLE["price_points"]["pp1"]},
        {
            "id": "pp2",
            "name": "",
            "strict_flag": False,
            "cap_flag": False,
            "current_breakpoints": [],
            "pre_sale_breakpoints": [],
        },
    ]
    plain_item = {
        "name": "",
        "active": True,
        "always_owned": False,
        "entitled_loot_id": None,
        "level_xp_table_id": None,
        "level_vendor_id": None,
        "coupon_discount_currency_item_id": None,
        "coupon_discount_percentage": 0,
        "coupon_discount_loot": [],
        "coupon_consume_on_use": False,
        "inventory_bucket_use_rule_set_id": None,
        "item_portal_use_ruleset_id": None,
        "availability_flags": 0,
    }
    assert stored["Item"] == [
        {"id": int(key), **plain_item, **row} for key, row in WHOLE["items"].items()
    ]
    assert stored["Vendor"] == [
        {
            "id": 8,
            "type": "randomly_sampled",
            "name": "chest",
            "active": False,
            "legacy_config_version": 3,
        },
        {"id": 9, "type": "recipe", "name": "", "active": True, "legacy_config_version": None},
    ]
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
        "drop_weight": 0,
        "active": True,
        "effective_from": None,
        "is_claimable_by_client": False,
        "fill_in_new_order": False,
        "allow_partial_bundles": True,
        "required_item_id": None,
        "required_item_count": 1,
        "stack_limit": 0,
        "time_frame_id": None,
        "xp_quantity_transform_type": "none",
        "current_price_point_id": None,
        "pre_sale_price_point_id": None,
        "use_inventory_bucket": None,
    }
    first = dict(WHOLE["vendors"]["8"]["loot"]["700"])
    first["current_price_point_id"] = first.pop("current_price_point_guid")
    first["pre_sale_price_point_id"] = first.pop("pre_sale_price_point_guid")
    first["effective_from"] = datetime(2023, 12, 31, 23, tzinfo=UTC)
    assert stored["Loot"] == [
        {**first, "id": 700, "vendor_id": 8},
        {**plain, "id": 701, "vendor_id": 9, "item_id": 11, "sub_vendor_id": 8},
        {**plain, "id": 702, "vendor_id": 9, "item_id": 10},
    ]
    assert stored["Promotion"] == [
        {
            "code": "BACK",
            "loot_id": 701,
            "active": True,
            "starts_at": None,
            "ends_at": None,
            "max_uses": None,
            "per_player_limit": 1,
            "portals": [],
        },
        {
            "code": "WELCOME",
            **WHOLE["promotions"]["Welcome"],
            "starts_at": april,
            "ends_at": may,
        },
    ]
    assert stored["PlatformSku"] == [
        {
            "id": "s1",
            "platform": "Steam",
            "sku": "480",
            **WHOLE["skus"]["s1"]["loot_entitlement"],
        },
        {
            "id": "s2",
            "platform": "Epic",
            "sku": "480",
            "type": "consumable",
            "loot_id": 700,
            "refund_loot_id": None,
            "chargeback_loot_id": None,
            "chargeback_reversal_loot_id": None,
        },
    ]
    created = {
        name: {"created": count, "updated": 0, "unchanged": 0} for name, count in COUNTS.items()
    }
    assert answer == report(version(), **created)


def test_import_catalog_changes_nothing_the_second_time():
    first = import_catalog(document(**WHOLE))["version"]
    before = catalogue()

    answer = import_catalog(document(**WHOLE))

    assert catalogue() == before
    unchanged = {
        name: {"created": 0, "updated": 0, "unchanged": count} for name, count in COUNTS.items()
    }
    assert answer == report(first, **unchanged)


def test_import_catalog_takes_an_empty_document_for_an_empty_wish():
    assert import_catalog(b"{}") == report(0)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("xp_tables.5.xp_entries.3", 60),
        ("inventory_bucket_use_rule_sets.r1.rules.none", ["free"]),
        ("time_frames.3.end", "2026-05-01T00:00:00Z"),
        ("price_points.pp1.current_breakpoints", []),
        ("price_points.pp2.name", "dear"),
        ("items.12.coupon_discount_percentage", 0.25),
        ("items.12.coupon_discount_loot", [702]),
        ("vendors.8.type", "recipe"),
        ("vendors.8.loot.700.current_price_point_guid", None),
        ("promotions.Welcome.portals", []),
        ("skus.s1.loot_entitlement.refund_loot_id", None),
    ],
)
def test_import_catalog_writes_one_difference(path, value):
    import_catalog(document(**WHOLE))
    wish = json.loads(document(**WHOLE))
    *way, last = path.split(".")
    place = wish
    for step in way:
        place = place[step]
    place[last] = value

    answer = import_catalog(document(**wish))

    section = "loot" if ".loot." in path else path.partition(".")[0]
    assert [name for name in COUNTS if answer[name]["updated"]] == [section]
    assert answer[section]["updated"] == 1


def test_import_catalog_leaves_a_section_that_is_not_named():
    import_catalog(document(**WHOLE))
    before = catalogue()

    import_catalog(document(items={"10": {"type": "unit", "name": "renamed"}}))

    after = catalogue()
    assert {name for name in after if after[name] != before[name]} == {"Item", "CatalogVersion"}


def test_import_catalog_exchanges_the_skus_of_two_rows():
    import_catalog(document(**WHOLE))
    one, two = WHOLE["skus"]["s1"], WHOLE["skus"]["s2"]

    import_catalog(document(skus={"s1": two, "s2": one}))

    assert dict(PlatformSku.objects.values_list("pk", "platform")) == {"s1": "Epic", "s2": "Steam"}


def test_import_catalog_writes_what_differs_and_leaves_what_it_does_not_name():
    Item.objects.create(id=1, type="unit", name="kept")
    Item.objects.create(id=2, type="unit", name="old name")
    Vendor.objects.create(id=5)
    Loot.objects.create(id=70, vendor_id=5, item_id=1, quantity=4)
    Vendor.objects.create(id=6, name="dropped from the loot's view")
    Loot.objects.create(id=80, vendor_id=6, item_id=1)
    Loot.objects.create(id=81, vendor_id=6, item_id=1)
    Loot.objects.create(id=82, vendor_id=6, item_id=1)

    answer = import_catalog(
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

    assert answer == report(
        version(),
        items={"created": 1, "updated": 1, "unchanged": 0},
        vendors={"created": 0, "updated": 1, "unchanged": 1},
        loot={"created": 1, "updated": 1, "unchanged": 1, "deleted": 1},
    )
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

    answer = import_catalog(document(vendors={"5": {"loot": {}}}))

    assert answer["loot"] == {**UNCHANGED, "deleted": 1}
    assert not Loot.objects.exists()


def test_import_catalog_does_not_delete_loot_that_a_product_gives():
    kept, gone = LootFactory(), LootFactory()
    product = ProductFactory(loot=gone)
    before = catalogue()

    with pytest.raises(CatalogueInvalid) as refusal:
        import_catalog(
            document(vendors={str(loot.vendor_id): {"loot": {}} for loot in (kept, gone)})
        )

    [problem] = refusal.value.problems
    path, _, said = problem.partition(": ")
    assert path == f"vendors.{gone.vendor_id}.loot"
    assert said == f"must keep loot {gone.pk}, which product {product.name} gives"
    assert catalogue() == before


def test_import_catalog_moves_loot_between_vendors_of_the_document():
    Item.objects.create(id=1, type="unit")
    Vendor.objects.create(id=5)
    Vendor.objects.create(id=6)
    Loot.objects.create(id=70, vendor_id=5, item_id=1)

    answer = import_catalog(
        document(vendors={"5": {"loot": {}}, "6": {"loot": {"70": {"item_id": 1}}}})
    )

    assert answer["loot"] == {"created": 0, "updated": 1, "unchanged": 0, "deleted": 0}
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
            ["vendors.3.loot.30.sub_vendor_id: a cycle: 1 → 2 → 3 → 1"],
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
                items={"7": {"type": "key"}},
                vendors={"4": {"type": "x", "loot": {"40": {"item_id": 7, "sub_vendor_id": 4}}}},
            )
        )

    assert refused.value.problems == [
        (
            "items.7.type: must be 'unit', 'recipe', 'recipe_with_price_reduction', 'entitlement' "
            "or 'dynamic_bundle'"
        ),
        "vendors.4.type: must be 'recipe' or 'randomly_sampled'",
        "vendors.4.loot.40.sub_vendor_id: a cycle: 4 → 4",
    ]


@pytest.mark.usefixtures("stored")
def test_import_catalog_leaves_a_cycle_in_peace_that_was_there_before():
    Loot.objects.create(id=31, vendor_id=3, sub_vendor_id=1)

    answer = import_catalog(document(vendors={"1": {"name": "renamed"}}))

    assert answer["vendors"] == {"created": 0, "updated": 1, "unchanged": 0}


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

    answer = import_catalog(document(items={"1": {"type": "unit"}}, vendors=vendors))

    assert answer["loot"] == {"created": length, "updated": 0, "unchanged": 0, "deleted": 0}


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

    def run():
        together.wait()
        return import_catalog(document(**WHOLE))

    with threads(3) as start:
        started = [start(run) for _ in range(3)]
        reports = sorted(
            (each.result(timeout=30) for each in started),
            key=lambda each: each["loot"]["unchanged"],
        )

    assert {each["version"] for each in reports} == {version()}
    assert [each["loot"] for each in reports] == [
        {"created": 3, "updated": 0, "unchanged": 0, "deleted": 0},
        {"created": 0, "updated": 0, "unchanged": 3, "deleted": 0},
        {"created": 0, "updated": 0, "unchanged": 3, "deleted": 0},
    ]


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


@pytest.mark.parametrize(
    ("vendors", "problem"),
    [
        ({"9": {"loot": {}}}, "items.12.entitled_loot_id: there is no loot 702"),
        (
            {"9": {"loot": {"702": {"item_id": 10}}}},
            "promotions.BACK.loot_id: there is no loot 701",
        ),
    ],
)
def test_import_catalog_refuses_what_would_break_what_it_does_not_name(vendors, problem):
    import_catalog(document(**WHOLE))
    before = catalogue()

    with pytest.raises(CatalogueInvalid) as refused:
        import_catalog(document(vendors=vendors))

    assert problem in refused.value.problems
    assert catalogue() == before


def test_import_catalog_leaves_in_peace_what_was_broken_before_unless_it_names_it():
    recipe = ItemFactory(id=11, type=Item.Type.RECIPE)
    LootFactory(id=700, vendor=VendorFactory(id=9), item=recipe)
    problem = "vendors.9.loot.700.item_id: item 11 is a recipe: needs a sub_vendor_id"

    answer = import_catalog(document(vendors={"9": {"name": "renamed"}}))

    assert answer["vendors"] == {"created": 0, "updated": 1, "unchanged": 0}
    with pytest.raises(CatalogueInvalid) as refused:
        import_catalog(document(vendors={"9": {"loot": {"700": {"item_id": 11}}}}))
    assert refused.value.problems == [problem]


def test_import_catalog_takes_references_to_what_comes_later_in_the_document():
    answer = import_catalog(
        document(
            promotions={"NEW": {"loot_id": 1}},
            vendors={"1": {"loot": {"1": {"sub_vendor_id": 2}}}, "2": {}},
            items={"1": {"type": "entitlement", "entitled_loot_id": 1, "level_vendor_id": 2}},
        )
    )

    assert [name for name in COUNTS if answer[name]["created"]] == [
        "items",
        "vendors",
        "promotions",
        "loot",
    ]


@pytest.mark.django_db(transaction=True)
def test_import_catalog_waits_for_the_promotions_that_fulfilment_has_locked():
    loot = LootFactory()
    for code in "ABC":
        PromotionFactory(code=code, loot=loot)
    wish = {code: {"loot_id": loot.pk, "max_uses": 5} for code in "CBA"}

    with threads(1) as start:
        with transaction.atomic():
            lock_promotion("A")
            importing = start(import_catalog, document(promotions=wish))
            wait_until(blocked)
            # It has none of those that come after.
            lock_promotion("B")
            lock_promotion("C")
            assert not importing.done()
        answer = importing.result(timeout=30)

    assert answer["promotions"] == {"created": 0, "updated": 3, "unchanged": 0}
    assert set(Promotion.objects.values_list("max_uses", flat=True)) == {5}


def lock_promotion(code):
    Promotion.objects.select_for_update(no_key=True).get(pk=code)
