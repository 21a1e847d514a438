"""Filling loot and the vendors that it leads to (DOMAIN 2.14)."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace

from catalog.snapshot import Loot, Vendor
from inventory.fulfilment.attempt import Attempt, Failed, is_active
from inventory.fulfilment.draws import draw, drops_into_new_order, is_conditional, reason_against
from inventory.fulfilment.operations import Filling, apply
from inventory.fulfilment.orders import Entry
from inventory.fulfilment.quantities import quantity_of
from inventory.fulfilment.trace import Told
from inventory.fulfilment.vocabulary import EntryType, Result, Source

_MAXIMUM_DEPTH = 10
_WORK = 10  # to fill loot once


def fill(attempt: Attempt, loot: Loot, n: int) -> Filling:
    """Fill `n` of the loot here and now, not in a new order.

    A quantity of 0 fills nothing and checks nothing, whatever the operation.
    """
    attempt.work(_WORK)
    quantity = quantity_of(attempt, loot, n)
    attempt.tell(Told.FILL, quantity, loot_id=loot.id)
    if quantity == 0:
        filling = Filling.NOTHING
    elif loot.sub_vendor_id is None:
        filling = apply(attempt, loot, quantity)
    else:
        attempt.depth += 1
        try:
            filling = _fill_vendor(attempt, loot, quantity)
        finally:
            attempt.depth -= 1
    if filling is Filling.NOTHING:
        attempt.tell(Told.SKIP, "filled_nothing", loot_id=loot.id)
    return filling


def _fill_vendor(attempt: Attempt, loot: Loot, n: int) -> Filling:
    if attempt.depth > _MAXIMUM_DEPTH:
        deep = f"more than {_MAXIMUM_DEPTH} vendors deep"
        raise RecursionError(f"Vendor {loot.sub_vendor_id} is {deep}")
    vendor = attempt.catalogue.vendors.get(loot.sub_vendor_id or 0)
    if vendor is None or not vendor.active:
        raise Failed(Result.FAILED_TO_FIND_ANY_SUB_LOOT)
    members = _active(attempt, vendor)
    if attempt.without:
        members = [member for member in members if member.id not in attempt.without]
        if not members:
            return Filling.NOTHING
    # Only whether a bundle may drop is asked of it as a whole; what drops is filled as it can be.
    is_whole = attempt.is_rehearsal and not loot.allow_partial_bundles
    if vendor.type == "recipe":
        return _fill_all(attempt, members, n, is_whole=is_whole)
    if attempt.is_rehearsal:
        return _could_fill_some(attempt, members, is_whole=is_whole)
    return _fill_some(attempt, members, n)


def _active(attempt: Attempt, vendor: Vendor) -> list[Loot]:
    attempt.work(len(vendor.loot) // 8)
    members = []
    for member in vendor.loot:
        if is_active(member, attempt.now):
            members.append(member)
        else:
            attempt.tell(Told.SKIP, "not_active", loot_id=member.id)
    if not members:
        raise Failed(Result.FAILED_TO_FIND_ANY_SUB_LOOT)
    return members


def _fill_all(attempt: Attempt, members: Sequence[Loot], n: int, *, is_whole: bool) -> Filling:
    """Fill every member. One that fails ends it all, unless it is a sub-vendor.

    A sub-vendor that fails is left out if another member was filled; else its code is the answer,
    or, of several, that nothing could be filled.
    """
    fillings: list[Filling] = []
    failures: list[Result] = []
    for member in members:
        if drops_into_new_order(attempt, member):
            fillings.append(_order(attempt, member, n))
        elif member.sub_vendor_id is None:
            fillings.append(fill(attempt, member, n))
        else:
            tried = _try(attempt, member, n)
            if isinstance(tried, Result):
                failures.append(tried)
            else:
                fillings.append(tried)
    if is_whole and (failures or Filling.NOTHING in fillings):
        raise Failed(Result.FAILED_TO_FILL_ANY_SUB_LOOT)
    if len(failures) == 1 and Filling.FILLED not in fillings:
        raise Failed(failures[0])
    return _together([*fillings, *(Filling.NOTHING for _ in failures)])


def _fill_some(attempt: Attempt, members: Sequence[Loot], n: int) -> Filling:
    """Draw up to `n` times and fill each loot that is drawn once.

    What was drawn is not drawn again, also where it could not be filled, unless it is filled in an
    order of its own. Conditions that a drop can change are asked again before every draw.
    """
    pool = _pool(attempt, members)
    if not pool:
        raise Failed(Result.FAILED_TO_FIND_ANY_SUB_LOOT)
    fillings = []
    certain = {member.id for member in pool if not is_conditional(member)}
    left = [member for member in members if member.id in certain or is_conditional(member)]
    for nth in range(n):
        if nth:
            pool = _pool(attempt, left, certain)
        if not pool:
            break
        drawn = draw(attempt, pool)
        if drops_into_new_order(attempt, drawn):
            fillings.append(_order(attempt, drawn, 1))
        else:
            left = [member for member in left if member is not drawn]
            certain.discard(drawn.id)
            fillings.append(_fill_drawn(attempt, drawn))
            if drawn.sub_vendor_id is not None:  # There, the same loot may have dropped.
                certain -= attempt.draft.dropped.keys()
    return _together(fillings)


def _fill_drawn(attempt: Attempt, drawn: Loot) -> Filling:
    tried = _try(attempt, drawn, 1)
    if isinstance(tried, Result) or tried is Filling.NOTHING:
        return Filling.NOTHING
    attempt.draft.drop(drawn.id)
    return tried


def _could_fill_some(attempt: Attempt, members: Sequence[Loot], *, is_whole: bool) -> Filling:
    """Nothing is drawn to find out whether something could be; weightless loot is no part of it."""
    could_drop = [member for member in members if member.drop_weight > 0]
    pool = _pool(attempt, could_drop)
    if not pool:
        raise Failed(Result.FAILED_TO_FIND_ANY_SUB_LOOT)
    if is_whole and len(pool) < len(could_drop):
        raise Failed(Result.FAILED_TO_FILL_ANY_SUB_LOOT)
    return Filling.FILLED


def _pool(
    attempt: Attempt, members: Sequence[Loot], certain: AbstractSet[int] = frozenset()
) -> Sequence[Loot]:
    """What could be drawn now; of those that are certain it is not asked."""
    if len(certain) == len(members):
        return members
    pool = []
    attempt.work((len(members) - len(certain)) // 4)
    for member in members:
        if member.id in certain:
            pool.append(member)
            continue
        reason = reason_against(attempt, member)
        if reason is None and not _could_fill(attempt, member):
            reason = "bundle"
        if reason is None:
            pool.append(member)
        else:
            attempt.tell(Told.SKIP, reason, loot_id=member.id)
    return pool


def _could_fill(attempt: Attempt, loot: Loot) -> bool:
    """Whether a sub-vendor could be filled, wholly if it must be: found out by a rehearsal."""
    if loot.sub_vendor_id is None or drops_into_new_order(attempt, loot):
        return True
    rehearsal = replace(attempt, trace=None, is_rehearsal=True)
    with attempt.draft.rehearsal():
        try:
            return fill(rehearsal, loot, 1) is not Filling.NOTHING
        except Failed:
            return False


def _try(attempt: Attempt, loot: Loot, n: int) -> Filling | Result:
    """Fill the loot, or leave nothing of it.

    An order that cannot be placed ends the whole entry: what loops through orders has to stop.
    """
    try:
        with attempt.draft.savepoint():
            return fill(attempt, loot, n)
    except Failed as failure:
        if failure.result is Result.FAILED_TO_SUBMIT_NEW_ORDER:
            raise
        attempt.tell(Told.ROLLBACK, failure.result, loot_id=loot.id)
        return failure.result


def _order(attempt: Attempt, loot: Loot, n: int) -> Filling:
    """Have the loot filled by an order of its own, as this entry would have filled it."""
    if attempt.is_rehearsal:  # Whether it can be placed must not decide what is drawn.
        return Filling.FILLED
    entry = Entry(
        EntryType.FILL_LOOT,
        n,
        loot_id=loot.id,
        use_inventory_bucket=attempt.chosen_bucket,
        custom_data=attempt.entry.custom_data,
    )
    attempt.submit((entry,), source=Source.SYSTEM, loot_id=loot.id)
    return Filling.FILLED


def _together(fillings: Sequence[Filling]) -> Filling:
    """Checks alone are enough if all of them passed."""
    if Filling.FILLED in fillings:
        return Filling.FILLED
    if Filling.NOTHING in fillings:
        raise Failed(Result.FAILED_TO_FILL_ANY_SUB_LOOT)
    return Filling.CHECKED
