from catalog.services.take_snapshot import catalogue_at
from inventory.fulfilment.dice import Dice
from inventory.fulfilment.orders import CORE_VERSION
from inventory.fulfilment.plan import plan
from inventory.fulfilment.trace import Trace
from inventory.fulfilment.vocabulary import Result
from inventory.models import PlayerOrder, PlayerOrderEntry
from inventory.replays import Replay, ReplayedEntry
from inventory.services.compare_outcome import compare_outcome
from inventory.services.load_promotion_uses import promotion_codes
from inventory.services.plan_player_orders import core_order
from inventory.services.recall_holdings import recall_holdings, recall_promotion_uses
from inventory.services.rules_in_force import stored_rules

NOT_DONE = "The order is not done yet."
GIVEN_UP = (
    "The order was given up: what it was to do could not be written, twice. Nothing was changed; "
    "the log has the reason under the request id."
)
RETIRED = "The session that the order was for was closed before the order was begun."
BEFORE_VERSIONS = (
    "The order was done before it was kept with which catalogue and which rules an order is done."
)
NO_LONGER_KEPT = "Version {} of the catalogue, with which the order was done, is no longer kept."
OTHER_CORE = (
    "The order was done by version {} of the fulfilment code, and is computed by version {}: where "
    "they differ, that may be why."
)


def replay_player_order(order: PlayerOrder) -> Replay:
    """Compute a done order again, on what there was when it was done, and compare. Reads only.

    The longer the player's ledger, the longer it takes.
    """
    if order.done_time is None:
        return Replay(order, why_not=NOT_DONE)
    entries = _entries(order)
    if order.catalogue_version is None or order.rules is None:
        return Replay(order, why_not=_why_not_planned(entries))
    catalogue = catalogue_at(order.catalogue_version)
    if catalogue is None:
        return Replay(order, why_not=NO_LONGER_KEPT.format(order.catalogue_version))
    rules, trace = stored_rules(order.rules), Trace()
    core = core_order(order, entries, order.player.uuid)
    planned = plan(
        core,
        catalogue,
        recall_holdings(order, rules=rules),
        now=order.done_time,
        dice=Dice(bytes(order.dice_seed)),
        rules=rules,
        promotion_uses=recall_promotion_uses(order, codes=promotion_codes(core.entries, catalogue)),
        trace=trace,
    )
    # Of an entry that was not started there are no steps.
    steps = [*trace.entries, *[[]] * (len(entries) - len(trace.entries))]
    remarks = []
    if rules.core_version != CORE_VERSION:
        remarks.append(OTHER_CORE.format(rules.core_version, CORE_VERSION))
    return Replay(
        order,
        entries=[
            ReplayedEntry(entry, outcome.result, told, compare_outcome(entry, outcome))
            for entry, outcome, told in zip(entries, planned.entries, steps, strict=True)
        ],
        remarks=remarks,
    )


def _why_not_planned(entries: list[PlayerOrderEntry]) -> str:
    results = {entry.result for entry in entries}
    if results == {Result.INTERNAL_ERROR}:
        return GIVEN_UP
    return RETIRED if results == {Result.NOT_STARTED} else BEFORE_VERSIONS


def _entries(order: PlayerOrder) -> list[PlayerOrderEntry]:
    """The order's entries and all that is stored of their effects."""
    return list(
        order.entries.order_by("position").prefetch_related(
            "changes", "promotion_uses", "caused_orders__entries"
        )
    )
