import json

import pytest

from catalog.document import ItemRow, LootRow, VendorRow, read_document
from catalog.models import Item, Loot, Vendor


def problems(document):
    text = document if isinstance(document, bytes) else json.dumps(document).encode()
    return read_document(text).problems


def loot(**row):
    return {"vendors": {"9": {"loot": {"700": {"item_id": 10, **row}}}}}


@pytest.mark.parametrize(
    ("row", "record"),
    [
        (ItemRow(type="unit"), Item(type="unit")),
        (VendorRow(), Vendor()),
        (LootRow(), Loot()),
    ],
    ids=lambda value: type(value).__name__,
)
def test_document_has_the_columns_and_the_defaults_of_the_model(row, record):
    columns = {field.attname for field in record._meta.concrete_fields} - {"id", "vendor_id"}

    assert row.model_dump() == {name: getattr(record, name) for name in columns}


def test_document_is_read_whole():
    document = read_document(
        b"""{"items": {"10": {"type": "unit", "name": "gems"}, "0": {"type": "recipe"}},
             "vendors": {"9": {"loot": {"700": {"item_id": 10, "quantity": 3}}}, "8": {}}}"""
    )

    assert document.problems == []
    assert document.items == {10: ItemRow(type="unit", name="gems"), 0: ItemRow(type="recipe")}
    assert document.vendors == {9: VendorRow(), 8: VendorRow()}
    assert document.loot == {700: (9, LootRow(item_id=10, quantity=3))}
    assert document.refilled == {9}


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
        ({"price_points": {}}, "price_points: unknown key"),
        ({"items": []}, "items: must be an object"),
        ({"items": None}, "items: must be an object"),
        ({"items": {"10": 5}}, "items.10: must be an object"),
        ({"items": {"10": {}}}, "items.10.type: missing"),
        ({"items": {"10": {"type": None}}}, "items.10.type: must be 'unit' or 'recipe'"),
        ({"items": {"10": {"type": "entitlement"}}}, "items.10.type: must be 'unit' or 'recipe'"),
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
            {"vendors": {"9": {"type": "randomly_sampled"}}},
            "vendors.9.type: must be 'recipe'",
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
            loot(inventory_selector_type="rent"),
            "vendors.9.loot.700.inventory_selector_type: must be 'own'",
        ),
        (
            loot(inventory_operation="multiply"),
            (
                "vendors.9.loot.700.inventory_operation: must be 'add', 'subtract', 'set', "
                "'check_greater_than_or_equal', 'check_less_than' or "
                "'check_greater_than_or_equal_and_subtract'"
            ),
        ),
        (
            loot(use_inventory_bucket="stadia"),
            (
                "vendors.9.loot.700.use_inventory_bucket: must be 'free', 'sweat', 'none', 'anon', "
                "'amazon', 'steam', 'psn', 'xbox_live', 'google', 'twitch', 'nintendo_switch', "
                "'apple', 'nintendo', 'epic', 'google_play' or 'nintendo_ppid'"
            ),
        ),
        (
            loot(effective_from="2024-01-01T00:00:00"),
            "vendors.9.loot.700.effective_from: must have timezone info",
        ),
        (
            loot(effective_from="0001-01-01T00:00:00+10:00"),
            "vendors.9.loot.700.effective_from: must be greater than 0001-01-02T00:00:00Z",
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
            "xp_tables": {},
            "items": {"10": {"type": "entitlement", "level": 5}, "x": {}},
            "vendors": {"9": {"type": 5, "loot": {"700": {"item_id": "a", "quantity": -1}}}},
        }
    ) == [
        "xp_tables: unknown key",
        "items.10.type: must be 'unit' or 'recipe'",
        "items.10.level: unknown key",
        "items.x: an id must be an integer, in plain digits",
        "vendors.9.type: must be 'recipe'",
        "vendors.9.loot.700.item_id: must be a valid integer",
        "vendors.9.loot.700.quantity: must be greater than or equal to 0",
    ]
