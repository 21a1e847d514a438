"""What one player owns, and how an order changes it without touching what was before."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import chain
from uuid import UUID

from inventory.fulfilment.orders import Change, Record

_ByItem = Mapping[int, Sequence[Record]]


class Holdings:
    """A player's inventory records. Never changed: an order works on a draft of it."""

    __slots__ = ("_by_item",)

    def __init__(self, records: Iterable[Record] = ()) -> None:
        by_item: dict[int, list[Record]] = {}
        for record in records:
            by_item.setdefault(record.item_id, []).append(record)
        self._by_item: _ByItem = by_item

    def __iter__(self) -> Iterator[Record]:
        return chain.from_iterable(self._by_item.values())

    def draft(self) -> "Draft":
        return Draft(self._by_item)


class Draft:
    """Holdings while one order changes them, and the changes so far.

    What is written lies over what was before; the order of an item's records means nothing.
    """

    __slots__ = ("_before", "_written", "changes")

    def __init__(self, before: _ByItem) -> None:
        self._before = before
        self._written: dict[int, Sequence[Record]] = {}
        self.changes: list[Change] = []

    def of_item(self, item_id: int) -> Sequence[Record]:
        written = self._written.get(item_id)
        return self._before.get(item_id, ()) if written is None else written

    def find(self, inventory_id: UUID | None) -> Record | None:
        records = chain.from_iterable({**self._before, **self._written}.values())
        return next((record for record in records if record.inventory_id == inventory_id), None)

    def write(self, loot_id: int | None, before: Record | None, after: Record) -> None:
        """Put `after` in the place of `before`; None: `after` is new."""
        if before is not None:
            others = list(self.of_item(before.item_id))
            others.remove(before)
            self._written[before.item_id] = others
        self._written[after.item_id] = [*self.of_item(after.item_id), after]
        self.changes.append(Change(loot_id, before, after))

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """What is written inside stays only if nothing is raised."""
        written, changes = self._written.copy(), len(self.changes)
        try:
            yield
        except Exception:
            self._written = written
            del self.changes[changes:]
            raise

    def holdings(self) -> Holdings:
        after = Holdings()
        after._by_item = {**self._before, **self._written}  # noqa: SLF001 - its own draft
        return after
