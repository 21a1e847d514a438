"""Which loot of a randomly sampled vendor may drop, and which does (DOMAIN 2.14)."""

from collections.abc import Sequence

from catalog.snapshot import Loot
from inventory.fulfilment.attempt import Attempt
from inventory.fulfilment.trace import Told


def drops_into_new_order(attempt: Attempt, loot: Loot) -> bool:
    """What is filled for the session only stays in this order: another one would make it last."""
    return loot.fill_in_new_order and not attempt.as_transient


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
    weights = [loot.drop_weight for loot in pool]
    index = attempt.dice.draw(weights, attempt.draft.next_throw())
    if attempt.trace is not None:
        candidates = tuple((loot.id, loot.drop_weight) for loot in pool)
        attempt.tell(Told.DRAW, candidates, index)
    return pool[index]
