"""What one player owns, and how an order changes it without touching what was before."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import chain
from uuid import UUID

from inventory.fulfilment.orders import (
    Change,
    CodeClaimed,
    Effect,
    NewOrder,
    Record,
    Session,
    weight,
)

_ByItem = Mapping[int, Sequence[Record]]
Tries = Mapping[str, Sequence[datetime]]

PROMOTION_TRIES, CLIENT_TRIES = "promotion_code", "client"


class Holdings:
    """A player's inventory records, open session, uses of codes and latest tries.

    `claimed` counts the player's uses by code. `tries` are the times of the orders whose entries
    count for a limit on requests, by limit. Never changed: an order works on a draft of it.
    """

    __slots__ = ("_by_item", "claimed", "session", "tries")

    def __init__(
        self,
        records: Iterable[Record] = (),
        *,
        session: Session | None = None,
        claimed: Mapping[str, int] | None = None,
        tries: Tries | None = None,
    ) -> None:
        by_item: dict[int, list[Record]] = {}
        for record in records:
            by_item.setdefault(record.item_id, []).append(record)
        self._by_item: _ByItem = by_item
        self.session = session
        self.claimed = claimed or {}
        self.tries = tries or {}

    def __iter__(self) -> Iterator[Record]:
        return chain.from_iterable(self._by_item.values())

    def draft(self) -> "Draft":
        return Draft(self)


class Draft:
    """Holdings while one order changes them, and the effects so far.

    What is written lies over what was before; the order of an item's records means nothing.
    `dropped` is the loot that was drawn, which one order draws once; `claims` are this order's uses
    of codes; `weight` is that of the effects. `work` and `throws` count up, whatever is rolled
    back.
    """

    __slots__ = (
        "_before",
        "_overwritten",
        "_written",
        "child_orders",
        "claims",
        "dropped",
        "effects",
        "session",
        "throws",
        "tries",
        "weight",
        "work",
    )

    def __init__(self, before: Holdings) -> None:
        self._before = before
        self._written: dict[int, Sequence[Record]] = {}
        self._overwritten: list[tuple[int, Sequence[Record] | None]] = []
        self.effects: list[Effect] = []
        self.weight = 0
        self.child_orders = 0
        self.session = before.session
        self.claims: Mapping[str, int] = {}
        self.dropped: dict[int, None] = {}
        self.work = 0
        self.throws = 0
        self.tries: dict[str, list[datetime]] = {}

    def drop(self, loot_id: int) -> None:
        """Remember loot that was drawn."""
        self.dropped[loot_id] = None

    def of_item(self, item_id: int) -> Sequence[Record]:
        written = self._written.get(item_id)
        return self._before._by_item.get(item_id, ()) if written is None else written  # noqa: SLF001

    def __iter__(self) -> Iterator[Record]:
        return chain.from_iterable({**self._before._by_item, **self._written}.values())  # noqa: SLF001

    def find(self, inventory_id: UUID | None) -> Record | None:
        return next((record for record in self if record.inventory_id == inventory_id), None)

    def find_legacy(self, legacy_inventory_id: int | None) -> Record | None:
        """The record that the deprecated integer names."""
        named = (each for each in self if each.legacy_inventory_id == legacy_inventory_id)
        return next(named, None)

    def claimed(self, code: str) -> int:
        """How often the player has used the code, this order included."""
        return self._before.claimed.get(code, 0) + self.claims.get(code, 0)

    def tried(self, limit: str) -> Sequence[datetime]:
        """The times of the tries that may count, this order's included."""
        return [*self._before.tries.get(limit, ()), *self.tries.get(limit, ())]

    def try_once(self, limit: str, at: datetime) -> None:
        """Remember a try; it stays one whatever is rolled back."""
        self.tries.setdefault(limit, []).append(at)

    def next_throw(self) -> int:
        self.throws += 1
        return self.throws

    def apply_once(self, loot_id: int) -> None:
        """Remember loot that the open session has had now."""
        if self.session is not None:
            applied = self.session.applied_loot | {loot_id}
            self.session = replace(self.session, applied_loot=applied)

    def claim(self, code: str, loot_id: int) -> None:
        """Take one use of a promotion."""
        self.claims = {**self.claims, code: self.claims.get(code, 0) + 1}
        self.add(CodeClaimed(loot_id, code))

    def write(self, loot_id: int | None, before: Record | None, after: Record) -> None:
        """Put `after` in the place of `before`; None: `after` is new."""
        if before is not None:
            others = [each for each in self.of_item(before.item_id) if each is not before]
            self._overwrite(before.item_id, others)
        self._overwrite(after.item_id, [*self.of_item(after.item_id), after])
        self.add(Change(loot_id, before, after))

    def _overwrite(self, item_id: int, records: Sequence[Record]) -> None:
        self._overwritten.append((item_id, self._written.get(item_id)))
        self._written[item_id] = records

    def _restore(self) -> None:
        item_id, records = self._overwritten.pop()
        if records is None:
            del self._written[item_id]
        else:
            self._written[item_id] = records

    def submit(self, order: NewOrder) -> None:
        self.add(order)
        self.child_orders += 1

    def add(self, effect: Effect) -> None:
        self.effects.append(effect)
        self.weight += weight(effect)

    def savepoint(self) -> "Savepoint":
        """What is written inside stays only if nothing is raised."""
        return Savepoint(self)

    def rehearsal(self) -> "Savepoint":
        """Nothing that is written inside stays."""
        return Savepoint(self, keeps=False)

    def holdings(self) -> Holdings:
        """What the player has with all of this done."""
        return self._after(
            {**self._before._by_item, **self._written},  # noqa: SLF001
            session=self.session,
            claimed={**self._before.claimed, **{code: self.claimed(code) for code in self.claims}},
        )

    def rolled_back(self) -> Holdings:
        """What the player has with nothing of this done. The tries remain."""
        before = self._before
        return self._after(before._by_item, session=before.session, claimed=before.claimed)  # noqa: SLF001

    def _after(
        self, by_item: _ByItem, *, session: Session | None, claimed: Mapping[str, int]
    ) -> Holdings:
        limits = self._before.tries.keys() | self.tries.keys()
        after = Holdings(
            session=session,
            claimed=claimed,
            tries={limit: self.tried(limit) for limit in limits},
        )
        after._by_item = by_item  # noqa: SLF001
        return after


class Savepoint:
    """What a draft was when it was entered, and is again if something is raised or nothing kept."""

    __slots__ = ("_before", "_draft", "_keeps", "_lengths")

    def __init__(self, draft: Draft, *, keeps: bool = True) -> None:
        self._draft, self._keeps = draft, keeps

    def __enter__(self) -> None:
        draft = self._draft
        self._lengths = len(draft.effects), len(draft.dropped), len(draft._overwritten)  # noqa: SLF001
        self._before = draft.child_orders, draft.session, draft.claims, draft.weight

    def __exit__(self, raised: object, *_: object) -> None:
        if raised is None and self._keeps:
            return
        draft = self._draft
        effects, dropped, overwritten = self._lengths
        del draft.effects[effects:]
        while len(draft.dropped) > dropped:
            draft.dropped.popitem()
        while len(draft._overwritten) > overwritten:  # noqa: SLF001
            draft._restore()  # noqa: SLF001
        draft.child_orders, draft.session, draft.claims, draft.weight = self._before
