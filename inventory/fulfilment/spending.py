"""Spending what a purchase costs (DOMAIN 2.11, 2.13 C15 to C18)."""

from collections.abc import Sequence
from datetime import UTC, datetime

from catalog.snapshot import Loot
from inventory.fulfilment.attempt import Attempt, Failed
from inventory.fulfilment.orders import Record
from inventory.fulfilment.pricing import Bill
from inventory.fulfilment.trace import Told
from inventory.fulfilment.vocabulary import Result

_NEVER = datetime.max.replace(tzinfo=UTC)


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

    What is always owned has nothing to take from, though it counts as one.
    """
    attempt.tell(Told.SPEND, item_id, quantity, loot_id=loot.id)
    left = quantity
    for record in _in_order_of_use(attempt, item_id):
        taken = min(record.count, left)
        if taken:
            attempt.write(record, record.with_count(record.count - taken), loot_id=loot.id)
            left -= taken
    if left:
        raise Failed(otherwise)


def _in_order_of_use(attempt: Attempt, item_id: int) -> Sequence[Record]:
    """By the rule set's buckets, in a bucket what expires soonest, and then what is oldest."""
    if attempt.is_always_owned(item_id):
        return ()
    records = attempt.usable_records(item_id)
    if len(records) < 2:  # noqa: PLR2004 - one needs no order
        return records
    buckets = attempt.usable_buckets(attempt.catalogue.items.get(item_id))

    def use(record: Record) -> tuple[object, ...]:
        bucket = 0 if buckets is None else buckets.index(record.bucket)
        return bucket, record.expires or _NEVER, record.acquired, record.inventory_id

    return sorted(records, key=use)
