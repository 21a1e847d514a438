"""What loot does to an item: add, subtract, set, check (DOMAIN 2.14, Apply)."""

from collections.abc import Callable
from enum import Enum, auto

from catalog.snapshot import Loot
from inventory.fulfilment.attempt import STORED_ITEM_TYPES, Attempt, Failed
from inventory.fulfilment.selections import Selection
from inventory.fulfilment.selectors import select
from inventory.fulfilment.vocabulary import Result


class Filling(Enum):
    FILLED = auto()  # what was ordered is so, mostly by a change
    CHECKED = auto()  # a check passed
    NOTHING = auto()


def apply(attempt: Attempt, loot: Loot, quantity: int) -> Filling:
    item = attempt.item(loot.item_id)
    operate = _OPERATIONS.get(loot.inventory_operation)
    if operate is None:
        raise Failed(Result.FAILED_TO_MODIFY_INVENTORY)
    return operate(select(attempt, loot, item), quantity)


def _add(selection: Selection, quantity: int) -> Filling:
    _require_modifiable(selection)
    selection.give(quantity)
    return Filling.FILLED


def _subtract(selection: Selection, quantity: int) -> Filling:
    """Take what there is, at most `quantity`; with nothing to take, nothing is filled."""
    _require_modifiable(selection)
    return Filling.FILLED if selection.take(quantity) else Filling.NOTHING


def _set(selection: Selection, quantity: int) -> Filling:
    """Where it is so already that is success too, without a change: repeating it must not fail."""
    _require_modifiable(selection)
    selection.set(quantity)
    return Filling.FILLED


def _check_at_least(selection: Selection, quantity: int) -> Filling:
    enough = _has_at_least(selection, quantity)
    selection.attempt.require(Result.CANNOT_MEET_LOOT_REQUIRED, that=enough)
    return Filling.CHECKED


def _check_less_than(selection: Selection, quantity: int) -> Filling:
    few = not _has_at_least(selection, quantity)
    selection.attempt.require(Result.CANNOT_MEET_LOOT_BLOCKER, that=few)
    return Filling.CHECKED


def _consume(selection: Selection, quantity: int) -> Filling:
    _check_at_least(selection, quantity)
    can_be_taken = not selection.item.always_owned
    selection.attempt.require(Result.FAILED_TO_CONSUME_LOOT_REQUIRED, that=can_be_taken)
    selection.take(quantity)
    return Filling.FILLED


_OPERATIONS: dict[str, Callable[[Selection, int], Filling]] = {
    "add": _add,
    "subtract": _subtract,
    "set": _set,
    "check_greater_than_or_equal": _check_at_least,
    "check_less_than": _check_less_than,
    "check_greater_than_or_equal_and_subtract": _consume,
}


def _has_at_least(selection: Selection, quantity: int) -> bool:
    """What is always owned counts as one."""
    return quantity <= 1 if selection.item.always_owned else selection.has_at_least(quantity)


def _require_modifiable(selection: Selection) -> None:
    item = selection.item
    if item.always_owned or item.type not in STORED_ITEM_TYPES:
        raise Failed(Result.FAILED_TO_MODIFY_INVENTORY)
