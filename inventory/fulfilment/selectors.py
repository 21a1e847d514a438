"""What each inventory selector means of an item (DOMAIN 2.14, Apply)."""

from datetime import datetime
from uuid import UUID

from catalog.snapshot import Item, Loot
from inventory.fulfilment.attempt import PERSISTENT, TRANSIENT, Attempt, Failed
from inventory.fulfilment.counts import Counts
from inventory.fulfilment.rentals import Rentals
from inventory.fulfilment.selections import Selection
from inventory.fulfilment.time_frames import window_end
from inventory.fulfilment.vocabulary import Result

_CHECKS = frozenset({"check_greater_than_or_equal", "check_less_than"})


def select(attempt: Attempt, loot: Loot, item: Item) -> Selection:
    """What the loot's operation is done to.

    A loot that is filled for the session only, as a durable is, gives and takes transient records;
    its checks ask for what they say.
    """
    is_transient = attempt.as_transient and loot.inventory_operation not in _CHECKS
    match loot.inventory_selector_type:
        case "own" if not is_transient:
            return Counts(attempt, loot, item)
        case "own" | "own_transient":
            return Counts(attempt, loot, item, TRANSIENT, _session_id(attempt), of_any_expiry=True)
        case "rent":
            return Rentals(attempt, loot, item, *_kind(attempt, is_transient=is_transient))
        case "rent_timeframe_locked":
            end = _window_end(attempt, loot)
            kind = _kind(attempt, is_transient=is_transient)
            return Counts(attempt, loot, item, *kind, expires=end)
        case "inherit_entitlement_inventory":
            session_id = _session_id(attempt)
            parent = attempt.found(
                Result.FAILED_TO_MODIFY_INVENTORY, attempt.entitlement, "entitlement"
            )
            is_to_come = parent.expires is None or parent.expires > attempt.now
            attempt.require(Result.AVAILABLE_UNTIL_IS_IN_PAST, that=is_to_come)
            return Counts(attempt, loot, item, TRANSIENT, session_id, expires=parent.expires)
        case _:
            raise Failed(Result.FAILED_TO_MODIFY_INVENTORY)


def _kind(attempt: Attempt, *, is_transient: bool) -> tuple[str, UUID | None]:
    return (TRANSIENT, _session_id(attempt)) if is_transient else (PERSISTENT, None)


def _session_id(attempt: Attempt) -> UUID:
    return attempt.found(Result.FAILED_TO_MODIFY_INVENTORY, attempt.draft.session, "session").id


def _window_end(attempt: Attempt, loot: Loot) -> datetime:
    frame = attempt.catalogue.time_frames.get(loot.time_frame_id or 0)
    frame = attempt.found(Result.FAILED_TO_MODIFY_INVENTORY, frame, "time_frame")
    try:
        end = window_end(frame, attempt.now)
    except OverflowError:
        raise Failed(Result.FAILED_TO_MODIFY_INVENTORY) from None
    return attempt.found(Result.AVAILABLE_UNTIL_IS_IN_PAST, end)
