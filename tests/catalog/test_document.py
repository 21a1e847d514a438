import json
from decimal import Decimal

import pytest

from catalog.document import read_document
from catalog.sections import (
    LOOT,
    SECTIONS,
    BreakpointRow,
    ItemRow,
    LootEntitlementRow,
    LootRow,
    PricePointRow,
    PriceRow,
    PromotionRow,
    RuleSetRow,
    SkuRow,
    TimeFrameRow,
    VendorRow,
    XpTableRow,
)


def problems(document):
    text = document if isinstance(document, bytes) else json.dumps(document).encode()
    return read_document(text).problems


def item(**row):
    return {"items": {"10": {"type": "unit", **row}}}


def loot(**row):
    return {"vendors": {"9": {"loot": {"700": {"item_id": 10, **row}}}}}


def price(**each):
    return {"price_points": {"pp1": {"current_breakpoints": [each]}}}


ITEM_TYPES = (
    "must be 'unit', 'recipe', 'recipe_with_price_reduction', 'entitlement' or 'dynamic_bundle'"
)
BUCKETS = (
    "must be 'free', 'sweat', 'none', 'anon', 'amazon', 'steam', 'psn', 'xbox_live', 'google', "
    "'twitch', 'nintendo_switch', 'apple', 'nintendo', 'epic', 'google_play' or 'nintendo_ppid'"
)
SHARE = "items.10.coupon_discount_percentage"
LEVELS = "must have the levels 1, 2, … without a gap"
AT_MOST_64 = "must have at most 64 characters"


START, END = "2025-04-01T00:00:00+00:00", "2025-05-01T00:00:00+00:00"
LEAST = {
    "xp_tables": {"xp_entries": {"1": 20}},
    "inventory_bucket_use_rule_sets": {"rules": {}},
    "time_frames": {"start": START, "end": END},
    "items": {"type": "unit"},
    "promotions": {"loot_id": 700},
    "skus": {
        "platform": "Steam",
        "sku": "480",
        "loot_entitlement": {"type": "durable", "loot_id": 700},
    },
}


@pytest.mark.parametrize("section", [*SECTIONS, LOOT], ids=lambda section: section.name)
def test_document_has_the_columns_and_the_defaults_of_the_model(section):
    columns = section.row.model_validate(LEAST.get(section.name, {})).columns()
    fields = {field.attname for field in section.model._meta.concrete_fields}

    assert columns.keys() == fields - {section.model._meta.pk.name, "vendor_id"}
    plain = section.model(**columns)
    bare = section.model()
    given = {"minimums", "start", "end", "platform", "sku", "type", "loot_id"}
    assert {name: getattr(plain, name) for name in columns.keys() - given} == {
        name: getattr(bare, name) for name in columns.keys() - given
    }


