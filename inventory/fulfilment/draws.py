"""Which loot of a randomly sampled vendor may drop, and which does (DOMAIN 2.14)."""

from collections.abc import Sequence

from catalog.snapshot import Loot
from inventory.fulfilment.attempt import Attempt
from inventory.fulfilment.trace import MAX_CANDIDATES, Told


def drops_into_new_order(attempt: Attempt, loot: Loot) -> bool:
    """Not what another order could not fill as this one does.

    It knows no session that the loot is for, no entitlement, and no parts that are passed over.
    """
    return (
        loot.fill_in_new_order
        and not attempt.as_transient
        and attempt.entitlement is None
        and not attempt.without
    )


def is_conditional(loot: Loot) -> bool:
    """Whether it may drop can change by what is filled, but for its own drop."""
    return (
        loot.required_item_id is not None or loot.stack_limit > 0 or loot.sub_vendor_id is not None
    )


def reason_against(attempt: Attempt, loot: Loot) -> str | None:
    """Why the loot cannot drop now, but for what its sub-vendor could give; None: it can."""
    if loot.drop_weight <= 0:
        return "no_weight"
    if loot.id in attempt.draft.dropped and not drops_into_new_order(attempt, loot):
        return "dropped_already"
    if loot.required_item_id is not None:
        required = attempt.own_count(loot.required_item_id)
        if required < loot.required_item_count:
            return "required_item"
    if loot.stack_limit > 0 and loot.item_id is not None:
        owned = attempt.own_count(loot.item_id)
        if owned >= loot.stack_limit:
            return "stack_limit"
    return None


def draw(attempt: Attempt, pool: Sequence[Loot]) -> Loot:
    """One of them, by weight."""
    attempt.work(1 + len(pool) // 16)
    weights = [loot.drop_weight for loot in pool]
    index = attempt.dice.draw(weights, attempt.draft.next_throw())
    if attempt.trace is not None:
        drawn, *candidates = (
            (loot.id, loot.drop_weight) for loot in (pool[index], *pool[:MAX_CANDIDATES])
        )
        attempt.tell(Told.DRAW, drawn, tuple(candidates), len(pool), sum(weights))
    return pool[index]
