from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from django.conf import settings
from django.utils import timezone

from orders.errors import AmountWrong, GatewayNotOffered, PaymentInFlight, WrongState
from orders.models import Order, OrderEvent, Payment, PaymentGateway
from orders.models.payments import new_payment_code
from orders.services.lock_order import lock_order
from orders.services.payment_status import payment_status_of
from orders.services.record_event import attempt, record_event
from orders.services.shown_amounts import shown_money
from orders.vocabulary import PaymentStatus

PAYABLE = (Order.Status.PENDING_PAYMENT, Order.Status.PAYMENT_FAILED, Order.Status.PROCESSING)
LONGEST_WAIT = timedelta(minutes=15)
# A charge of which no gateway had been told by then never takes money: a job may give it up.
ABANDONED_AFTER = timedelta(minutes=5)
IN_FLIGHT = "A payment of the order is on its way. Try again in a moment."


@dataclass(frozen=True, slots=True)
class Opened:
    """A charge that may take money; whether it was made just now."""

    payment: Payment
    is_new: bool


def open_charge(  # noqa: PLR0913 - how much, how, and by whom
    order: Order,
    *,
    amount: Decimal,
    is_to_capture: bool = True,
    token_end: str = "",
    code: str | None = None,
    by: str,
) -> Payment:
    """Commit a charge that is about to be asked of the order's gateway.

    One without a token is a checkout: it is opened once, and the same until it ends. Refused as
    `find_or_open_charge` does, with PaymentInFlight where another charge is on its way, and with
    WrongState where the money is set aside or taken.
    """
    opened = find_or_open_charge(
        order, amount=amount, is_to_capture=is_to_capture, token_end=token_end, code=code, by=by
    )
    found = opened.payment
    if opened.is_new or (is_checkout(found) and not token_end):
        return found
    if found.status == Payment.Status.PENDING:
        raise PaymentInFlight(IN_FLIGHT)
    raise WrongState(f"The payment is {found.get_status_display().lower()} already.")


def find_or_open_charge(  # noqa: PLR0913 - how much, how, and by whom
    order: Order, *, amount: Decimal, is_to_capture: bool, token_end: str, code: str | None, by: str
) -> Opened:
    """The charge of the code, or the one that is alive; else a new one, committed as pending.

    Locks the player and the order. Refused with WrongState where nothing is to be paid, with
    AmountWrong where it is not the order's total, with GatewayNotOffered where no new payment
    begins at the order's gateway.
    """
    with attempt(order, "Pay", by=by):
        order = lock_order(order.pk)
        if code and (same := order.payments.charges().filter(code=code).first()):
            return Opened(same, is_new=False)
        ask_payable(order, amount)
        if live := order.payments.live_charge().first():
            return Opened(live, is_new=False)
        if order.status == Order.Status.PROCESSING:
            raise WrongState("There is nothing to pay.")
        payment = Payment.objects.create(
            order=order,
            code=code or new_payment_code(),
            gateway=ask_offered(order).pk,
            kind=Payment.Kind.CHARGE,
            amount=order.total,
            currency=order.currency,
            intent=Payment.Intent.CAPTURE if is_to_capture else Payment.Intent.AUTHORIZE,
            token_end=token_end,
            ask_at=timezone.now() + wait_after(0),
            created_at=timezone.now(),
        )
        order.payment_status = payment_status_of(order)
        record_event(
            order,
            OrderEvent.Kind.PAYMENT,
            by=by,
            note="The gateway is asked.",
            after={"payment": payment.code, "status": payment.status, "amount": str(order.total)},
        )
        order.save()
    return Opened(payment, is_new=True)


def ask_payable(order: Order, amount: Decimal) -> None:
    """Refused with WrongState where nothing is to be paid, with AmountWrong where not so much."""
    if why_not := why_not_paid(order):
        raise WrongState(why_not)
    if amount != order.total:
        raise AmountWrong(
            f"{shown_money(order.total, order.currency)} are to be paid, not {amount}",
            total=order.total,
        )


def ask_offered(order: Order) -> PaymentGateway:
    """The order's gateway; refused with GatewayNotOffered where no new payment begins there."""
    gateway = PaymentGateway.objects.filter(pk=order.gateway_id).first()
    if gateway is None or not gateway.is_offered:
        raise GatewayNotOffered(f"No new payment begins at {order.gateway_id}")
    if gateway.kind == PaymentGateway.Kind.OFFLINE:
        raise GatewayNotOffered(f"{gateway.pk} is paid outside: staff say when the money has come")
    return gateway


def why_not_paid(order: Order) -> str:
    """Why nothing can be paid for the order; empty: something can, or was, as far as it knows."""
    if not order.is_sale:
        return "It is paid in coins."
    if order.status not in PAYABLE:
        return f"It is {order.get_status_display().lower()}."
    if order.payment_status in (PaymentStatus.REFUNDED, PaymentStatus.PARTIALLY_REFUNDED):
        return "It was paid, and refunded."
    return ""


def is_checkout(payment: Payment) -> bool:
    """Whether the buyer pays on a page of the gateway's own: it takes as long as the buyer does."""
    return (
        payment.status == Payment.Status.PENDING
        and not payment.token_end
        and payment.intent != Payment.Intent.VOID
    )


def wait_after(times_asked: int) -> timedelta:
    """Until a gateway is asked again: twice as long each time, up to a quarter of an hour."""
    return min(settings.PAYMENT_ASK_AFTER * 2 ** min(times_asked, 10), LONGEST_WAIT)
