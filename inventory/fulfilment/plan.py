"""The fulfilment of one player order, as a pure function."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from catalog.snapshot import Catalogue
from inventory.fulfilment.attempt import Attempt, Failed
from inventory.fulfilment.bundles import purchase_dynamic_bundle
from inventory.fulfilment.dice import Chance
from inventory.fulfilment.direct import create_record, create_transient_record, update_record
from inventory.fulfilment.holdings import CLIENT_TRIES, PROMOTION_TRIES, Holdings
from inventory.fulfilment.loot import fill_entitled_loot, fill_loot, fill_loot_single_transient
from inventory.fulfilment.orders import EntryOutcome, Order, Rules
from inventory.fulfilment.promotions import claim_promotion
from inventory.fulfilment.purchase import purchase_loot
from inventory.fulfilment.trace import Told, Trace
from inventory.fulfilment.vocabulary import EntryType, Result

logger = logging.getLogger(__name__)

NO_USES: Mapping[str, int] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to become of an order: an outcome per entry, and the holdings afterwards.

    `work` is about how many microseconds it took on an ordinary machine: the same every time.
    """

    entries: tuple[EntryOutcome, ...]
    holdings: Holdings
    work: int


@dataclass(frozen=True, slots=True)
class _Kind:
    """How entries of one type are fulfilled, by whom, and from which quantity on (None: any)."""

    fulfil: Callable[[Attempt], None]
    permission: str
    quantity_minimum: int | None


_KINDS = {
    EntryType.FILL_LOOT: _Kind(fill_loot, "loot", 1),
    EntryType.PURCHASE_LOOT: _Kind(purchase_loot, "loot", 1),
    EntryType.PURCHASE_DYNAMIC_BUNDLE: _Kind(purchase_dynamic_bundle, "loot", 1),
    EntryType.PROMOTION_CODE: _Kind(claim_promotion, "loot", None),
    EntryType.FILL_LOOT_SINGLE_TRANSIENT: _Kind(fill_loot_single_transient, "loot", 1),
    EntryType.FILL_ENTITLED_LOOT: _Kind(fill_entitled_loot, "loot", 1),
    EntryType.CREATE_NEW_PERSISTENT_INVENTORY: _Kind(create_record, "inventory", 1),
    EntryType.CREATE_NEW_TRANSIENT_INVENTORY: _Kind(create_transient_record, "inventory", 1),
    EntryType.UPDATE_INVENTORY: _Kind(update_record, "inventory", 0),
    EntryType.UPDATE_EXISTING_PERSISTENT_INVENTORY: _Kind(update_record, "inventory", 0),
    EntryType.UPDATE_EXISTING_TRANSIENT_INVENTORY: _Kind(update_record, "inventory", 0),
}


def plan(  # noqa: PLR0913 - all that fulfilment depends on, and nothing else
    order: Order,
    catalogue: Catalogue,
    holdings: Holdings,
    *,
    now: datetime,
    dice: Chance,
    rules: Rules,
    promotion_uses: Mapping[str, int] = NO_USES,
    trace: Trace | None = None,
) -> Plan:
    """Fulfil the entries in their order, each on what the ones before it left.

    `promotion_uses` counts the uses of each code by all players. An entry that fails leaves nothing
    behind. In a transaction the first that fails ends the order, and the holdings stay as they
    were. Nothing is raised: an unexpected exception is logged and fails its entry with
    `internal_error`.
    """
    draft = holdings.draft()
    outcomes: list[EntryOutcome] = []
    for entry in order.entries:
        if trace is not None:
            trace.begin()
        attempt = Attempt(order, entry, catalogue, draft, now, dice, rules, promotion_uses, trace)
        outcome = _outcome(attempt)
        if order.is_transaction and outcome.result is not Result.SUCCESS:
            rolled_back = [EntryOutcome(Result.ROLLBACK)] * len(outcomes)
            not_started = [EntryOutcome(Result.NOT_STARTED)] * (
                len(order.entries) - len(outcomes) - 1
            )
            outcomes = [*rolled_back, EntryOutcome(outcome.result), *not_started]
            return Plan(tuple(outcomes), draft.rolled_back(), draft.work)
        outcomes.append(outcome)
    return Plan(tuple(outcomes), draft.holdings(), draft.work)


def _outcome(attempt: Attempt) -> EntryOutcome:
    effects = attempt.draft.effects
    first = len(effects)
    try:
        with attempt.draft.savepoint():
            _fulfil(attempt)
    except Failed as failure:
        attempt.tell(Told.ROLLBACK, failure.result)
        return EntryOutcome(failure.result, failure.effects)
    except OverflowError as error:
        logger.warning("An entry of type %s is too large: %s", attempt.entry.type, error)
        attempt.tell(Told.ROLLBACK, Result.INTERNAL_ERROR, str(error))
        return EntryOutcome(Result.INTERNAL_ERROR)
    except Exception as error:
        logger.exception("An entry of type %s failed unexpectedly", attempt.entry.type)
        attempt.tell(Told.ROLLBACK, Result.INTERNAL_ERROR, repr(error))
        return EntryOutcome(Result.INTERNAL_ERROR)
    return EntryOutcome(Result.SUCCESS, tuple(effects[first:]))


def _fulfil(attempt: Attempt) -> None:
    """What is asked of every entry (DOMAIN 2.13 A), then what its type does."""
    entry, rules = attempt.entry, attempt.rules
    kind = _KINDS[entry.type]
    attempt.require(Result.INVALID_ENTRY_TYPE, that=entry.type in rules.entry_types)
    attempt.require(Result.PERMISSION_DENIED, that=kind.permission in attempt.order.permissions)
    _try_once(attempt)
    if kind.quantity_minimum is not None:
        enough = entry.quantity >= kind.quantity_minimum
        attempt.require(Result.QUANTITY_NOT_ALLOWED, that=enough)
    kind.fulfil(attempt)


def _try_once(attempt: Attempt) -> None:
    """Count the entry as a try, unless there were too many in a window before its order."""
    rules, draft, at = attempt.rules, attempt.draft, attempt.order.created_time
    limits = []
    if attempt.entry.type is EntryType.PROMOTION_CODE and rules.promotion_tries:
        limits.append((PROMOTION_TRIES, rules.promotion_tries, rules.promotion_window))
    if attempt.is_from_client and rules.client_entries:
        limits.append((CLIENT_TRIES, rules.client_entries, rules.client_window))
    for limit, tries, window in limits:
        recent = sum(time > at - window for time in draft.tried(limit))
        attempt.require(Result.TOO_MANY_REQUESTS, that=recent < tries)
    for limit, _, _ in limits:
        draft.try_once(limit, at)
