from decimal import Decimal

from catalog.rows import catalogue_of
from catalog.snapshot import Item, Promotion


def test_row_from_before_a_column_existed_has_its_default():
    catalogue = catalogue_of(
        7,
        {
            "catalog_item": [{"id": 10, "type": "unit", "gone": 1}],
            "catalog_promotion": [{"code": "WELCOME", "loot_id": 700, "portals": ["psn"]}],
        },
    )

    assert catalogue.version == 7
    assert catalogue.items == {10: Item(10, "unit")}
    assert catalogue.promotions == {
        "WELCOME": Promotion("WELCOME", 700, portals=frozenset({"psn"}))
    }


def test_share_is_exact():
    row = {"id": 10, "type": "unit", "coupon_discount_percentage": 0.1}

    catalogue = catalogue_of(1, {"catalog_item": [row]})

    assert catalogue.items[10].coupon_discount_percentage == Decimal("0.1")


def test_word_that_stands_in_many_rows_is_kept_once():
    words = ["randomly", "sampled"]
    rows = [
        {"id": n, "vendor_id": 1, "item_id": 1, "quantity_type": "".join(words)} for n in (1, 2)
    ]

    one, two = catalogue_of(1, {"catalog_loot": rows}).loot.values()

    assert one.quantity_type is two.quantity_type


def test_loot_of_no_vendor_and_prices_of_no_price_point_are_taken_as_they_are():
    catalogue = catalogue_of(
        1,
        {
            "catalog_vendor": [
                {"id": 9, "type": "recipe", "active": True, "legacy_config_version": None}
            ],
            "catalog_loot": [
                {"id": 1, "vendor_id": 8, "item_id": 1},
                {"id": 2, "vendor_id": 9, "item_id": 1, "current_price_point_id": "gone"},
            ],
        },
    )

    assert list(catalogue.loot) == [1, 2]
    assert catalogue.vendors[9].loot == (catalogue.loot[2],)
