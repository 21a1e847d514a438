"""Records whose remaining time is what a loot gives and takes (DOMAIN 2.14, Apply)."""

from dataclasses import replace
from datetime import datetime

from inventory.fulfilment.attempt import NEVER, Failed
from inventory.fulfilment.orders import Record
from inventory.fulfilment.selections import Selection
from inventory.fulfilment.vocabulary import Result


class Rentals(Selection):
    """Records that expire, in units of `Rules.rent_unit`; what lasts longest is what there is."""

    __slots__ = ()

    def has_at_least(self, quantity: int) -> bool:
        unit, now = self.attempt.rules.rent_unit, self.attempt.now
        return any((_end(each) - now) // unit >= quantity for each in self._running())

    def give(self, quantity: int) -> None:
        """Extend the newest rental of the same bucket and custom data, or make one."""
        bucket = self._bucket()
        stack = self._stack(bucket)
        start = _end(stack) if stack is not None and stack.count > 0 else self.attempt.now
        self._put(stack, bucket, self._later(start, quantity))

    def take(self, quantity: int) -> bool:
        """Shorten what lasts longest, at most until now: then it is empty."""
        longest = max(self._running(), key=_end, default=None)
        if longest is None:
            return False
        unit, now = self.attempt.rules.rent_unit, self.attempt.now
        is_enough = (_end(longest) - now) // unit >= quantity
        end = _end(longest) - quantity * unit if is_enough else now
        count = longest.count if end > now else 0
        self._write(longest, replace(longest, expires=end, count=count))
        return True

    def set(self, quantity: int) -> None:
        """Let what lasts longest end in `quantity` units: longer ones are cut, or one extended."""
        end = self._later(self.attempt.now, quantity)
        running = self._running()
        for rental in self.attempt.in_order_of_use(self.item, running):
            if _end(rental) > end:
                self._write(rental, replace(rental, expires=end))
        if all(_end(rental) < end for rental in running):
            bucket = self._bucket()
            self._put(self._stack(bucket), bucket, end)

    def _running(self) -> list[Record]:
        now = self.attempt.now
        return [each for each in self._usable() if each.count > 0 and _end(each) > now]

    def _put(self, stack: Record | None, bucket: str, end: datetime) -> None:
        if stack is None:
            self._new(bucket, 1, end)
            return
        after = replace(stack, count=max(stack.count, 1), expires=end)
        if after != stack:  # It may be set already, where it does not count.
            self._write(stack, after)

    def _later(self, start: datetime, quantity: int) -> datetime:
        try:
            return start + quantity * self.attempt.rules.rent_unit
        except OverflowError:
            raise Failed(Result.FAILED_TO_MODIFY_INVENTORY) from None

    def _has(self, expires: datetime | None) -> bool:
        return expires is not None


def _end(rental: Record) -> datetime:
    return rental.expires or NEVER
