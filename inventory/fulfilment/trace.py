"""What fulfilment tells of its way, for those who ask why: its checks, prices and draws."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

MAX_STEPS = 20_000
MAX_CANDIDATES = 50


class Told(StrEnum):
    """Kinds of steps, and what their `values` are."""

    CHECK = "check"  # result it would have yielded, whether it passed, maybe what it asked for
    FILL = "fill"  # quantity
    SKIP = "skip"  # why: not_active, filled_nothing, or what keeps it from dropping
    PRICE = "price"  # quantity of the breakpoint, ((price item, unit price), …)
    REDUCE = "reduce"  # parts owned, parts
    COUPON = "coupon"  # coupon item, ((price item, unit price), …) afterwards
    SPEND = "spend"  # item, quantity
    DRAW = "draw"  # (loot, weight), the first ((candidate, weight), …), how many, total weight
    CHANGE = "change"  # record before, or None, and after
    LEVEL = "level"  # item, level before, level after
    SUBMIT = "submit"  # order id
    CLAIM = "claim"  # code
    ROLLBACK = "rollback"  # result, and of an internal error what it was
    MORE = "more"  # steps followed that were not kept


@dataclass(frozen=True, slots=True)
class Step:
    """`depth` is how many vendors deep it was; `loot_id` what it was about, if about loot."""

    told: Told
    values: tuple[Any, ...] = ()
    loot_id: int | None = None
    depth: int = 0


@dataclass(slots=True)
class Trace:
    """The steps of each entry of an order, in order. Nothing is kept unless one is given.

    Of an order it keeps MAX_STEPS; the last step of each entry that had more is `Told.MORE`.
    """

    entries: list[list[Step]] = field(default_factory=list)
    kept: int = 0

    def begin(self) -> None:
        self.entries.append([])

    def tell(self, told: Told, *values: Any, loot_id: int | None = None, depth: int = 0) -> None:
        steps = self.entries[-1]
        if self.kept < MAX_STEPS:
            self.kept += 1
            steps.append(Step(told, values, loot_id, depth))
        elif not steps or steps[-1].told is not Told.MORE:
            steps.append(Step(Told.MORE))
