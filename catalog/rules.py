"""What must hold in the catalogue as a whole, between its rows: one set of rules for all writers.

Pure. What holds within a row is told by the shape of the document (catalog/sections.py) and by the
constraints of the tables. Refused is only what can never be fulfilled: a box that is empty, a
coupon that is good for nothing or an entitlement that gives nothing may be meant so.
"""

from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from itertools import dropwhile
from typing import NamedTuple

from catalog.snapshot import Breakpoint, Catalogue, Item, Loot, PricePoint, Sku, XpTable

RECIPES = frozenset({"recipe", "recipe_with_price_reduction"})


class Problem(NamedTuple):
    """`row` and `field` make the path in the document: `vendors.9.loot.700` and `item_id`."""

    row: str
    field: str
    text: str

    def __str__(self) -> str:
        path = f"{self.row}.{self.field}" if self.field else self.row
        return f"{path}: {self.text}"


def problems_of(
    catalogue: Catalogue, *, unread: AbstractSet[tuple[str, Hashable]] = frozenset()
) -> list[Problem]:
    """Every broken rule. What a change is to blame for are those that were not there before it.

    `unread` are rows, by kind and key, that exist although the catalogue does not have them.
    """
    return list(_Rules(catalogue, unread).broken())


def item_row(item_id: int) -> str:
    return f"items.{item_id}"


def loot_row(loot: Loot) -> str:
    return f"vendors.{loot.vendor_id}.loot.{loot.id}"


class _Rules:
    def __init__(self, catalogue: Catalogue, unread: AbstractSet[tuple[str, Hashable]]) -> None:
        self.catalogue = catalogue
        self.unread = unread
        self.known: dict[str, Collection[Hashable]] = {
            "item": catalogue.items,
            "vendor": catalogue.vendors,
            "loot": catalogue.loot,
            "price point": catalogue.price_points,
            "time frame": catalogue.time_frames,
            "XP table": catalogue.xp_tables,
            "rule set": catalogue.rule_sets,
        }

    def broken(self) -> Iterator[Problem]:
        for xp_table in self.catalogue.xp_tables.values():
            yield from _falling(xp_table)
        for price_point in self.catalogue.price_points.values():
            yield from self._of_price_point(price_point)
        for item in self.catalogue.items.values():
            yield from self._of_item(item)
        for loot in self.catalogue.loot.values():
            yield from self._of_loot(loot)
        yield from _cycles(self.catalogue.loot.values())
        for promotion in self.catalogue.promotions.values():
            row = f"promotions.{promotion.code}"
            yield from self._missing(row, "loot_id", "loot", promotion.loot_id)
        for sku in self.catalogue.skus.values():
            yield from self._of_sku(sku)
        yield from _sold_twice(self.catalogue.skus.values())

    def _missing(self, row: str, field: str, kind: str, key: Hashable | None) -> Iterator[Problem]:
        if key is not None and key not in self.known[kind] and (kind, key) not in self.unread:
            yield Problem(row, field, f"there is no {kind} {key}")

    def _of_item(self, item: Item) -> Iterator[Problem]:
        for field, kind, key in (
            ("entitled_loot_id", "loot", item.entitled_loot_id),
            ("level_xp_table_id", "XP table", item.level_xp_table_id),
            ("level_vendor_id", "vendor", item.level_vendor_id),
            ("coupon_discount_currency_item_id", "item", item.coupon_discount_currency_item_id),
            *[("coupon_discount_loot", "loot", loot) for loot in sorted(item.coupon_discount_loot)],
            ("inventory_bucket_use_rule_set_id", "rule set", item.inventory_bucket_use_rule_set_id),
        ):
            yield from self._missing(item_row(item.id), field, kind, key)

    def _of_loot(self, loot: Loot) -> Iterator[Problem]:
        row = loot_row(loot)
        for field, kind, key in (
            ("item_id", "item", loot.item_id),
            ("sub_vendor_id", "vendor", loot.sub_vendor_id),
            ("quantity_mult_inventory_item_id", "item", loot.quantity_mult_inventory_item_id),
            ("required_item_id", "item", loot.required_item_id),
            ("time_frame_id", "time frame", loot.time_frame_id),
            ("current_price_point_guid", "price point", loot.current_price_point_id),
            ("pre_sale_price_point_guid", "price point", loot.pre_sale_price_point_id),
        ):
            if key is not None:
                yield from self._missing(row, field, kind, key)
        if loot.item_id is None and loot.sub_vendor_id is None:
            yield Problem(row, "", "needs an item_id or a sub_vendor_id")
        elif loot.active:
            yield from self._never_filled(row, loot)

    def _never_filled(self, row: str, loot: Loot) -> Iterator[Problem]:
        item = None if loot.item_id is None else self.catalogue.items.get(loot.item_id)
        if loot.sub_vendor_id is None:
            if item is not None and item.type in RECIPES:
                yield Problem(row, "item_id", f"item {item.id} is a recipe: needs a sub_vendor_id")
            if (
                loot.inventory_selector_type == "rent_timeframe_locked"
                and loot.time_frame_id is None
            ):
                yield Problem(
                    row, "inventory_selector_type", "rent_timeframe_locked needs a time_frame_id"
                )
        if loot.xp_quantity_transform_type != "none":
            if loot.item_id is None:
                yield Problem(row, "xp_quantity_transform_type", "needs an item_id")
            elif item is not None and item.level_xp_table_id is None:
                yield Problem(row, "xp_quantity_transform_type", f"item {item.id} has no XP table")

    def _of_price_point(self, price_point: PricePoint) -> Iterator[Problem]:
        row = f"price_points.{price_point.id}"
        for field, breakpoints in (
            ("current_breakpoints", price_point.current_breakpoints),
            ("pre_sale_breakpoints", price_point.pre_sale_breakpoints),
        ):
            for at, each in enumerate(breakpoints):
                for place, price in enumerate(each.currencies):
                    yield from self._missing(
                        row,
                        f"{field}.{at}.currencies.{place}.price_item_id",
                        "item",
                        price.price_item_id,
                    )
            yield from _ambiguous(row, field, breakpoints)

    def _of_sku(self, sku: Sku) -> Iterator[Problem]:
        for field, loot in (
            ("loot_id", sku.loot_id),
            ("refund_loot_id", sku.refund_loot_id),
            ("chargeback_loot_id", sku.chargeback_loot_id),
            ("chargeback_reversal_loot_id", sku.chargeback_reversal_loot_id),
        ):
            yield from self._missing(f"skus.{sku.id}", f"loot_entitlement.{field}", "loot", loot)


