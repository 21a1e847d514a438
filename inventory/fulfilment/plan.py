"""The fulfilment of one player order, as a pure function."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from catalog.snapshot import Catalogue
from inventory.fulfilment.attempt import Attempt, Failed
from inventory.fulfilment.dice import Dice
from inventory.fulfilment.direct import create_record, update_record
from inventory.fulfilment.holdings import Holdings
from inventory.fulfilment.loot import fill_loot
from inventory.fulfilment.orders import EntryOutcome, Limits, Order
from inventory.fulfilment.vocabulary import EntryType, Result

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to become of an order: an outcome per entry, and the holdings afterwards."""

    entries: tuple[EntryOutcome, ...]
    holdings: Holdings


@dataclass(frozen=True, slots=True)
class _Kind:
    """How entries of one type are fulfilled, by whom, and from which quantity on."""

    fulfil: Callable[[Attempt], None]
    permission: str
    quantity_minimum: int


_KINDS = {
    EntryType.FILL_LOOT: _Kind(fill_loot, "loot", 1),
    EntryType.CREATE_NEW_PERSISTENT_INVENTORY: _Kind(create_record, "inventory", 1),
    EntryType.UPDATE_INVENTORY: _Kind(update_record, "inventory", 0),
}


def plan(  # noqa: PLR0913 - all that fulfilment depends on, and nothing else
    order: Order,
    catalogue: Catalogue,
    holdings: Holdings,
    *,
    now: datetime,
    dice: Dice,
    limits: Limits,
) -> Plan:
    """Fulfil the entries in their order, each on what the ones before it left.

    An entry that fails leaves nothing behind. In a transaction the first that fails ends the
    order, and the holdings stay as they were. Nothing is raised: an unexpected exception is logged
    and fails its entry with `internal_error`.
    """
    draft = holdings.draft()
    outcomes: list[EntryOutcome] = []
    for entry in order.entries:
        outcome = _outcome(Attempt(order, entry, catalogue, draft, now, dice, limits))
        if order.is_transaction and outcome.result is not Result.SUCCESS:
            rolled_back = [EntryOutcome(Result.ROLLBACK)] * len(outcomes)
            not_started = [EntryOutcome(Result.NOT_STARTED)] * (
                len(order.entries) - len(outcomes) - 1
            )
            return Plan((*rolled_back, outcome, *not_started), holdings)
        outcomes.append(outcome)
    return Plan(tuple(outcomes), draft.holdings())


def _outcome(attempt: Attempt) -> EntryOutcome:
    changes = attempt.draft.changes
    first = len(changes)
    try:
        with attempt.draft.savepoint():
            _fulfil(attempt)
    except Failed as failure:
        return EntryOutcome(failure.result)
    except Exception:
        logger.exception("An entry of type %s failed unexpectedly", attempt.entry.type)
        return EntryOutcome(Result.INTERNAL_ERROR)
    return EntryOutcome(Result.SUCCESS, tuple(changes[first:]))


def _fulfil(attempt: Attempt) -> None:
    entry = attempt.entry
    kind = _KINDS.get(entry.type)
    if kind is None:
        raise Failed(Result.INVALID_ENTRY_TYPE)
    if kind.permission not in attempt.order.permissions:
        raise Failed(Result.PERMISSION_DENIED)
    if entry.quantity < kind.quantity_minimum:
        raise Failed(Result.QUANTITY_NOT_ALLOWED)
    kind.fulfil(attempt)