def test_document_is_read_whole():
    document = read_document(
        b"""{"items": {"10": {"type": "unit", "name": "gems"},
                       "0": {"type": "unit", "coupon_discount_percentage": 0.25}},
             "vendors": {"9": {"loot": {"700": {"item_id": 10, "quantity": 3,
                                                "current_price_point_guid": "pp1"}}}, "8": {}},
             "price_points": {"pp1": {"strict_flag": true, "current_breakpoints": [
                 {"quantity": 1, "currencies": [{"price_item_id": 10, "price": 100}]}]}},
             "time_frames": {"3": {"start": "2025-04-01T02:00:00+02:00",
                                   "end": "2025-05-01T00:00:00Z", "hour_interval": 24}},
             "xp_tables": {"5": {"xp_entries": {"2": 50, "1": 20}}},
             "inventory_bucket_use_rule_sets": {"r1": {"rules": {"steam": ["steam", "none"]}}},
             "promotions": {"Welcome 1": {"loot_id": 700, "portals": ["psn"]}},
             "skus": {"s1": {"platform": "Steam", "sku": "480",
                             "loot_entitlement": {"type": "durable", "loot_id": 700}}}}"""
    )

    assert document.problems == []
    assert document.rows == {
        "items": {
            10: ItemRow(type="unit", name="gems"),
            0: ItemRow(type="unit", coupon_discount_percentage=Decimal("0.25")),
        },
        "vendors": {9: VendorRow(), 8: VendorRow()},
        "loot": {700: LootRow(item_id=10, quantity=3, current_price_point_guid="pp1")},
        "price_points": {
            "pp1": PricePointRow(
                strict_flag=True,
                current_breakpoints=[
                    BreakpointRow(quantity=1, currencies=[PriceRow(price_item_id=10, price=100)])
                ],
            )
        },
        "time_frames": {3: TimeFrameRow(start=START, end=END, hour_interval=24)},
        "xp_tables": {5: XpTableRow(xp_entries={"1": 20, "2": 50})},
        "inventory_bucket_use_rule_sets": {"r1": RuleSetRow(rules={"steam": ["steam", "none"]})},
        "promotions": {"WELCOME 1": PromotionRow(loot_id=700, portals=["psn"])},
        "skus": {
            "s1": SkuRow(
                platform="Steam",
                sku="480",
                loot_entitlement=LootEntitlementRow(type="durable", loot_id=700),
            )
        },
    }
    assert document.homes == {700: 9}
    assert document.refilled == {9}
    assert document.paths >= {"items.10", "vendors.9", "vendors.9.loot.700", "price_points.pp1"}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (b"", "not JSON: Expecting value: line 1 column 1 (char 0)"),
        (b"[1", "not JSON: Expecting ',' delimiter: line 1 column 3 (char 2)"),
        (b"\xff\xfe\xfd", "not JSON: "),
        (b"[" * 100_000, "not JSON: maximum recursion depth exceeded"),
        (b'{"items": ' + b"1" * 10_000 + b"}", "not JSON: Exceeds the limit"),
        (b"[]", "the document must be an object"),
        (b"null", "the document must be an object"),
    ],
    ids=lambda value: value[:12],
)
def test_document_that_is_none_is_one_problem(text, problem):
    (found,) = problems(text)

    assert found.startswith(problem)


