"""A done order, computed again."""

from collections.abc import Sequence
from dataclasses import dataclass

from inventory.fulfilment.trace import Step
from inventory.fulfilment.vocabulary import Result
from inventory.models import PlayerOrder, PlayerOrderEntry


@dataclass(frozen=True, slots=True)
class ReplayedEntry:
    """What comes out, the steps to it, and in words where what is stored is something else."""

    entry: PlayerOrderEntry
    result: Result
    steps: Sequence[Step]
    differences: Sequence[str]


@dataclass(frozen=True, slots=True)
class Replay:
    """`why_not`: why the order cannot be computed again. `remarks`: what to bear in mind."""

    order: PlayerOrder
    entries: Sequence[ReplayedEntry] = ()
    why_not: str = ""
    remarks: Sequence[str] = ()

    @property
    def differences(self) -> list[str]:
        return [
            f"Entry {replayed.entry.position + 1}: {difference}"
            for replayed in self.entries
            for difference in replayed.differences
        ]

    @property
    def is_reproduced(self) -> bool:
        return not self.why_not and not self.differences
