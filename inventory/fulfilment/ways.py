"""The ways that filling a vendor can go: every draw walked, over the same code that fulfils orders.

Orders that the filling causes are followed to their end: what they give counts as given.
"""

from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from fractions import Fraction
from itertools import count
from math import prod
from uuid import UUID

from catalog.snapshot import Catalogue
from inventory.fulfilment.dice import Chance, Dice
from inventory.fulfilment.holdings import Holdings
from inventory.fulfilment.orders import Change, NewOrder, Order, Rules
from inventory.fulfilment.plan import plan
from inventory.fulfilment.trace import Step, Told, Trace
from inventory.fulfilment.vocabulary import Result

# Entries followed of one way. Loot that drops into an order of its own could go on for long.
MAX_ENTRIES = 1_000
MIN_SAMPLES = 10
FILLED_NOTHING = "filled_nothing"


@dataclass(frozen=True, slots=True)
class Way:
    """How it went once: how often each loot dropped, and the change of each item's count.

    `cut`: it would go on after MAX_ENTRIES entries.
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

        None: there are more than `max_paths`, or they take more effort.
        """
        ways: dict[Way, Fraction] = {}
        script = _Script()
        for paths in range(1, max_paths + 1):
            way, took = self._way(lambda: script)
            ways[way] = ways.get(way, Fraction(0)) + script.probability
            effort -= took
            if not script.turn():
                return ways, paths
            if effort <= 0:
                break
        return None

    def sampled(self, samples: int, effort: int) -> tuple[Weighed, int]:
        """How often each way was gone, as a share, and of how many samples.

        There are fewer than `samples` where they take more effort, but at least MIN_SAMPLES. It is
        the same every time it is asked.
        """
        dice = (Dice(seed.to_bytes(8)) for seed in count())
        ways: Counter[Way] = Counter()
        while (gone := ways.total()) < samples and (effort > 0 or gone < MIN_SAMPLES):
            way, took = self._way(lambda: next(dice))
            ways[way] += 1
            effort -= took
        return {way: Fraction(times, gone) for way, times in ways.items()}, gone

    def _way(self, dice: Callable[[], Chance]) -> tuple[Way, int]:
        """Fulfil the order and those that it causes as they would be: one after the other."""
        results: list[Result] = []
        effort = 0
        drops: Counter[int] = Counter()
        items: Counter[int] = Counter()
        waiting, holdings = deque([self.order]), self.holdings
        while waiting and len(results) < MAX_ENTRIES:
            order, trace = waiting.popleft(), Trace()
            planned = plan(
                order,
                self.catalogue,
                holdings,
                now=self.now,
                dice=dice(),
                rules=self.rules,
                trace=trace,
            )
            holdings = planned.holdings
            for outcome, steps in zip(planned.entries, trace.entries, strict=True):
                results.append(outcome.result)
                effort += _effort(steps)
                if outcome.result is Result.SUCCESS:
                    drops.update(_dropped(steps))
                for effect in outcome.effects:
                    if isinstance(effect, Change):
                        before = effect.before.count if effect.before else 0
                        items[effect.after.item_id] += effect.after.count - before
                    elif isinstance(effect, NewOrder):
                        waiting.append(_caused(order, effect))
        way = Way(
            results[0],
            tuple(sorted(drops.items())),
            tuple(sorted(items.items())),
            cut=bool(waiting),
        )
        return way, effort


def _effort(steps: Sequence[Step]) -> int:
    """About how many microseconds an entry took that told these steps."""
    considered = sum(len(step.values[0]) for step in steps if step.told is Told.DRAW)
    return 50 + len(steps) + considered


def _caused(by: Order, new: NewOrder) -> Order:
    return replace(
        by,
        source=new.source,
        entries=new.entries,
        permissions=frozenset({"loot"}),
        generation=by.generation + 1,
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
            candidates, index = step.values
            loot_id, _ = candidates[index]
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