@pytest.mark.parametrize(
    ("document", "problem"),
    [
        ({"roles": {}}, "roles: unknown key"),
        ({"items": []}, "items: must be an object"),
        ({"items": None}, "items: must be an object"),
        ({"items": {"10": 5}}, "items.10: must be an object"),
        ({"items": {"10": {}}}, "items.10.type: missing"),
        ({"items": {"10": {"type": None}}}, f"items.10.type: {ITEM_TYPES}"),
        ({"items": {"10": {"type": "key"}}}, f"items.10.type: {ITEM_TYPES}"),
        ({"items": {"10": {"type": "unit", "xp": 1}}}, "items.10.xp: unknown key"),
        (
            {"items": {"10": {"type": "unit", "active": 1}}},
            "items.10.active: must be a valid boolean",
        ),
        (
            {"items": {"10": {"type": "unit", "name": 5}}},
            "items.10.name: must be a valid string",
        ),
        (
            {"items": {"10": {"type": "unit", "name": "x" * 201}}},
            "items.10.name: must have at most 200 characters",
        ),
        (
            {"items": {"10": {"type": "unit", "name": "a\0"}}},
            "items.10.name: must not contain the character U+0000",
        ),
        (
            {"items": {"10": {"type": "unit", "name": "\ud800"}}},
            "items.10.name: must be a valid string, unable to parse raw data as a unicode string",
        ),
        *[
            (
                {"items": {key: {"type": "unit"}}},
                f"items.{key}: an id must be an integer, in plain digits",
            )
            for key in ("gems", "", "-1", "+1", "1.0", "1e3", "010", " 10", "²", str(2**63))
        ],
        ({"vendors": {"9": []}}, "vendors.9: must be an object"),
        ({"vendors": {"9": {"etag": "x"}}}, "vendors.9.etag: unknown key"),
        ({"vendors": {"9": {"loot": None}}}, "vendors.9.loot: must be an object"),
        (
            {"vendors": {"9": {"type": "random"}}},
            "vendors.9.type: must be 'recipe' or 'randomly_sampled'",
        ),
        (
            {"vendors": {"9": {"legacy_config_version": "5"}}},
            "vendors.9.legacy_config_version: must be a valid integer",
        ),
        (
            {"vendors": {"9": {"loot": {"x": {"item_id": 10}}}}},
            "vendors.9.loot.x: an id must be an integer, in plain digits",
        ),
        (loot(drop_wieght=1), "vendors.9.loot.700.drop_wieght: unknown key"),
        (loot(item_id="10"), "vendors.9.loot.700.item_id: must be a valid integer"),
        (loot(item_id=10.0), "vendors.9.loot.700.item_id: must be a valid integer"),
        (loot(item_id=True), "vendors.9.loot.700.item_id: must be a valid integer"),
        (loot(quantity=-1), "vendors.9.loot.700.quantity: must be greater than or equal to 0"),
        (loot(quantity=None), "vendors.9.loot.700.quantity: must be a valid integer"),
        (
            loot(quantity=2**63),
            "vendors.9.loot.700.quantity: must be less than or equal to 9223372036854775807",
        ),
        (
            loot(hard_quantity_maximum=-1),
            "vendors.9.loot.700.hard_quantity_maximum: must be greater than or equal to 0",
        ),
        (
            loot(sort_order=2**31),
            "vendors.9.loot.700.sort_order: must be less than or equal to 2147483647",
        ),
        (
            loot(quantity_type="both"),
            "vendors.9.loot.700.quantity_type: must be 'relative' or 'absolute'",
        ),
        (
            loot(inventory_selector_type="borrow"),
            (
                "vendors.9.loot.700.inventory_selector_type: must be 'invalid', 'own', 'rent', "
                "'rent_timeframe_locked', 'own_transient' or 'inherit_entitlement_inventory'"
            ),
        ),
        (
            loot(inventory_operation="multiply"),
            (
                "vendors.9.loot.700.inventory_operation: must be 'invalid', 'add', 'subtract', "
                "'set', 'check_greater_than_or_equal', 'check_less_than' or "
                "'check_greater_than_or_equal_and_subtract'"
            ),
        ),
        (
            loot(use_inventory_bucket="stadia"),
            f"vendors.9.loot.700.use_inventory_bucket: {BUCKETS}",
        ),
        (
            loot(effective_from="2024-01-01T00:00:00"),
            "vendors.9.loot.700.effective_from: must have timezone info",
        ),
        (
            loot(effective_from="0001-01-01T00:00:00+10:00"),
            "vendors.9.loot.700.effective_from: must be greater than 0001-01-02T00:00:00Z",
        ),
        (item(coupon_discount_percentage="0.5"), f"{SHARE}: must be a number"),
        (item(coupon_discount_percentage=True), f"{SHARE}: must be a number"),
        (item(coupon_discount_percentage=25), f"{SHARE}: must be less than or equal to 1"),
        (
            b'{"items": {"10": {"type": "unit", "coupon_discount_percentage": NaN}}}',
            f"{SHARE}: must be a number",
        ),
        (
            item(coupon_discount_percentage=0.00001),
            f"{SHARE}: Decimal input should have no more than 4 decimal places",
        ),
        (
            item(coupon_discount_loot=[1, "2"]),
            "items.10.coupon_discount_loot.1: must be a valid integer",
        ),
        (
            loot(drop_weight=-1),
            "vendors.9.loot.700.drop_weight: must be greater than or equal to 0",
        ),
        (
            loot(current_price_point_id="p"),
            "vendors.9.loot.700.current_price_point_id: unknown key",
        ),
        (
            loot(current_price_point_guid=""),
            "vendors.9.loot.700.current_price_point_guid: must have at least 1 character",
        ),
        ({"price_points": {"": {}}}, "price_points.: must have at least 1 character"),
        ({"price_points": {"p" * 65: {}}}, f"price_points.{'p' * 65}: {AT_MOST_64}"),
        (
            price(quantity=0, currencies=[{"price_item_id": 10, "price": 1}]),
            "price_points.pp1.current_breakpoints.0.quantity: must be greater than 0",
        ),
        (
            price(quantity=1, currencies=[{"price_item_id": 10, "price": 0}]),
            "price_points.pp1.current_breakpoints.0.currencies.0.price: must be greater than 0",
        ),
        (
            price(quantity=1, currencies=[]),
            "price_points.pp1.current_breakpoints.0.currencies: must not be empty",
        ),
        (price(quantity=1), "price_points.pp1.current_breakpoints.0.currencies: missing"),
        ({"time_frames": {"3": {"end": END}}}, "time_frames.3.start: missing"),
        (
            {"time_frames": {"3": {"start": END, "end": START}}},
            "time_frames.3.end: must be after the start",
        ),
        (
            {"time_frames": {"3": {"start": START, "end": END, "hour_interval": -1}}},
            "time_frames.3.hour_interval: must be greater than or equal to 0",
        ),
        *[
            ({"xp_tables": {"5": {"xp_entries": entries}}}, f"xp_tables.5.xp_entries: {LEVELS}")
            for entries in ({}, {"0": 1}, {"1": 1, "3": 5}, {"01": 1}, {"one": 1})
        ],
        (
            {"xp_tables": {"5": {"xp_entries": {"1": -1}}}},
            "xp_tables.5.xp_entries.1: must be greater than or equal to 0",
        ),
        (
            {"inventory_bucket_use_rule_sets": {"r1": {"rules": {"stadia": []}}}},
            f"inventory_bucket_use_rule_sets.r1.rules.stadia: {BUCKETS}",
        ),
        (
            {"inventory_bucket_use_rule_sets": {"r1": {"rules": {"none": ["free", "stadia"]}}}},
            f"inventory_bucket_use_rule_sets.r1.rules.none.1: {BUCKETS}",
        ),
        (
            {"inventory_bucket_use_rule_sets": {"r1": {"rules": {"psn": ["free", "free"]}}}},
            "inventory_bucket_use_rule_sets.r1.rules: names a bucket more than once under psn",
        ),
        *[
            (
                {"promotions": {code: {"loot_id": 1}}},
                f"promotions.{code}: a code must be 1 to 64 printable ASCII characters",
            )
            for code in ("", " ", "GRÜSSE", "ß", "A\tB", "A" * 65)
        ],
        (
            {"promotions": {"Welcome": {"loot_id": 1}, "WELCOME": {"loot_id": 2}}},
            "promotions.WELCOME: is the same as Welcome",
        ),
        ({"promotions": {"WELCOME": {}}}, "promotions.WELCOME.loot_id: missing"),
        (
            {"promotions": {"WELCOME": {"loot_id": 1, "portals": ["stadia"]}}},
            f"promotions.WELCOME.portals.0: {BUCKETS}",
        ),
        (
            {"promotions": {"WELCOME": {"loot_id": 1, "max_uses": -1}}},
            "promotions.WELCOME.max_uses: must be greater than or equal to 0",
        ),
        *[
            (
                {"promotions": {"WELCOME": {"loot_id": 1, "starts_at": END, "ends_at": end}}},
                "promotions.WELCOME.ends_at: must be after starts_at",
            )
            for end in (START, END)
        ],
        ({"skus": {"s1": {"platform": "PSN", "sku": "a"}}}, "skus.s1.loot_entitlement: missing"),
        (
            {"skus": {"s1": {**LEAST["skus"], "loot_entitlement": {"type": "gift", "loot_id": 1}}}},
            (
                "skus.s1.loot_entitlement.type: must be 'consumable', 'durable' or "
                "'durable_single_use'"
            ),
        ),
        (
            b'{"items": {"10": {"type": "unit", "name": "a", "name": "b"}}}',
            "items.10.name: this key stands here more than once",
        ),
        (
            b'{"items": {"10": {"type": "unit"}, "10": {"type": "unit"}}}',
            "items.10: this key stands here more than once",
        ),
        (b'{"items": {}, "items": {}}', "items: this key stands here more than once"),
        (
            b'{"vendors": {"9": {"loot": {"700": {}, "700": {}}}}}',
            "vendors.9.loot.700: this key stands here more than once",
        ),
        (
            {"vendors": {"9": {"loot": {"700": {}}}, "8": {"loot": {"700": {}}}}},
            "vendors.8.loot.700: vendor 9 has loot with this id too",
        ),
    ],
    ids=lambda value: None if isinstance(value, str) else "document",
)
def test_document_problem_has_a_path(document, problem):
    assert problems(document) == [problem]


def test_document_shows_all_its_problems_at_once():
    assert problems(
        {
            "roles": {},
            "items": {"10": {"type": "key", "level": 5}, "x": {}},
            "vendors": {"9": {"type": 5, "loot": {"700": {"item_id": "a", "quantity": -1}}}},
        }
    ) == [
        "roles: unknown key",
        f"items.10.type: {ITEM_TYPES}",
        "items.10.level: unknown key",
        "items.x: an id must be an integer, in plain digits",
        "vendors.9.type: must be 'recipe' or 'randomly_sampled'",
        "vendors.9.loot.700.item_id: must be a valid integer",
        "vendors.9.loot.700.quantity: must be greater than or equal to 0",
    ]
