"""What results, changes and the steps of fulfilment mean, in words for staff."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from typing import Any

from catalog.models import Bucket, Item, Loot
from inventory.fulfilment.orders import Record
from inventory.fulfilment.trace import Step, Told
from inventory.fulfilment.vocabulary import Result
from inventory.models import InventoryChange, PlayerOrderEntry
from inventory.replays import Replay, ReplayedEntry

RESULTS: Mapping[Result, str] = {
    Result.SUCCESS: "Done.",
    Result.INTERNAL_ERROR: "A fault of ours; nothing was changed. The log has it under the "
    "request id. May be tried again.",
    Result.INVALID_ENTRY_TYPE: "This server does not offer this type of entry.",
    Result.NOT_ALLOWED_ON_CURRENT_PORTAL: "The item may not be used on the platform of the order.",
    Result.LOOT_NOT_FOUND: "There is no such loot, or none was named.",
    Result.LOOT_NOT_ACTIVE: "The loot or its vendor is switched off, or not in effect yet.",
    Result.PRICE_ITEM_NOT_FOUND: "A currency of the price is not in the catalogue.",
    Result.PRICE_NOT_ALLOWED: "The loot is not for sale, or the price was missing or malformed.",
    Result.DYNAMIC_BUNDLE_INVALID: "The bundle's selection is not one that can be bought.",
    Result.TOO_MANY_REQUESTS: "The player tried too often. May be tried again later.",
    Result.PRICE_DOES_NOT_MATCH: "The price that the client showed is not the price in force; its "
    "catalogue is out of date.",
    Result.VENDOR_VERSION_DOES_NOT_MATCH: "The client's copy of the vendor is out of date.",
    Result.DYNAMIC_BUNDLE_LTIS_DO_NOT_MATCH: "The selection is not the one offered to the player.",
    Result.CANNOT_AFFORD_PRICE: "The player does not have enough of a currency.",
    Result.CANNOT_AFFORD_COUPON: "The player does not have the coupon.",
    Result.FAILED_TO_SPEND_PRICE: "The currency was spent elsewhere at the same moment. May be "
    "tried again.",
    Result.FAILED_TO_SPEND_COUPON: "The coupon was spent elsewhere at the same moment. May be "
    "tried again.",
    Result.LOOT_NOT_FOR_SALE_WITH_PRICE_ITEM: "The loot is not sold for these currencies.",
    Result.COUPONS_DISABLED: "Coupons are switched off.",
    Result.COUPON_ITEM_NOT_FOUND: "There is no such coupon.",
    Result.COUPON_ITEM_NOT_ACTIVE: "The coupon is switched off.",
    Result.COUPON_ITEM_NOT_APPLICABLE_FOR_QUANTITY: "The coupon is good for one piece only.",
    Result.COUPON_ITEM_NOT_APPLICABLE_FOR_PRICE_ITEM: "The coupon is for another currency.",
    Result.COUPON_ITEM_NOT_APPLICABLE_FOR_LOOT: "The coupon is for other loot.",
    Result.QUANTITY_NOT_ALLOWED: "The quantity is too small, or not one that is offered.",
    Result.PROMOTION_EXPIRED: "The promotion is over.",
    Result.PROMOTION_NOT_FOUND: "There is no such promotion code.",
    Result.PROMOTION_NO_USES_LEFT: "The promotion code is used up.",
    Result.PROMOTION_NOT_AVAILABLE: "The promotion has not begun, or is not for this player.",
    Result.PROMOTION_CLAIMED_ALREADY: "The player has used this promotion code already.",
    Result.DYNAMIC_BUNDLES_NOT_AVAILABLE: "Dynamic bundles are switched off.",
    Result.TRANSIENT_SINGLE_LOOT_ALREADY_APPLIED: "This session has had the loot already.",
    Result.LOOT_NOT_FILLABLE_FROM_CLIENT: "A player's own client may not claim this loot.",
    Result.PERMISSION_DENIED: "The caller may not place entries of this type.",
    Result.FAILED_TO_FIND_ANY_SUB_LOOT: "The vendor has no loot that could be given.",
    Result.FAILED_TO_FILL_ANY_SUB_LOOT: "None of the loot had any effect.",
    Result.CANNOT_MEET_LOOT_BLOCKER: "The player has too much of something that blocks the loot.",
    Result.CANNOT_MEET_LOOT_REQUIRED: "The player has too little of something the loot requires.",
    Result.FAILED_TO_CONSUME_LOOT_REQUIRED: "What the loot requires could not be taken away.",
    Result.FAILED_TO_SUBMIT_NEW_ORDER: "The order that was to follow could not be stored. May be "
    "tried again.",
    Result.FAILED_TO_MODIFY_INVENTORY: "The inventory could not be changed: loot for the session "
    "needs an open one, and a count has a limit. May be tried again.",
    Result.INVENTORY_NOT_FOUND: "The player has no such inventory record.",
    Result.ITEM_NOT_FOUND: "There is no such item, or it is not one that can be owned.",
    Result.ITEM_NOT_ACTIVE: "The item is switched off.",
    Result.TOO_MANY_INV_CUSTOM_ATTRIBUTES: "The record would have too many custom attributes.",
    Result.ALWAYS_OWNED_INVENTORY_CANNOT_BE_MODIFIED: "Everyone has this item, always; it cannot "
    "be given or taken.",
    Result.AVAILABLE_UNTIL_IS_IN_PAST: "It would have expired already.",
    Result.ROLLBACK: "Was done, then undone: another entry of the transaction failed.",
    Result.NOT_STARTED: "Not tried: an earlier entry of the transaction failed.",
}

# Why loot was passed over.
REASONS = {
    "not_active": "it is switched off, or not in effect yet",
    "filled_nothing": "it had no effect",
    "no_weight": "it has no drop weight",
    "dropped_already": "it has dropped in this order already",
    "required_item": "the player has too little of what it requires",
    "stack_limit": "the player has as many as may drop",
    "bundle": "not enough of what it stands for could be given",
}


# What was not there that a check asked for.
MISSING = {
    "session": "the loot is for the session, and the player had none open",
    "entitlement": "the loot is given only with an entitlement",
    "time_frame": "the loot has no time frame",
    "xp_table": "the loot's item has no XP table",
}


def explain_change(
    change: InventoryChange, items: Mapping[int, str], loot: Mapping[int, str]
) -> str:
    """One line, such as `gems (10): 5 → 15 (+10), because of loot welcome gift (700)`.

    The names are those of today; an item or loot that is no more is known by its id.
    """
    line = _difference(change.before, change.after, items)
    if change.loot_id is not None:
        line += f", because of {_named(loot, change.loot_id, 'loot', 'loot ')}"
    return line


def _difference(
    before: Mapping[str, Any] | None, after: Mapping[str, Any], items: Mapping[int, str]
) -> str:
    line = f"{_named(items, after['item_id'], 'item')}: "
    if before is None:
        line += f"new record with {after['count']:,} ({after['count']:+,})"
        if after.get("bucket", Bucket.NONE) != Bucket.NONE:
            line += f" in bucket {after['bucket']}"
        return line + (", transient" if after.get("session_id") else "")
    line += f"{before['count']:,} → {after['count']:,} ({after['count'] - before['count']:+,})"
    if before["item_id"] != after["item_id"]:
        line += f", was {_named(items, before['item_id'], 'item')}"
    for field in ("bucket", "expires", "custom_data"):
        if before.get(field) != after.get(field):
            line += f", {field.replace('_', ' ')} {before.get(field)} → {after.get(field)}"
    return line


def _named(names: Mapping[int, str], key: int, kind: str, prefix: str = "") -> str:
    name = names.get(key)
    return f"{prefix}{name} ({key})" if name else f"{kind} {key}"


@dataclass(frozen=True, slots=True)
class Line:
    """One step of fulfilment; `depth` is how many vendors deep it was.

    `order_id` is that of an order which the text names.
    """

    depth: int
    text: str
    order_id: str = ""


@dataclass(frozen=True, slots=True)
class ExplainedEntry:
    """How an entry came to its result, step by step."""

    replayed: ReplayedEntry
    lines: list[Line]


def explain_replay(replay: Replay) -> list[ExplainedEntry]:
    """The replay's entries in words; two queries. The names are those of today."""
    lines = explain_traces([(replayed.entry, replayed.steps) for replayed in replay.entries])
    return [
        ExplainedEntry(replayed, its_lines)
        for replayed, its_lines in zip(replay.entries, lines, strict=True)
    ]


