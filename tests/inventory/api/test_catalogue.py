"""GET /inventory/v1/catalog/…: what there is, and its ETags."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from catalog.models import (
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
from inventory.api.catalogue_pages import current_pages

CATALOG = "/inventory/v1/catalog"
TABLES = {
    "item": "items",
    "vendor": "vendors",
    "loot": "loot",
    "price-point": "price_points",
    "time-frame": "time_frames",
    "xp": "xp_tables",
    "inventory-bucket-use-rule-set": "rule_sets",
}
# Typed off DOMAIN 2.9 and 2.11.
PLAIN_ITEM = {
    "type": "unit",
    "name": "",
    "active": True,
    "always_owned": False,
    "entitled_loot_id": None,
    "level_xp_table_id": None,
    "level_vendor_id": None,
    "coupon_discount_currency_item_id": None,
    "coupon_discount_percentage": 0.0,
    "coupon_discount_loot": [],
    "coupon_consume_on_use": False,
    "inventory_bucket_use_rule_set_id": None,
    "item_portal_use_ruleset_id": None,
    "availability_flags": 0,
}
PLAIN_LOOT = {
    "item_id": None,
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
    "use_inventory_bucket": None,
    "xp_quantity_transform_type": "none",
    "current_price_point_guid": None,
    "pre_sale_price_point_guid": None,
}


@pytest.fixture
def catalogue(db):
    """One row of each kind at least, with every field in use."""
    XpTable.objects.create(id=5, name="not shown", minimums=[20, 50, 50])
    InventoryBucketUseRuleSet.objects.create(
        id="r1", rules={"steam": ["steam", "none"], "none": ["none"]}
    )
    TimeFrame.objects.create(
        id=3,
        name="season",
        active=False,
        start=datetime(2025, 1, 1, tzinfo=UTC),
        end=datetime(2025, 2, 1, tzinfo=UTC),
        hour_interval=24,
        episode=2,
    )
    gems = Item.objects.create(id=10, type="unit", name="gems")
    price = PricePoint.objects.create(
        id="pp1",
        name="normal",
        strict_flag=True,
        current_breakpoints=[
            {"quantity": 1, "currencies": [{"price_item_id": 10, "price": 100}]},
            {"quantity": 5, "currencies": [{"price_item_id": 10, "price": 90}]},
        ],
    )
    old = PricePoint.objects.create(id="pp/old", cap_flag=True, pre_sale_breakpoints=[])
    vendor = Vendor.objects.create(id=9, name="not shown", legacy_config_version=7)
    chest = Vendor.objects.create(id=11, type="randomly_sampled", active=False)
    full = Loot.objects.create(
        id=700,
        name="not shown",
        vendor=vendor,
        item=gems,
        sub_vendor=chest,
        quantity=2,
        quantity_type="absolute",
        quantity_mult_inventory_item=gems,
        hard_quantity_maximum=9,
        inventory_selector_type="rent_timeframe_locked",
        inventory_operation="set",
        sort_order=-1,
        drop_weight=3,
        active=False,
        effective_from=datetime(2025, 1, 1, tzinfo=UTC),
        is_claimable_by_client=True,
        fill_in_new_order=True,
        allow_partial_bundles=False,
        required_item=gems,
        required_item_count=4,
        stack_limit=5,
        time_frame_id=3,
        use_inventory_bucket="steam",
        xp_quantity_transform_type="from_zero_to_target_exact_level_min_xp",
        current_price_point=price,
        pre_sale_price_point=old,
    )
    Loot.objects.create(id=90, vendor=vendor, item=gems)
    Item.objects.create(
        id=12,
        type="entitlement",
        active=False,
        always_owned=True,
        entitled_loot=full,
        level_xp_table_id=5,
        level_vendor=vendor,
        coupon_discount_currency_item=gems,
        coupon_discount_percentage=Decimal("0.2500"),
        coupon_discount_loot=[700, 90],
        coupon_consume_on_use=True,
        inventory_bucket_use_rule_set_id="r1",
        item_portal_use_ruleset_id=4,
        availability_flags=6,
    )
    Promotion.objects.create(code="SECRET", loot=full)
    PlatformSku.objects.create(id="s", platform="Steam", sku="SECRET", type="durable", loot=full)


def without_etags(body):
    """The body, and its ETags by their places."""
    if not isinstance(body, dict):
        return body
    return {name: without_etags(value) for name, value in body.items() if name != "cache_info"}


def full_loot():
    return {
        "loot_id": 700,
        "vendor_id": 9,
        "item_id": 10,
        "sub_vendor_id": 11,
        "quantity": 2,
        "quantity_type": "absolute",
        "quantity_mult_inventory_item_id": 10,
        "hard_quantity_maximum": 9,
        "inventory_selector_type": "rent_timeframe_locked",
        "inventory_operation": "set",
        "sort_order": -1,
        "drop_weight": 3,
        "active": False,
        "effective_from": "2025-01-01T00:00:00.000000+00:00",
        "is_claimable_by_client": True,
        "fill_in_new_order": True,
        "allow_partial_bundles": False,
        "required_item_id": 10,
        "required_item_count": 4,
        "stack_limit": 5,
        "time_frame_id": 3,
        "use_inventory_bucket": "steam",
        "xp_quantity_transform_type": "from_zero_to_target_exact_level_min_xp",
        "current_price_point_guid": "pp1",
        "pre_sale_price_point_guid": "pp/old",
    }


LOOT = {
    "700": full_loot(),
    "90": {**PLAIN_LOOT, "loot_id": 90, "vendor_id": 9, "item_id": 10},
}
WHOLE = {
    "item": {
        "10": {**PLAIN_ITEM, "name": "gems"},
        "12": {
            "type": "entitlement",
            "name": "",
            "active": False,
            "always_owned": True,
            "entitled_loot_id": 700,
            "level_xp_table_id": 5,
            "level_vendor_id": 9,
            "coupon_discount_currency_item_id": 10,
            "coupon_discount_percentage": 0.25,
            "coupon_discount_loot": [700, 90],
            "coupon_consume_on_use": True,
            "inventory_bucket_use_rule_set_id": "r1",
            "item_portal_use_ruleset_id": 4,
            "availability_flags": 6,
        },
    },
    "vendor": {
        "9": {"type": "recipe", "active": True, "legacy_config_version": 7, "loot": LOOT},
        "11": {
            "type": "randomly_sampled",
            "active": False,
            "legacy_config_version": None,
            "loot": {},
        },
    },
    "loot": LOOT,
    "price-point": {
        "pp1": {
            "name": "normal",
            "strict_flag": True,
            "cap_flag": False,
            "current_breakpoints": [
                {"quantity": 1, "currencies": [{"price_item_id": 10, "price": 100}]},
                {"quantity": 5, "currencies": [{"price_item_id": 10, "price": 90}]},
            ],
            "pre_sale_breakpoints": [],
        },
        "pp/old": {
            "name": "",
            "strict_flag": False,
            "cap_flag": True,
            "current_breakpoints": [],
            "pre_sale_breakpoints": [],
        },
    },
    "time-frame": {
        "3": {
            "name": "season",
            "active": False,
            "start": "2025-01-01T00:00:00.000000+00:00",
            "end": "2025-02-01T00:00:00.000000+00:00",
            "hour_interval": 24,
            "episode": 2,
        }
    },
    "xp": {"5": {"xp_entries": {"1": 20, "2": 50, "3": 50}}},
    "inventory-bucket-use-rule-set": {
        "r1": {"rules": {"steam": ["steam", "none"], "none": ["none"]}}
    },
}


@pytest.mark.parametrize("word", TABLES)
def test_catalogue_shows_a_table_with_every_field(api, catalogue, word):
    response = api.get(f"{CATALOG}/{word}")

    body = response.json()
    assert (response.status_code, response["Content-Type"]) == (200, "application/json")
    assert without_etags(body) == {TABLES[word]: WHOLE[word]}
    assert response["ETag"] == f'"{body["cache_info"]["etag"]}"'
    assert b"SECRET" not in response.content
    assert b"not shown" not in response.content


@pytest.mark.parametrize("word", TABLES)
def test_catalogue_shows_an_entry_as_its_table_does(api, catalogue, word):
    whole = api.get(f"{CATALOG}/{word}").json()[TABLES[word]]

    for key in WHOLE[word].keys() - {"pp/old"}:
        response = api.get(f"{CATALOG}/{word}/{key}")

        assert (response.status_code, response.json()) == (200, whole[key])
        assert response["ETag"] == f'"{whole[key]["cache_info"]["etag"]}"'


@pytest.mark.parametrize("word", TABLES)
def test_catalogue_of_nothing_is_empty(api, word):
    assert without_etags(api.get(f"{CATALOG}/{word}").json()) == {TABLES[word]: {}}


@pytest.mark.parametrize("word", TABLES)
def test_catalogue_entry_that_is_none_is_not_found(api, catalogue, word):
    response = api.get(f"{CATALOG}/{word}/404")

    assert (response.status_code, response.json()) == (
        404,
        {
            "auth_success": True,
            "error_code": "catalog_entry_not_found",
            "desc": "The catalog has no such entry",
        },
    )


@pytest.mark.parametrize(
    ("path", "name", "kind"),
    [
        ("item/x", "item_id", "int_parsing"),
        ("vendor/9223372036854775808", "vendor_id", "less_than_equal"),
        ("loot/1%00", "loot_id", "int_parsing"),
        ("time-frame/1.5", "time_frame_id", "int_parsing"),
        ("xp/me", "xp_table_id", "int_parsing"),
        ("price-point/a%00", "price_point_id", "string_pattern_mismatch"),
        (
            f"inventory-bucket-use-rule-set/{'r' * 256}",
            "rule_set_id",
            "string_too_long",
        ),
        ("vendor/x/odds", "vendor_id", "int_parsing"),
    ],
)
def test_catalogue_path_that_names_nothing_is_refused(api, path, name, kind):
    response = api.get(f"{CATALOG}/{path}")

    [error] = response.json()["detail"]
    assert (response.status_code, error["loc"], error["type"]) == (422, ["path", name], kind)


PATHS = [
    path
    for word in TABLES
    for path in (word, f"{word}/{next(key for key in WHOLE[word] if '/' not in key)}")
]


@pytest.mark.parametrize("path", PATHS)
def test_catalogue_is_for_everyone_who_is_known(as_player, as_key, catalogue, path):
    unknown = as_key("inv:*")
    unknown.credential = "garbage"

    assert [
        caller.get(f"{CATALOG}/{path}").status_code
        for caller in (as_player(), as_player("inv:*"), as_key("orders:read"), unknown)
    ] == [200, 200, 200, 403]


@pytest.mark.parametrize("path", PATHS)
def test_catalogue_that_has_not_changed_is_not_sent_again(api, catalogue, path):
    sent = api.get(f"{CATALOG}/{path}")
    etag = sent["ETag"]
    known = {"ETag": etag, "Cache-Control": "private, no-cache", "Vary": "Authorization, Cookie"}
    assert {name: sent[name] for name in known} == known

    for given, status in [
        (etag, 304),
        (f"W/{etag}", 304),
        (f'"other", {etag}', 304),
        (f'W/"other",W/{etag} , "third"', 304),
        ("*", 304),
        ('"other"', 200),
        ('W/"other"', 200),
        (etag.strip('"'), 200),
        ("", 200),
    ]:
        for ask in (api.get, api.head):
            response = ask(f"{CATALOG}/{path}", **{"If-None-Match": given})

            body = b"" if status == 304 or ask == api.head else sent.content
            assert (given, response.status_code, response.content) == (given, status, body)
            assert {name: response[name] for name in known} == known


def test_catalogue_etag_of_a_vendor_is_what_an_order_is_compared_with(api, catalogue):
    etag = api.get(f"{CATALOG}/vendor/9")["ETag"].strip('"')
    entry = {"type": "fill_loot", "loot_id": 90, "quantity": 1}

    response = api.post(
        "/inventory/v2/player/me/order",
        {
            "source": "IN_GAME",
            "entries": [{**entry, "vendor_etag": etag}, {**entry, "vendor_etag": "other"}],
        },
    )

    assert [entry["result"] for entry in response.json()["entries"]] == [
        "success",
        "vendor_version_does_not_match",
    ]


def test_catalogue_etags_change_with_what_they_are_of(api, catalogue):
    def etags():
        return {path: api.get(f"{CATALOG}/{path}")["ETag"] for path in PATHS}

    def changed():
        before = dict(seen)
        seen.update(etags())
        return {path for path in PATHS if before[path] != seen[path]}

    seen = etags()
    assert changed() == set()
    Item.objects.filter(pk=10).update(name="rubies")
    assert changed() == {"item", "item/10"}
    PricePoint.objects.filter(pk="pp1").update(cap_flag=True)
    assert changed() == {"price-point", "price-point/pp1", "vendor", "vendor/9"}
    Loot.objects.filter(pk=90).update(quantity=5)
    assert changed() == {"loot", "vendor", "vendor/9"}
    Loot.objects.filter(pk=700).update(active=True)
    assert changed() == {"loot", "loot/700", "vendor", "vendor/9"}
    Vendor.objects.filter(pk=11).update(active=True)
    assert changed() == {"vendor"}
    XpTable.objects.filter(pk=5).update(minimums=[1])
    assert changed() == {"xp", "xp/5"}
    Promotion.objects.all().delete()
    PlatformSku.objects.all().delete()
    Vendor.objects.filter(pk=9).update(name="only for staff")
    assert changed() == set()
    TimeFrame.objects.filter(pk=3).update(name="next")
    assert changed() == {"time-frame", "time-frame/3"}


@pytest.mark.parametrize("path", PATHS)
def test_catalogue_takes_one_query_for_its_version(api, catalogue, path, django_assert_num_queries):
    api.get(f"{CATALOG}/{path}")
    pages = current_pages()

    # The token's player, the version of the catalogue.
    with django_assert_num_queries(2):
        api.get(f"{CATALOG}/{path}")

    assert current_pages() is pages
