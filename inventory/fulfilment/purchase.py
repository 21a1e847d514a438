"""Loot for a price (DOMAIN 2.13 C)."""

from collections.abc import Callable

from catalog.snapshot import Loot
from inventory.fulfilment.attempt import Attempt, Failed
from inventory.fulfilment.loot import check_loot, fill, named_loot
from inventory.fulfilment.pricing import DYNAMIC_BUNDLE, Bill, item_type, make_bill
from inventory.fulfilment.spending import check_affordable, pay
from inventory.fulfilment.vocabulary import Result


def purchase_loot(attempt: Attempt) -> None:
    """Spend the price of the loot and fill it, less the parts that the price was reduced for."""
    loot = named_loot(attempt)
    check_loot(attempt, loot)
    # It would give the whole pool for the price of a selection.
    is_bundle = item_type(attempt, loot) == DYNAMIC_BUNDLE
    attempt.require(Result.DYNAMIC_BUNDLE_INVALID, that=not is_bundle)

    def deliver(bill: Bill) -> None:
        is_any_missing = not bill.parts.are_all_owned
        attempt.require(Result.FAILED_TO_FILL_ANY_SUB_LOOT, that=is_any_missing)
        fill(attempt, loot, attempt.entry.quantity, without=bill.parts.owned)

    buy(attempt, loot, deliver)


def buy(attempt: Attempt, loot: Loot, deliver: Callable[[Bill], None]) -> None:
    """Check the price of the loot, spend it and deliver.

    Where both fail, why it cannot be delivered is the answer: nothing would have been spent.
    """
    bill = make_bill(attempt, loot)
    check_affordable(attempt, bill)
    try:
        with attempt.draft.savepoint():
            pay(attempt, bill, loot=loot)
    except Failed:
        deliver(bill)
        raise
    deliver(bill)