def explain_traces(
    traces: Sequence[tuple[PlayerOrderEntry, Sequence[Step]]],
) -> list[list[Line]]:
    """The steps of each entry in words; two queries."""
    steps = [step for _, trace in traces for step in trace]
    expected = [expected_prices(entry) for entry, _ in traces]
    priced = [item_id for prices in expected for item_id, _ in prices]
    items = _names(Item, [*priced, *(item_id for step in steps for item_id in _items_of(step))])
    loot = _names(Loot, (loot_id for step in steps for loot_id in _loot_of(step)))
    return [
        explain_steps(trace, items, loot, expected=prices)
        for (_, trace), prices in zip(traces, expected, strict=True)
    ]


def expected_prices(entry: PlayerOrderEntry) -> list[tuple[int, int]]:
    """What the buyer said that one costs, as (item, price)."""
    sent = entry.fields.get("purchase_price") or {}
    pairs = sent.get("currencies") or [sent]
    return [
        (pair["price_item_id"], pair["price"])
        for pair in pairs
        if pair.get("price_item_id") is not None and pair.get("price") is not None
    ]


def explain_steps(
    steps: Sequence[Step],
    items: Mapping[int, str],
    loot: Mapping[int, str],
    *,
    expected: Sequence[tuple[int, int]] = (),
) -> list[Line]:
    """A line for each step; checks that were passed one after the other share one."""
    lines = []
    filled = None
    for (depth, is_passed), some in groupby(steps, key=lambda step: (step.depth, _is_passed(step))):
        if is_passed:
            passed = list(dict.fromkeys(str(step.values[0]) for step in some))
            checks = f"{len(passed)} checks" if len(passed) > 1 else "1 check"
            lines.append(Line(depth, f"{checks} passed: {', '.join(passed)}."))
            continue
        for step in some:
            text = _explain_step(step, items, loot)
            if step.told is Told.FILL:
                filled = step.loot_id
            elif step.told is Told.CHECK:
                match step.values[0]:
                    case Result.FAILED_TO_MODIFY_INVENTORY if filled is not None:
                        text += f" It is about {_named(loot, filled, 'loot', 'loot ')}."
                    case Result.PRICE_DOES_NOT_MATCH:
                        text += f" The buyer expected {_priced(expected, items)}."
            order_id = step.values[0] if step.told is Told.SUBMIT else ""
            lines.append(Line(depth, text, order_id))
    return lines


