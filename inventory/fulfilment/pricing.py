"""What a purchase costs, and whether its buyer expects that (DOMAIN 2.11, 2.13 C4 to C14)."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil

from catalog.snapshot import Item, Loot, Price, PricePoint
from inventory.fulfilment.attempt import Attempt
from inventory.fulfilment.orders import PurchasePrice
from inventory.fulfilment.parts import Parts, find_parts, reduce_price
from inventory.fulfilment.trace import Told
from inventory.fulfilment.vocabulary import Result

DYNAMIC_BUNDLE = "dynamic_bundle"
_PRICE_REDUCTION = "recipe_with_price_reduction"
# A selection, and what of a bundle is owned already, is the same for every unit.
_SOLD_SINGLY = frozenset({DYNAMIC_BUNDLE, _PRICE_REDUCTION})

Prices = Mapping[int, int]  # of one unit, by currency item


@dataclass(frozen=True, slots=True)
class Bill:
    """What to spend: the coupon, and so much of each currency, in the order of the request."""

    coupon: Item | None
    currencies: tuple[Price, ...]
    parts: Parts


def make_bill(attempt: Attempt, loot: Loot) -> Bill:
    """The bill of the entry, if its unit prices are just those that the buyer expects."""
    catalogue, quantity = attempt.catalogue, attempt.entry.quantity
    point = _price_point(attempt, loot)
    expected = _expected_prices(attempt)
    _check_price_items(attempt, point, expected)
    prices = _listed_prices(attempt, loot, point, expected)
    parts = Parts()
    if item_type(attempt, loot) == _PRICE_REDUCTION:
        parts = find_parts(attempt, loot)
        prices = {id_: reduce_price(parts, prices[id_], id_, catalogue) for id_ in prices}
    coupon = _coupon(attempt, loot, prices)
    if coupon is not None:
        prices = _discounted(prices, coupon)
        attempt.tell(Told.COUPON, coupon.id, tuple(prices.items()), loot_id=loot.id)
    attempt.require(Result.PRICE_DOES_NOT_MATCH, that=prices == expected)
    units = quantity if attempt.rules.price_is_per_unit else 1
    currencies = tuple(Price(item_id, price * units) for item_id, price in expected.items())
    return Bill(coupon, currencies, parts)


def item_type(attempt: Attempt, loot: Loot) -> str | None:
    item = None if loot.item_id is None else attempt.catalogue.items.get(loot.item_id)
    return None if item is None else item.type


def _price_point(attempt: Attempt, loot: Loot) -> PricePoint:
    point_id, points = loot.current_price_point_id, attempt.catalogue.price_points
    point = None if point_id is None else points.get(point_id)
    return attempt.found(Result.PRICE_NOT_ALLOWED, point)


def _expected_prices(attempt: Attempt) -> Prices:
    """What the buyer says; a list of currencies wins over the legacy pair."""
    sent = attempt.entry.purchase_price or PurchasePrice()
    pairs = [(currency.price_item_id, currency.price) for currency in sent.currencies]
    if not pairs and sent.price_item_id is not None and sent.price is not None:
        pairs = [(sent.price_item_id, sent.price)]
    prices = dict(pairs)
    attempt.require(
        Result.PRICE_NOT_ALLOWED,
        that=0 < len(prices) == len(pairs) and min(prices.values()) >= 0,
    )
    return prices


def _check_price_items(attempt: Attempt, point: PricePoint, expected: Prices) -> None:
    steps = point.current_breakpoints
    listed = {price.price_item_id for step in steps for price in step.currencies}
    known = attempt.catalogue.items.keys() >= expected.keys() | listed
    attempt.require(Result.PRICE_ITEM_NOT_FOUND, that=known)


def _listed_prices(attempt: Attempt, loot: Loot, point: PricePoint, expected: Prices) -> Prices:
    """The prices from the highest quantity that is reached, in exactly the buyer's currencies."""
    quantity = attempt.entry.quantity
    is_single = quantity == 1 or item_type(attempt, loot) not in _SOLD_SINGLY
    reached = _reached_quantity(point, quantity) if is_single else None
    reached = attempt.found(Result.QUANTITY_NOT_ALLOWED, reached)
    offers = (
        {price.price_item_id: price.price for price in step.currencies}
        for step in point.current_breakpoints
        if step.quantity == reached
    )
    offer = next((offer for offer in offers if offer.keys() == expected.keys()), None)
    prices = attempt.found(Result.LOOT_NOT_FOR_SALE_WITH_PRICE_ITEM, offer)
    attempt.tell(Told.PRICE, reached, tuple(prices.items()), loot_id=loot.id)
    return prices


def _reached_quantity(point: PricePoint, quantity: int) -> int | None:
    steps = [step.quantity for step in point.current_breakpoints]
    reached = max((step for step in steps if step <= quantity), default=None)
    if point.strict_flag and reached != quantity:
        return None
    if point.cap_flag and quantity > max(steps, default=0):
        return None
    return reached


def _coupon(attempt: Attempt, loot: Loot, prices: Prices) -> Item | None:
    """The coupon that the buyer names, if it is good for this (C8 to C13)."""
    sent = attempt.entry.purchase_price
    if sent is None or sent.price_coupon_item_id is None:
        return None
    attempt.require(Result.COUPONS_DISABLED, that=attempt.rules.coupons)
    item = attempt.catalogue.items.get(sent.price_coupon_item_id)
    is_coupon = item and item.coupon_discount_percentage and item.coupon_discount_loot
    coupon = attempt.found(Result.COUPON_ITEM_NOT_FOUND, item if is_coupon else None)
    attempt.require(Result.COUPON_ITEM_NOT_ACTIVE, that=coupon.active)
    attempt.require(
        Result.COUPON_ITEM_NOT_APPLICABLE_FOR_LOOT, that=loot.id in coupon.coupon_discount_loot
    )
    attempt.require(
        Result.COUPON_ITEM_NOT_APPLICABLE_FOR_PRICE_ITEM,
        that=coupon.coupon_discount_currency_item_id in prices,
    )
    attempt.require(
        Result.COUPON_ITEM_NOT_APPLICABLE_FOR_QUANTITY,
        that=attempt.entry.quantity == 1 or not coupon.coupon_consume_on_use,
    )
    return coupon


def _discounted(prices: Prices, coupon: Item) -> Prices:
    """The prices with the coupon's own currency lowered, rounded up."""
    currency = coupon.coupon_discount_currency_item_id
    kept = 1 - coupon.coupon_discount_percentage
    return {
        item_id: ceil(price * kept) if item_id == currency else price
        for item_id, price in prices.items()
    }
