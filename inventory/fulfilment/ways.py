"""The ways that filling a vendor can go: every draw walked, over the same code that fulfils orders.

Orders that the filling causes are followed to their end: what they give counts as given.
"""

from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from fractions import Fraction
from itertools import count
from math import prod
from typing import Any
from uuid import UUID

from catalog.snapshot import Catalogue
from inventory.fulfilment.dice import Chance, Dice
from inventory.fulfilment.holdings import Holdings
from inventory.fulfilment.orders import Change, NewOrder, Order, Rules, child_allowance
from inventory.fulfilment.plan import plan
from inventory.fulfilment.trace import Step, Told, Trace
from inventory.fulfilment.vocabulary import Result

# Entries followed of one way. Loot that drops into an order of its own could go on for long.
MAX_ENTRIES = 1_000
# What a way takes besides the work that its plans tell, in microseconds.
_OF_ENTRY, _OF_STEP = 50, 10
FILLED_NOTHING = "filled_nothing"
_OF_DROPS = frozenset({Told.DRAW, Told.FILL, Told.SKIP, Told.ROLLBACK})


@dataclass(frozen=True, slots=True)
class Way:
    """How it went once: how often each loot dropped, and the change of each item's count.

    `cut`: it would go on after MAX_ENTRIES entries, or after too much effort.
    """

    result: Result
    drops: tuple[tuple[int, int], ...]
    items: tuple[tuple[int, int], ...]
    cut: bool


Weighed = Mapping[Way, Fraction]


@dataclass(frozen=True, slots=True)
class Question:
    """An order of one entry, and all that its fulfilment depends on but chance."""

    order: Order
    catalogue: Catalogue
    holdings: Holdings
    now: datetime
    rules: Rules

    def walked(self, max_paths: int, effort: int) -> tuple[Weighed, int] | None:
        """Every way with its probability, and how many paths of draws there are.

        None: there are more than `max_paths`, or they take more effort (in microseconds).
        """
        ways: dict[Way, Fraction] = {}
        script = _Script()
        for paths in range(1, max_paths + 1):
            rules = replace(self.rules, max_work=min(self.rules.max_work, effort))
            way, took = self._way(lambda: script, rules, effort)
            effort -= took
            if effort < 0:
                break
            ways[way] = ways.get(way, Fraction(0)) + script.probability
            if not script.turn():
                return ways, paths
        return None

    def sampled(self, samples: int, effort: int) -> tuple[Weighed, int]:
        """How often each way was gone, as a share, and of how many samples.

        There are fewer than `samples` where they take more effort, but at least one. It is the
        same every time it is asked.
        """
        dice = (Dice(seed.to_bytes(8)) for seed in count())
        ways: Counter[Way] = Counter()
        left = effort
        while (gone := ways.total()) < samples and left > 0:
            way, took = self._way(lambda: next(dice), self.rules, effort)
            ways[way] += 1
            left -= took
        return {way: Fraction(times, gone) for way, times in ways.items()}, gone

    def _way(self, dice: Callable[[], Chance], rules: Rules, effort: int) -> tuple[Way, int]:
        """Fulfil the order and those that it causes as they would be: one after the other.

        With the effort that it took: the last order may have taken more than was left.
        """
        results: list[Result] = []
        took = 0
        drops: Counter[int] = Counter()
        items: Counter[int] = Counter()
        waiting, holdings = deque([self.order]), self.holdings
        while waiting and len(results) < MAX_ENTRIES and took <= effort:
            order, trace = waiting.popleft(), _Trace()
            planned = plan(
                order,
                self.catalogue,
                holdings,
                now=self.now,
                dice=dice(),
                rules=rules,
                trace=trace,
            )
            holdings = planned.holdings
            took += planned.work + _OF_ENTRY * len(order.entries)
            took += _OF_STEP * sum(map(len, trace.entries))
            children: list[NewOrder] = []
            for outcome, steps in zip(planned.entries, trace.entries, strict=True):
                results.append(outcome.result)
                if outcome.result is Result.SUCCESS:
                    drops.update(_dropped(steps))
                for effect in outcome.effects:
                    if isinstance(effect, Change):
                        before = effect.before.count if effect.before else 0
                        items[effect.after.item_id] += effect.after.count - before
                    elif isinstance(effect, NewOrder):
                        children.append(effect)
            waiting += _caused(order, children, rules)
        way = Way(
            results[0],
            tuple(sorted(drops.items())),
            tuple(sorted(items.items())),
            cut=bool(waiting),
        )
        return way, took


class _Trace(Trace):
    """Every step that tells what dropped, and no other."""

    def tell(self, told: Told, *values: Any, loot_id: int | None = None, depth: int = 0) -> None:
        if told in _OF_DROPS:
            self.entries[-1].append(Step(told, values, loot_id, depth))


def _caused(by: Order, children: Sequence[NewOrder], rules: Rules) -> Iterator[Order]:
    allowance = rules.max_child_orders if by.child_allowance is None else by.child_allowance
    for child in children:
        yield replace(
            by,
            source=child.source,
            entries=child.entries,
            permissions=frozenset({"loot"}),
            generation=by.generation + 1,
            child_allowance=child_allowance(allowance, len(children)),
        )


def _dropped(steps: Sequence[Step]) -> list[int]:
    """The loot that was drawn and stayed. What came to nothing takes with it all it had led to."""
    drops: list[int] = []
    # How many drops there were before a loot was filled, or drawn to be.
    before: dict[tuple[int | None, int], int] = {}
    drawn: tuple[int, int] | None = None
    for step in steps:
        filling = step.loot_id, step.depth
        if step.told is Told.DRAW:
            (loot_id, _), *_ = step.values
            drawn = loot_id, step.depth
            before[drawn] = len(drops)
            drops.append(loot_id)
        elif step.told is Told.FILL:
            if filling != drawn:
                before[filling] = len(drops)
            drawn = None
        elif _came_to_nothing(step) and filling in before:
            del drops[before.pop(filling) :]
    return drops


def _came_to_nothing(step: Step) -> bool:
    return step.told is Told.ROLLBACK or (
        step.told is Told.SKIP and step.values == (FILLED_NOTHING,)
    )


class _Script:
    """Chance that throws what is written, and the first of all where nothing is written yet.

    What it is asked depends on what it threw, so it is asked the same up to where the ways part.
    """

    def __init__(self) -> None:
        self._indexes: list[int] = []
        self._asked: list[Sequence[int]] = []
        self._ids = count(1)

    def record_id(self, now: datetime, n: int) -> UUID:
        return UUID(int=next(self._ids))

    def order_id(self, n: int) -> UUID:
        return UUID(int=next(self._ids))

    def draw(self, weights: Sequence[int], n: int) -> int:
        self._asked.append(weights)
        if len(self._asked) > len(self._indexes):
            self._indexes.append(0)
        return self._indexes[len(self._asked) - 1]

    @property
    def probability(self) -> Fraction:
        """That of all that was thrown since the last `turn`."""
        thrown = list(zip(self._asked, self._indexes, strict=True))
        return Fraction(
            prod(weights[index] for weights, index in thrown),
            prod(sum(weights) for weights, _ in thrown),
        )

    def turn(self) -> bool:
        """Write down the next way; False: there is none."""
        while self._indexes and self._indexes[-1] + 1 == len(self._asked[len(self._indexes) - 1]):
            self._indexes.pop()
        self._asked = []
        if not self._indexes:
            return False
        self._indexes[-1] += 1
        return True