def _is_passed(step: Step) -> bool:
    return step.told is Told.CHECK and step.values[1]


def _explain_step(  # noqa: C901, PLR0911, PLR0912 - a sentence for each kind
    step: Step, items: Mapping[int, str], loot: Mapping[int, str]
) -> str:
    of_loot = None if step.loot_id is None else _named(loot, step.loot_id, "loot", "loot ")
    match step.told, step.values:
        case Told.CHECK, (result, _):
            return f"Applies: {result}. {RESULTS[result]}"
        case Told.CHECK, (result, _, missing):
            return f"Applies: {result}: {MISSING[missing]}."
        case Told.FILL, (quantity,):
            return f"Fill {quantity:,} × {of_loot}."
        case Told.SKIP, (reason,):
            return f"Pass over {of_loot}: {REASONS[reason]}."
        case Told.PRICE, (quantity, prices):
            return f"Price of one, from {quantity:,} on: {_priced(prices, items)}."
        case Told.REDUCE, (owned, parts):
            return f"Of its {parts} parts the player has {owned}."
        case Told.COUPON, (item_id, prices):
            coupon = _named(items, item_id, "item")
            return f"With the coupon {coupon} one costs {_priced(prices, items)}."
        case Told.SPEND, (item_id, quantity):
            return f"Spend {quantity:,} × {_named(items, item_id, 'item')}."
        case Told.DRAW, (drawn, candidates, how_many, total):
            return _drawn(drawn, candidates, how_many, total, loot)
        case Told.CHANGE, (before, after):
            return _changed(before, after, items)
        case Told.LEVEL, (item_id, before, after):
            return f"Level of {_named(items, item_id, 'item')}: {before} → {after}."
        case Told.SUBMIT, (order_id,):
            return f"Place the order {order_id}" + (f" for {of_loot}." if of_loot else ".")
        case Told.CLAIM, (code,):
            return f"Take a use of the code {code}, for {of_loot}."
        case Told.ROLLBACK, (result, *why):
            told = f" ({why[0]})" if why else ""
            return f"{of_loot or 'The entry'} fails with {result}{told}; what it did is undone."
        case Told.MORE, _:
            return "More followed; the order took more steps than are kept."
    return f"{step.told}: {step.values}"


def _changed(before: Record | None, after: Record, items: Mapping[int, str]) -> str:
    old = asdict(before) if before else None
    return f"{_difference(old, asdict(after), items)}."


def _priced(prices: Iterable[tuple[int, int]], items: Mapping[int, str]) -> str:
    return " and ".join(f"{price:,} × {_named(items, item, 'item')}" for item, price in prices)


def _drawn(
    drawn: tuple[int, int],
    candidates: Sequence[tuple[int, int]],
    how_many: int,
    total: int,
    loot: Mapping[int, str],
) -> str:
    loot_id, weight = drawn
    pool = "; ".join(f"{_named(loot, each, 'loot')}: {share:,}" for each, share in candidates)
    more = how_many - len(candidates)
    return (
        f"Drawn: {_named(loot, loot_id, 'loot', 'loot ')}, at {weight:,} of {total:,} "
        f"({weight / total:.2%}). The weights: {pool}{f'; and {more:,} more' if more else ''}."
    )


def _items_of(step: Step) -> list[int]:
    match step.told, step.values:
        case Told.PRICE, (_, prices):
            return [item_id for item_id, _ in prices]
        case Told.COUPON, (coupon_id, prices):
            return [coupon_id, *(item_id for item_id, _ in prices)]
        case Told.CHANGE, records:
            return [record.item_id for record in records if record]
        case Told.SPEND, (item_id, _):
            return [item_id]
        case Told.LEVEL, (item_id, _, _):
            return [item_id]
    return []


def _loot_of(step: Step) -> list[int]:
    told = [] if step.loot_id is None else [step.loot_id]
    if step.told is Told.DRAW:
        drawn, candidates, *_ = step.values
        told += [loot_id for loot_id, _ in (drawn, *candidates)]
    return told


def _names(model: type[Item | Loot], ids: Iterable[int]) -> dict[int, str]:
    return dict(model.objects.filter(pk__in=set(ids)).values_list("pk", "name"))
