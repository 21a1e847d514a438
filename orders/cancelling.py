"""What is to become of the coins, the stock and the loot of an order that is cancelled."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import TextChoices

from orders.models import Order
from orders.vocabulary import Reason


class Coins(TextChoices):
    """How much of what was paid, and not refunded yet, goes back to the player."""

    ALL = "all", "All of it"
    NONE = "none", "Nothing"
    PART = "part", "A part"


class Stock(TextChoices):
    """Where the units go: those that are held, and those that were taken out of stock."""

    RETURN = "return", "Back to stock"
    RETURN_UNLESS_SENT = "return_unless_sent", "Back to stock, unless they were sent"
    WRITE_OFF = "write_off", "Written off"


class LootPolicy(TextChoices):
    """What happens to the loot that the player was given."""

    TAKE_BACK = "take_back", "Take all of it back, or do not cancel"
    TAKE_WHAT_IS_LEFT = "take_what_is_left", "Take back what is left"
    LEAVE = "leave", "Leave it to the player"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancelling:
    """How an order is cancelled. `amount`: of the part; `of`: the status that it must have.

    Without a `reason` none is told to player and staff; webhooks and the API say `UNGIVEN`.
    """

    coins: Coins = Coins.ALL
    amount: Decimal | None = None
    stock: Stock = Stock.RETURN
    loot: LootPolicy = LootPolicy.TAKE_BACK
    reason: Reason | None = None
    note: str = ""
    notify: bool = True
    of: Order.Status | None = None


BY_STATUS = "by_status"


@dataclass(frozen=True, slots=True, kw_only=True)
class CancellingMany:
    """How each of many orders is cancelled. `coins`: as of one, or what the rules say of each.

    The rules (`by_status`): all goes back for a reservation and for a sale, nothing for what was
    acquired.
    """

    coins: str
    amount: Decimal | None = None
    stock: Stock = Stock.RETURN_UNLESS_SENT
    loot: LootPolicy = LootPolicy.TAKE_BACK
    reason: Reason | None = None
    note: str = ""
    notify: bool = True

    def of(self, order: Order) -> Cancelling:
        coins = self.coins
        if coins == BY_STATUS:
            goes_back = order.is_sale or order.status == Order.Status.RESERVED
            coins = Coins.ALL if goes_back else Coins.NONE
        return Cancelling(
            coins=Coins(coins),
            amount=self.amount if coins == Coins.PART else None,
            stock=self.stock,
            loot=self.loot,
            reason=self.reason,
            note=self.note,
            notify=self.notify,
        )

    def back(self, order: Order) -> Decimal:
        """What goes back for the order, as far as it has been paid."""
        how = self.of(order)
        if how.coins == Coins.PART:
            return how.amount or Decimal(0)
        return order.refundable if how.coins == Coins.ALL else Decimal(0)

    def as_json(self) -> dict[str, Any]:
        return {
            "coins": str(self.coins),
            "amount": None if self.amount is None else str(self.amount),
            "stock": str(self.stock),
            "loot": str(self.loot),
            "reason": str(self.reason or ""),
            "note": self.note,
            "notify": self.notify,
        }

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> "CancellingMany":
        return cls(
            coins=stored["coins"],
            amount=None if stored["amount"] is None else Decimal(stored["amount"]),
            stock=Stock(stored["stock"]),
            loot=LootPolicy(stored["loot"]),
            reason=Reason(stored["reason"]) if stored["reason"] else None,
            note=stored["note"],
            notify=stored["notify"],
        )


def cancelling_by_api(
    of: Order.Status, *, refund: bool, reason: Reason | None = None
) -> Cancelling:
    """As DOMAIN 1.4 has it: #7 of a reservation, which is paid back in any case, else #8.

    `of` is what the caller means to cancel: what the order is now is asked under its lock.
    """
    reserved = of == Order.Status.RESERVED
    return Cancelling(
        coins=Coins.ALL if reserved or refund else Coins.NONE,
        stock=Stock.RETURN if reserved else Stock.RETURN_UNLESS_SENT,
        loot=LootPolicy.TAKE_WHAT_IS_LEFT,
        reason=reason,
        of=of,
    )
