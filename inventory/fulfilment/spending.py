"""Spending what a purchase costs (DOMAIN 2.11, 2.13 C15 to C18)."""

from catalog.snapshot import Loot
from inventory.fulfilment.attempt import Attempt, Failed
from inventory.fulfilment.pricing import Bill
from inventory.fulfilment.trace import Told
from inventory.fulfilment.vocabulary import Result


def check_affordable(attempt: Attempt, bill: Bill) -> None:
    """Whether the player has the coupon and enough of every currency."""
    if bill.coupon is not None:
        has_coupon = attempt.own_count(bill.coupon.id) >= 1
        attempt.require(Result.CANNOT_AFFORD_COUPON, that=has_coupon)
    has_enough = all(
        attempt.own_count(each.price_item_id) >= each.price for each in bill.currencies
    )
    attempt.require(Result.CANNOT_AFFORD_PRICE, that=has_enough)


def pay(attempt: Attempt, bill: Bill, *, loot: Loot) -> None:
    """Spend the coupon, if it is used up, then each currency in the order of the request."""
    if bill.coupon is not None and bill.coupon.coupon_consume_on_use:
        _spend(attempt, bill.coupon.id, 1, loot, Result.FAILED_TO_SPEND_COUPON)
    for each in bill.currencies:
        _spend(attempt, each.price_item_id, each.price, loot, Result.FAILED_TO_SPEND_PRICE)


def _spend(attempt: Attempt, item_id: int, quantity: int, loot: Loot, otherwise: Result) -> None:
    """Take from one record after the other; fail where that is not enough.

    There is nothing to take of what is always owned, though it counts as one.
    """
    attempt.tell(Told.SPEND, item_id, quantity, loot_id=loot.id)
    left = quantity
    item = attempt.catalogue.items[item_id]
    records = [] if item.always_owned else attempt.usable_records(item_id)
    for record in attempt.in_order_of_use(item, records):
        taken = min(record.count, left)
        if taken:
            attempt.write(record, record.with_count(record.count - taken), loot_id=loot.id)
            left -= taken
    if left:
        raise Failed(otherwise)
