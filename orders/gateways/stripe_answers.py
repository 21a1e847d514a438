"""What Stripe's objects say, in the words of the port, and amounts in those of Stripe."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import stripe

from orders.gateways.port import GatewayMisconfigured, Outcome, State
from orders.vocabulary import Dispute

# Amounts are sent in the smallest unit of the currency. ISK and UGX have none, but are sent as if.
WITHOUT_DECIMALS = frozenset(
    "BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF".split()  # noqa: SIM905
)
THREE_DECIMALS = frozenset({"BHD", "JOD", "KWD", "OMR", "TND"})

INTENTS = {
    "succeeded": State.PAID,
    "requires_capture": State.AUTHORIZED,
    "canceled": State.GIVEN_UP,
}
# An inquiry that the bank has closed is as good as won.
DISPUTES = {
    "lost": Dispute.LOST,
    "won": Dispute.WON,
    "warning_closed": Dispute.WON,
    "prevented": Dispute.WON,
}
REFUNDS = {"succeeded": State.PAID, "failed": State.DECLINED, "canceled": State.DECLINED}
DECLINED = "The payment was declined."


def payment_of(thing: stripe.StripeObject) -> str | None:
    """The code of our payment that the thing was made for."""
    code = (thing.to_dict().get("metadata") or {}).get("payment")
    return code if isinstance(code, str) else None


def disputed_intent(thing: stripe.StripeObject) -> str | None:
    """The id of the payment intent that is disputed, if the thing is a dispute of one."""
    told = thing.to_dict()
    intent = told.get("payment_intent") if told.get("object") == "dispute" else None
    return intent if isinstance(intent, str) else None


def minor_units(amount: Decimal, currency: str) -> int:
    """As Stripe counts; GatewayMisconfigured where the currency has no such amount."""
    digits = 0 if currency in WITHOUT_DECIMALS else 3 if currency in THREE_DECIMALS else 2
    units = amount.scaleb(digits)
    if units != int(units):
        raise GatewayMisconfigured(f"There is no amount of {amount} {currency}")
    return int(units)


def of_intent(intent: Any) -> Outcome:
    """One that waits for a card has been declined before, or not been tried yet."""
    if state := INTENTS.get(intent.status):
        return Outcome(state=state, reference=intent.id)
    error = intent.last_payment_error
    if intent.status == "requires_payment_method" and error:
        return Outcome(state=State.DECLINED, reference=intent.id, why=error.message or DECLINED)
    return Outcome(state=State.OPEN, reference=intent.id)


def of_session(session: Any) -> Outcome:
    """While its page is open a card that was declined is nothing: the buyer may take another."""
    if session.status == "expired":
        return Outcome(state=State.GIVEN_UP, why="The payment page was left without paying.")
    if session.status == "complete" and session.payment_intent:
        return of_intent(session.payment_intent)
    return Outcome(state=State.OPEN)


def of_refund(refund: Any) -> Outcome:
    state = REFUNDS.get(refund.status, State.OPEN)
    why = f"Stripe says: {refund.failure_reason}" if refund.failure_reason else ""
    if state is State.DECLINED and not why:
        why = f"Stripe says: {refund.status}"
    return Outcome(state=state, reference=refund.id, why=why)


def of_disputes(disputes: Iterable[Any]) -> Dispute | None:
    """How it stands in all: one that is open before one that is lost."""
    found = {DISPUTES.get(each.status, Dispute.OPEN) for each in disputes}
    return next((each for each in (Dispute.OPEN, Dispute.LOST, Dispute.WON) if each in found), None)
