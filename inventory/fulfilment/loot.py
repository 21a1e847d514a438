"""Loot entries: which loot may be filled, and what filling does (DOMAIN 2.13 B and D, 2.14)."""

from collections.abc import Callable, Iterable
from enum import Enum, auto

from catalog.snapshot import Item, Loot, Vendor
from inventory.fulfilment.attempt import PERSISTENT, STORED_ITEM_TYPES, Attempt, Failed
from inventory.fulfilment.orders import Record
from inventory.fulfilment.vocabulary import Result

_MAXIMUM_DEPTH = 10


class _Effect(Enum):
    FILLED = auto()  # what was ordered is so, mostly by a change
    CHECKED = auto()  # a check passed
    NOTHING = auto()


def fill_loot(attempt: Attempt) -> None:
    """Fill the loot that the entry names, as if it were the only loot of a vendor."""
    loot = _fillable(attempt)
    attempt.check_attributes(attempt.entry.custom_data)
    _fill_all(attempt, [loot], attempt.entry.quantity, depth=0)


def fill_loot_single_transient(attempt: Attempt) -> None:
    raise NotImplementedError


def fill_entitled_loot(attempt: Attempt) -> None:
    raise NotImplementedError


def _fillable(attempt: Attempt) -> Loot:
    entry = attempt.entry
    loot = attempt.catalogue.loot.get(entry.loot_id) if entry.loot_id is not None else None
    if loot is None:
        raise Failed(Result.LOOT_NOT_FOUND)
    vendor = attempt.catalogue.vendors[loot.vendor_id]
    if not _is_current(vendor, entry.vendor_etag, entry.vendor_version):
        raise Failed(Result.VENDOR_VERSION_DOES_NOT_MATCH)
    if not (vendor.active and _is_active(attempt, loot)):
        raise Failed(Result.LOOT_NOT_ACTIVE)
    if loot.item_id is not None:
        attempt.item(loot.item_id)
    if attempt.is_from_client and not loot.is_claimable_by_client:
        raise Failed(Result.LOOT_NOT_FILLABLE_FROM_CLIENT)
    return loot


def _is_current(vendor: Vendor, etag: str | None, version: int | None) -> bool:
    """Whether the caller saw this vendor as it is; the etag wins over the deprecated version."""
    if etag is not None:
        return etag == vendor.etag
    return version is None or version == vendor.legacy_config_version


def _is_active(attempt: Attempt, loot: Loot) -> bool:
    return loot.active and (loot.effective_from is None or loot.effective_from <= attempt.now)


def _fill_all(attempt: Attempt, members: Iterable[Loot], n: int, *, depth: int) -> _Effect:
    """Fill every member. One that fails ends it all, unless it is a sub-vendor.

    A sub-vendor that fails is left out if another member was filled; else its code is the answer,
    or, of several, that nothing could be filled. Checks alone are enough if all of them passed.
    A quantity of 0 fills nothing and checks nothing, whatever the operation.
    """
    effects = []
    failures = []
    for loot in members:
        quantity = _quantity(attempt, loot, n)
        if quantity == 0:
            effects.append(_Effect.NOTHING)
        elif loot.sub_vendor_id is None:
            effects.append(_apply(attempt, loot, quantity))
        else:
            try:
                with attempt.draft.savepoint():
                    effects.append(_fill_vendor(attempt, loot.sub_vendor_id, quantity, depth + 1))
            except Failed as failure:
                failures.append(failure)
    if _Effect.FILLED in effects:
        return _Effect.FILLED
    if len(failures) == 1:
        raise failures[0]
    if failures or _Effect.NOTHING in effects:
        raise Failed(Result.FAILED_TO_FILL_ANY_SUB_LOOT)
    return _Effect.CHECKED


def _fill_vendor(attempt: Attempt, vendor_id: int, n: int, depth: int) -> _Effect:
    if depth > _MAXIMUM_DEPTH:
        raise RecursionError(f"Vendor {vendor_id} is more than {_MAXIMUM_DEPTH} vendors deep")
    vendor = attempt.catalogue.vendors.get(vendor_id)
    candidates = vendor.loot if vendor is not None and vendor.active else ()
    members = [loot for loot in candidates if _is_active(attempt, loot)]
    if not members:
        raise Failed(Result.FAILED_TO_FIND_ANY_SUB_LOOT)
    return _fill_all(attempt, members, n, depth=depth)


def _quantity(attempt: Attempt, loot: Loot, n: int) -> int:
    quantity = loot.quantity if loot.quantity_type == "absolute" else loot.quantity * n
    if loot.quantity_mult_inventory_item_id is not None:
        quantity *= attempt.own_count(loot.quantity_mult_inventory_item_id)
    if loot.hard_quantity_maximum > 0:
        quantity = min(quantity, loot.hard_quantity_maximum)
    return quantity


