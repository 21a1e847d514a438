"""What a payment gateway does for us, whichever it is.

Gateways are asked while nothing is locked and no transaction is open. Every call may be repeated:
the charge's key makes it the same one at the gateway. What a gateway does not say in time is
`GatewaySilent`: what became of it is then unknown, and asked later by `look_up`.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import Enum, auto
from typing import Protocol

from orders.vocabulary import Dispute


class State(Enum):
    """What became of a charge or a refund, as the gateway knows it."""

    OPEN = auto()  # nothing is decided: the buyer may still pay, or the gateway still works on it
    AUTHORIZED = auto()
    PAID = auto()  # of a refund: it was given back
    DECLINED = auto()
    GIVEN_UP = auto()  # nothing was taken, and nothing can be any more


class GatewaySilent(Exception):  # noqa: N818 - the outcome is unknown, which is no fault of ours
    """The gateway did not answer in time, or answered with a fault of its own."""


class NoticeRefused(Exception):  # noqa: N818 - for the log
    """What was sent as a notice of the gateway does not come from it, or is too old."""


class GatewayMisconfigured(Exception):  # noqa: N818 - for operators
    """Credentials are missing or refused; nothing was asked, or nothing can have happened."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """`key` is the payment's code; `reference` what the gateway calls it, once it has."""

    key: str
    reference: str
    amount: Decimal
    currency: str
    order_code: str
    description: str
    is_to_capture: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundOf:
    """A refund of a charge that was paid."""

    key: str
    reference: str
    amount: Decimal
    charge: Charge


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """`why`: words for people, of what was declined."""

    state: State
    reference: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class Notice:
    """What a notice is about: a payment, by its key; of a dispute the charge, by its reference."""

    about: str
    is_dispute: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkout:
    """A page of the gateway's own, on which the buyer pays."""

    reference: str
    url: str


class Gateway(Protocol):
    def prepare(self, charge: Charge) -> str:
        """Have the gateway know of the charge; no money can move yet. Returns its reference."""

    def confirm(self, charge: Charge, *, token: str) -> Outcome:
        """Take the money, or set it aside, from what the token stands for."""

    def look_up(self, charge: Charge) -> Outcome:
        """What became of the charge. OPEN also where the gateway has never heard of it."""

    def capture(self, charge: Charge) -> Outcome:
        """Take what was set aside."""

    def give_up(self, charge: Charge) -> Outcome:
        """See to it that nothing is taken from now on; PAID where it is too late."""

    def refund(self, refund: RefundOf) -> Outcome:
        """Give it back; OPEN where the gateway takes its time."""

    def look_up_refund(self, refund: RefundOf) -> Outcome:
        """What became of the refund. OPEN also where the gateway has never heard of it."""


class ChecksOut(Gateway, Protocol):
    """A gateway with a page of its own, on which the buyer pays."""

    def begin_checkout(
        self, charge: Charge, *, title: str, back_to: str, ends_at: datetime
    ) -> Checkout:
        """Its page for the charge: the same one, whenever it is asked for while the charge is open.

        The buyer comes back to `back_to`, paid or not; after `ends_at` nothing can be paid there.
        """


class HearsOfDisputes(Gateway, Protocol):
    """A gateway that tells where the buyer's bank wants money back."""

    def look_up_dispute(self, charge: Charge) -> Dispute | None:
        """How that stands for the charge; none where nobody has wanted it back."""
