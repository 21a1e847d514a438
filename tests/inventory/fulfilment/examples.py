"""Short words for the core's tables: catalogues, orders, records, and what becomes of them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from catalog.snapshot import (
    Breakpoint,
    Catalogue,
    Item,
    Loot,
    Price,
    PricePoint,
    Vendor,
    loot_order,
)
from inventory.fulfilment.dice import Dice
from inventory.fulfilment.holdings import Holdings
from inventory.fulfilment.orders import (
    Change,
    Currency,
    Entry,
    EntryOutcome,
    Order,
    PurchasePrice,
    Record,
    Rules,
)
from inventory.fulfilment.plan import NO_USES, plan
from inventory.fulfilment.vocabulary import EntryType, Result, Source

NOW = datetime(2025, 4, 1, 12, tzinfo=UTC)
EARLIER = NOW - timedelta(days=1)
LATER = NOW + timedelta(days=1)
PLAYER = UUID("8f9c0f60-7a55-4c1d-9f6e-1f6d6a3f0001")
DICE = Dice(b"the seed of this")
RULES = Rules(max_custom_attributes=2, max_effects=1_000)
COUNT_MAXIMUM = 2**63 - 1

GEMS, SWORD, PASS, BASIC, CHEST, RETIRED, GOLD = 1, 2, 3, 4, 5, 6, 7
ITEMS = {
    GEMS: Item(GEMS, "unit", active=True, always_owned=False),
    SWORD: Item(SWORD, "unit", active=True, always_owned=False),
    PASS: Item(PASS, "unit", active=True, always_owned=False),
    BASIC: Item(BASIC, "unit", active=True, always_owned=True),
    CHEST: Item(CHEST, "recipe", active=True, always_owned=False),
    RETIRED: Item(RETIRED, "unit", active=False, always_owned=False),
    GOLD: Item(GOLD, "unit"),
}

RANDOM = "randomly_sampled"
ADD, SUBTRACT, SET = "add", "subtract", "set"
AT_LEAST = "check_greater_than_or_equal"
LESS_THAN = "check_less_than"
CONSUME = "check_greater_than_or_equal_and_subtract"

_LOOT = Loot(
    id=0,
    vendor_id=0,
    item_id=None,
    sub_vendor_id=None,
    quantity=1,
    quantity_type="relative",
    quantity_mult_inventory_item_id=None,
    hard_quantity_maximum=0,
    inventory_selector_type="own",
    inventory_operation=ADD,
    sort_order=0,
    active=True,
    effective_from=None,
    is_claimable_by_client=False,
    use_inventory_bucket=None,
)


def loot(loot_id, operation=ADD, quantity=1, item=None, **fields):
    return replace(
        _LOOT,
        id=loot_id,
        item_id=item,
        quantity=quantity,
        inventory_operation=operation,
        **fields,
    )


def to_vendor(loot_id, vendor_id, quantity=1, **fields):
    return loot(loot_id, quantity=quantity, sub_vendor_id=vendor_id, **fields)


def vendor(vendor_id, *members, active=True, version=None, type="recipe"):  # noqa: A002
    members = sorted((replace(each, vendor_id=vendor_id) for each in members), key=loot_order)
    return Vendor(vendor_id, type, active, version, f"etag {vendor_id}", tuple(members))


def chest(*members, draws=1, others=()):
    """Loot 70 leads to vendor 2, of whose loot so many are drawn; it has weight 1 unless told."""
    weighed = [each if each.drop_weight else replace(each, drop_weight=1) for each in members]
    return catalogue(vendor(1, to_vendor(70, 2, draws)), vendor(2, *weighed, type=RANDOM), *others)


def price_point(point_id, *steps, **flags):
    """A step is a quantity and the price of one unit, by currency."""
    return PricePoint(point_id, current_breakpoints=breakpoints(*steps), **flags)


def breakpoints(*steps):
    return tuple(
        Breakpoint(quantity, tuple(Price(*pair) for pair in prices.items()))
        for quantity, prices in steps
    )


def catalogue(*vendors, items=ITEMS, **tables):
    """`tables` are the other ones, each a list of rows: `price_points=[…]`, `promotions=[…]`."""
    keyed = {
        name: {getattr(row, "code" if name == "promotions" else "id"): row for row in rows}
        for name, rows in tables.items()
    }
    return Catalogue(
        version=1,
        items=items,
        vendors={each.id: each for each in vendors},
        loot={member.id: member for each in vendors for member in each.loot},
        **keyed,
    )


def fill(loot_id, quantity=1, **fields):
    return Entry(EntryType.FILL_LOOT, quantity, loot_id=loot_id, **fields)


def price(prices, *, coupon=None):
    currencies = tuple(Currency(*pair) for pair in prices.items())
    return PurchasePrice(currencies, price_coupon_item_id=coupon)


def buy(loot_id, prices, quantity=1, *, coupon=None, **fields):
    """`prices` are of one unit, by currency."""
    return Entry(
        EntryType.PURCHASE_LOOT,
        quantity,
        loot_id=loot_id,
        purchase_price=price(prices, coupon=coupon),
        **fields,
    )


def create(item_id, quantity=1, **fields):
    return Entry(EntryType.CREATE_NEW_PERSISTENT_INVENTORY, quantity, item_id=item_id, **fields)


def update(record, quantity, **fields):
    return Entry(EntryType.UPDATE_INVENTORY, quantity, inventory_id=record.inventory_id, **fields)


def order(*entries, **fields):
    return replace(
        Order(
            player_uuid=PLAYER,
            source=Source.IN_GAME,
            portal_id=None,
            is_transaction=False,
            permissions=frozenset({"loot", "inventory"}),
            entries=entries,
            created_time=NOW,
        ),
        **fields,
    )


def record(number, item_id, count, **fields):
    """A record from before the order, the older the lower its number."""
    return replace(
        Record(
            inventory_id=UUID(int=number),
            item_id=item_id,
            type="persistent",
            bucket="none",
            count=count,
            acquired=EARLIER + timedelta(minutes=number),
            expires=None,
            custom_data=None,
        ),
        **fields,
    )


def made(nth, item_id, count, **fields):
    """The record that the order's n-th change makes."""
    new = {"inventory_id": DICE.record_id(NOW, nth), "acquired": NOW}
    return record(0, item_id, count, **new | fields)


def planned(placed, of, records=(), *, rules=RULES, dice=DICE, uses=NO_USES, trace=None, **held):
    """Plan an order on these records; `held` is the rest of the holdings."""
    return plan(
        placed,
        of,
        Holdings(records, **held),
        now=NOW,
        dice=dice,
        rules=rules,
        promotion_uses=uses,
        trace=trace,
    )


def fulfilled(placed, of, records=(), **given):
    """The outcomes of the order, and the records afterwards."""
    result = planned(placed, of, records, **given)
    return result.entries, owned(result.holdings)


def owned(holdings):
    return sorted(holdings, key=lambda each: each.inventory_id)


def success(*changes):
    """An outcome from triples of leaf loot, record before and record after."""
    return EntryOutcome(Result.SUCCESS, tuple(Change(*change) for change in changes))


def failure(result):
    return EntryOutcome(result)


class First:
    """Chance that draws the first of what could be drawn, and remembers what that was."""

    def __init__(self):
        self.weights = []

    def record_id(self, now, n):
        return DICE.record_id(now, n)

    def order_id(self, n):
        return DICE.order_id(n)

    def draw(self, weights, n):
        self.weights.append(tuple(weights))
        return 0
