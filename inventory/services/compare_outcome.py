from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from itertools import zip_longest
from typing import Any

from inventory.fulfilment.orders import Change, EntryOutcome, NewOrder, Record
from inventory.models import InventoryChange, PlayerOrderEntry
from inventory.services.plan_player_orders import core_entry, used_codes
from inventory.services.recall_holdings import record_of
from inventory.services.record_outcomes import notes_of

Facts = Mapping[str, Any]


def compare_outcome(entry: PlayerOrderEntry, outcome: EntryOutcome) -> list[str]:
    """Where what is stored of the entry and its effects is not this outcome, in words.

    It asks for changes, uses of promotions, caused orders and their entries: prefetch them.
    """
    changes = sorted(entry.changes.all(), key=lambda change: change.pk)
    orders = [effect for effect in outcome.effects if isinstance(effect, NewOrder)]
    uses = Counter(use.promotion_id for use in entry.promotion_uses.all())
    return [
        *_compared("entry", {"result": entry.result}, {"result": str(outcome.result)}),
        *_each_compared("ledger row", map(_stored, changes), map(_computed, outcome.changes)),
        *_each_compared("note", entry.notes or (), notes_of(outcome) or ()),
        *_compared(
            "caused orders", _caused(entry), {each.order_id: _asked(each) for each in orders}
        ),
        *_compared("uses of promotions", uses, Counter(used_codes(outcome))),
    ]


def _stored(change: InventoryChange) -> Facts:
    before = record_of(change.before) if change.before else None
    return _facts(change.loot_id, change.delta, before, record_of(change.after))


def _computed(change: Change) -> Facts:
    delta = change.after.count - (change.before.count if change.before else 0)
    return _facts(change.loot_id, delta, change.before, change.after)


def _facts(loot_id: int | None, delta: int, before: Record | None, after: Record) -> Facts:
    facts = {"loot_id": loot_id, "delta": delta}
    if before is not None:
        facts |= {f"{name} before": value for name, value in asdict(before).items()}
    return facts | {f"{name} after": value for name, value in asdict(after).items()}


def _caused(entry: PlayerOrderEntry) -> Facts:
    return {
        order.order_id: (
            order.source,
            [
                core_entry(each)
                for each in sorted(order.entries.all(), key=lambda each: each.position)
            ],
        )
        for order in entry.caused_orders.all()
    }


def _asked(order: NewOrder) -> tuple[str, Sequence[Any]]:
    return order.source, list(order.entries)


def _each_compared(
    what: str,
    stored: Iterator[Facts] | Sequence[Facts],
    computed: Iterator[Facts] | Sequence[Facts],
) -> Iterator[str]:
    for number, (old, new) in enumerate(zip_longest(stored, computed), start=1):
        if new is None:
            yield f"{what} {number} is stored, but does not come out: {_text(old)}"
        elif old is None:
            yield f"{what} {number} comes out, but is not stored: {_text(new)}"
        else:
            yield from _compared(f"{what} {number}", old, new)


def _compared(what: str, stored: Facts, computed: Facts) -> Iterator[str]:
    for name in dict.fromkeys([*stored, *computed]):
        old, new = stored.get(name), computed.get(name)
        if old != new:
            yield f"{what}, {name}: {old} is stored, {new} comes out"


def _text(facts: Facts) -> str:
    return ", ".join(f"{name} {value}" for name, value in facts.items() if value is not None)
