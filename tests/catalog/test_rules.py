from itertools import pairwise
from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.rules import Problem, problems_of
from catalog.snapshot import (
    Breakpoint,
    Catalogue,
    Item,
    Loot,
    Price,
    PricePoint,
    Promotion,
    Sku,
    Vendor,
    XpTable,
)

GEMS = Item(10, "unit")
CHEST = Item(11, "recipe")
BUNDLE = Item(12, "recipe_with_price_reduction")
XP = Item(13, "unit", level_xp_table_id=5)
ITEMS = (GEMS, CHEST, BUNDLE, XP)
SAME = "another has the same quantity and the same currencies"


def catalogue(items=(), vendors=(8, 9), **tables):
    """Items 10 to 13 and an XP table 5, empty vendors 8 and 9, and what is given."""
    vendor_rows = [Vendor(vendor, "recipe", True, None, "", ()) for vendor in vendors]
    rows = {
        "items": [*ITEMS, *items],
        "vendors": vendor_rows,
        "loot": [],
        "xp_tables": [XpTable(5, (20, 50, 50))],
        **tables,
    }
    return Catalogue(
        version=1,
        **{
            name: {getattr(row, "code" if name == "promotions" else "id"): row for row in found}
            for name, found in rows.items()
        },
    )


def problems(**tables):
    return [str(problem) for problem in problems_of(catalogue(**tables))]


def loot(loot_id=700, vendor_id=9, item_id=10, **fields):
    return Loot(loot_id, vendor_id, item_id, **fields)


def ways(*pairs):
    """Loot that leads from vendor to vendor, numbered from 1."""
    return [
        loot(at, vendor, None, sub_vendor_id=to) for at, (vendor, to) in enumerate(pairs, start=1)
    ]


@pytest.mark.parametrize(
    ("field", "key", "problem"),
    [
        ("entitled_loot_id", 1, "there is no loot 1"),
        ("level_xp_table_id", 6, "there is no XP table 6"),
        ("level_vendor_id", 7, "there is no vendor 7"),
        ("coupon_discount_currency_item_id", 99, "there is no item 99"),
        ("coupon_discount_loot", frozenset({2}), "there is no loot 2"),
        ("inventory_bucket_use_rule_set_id", "r1", "there is no rule set r1"),
    ],
)
def test_reference_of_an_item_to_nothing_is_a_problem(field, key, problem):
    assert problems(items=[Item(20, "unit", **{field: key})]) == [f"items.20.{field}: {problem}"]


@pytest.mark.parametrize(
    ("field", "key", "problem"),
    [
        ("item_id", 99, "item_id: there is no item 99"),
        ("sub_vendor_id", 7, "sub_vendor_id: there is no vendor 7"),
        (
            "quantity_mult_inventory_item_id",
            99,
            "quantity_mult_inventory_item_id: there is no item 99",
        ),
        ("required_item_id", 99, "required_item_id: there is no item 99"),
        ("time_frame_id", 3, "time_frame_id: there is no time frame 3"),
        ("current_price_point_id", "p", "current_price_point_guid: there is no price point p"),
        ("pre_sale_price_point_id", "p", "pre_sale_price_point_guid: there is no price point p"),
    ],
)
@pytest.mark.parametrize("active", [True, False])
def test_reference_of_loot_to_nothing_is_a_problem(field, key, problem, active):
    assert problems(loot=[loot(active=active, **{field: key})]) == [f"vendors.9.loot.700.{problem}"]


def test_price_in_an_unknown_item_is_a_problem():
    breakpoints = (Breakpoint(1, (Price(10, 5), Price(99, 5))),)

    assert problems(
        price_points=[
            PricePoint("a", current_breakpoints=breakpoints),
            PricePoint("b", pre_sale_breakpoints=breakpoints),
        ]
    ) == [
        "price_points.a.current_breakpoints.0.currencies.1.price_item_id: there is no item 99",
        "price_points.b.pre_sale_breakpoints.0.currencies.1.price_item_id: there is no item 99",
    ]


def test_loot_of_a_promotion_or_of_a_sku_that_does_not_exist_is_a_problem():
    assert problems(
        promotions=[Promotion("WELCOME", 1)],
        skus=[
            Sku(
                "s1",
                "Steam",
                "480",
                "durable",
                loot_id=1,
                refund_loot_id=2,
                chargeback_loot_id=3,
                chargeback_reversal_loot_id=4,
            )
        ],
    ) == [
        "promotions.WELCOME.loot_id: there is no loot 1",
        "skus.s1.loot_entitlement.loot_id: there is no loot 1",
        "skus.s1.loot_entitlement.refund_loot_id: there is no loot 2",
        "skus.s1.loot_entitlement.chargeback_loot_id: there is no loot 3",
        "skus.s1.loot_entitlement.chargeback_reversal_loot_id: there is no loot 4",
    ]


def test_row_that_could_not_be_read_is_not_missing():
    found = catalogue(loot=[loot(item_id=99, sub_vendor_id=7)])

    assert problems_of(found, unread={("item", 99)}) == [
        Problem("vendors.9.loot.700", "sub_vendor_id", "there is no vendor 7")
    ]


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        (loot(item_id=None), "vendors.9.loot.700: needs an item_id or a sub_vendor_id"),
        (
            loot(item_id=11),
            "vendors.9.loot.700.item_id: item 11 is a recipe: needs a sub_vendor_id",
        ),
        (
            loot(item_id=12),
            "vendors.9.loot.700.item_id: item 12 is a recipe: needs a sub_vendor_id",
        ),
        (
            loot(inventory_selector_type="rent_timeframe_locked"),
            (
                "vendors.9.loot.700.inventory_selector_type: "
                "rent_timeframe_locked needs a time_frame_id"
            ),
        ),
        (
            loot(xp_quantity_transform_type="from_zero_to_target_exact_level_min_xp"),
            "vendors.9.loot.700.xp_quantity_transform_type: item 10 has no XP table",
        ),
        (
            loot(
                item_id=None,
                sub_vendor_id=8,
                xp_quantity_transform_type="from_zero_to_target_exact_level_min_xp",
            ),
            "vendors.9.loot.700.xp_quantity_transform_type: needs an item_id",
        ),
    ],
)
def test_loot_that_can_never_be_filled_is_a_problem(row, problem):
    assert problems(loot=[row]) == [problem]


