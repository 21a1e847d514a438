"""What the payment page says of a sale, in the words of the buyer."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from orders.explanations import why_cancelled
from orders.gateways.credentials import credentials_of
from orders.models import Order, Payment, PaymentGateway
from orders.pages.delivery_status import Status, Step
from orders.services.open_charge import is_checkout, why_not_paid
from orders.services.shown_amounts import shown_money
from orders.services.write_mail import address_of

Shown = Order.DisplayStatus
Kind = PaymentGateway.Kind
ON_ITS_WAY = Status(
    "wait",
    "Being confirmed",
    "Your payment is on its way",
    "It is not confirmed yet: do not pay again. This page shows it as soon as it is known.",
)
SET_ASIDE = Status(
    "wait",
    "Authorized",
    "The amount is set aside",
    "Nothing has been taken yet. The seller takes it when the order is prepared.",
)
NOT_OFFERED = Status(
    "late",
    "Not possible now",
    "You cannot pay at the moment",
    "No payment begins here just now. Come back later, or ask those who sent you the link.",
)


@dataclass(frozen=True, slots=True)
class Paying:
    """How a sale is paid: its payments, the last one first, and its gateway."""

    order: Order
    payments: Sequence[Payment]
    gateway: PaymentGateway

    @property
    def last_charge(self) -> Payment | None:
        charges = (each for each in self.payments if each.kind == Payment.Kind.CHARGE)
        return next(charges, None)

    @property
    def is_with_buyer(self) -> bool:
        """Whether a page of the gateway's was opened, and not paid on."""
        charge = self.last_charge
        return charge is not None and is_checkout(charge) and bool(charge.reference)

    @property
    def is_on_its_way(self) -> bool:
        """Whether the gateway may have taken the money, or be about to."""
        charge = self.last_charge
        if charge is None or is_checkout(charge):
            return False
        return self.order.is_unpaid and charge.status == Payment.Status.PENDING

    @property
    def can_pay(self) -> bool:
        charge = self.last_charge
        is_set_aside = charge is not None and charge.status == Payment.Status.AUTHORIZED
        return (
            self.order.is_unpaid
            and not why_not_paid(self.order)
            and not self.is_on_its_way
            and not is_set_aside
            and self.is_offered
        )

    @property
    def is_offered(self) -> bool:
        has_credentials = all(credentials_of(self.gateway).values())
        return self.gateway.is_offered and has_credentials and self.gateway.kind != Kind.OFFLINE

    @property
    def given_back(self) -> str:
        """A sentence on the refunds, if there are any."""
        done = self._refunds(Payment.Status.COMPLETED)
        coming = self._refunds(Payment.Status.REQUESTED, Payment.Status.PENDING)
        told = [
            f"{shown_money(amount, self.order.currency)} {what}"
            for amount, what in (
                (done, "were given back to you"),
                (coming, "are on their way back to you"),
            )
            if amount
        ]
        return f"{', '.join(told)}." if told else ""

    def _refunds(self, *states: Payment.Status) -> Decimal:
        return sum(
            (
                each.amount
                for each in self.payments
                if each.kind == Payment.Kind.REFUND and each.status in states
            ),
            Decimal(0),
        )


def status_of(paying: Paying) -> Status:
    """Where the sale stands and what comes next."""
    order = paying.order
    match order.display_status:
        case Shown.PROCESSING:
            return Status("good", "Paid", "Thank you, it is paid", _what_comes(order))
        case Shown.COMPLETED:
            return Status("good", "Complete", "It is yours", "The order is complete. Enjoy it!")
        case Shown.CANCELLED:
            why = why_cancelled(order.cancel_reason)
            return Status("over", "Cancelled", "This order was cancelled", why)
        case Shown.REFUNDED:
            return Status("over", "Refunded", "This order was refunded", "")
    return _unpaid(paying)


def _what_comes(order: Order) -> str:
    if not order.total:
        return "There is nothing to pay, and nothing left for you to do."
    there = f"at {mail}" if (mail := address_of(order)) else "on this page"
    return f"There is nothing left for you to do. We tell you {there} when it is complete."


def _unpaid(paying: Paying) -> Status:
    charge = paying.last_charge
    if paying.is_on_its_way:
        return ON_ITS_WAY
    if charge is not None and charge.status == Payment.Status.AUTHORIZED:
        return SET_ASIDE
    amount = shown_money(paying.order.total, paying.order.currency)
    if not paying.is_offered:
        return _outside(amount) if paying.gateway.kind == Kind.OFFLINE else NOT_OFFERED
    if paying.is_with_buyer:
        text = "You have begun to pay. Go on where you were; nothing has been taken yet."
        return Status("ask", "Your turn", f"Pay {amount}", text)
    if paying.order.status == Order.Status.PAYMENT_FAILED:
        why = charge.failure if charge else ""
        text = f"{why} Nothing was taken. You can try again.".strip()
        return Status("late", "Refused", "The payment was refused", text)
    return Status("ask", "Your turn", f"Pay {amount}", "Look through your order, then pay it.")


def _outside(amount: str) -> Status:
    text = "The seller tells you how. This page shows it once the seller has recorded it."
    return Status("wait", "Paid outside", f"Pay {amount} to the seller", text)


def steps_of(paying: Paying) -> list[Step]:
    """What has happened, and of an open order also what will, the next of it marked."""
    order = paying.order
    steps = [Step("Ordered", order.created_at)]
    charge = paying.last_charge
    paid = charge is not None and charge.status == Payment.Status.COMPLETED
    if charge is not None and paid:
        steps.append(Step("Paid", charge.updated_at))
    if order.completed_at:
        steps.append(Step("Complete", order.completed_at))
    if order.cancelled_at:
        return [*steps, Step(status_of(paying).badge, order.cancelled_at)]
    if order.completed_at:
        return steps
    if order.is_unpaid:
        steps.append(Step("Paid", None, is_next=True))
    return [*steps, Step("Complete", None, is_next=not order.is_unpaid)]
