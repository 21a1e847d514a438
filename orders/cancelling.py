"""What is to become of the coins, the stock and the loot of an order that is cancelled."""

from dataclasses import dataclass
from decimal import Decimal

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