@pytest.mark.parametrize(
    "row",
    [
        loot(item_id=11, sub_vendor_id=8),
        loot(item_id=11, active=False),
        loot(inventory_selector_type="rent_timeframe_locked", active=False),
        loot(item_id=13, xp_quantity_transform_type="from_zero_to_target_exact_level_min_xp"),
        loot(inventory_selector_type="invalid", inventory_operation="invalid"),
        loot(quantity=0),
        loot(sub_vendor_id=8, drop_weight=0, fill_in_new_order=True),
    ],
)
def test_loot_that_may_be_meant_so_is_no_problem(row):
    assert problems(loot=[row]) == []


@pytest.mark.parametrize(
    "item",
    [
        Item(20, "entitlement"),
        Item(20, "unit", coupon_discount_percentage=1),
        Item(20, "dynamic_bundle"),
        Item(20, "unit", level_vendor_id=8),
    ],
)
def test_item_that_does_nothing_is_no_problem(item):
    assert problems(items=[item], loot=[loot(item_id=20)]) == []


def test_prices_between_which_nothing_decides_are_a_problem():
    assert problems(
        price_points=[
            PricePoint(
                "a",
                current_breakpoints=(
                    Breakpoint(1, (Price(10, 5), Price(13, 1))),
                    Breakpoint(1, (Price(10, 5),)),
                    Breakpoint(2, (Price(13, 1), Price(10, 5))),
                    Breakpoint(1, (Price(13, 9), Price(10, 9))),
                    Breakpoint(3, (Price(10, 5), Price(10, 6))),
                ),
            )
        ]
    ) == [
        f"price_points.a.current_breakpoints.3: {SAME}",
        "price_points.a.current_breakpoints.4.currencies: names an item more than once",
    ]


def test_level_that_takes_less_than_the_one_before_is_a_problem():
    assert problems(xp_tables=[XpTable(5, (20, 50, 49, 49, 10))]) == [
        "xp_tables.5.xp_entries.3: less than the 50 of level 2",
        "xp_tables.5.xp_entries.5: less than the 49 of level 4",
    ]


def test_sku_that_a_platform_sells_twice_is_a_problem():
    skus = [
        Sku("a", "Steam", "480", "durable", 700),
        Sku("b", "Epic", "480", "durable", 700),
        Sku("c", "Steam", "480", "consumable", 700),
    ]

    assert problems(loot=[loot()], skus=skus) == ["skus.c.sku: a has this SKU of Steam too"]


@pytest.mark.parametrize(
    ("loot", "cycles"),
    [
        (ways((1, 2), (2, 3)), []),
        (ways((1, 2), (1, 3), (2, 4), (3, 4)), []),
        (ways((1, 1)), ["vendors.1.loot.1.sub_vendor_id: a cycle: 1 → 1"]),
        (ways((3, 1), (1, 2), (2, 3)), ["vendors.3.loot.1.sub_vendor_id: a cycle: 1 → 2 → 3 → 1"]),
        (
            ways((4, 2), (2, 3), (3, 2), (5, 5)),
            [
                "vendors.3.loot.3.sub_vendor_id: a cycle: 2 → 3 → 2",
                "vendors.5.loot.4.sub_vendor_id: a cycle: 5 → 5",
            ],
        ),
        (
            ways((1, 2), (2, 1), (2, 3), (3, 1)),
            [
                "vendors.2.loot.2.sub_vendor_id: a cycle: 1 → 2 → 1",
                "vendors.3.loot.4.sub_vendor_id: a cycle: 1 → 2 → 3 → 1",
            ],
        ),
    ],
)
def test_vendor_that_leads_back_to_itself_is_a_problem(loot, cycles):
    assert problems(vendors=range(1, 6), loot=loot) == cycles


VENDORS = st.integers(1, 6)


@given(st.lists(st.tuples(VENDORS, VENDORS), max_size=12))
def test_cycles_are_told_where_there_are_any(pairs):
    reached = {vendor: {to for start, to in pairs if start == vendor} for vendor in range(1, 7)}
    for _ in reached:
        for vendor, behind in reached.items():
            reached[vendor] = behind.union(*(reached[to] for to in behind))
    in_cycles = {vendor for vendor, behind in reached.items() if vendor in behind}

    told = problems_of(catalogue(vendors=range(1, 7), loot=ways(*pairs)))

    assert bool(told) == bool(in_cycles)
    for problem in told:
        ring = [int(vendor) for vendor in problem.text.removeprefix("a cycle: ").split(" → ")]
        assert ring[0] == ring[-1] == min(ring)
        assert len(set(ring)) == len(ring) - 1
        assert set(pairs) >= set(pairwise(ring))
        assert problem.row.startswith(f"vendors.{ring[-2]}.loot.")


def test_vendors_in_a_chain_of_any_length_are_judged_in_no_time():
    length = 20_000
    pairs = [(vendor, vendor + 1) for vendor in range(1, length)]
    chain = catalogue(vendors=range(1, length + 1), loot=ways(*pairs, (length, 1)))

    began = perf_counter()
    (cycle,) = problems_of(chain)

    assert cycle.row == f"vendors.{length}.loot.{length}"
    assert perf_counter() - began < 5
