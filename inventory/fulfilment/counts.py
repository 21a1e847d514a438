"""Records whose count is what a loot gives and takes (DOMAIN 2.14, Apply)."""

from datetime import datetime
from uuid import UUID

from catalog.snapshot import Item, Loot
from inventory.fulfilment.attempt import PERSISTENT, Attempt
from inventory.fulfilment.orders import Record
from inventory.fulfilment.selections import Selection


class Counts(Selection):
    """Records of one expiry, which new ones get, too; or `of_any_expiry`."""

    __slots__ = ("expires", "of_any_expiry")

    def __init__(  # noqa: PLR0913 - what a selector says
        self,
        attempt: Attempt,
        loot: Loot,
        item: Item,
        type: str = PERSISTENT,  # noqa: A002 - the field's name
        session_id: UUID | None = None,
        *,
        expires: datetime | None = None,
        of_any_expiry: bool = False,
    ) -> None:
        super().__init__(attempt, loot, item, type, session_id)
        self.expires, self.of_any_expiry = expires, of_any_expiry

    def has_at_least(self, quantity: int) -> bool:
        return self._owned() >= quantity

    def give(self, quantity: int) -> None:
        """Add to the newest record of the same expiry, bucket and custom data, or make one."""
        bucket = self._bucket()
        stack = self._stack(bucket)
        if stack is None:
            self._new(bucket, quantity, self.expires)
        else:
            self._write(stack, stack.with_count(stack.count + quantity))

    def take(self, quantity: int) -> bool:
        left = quantity
        for record in self.attempt.in_order_of_use(self.item, self._usable()):
            taken = min(record.count, left)
            if taken:
                self._write(record, record.with_count(record.count - taken))
                left -= taken
        return left < quantity

    def set(self, quantity: int) -> None:
        """Make the sum over all records `quantity`: what is missing is added, the excess taken."""
        missing = quantity - self._owned()
        if missing > 0:
            self.give(missing)
        else:
            self.take(-missing)

    def _owned(self) -> int:
        return sum(record.count for record in self._usable())

    def _adds_to(self, record: Record) -> bool:
        return self._means(record) and record.expires == self.expires

    def _has(self, expires: datetime | None) -> bool:
        return self.of_any_expiry or expires == self.expires