def _falling(xp_table: XpTable) -> Iterator[Problem]:
    for at, minimum in enumerate(xp_table.minimums[1:]):
        if minimum < (lower := xp_table.minimums[at]):
            yield Problem(
                f"xp_tables.{xp_table.id}",
                f"xp_entries.{at + 2}",
                f"less than the {lower} of level {at + 1}",
            )


def _ambiguous(row: str, field: str, breakpoints: Sequence[Breakpoint]) -> Iterator[Problem]:
    """Prices between which nothing decides."""
    seen: set[tuple[int, frozenset[int]]] = set()
    for at, each in enumerate(breakpoints):
        currencies = frozenset(price.price_item_id for price in each.currencies)
        if len(currencies) < len(each.currencies):
            yield Problem(row, f"{field}.{at}.currencies", "names an item more than once")
        if (each.quantity, currencies) in seen:
            text = "another has the same quantity and the same currencies"
            yield Problem(row, f"{field}.{at}", text)
        seen.add((each.quantity, currencies))


def _sold_twice(skus: Iterable[Sku]) -> Iterator[Problem]:
    first: dict[tuple[str, str], str] = {}
    for sku in skus:
        other = first.setdefault((sku.platform, sku.sku), sku.id)
        if other != sku.id:
            yield Problem(f"skus.{sku.id}", "sku", f"{other} has this SKU of {sku.platform} too")


def _cycles(loot: Iterable[Loot]) -> Iterator[Problem]:
    """Vendors that lead back to themselves by their sub-vendors."""
    ways: dict[int | None, list[Loot]] = defaultdict(list)
    for each in loot:
        if each.sub_vendor_id is not None:
            ways[each.vendor_id].append(each)
    finished: set[int | None] = set()
    for start in list(ways):
        if start not in finished:
            yield from _cycles_from(start, ways, finished)


def _cycles_from(
    start: int | None, ways: Mapping[int | None, Iterable[Loot]], finished: set[int | None]
) -> Iterator[Problem]:
    # By hand, not by recursion: a chain may be longer than Python's stack.
    trail = {start: iter(ways.get(start, ()))}
    taken: list[Loot] = []
    while trail:
        vendor = taken[-1].sub_vendor_id if taken else start
        way = next(trail[vendor], None)
        if way is None:
            finished.add(vendor)
            del trail[vendor]
            del taken[-1:]
        elif way.sub_vendor_id in trail:
            yield _cycle([*taken, way])
        elif way.sub_vendor_id not in finished:
            trail[way.sub_vendor_id] = iter(ways.get(way.sub_vendor_id, ()))
            taken.append(way)


def _cycle(taken: list[Loot]) -> Problem:
    """Told from its lowest vendor on, so that the same cycle is always the same problem."""
    back_to = taken[-1].sub_vendor_id
    ring = list(dropwhile(lambda loot: loot.vendor_id != back_to, taken))
    lowest = min(range(len(ring)), key=lambda at: ring[at].vendor_id)
    ring = ring[lowest:] + ring[:lowest]
    round_trip = " → ".join(str(loot.vendor_id) for loot in [*ring, ring[0]])
    return Problem(loot_row(ring[-1]), "sub_vendor_id", f"a cycle: {round_trip}")