def _apply(attempt: Attempt, loot: Loot, quantity: int) -> _Effect:
    item = attempt.item(loot.item_id)
    operate = _OPERATIONS.get(loot.inventory_operation)
    if operate is None or loot.inventory_selector_type != "own":
        raise Failed(Result.FAILED_TO_MODIFY_INVENTORY)
    return operate(attempt, loot, item, quantity)


def _add(attempt: Attempt, loot: Loot, item: Item, quantity: int) -> _Effect:
    _require_modifiable(item)
    _give(attempt, loot, item, quantity)
    return _Effect.FILLED


def _subtract(attempt: Attempt, loot: Loot, item: Item, quantity: int) -> _Effect:
    """Take what there is, at most `quantity`; with nothing to take, nothing is filled."""
    _require_modifiable(item)
    return _Effect.FILLED if _take(attempt, loot, item, quantity) else _Effect.NOTHING


def _set(attempt: Attempt, loot: Loot, item: Item, quantity: int) -> _Effect:
    """Make the sum over all own records `quantity`: what is missing is added, the excess taken.

    Where it is so already that is success too, without a change: repeating it must not fail.
    """
    _require_modifiable(item)
    missing = quantity - _owned(attempt, item)
    if missing > 0:
        _give(attempt, loot, item, missing)
    else:
        _take(attempt, loot, item, -missing)
    return _Effect.FILLED


def _check_at_least(attempt: Attempt, _loot: Loot, item: Item, quantity: int) -> _Effect:
    if _owned(attempt, item) < quantity:
        raise Failed(Result.CANNOT_MEET_LOOT_REQUIRED)
    return _Effect.CHECKED


def _check_less_than(attempt: Attempt, _loot: Loot, item: Item, quantity: int) -> _Effect:
    if _owned(attempt, item) >= quantity:
        raise Failed(Result.CANNOT_MEET_LOOT_BLOCKER)
    return _Effect.CHECKED


def _consume(attempt: Attempt, loot: Loot, item: Item, quantity: int) -> _Effect:
    _check_at_least(attempt, loot, item, quantity)
    if item.always_owned:
        raise Failed(Result.FAILED_TO_CONSUME_LOOT_REQUIRED)
    _take(attempt, loot, item, quantity)
    return _Effect.FILLED


_OPERATIONS: dict[str, Callable[[Attempt, Loot, Item, int], _Effect]] = {
    "add": _add,
    "subtract": _subtract,
    "set": _set,
    "check_greater_than_or_equal": _check_at_least,
    "check_less_than": _check_less_than,
    "check_greater_than_or_equal_and_subtract": _consume,
}


def _require_modifiable(item: Item) -> None:
    if item.always_owned or item.type not in STORED_ITEM_TYPES:
        raise Failed(Result.FAILED_TO_MODIFY_INVENTORY)


def _own_records(attempt: Attempt, item_id: int) -> list[Record]:
    """What the selector `own` reaches: persistent records without expiry, in every bucket."""
    return [
        record
        for record in attempt.draft.of_item(item_id)
        if record.expires is None and record.type == PERSISTENT
    ]


def _owned(attempt: Attempt, item: Item) -> int:
    """The count that `set` and the checks compare with; what is always owned counts as one."""
    if item.always_owned:
        return 1
    return sum(record.count for record in _own_records(attempt, item.id))


def _age(record: Record) -> tuple[object, ...]:
    return record.acquired, record.inventory_id


def _give(attempt: Attempt, loot: Loot, item: Item, quantity: int) -> None:
    """Add to the newest own record of the same bucket and custom data, or make one."""
    bucket = attempt.bucket(loot.use_inventory_bucket)
    custom_data = attempt.entry.custom_data or {}
    stacks = [
        record
        for record in _own_records(attempt, item.id)
        if record.bucket == bucket and (record.custom_data or {}) == custom_data
    ]
    if stacks:
        stack = max(stacks, key=_age)
        attempt.write(stack, stack.with_count(stack.count + quantity), loot_id=loot.id)
    else:
        attempt.create(item.id, quantity, bucket=bucket, loot_id=loot.id)


def _take(attempt: Attempt, loot: Loot, item: Item, quantity: int) -> int:
    """Take from the own records, the oldest first, until `quantity` are taken or none is left."""
    left = quantity
    for record in sorted(_own_records(attempt, item.id), key=_age):
        taken = min(record.count, left)
        if taken:
            attempt.write(record, record.with_count(record.count - taken), loot_id=loot.id)
            left -= taken
    return quantity - left


# Until the rest of loot is in: what purchases need.
def named_loot(attempt: Attempt) -> Loot:
    return _fillable(attempt)


def check_loot(attempt: Attempt, loot: Loot) -> None:
    """B3 to B5."""


def is_active(loot: Loot, now: "datetime") -> bool:  # noqa: F821
    return loot.active and (loot.effective_from is None or loot.effective_from <= now)


def fill(
    attempt: Attempt, loot: Loot, quantity: int, *, without: frozenset[int] = frozenset()
) -> None:
    attempt.check_attributes(attempt.entry.custom_data)
    _fill_all(attempt, [loot], quantity, depth=0)
