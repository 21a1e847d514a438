from decimal import Decimal

import structlog

from orders.errors import PaymentInFlight, PaymentRefused, WrongState
from orders.gateways.port import GatewayMisconfigured, GatewaySilent, Outcome, State
from orders.models import Order, Payment
from orders.services.ask_gateway import charge_of, gateway_for
from orders.services.give_up_payment import give_up_payment
from orders.services.keep_reference import keep_reference
from orders.services.open_charge import (
    IN_FLIGHT,
    Opened,
    ask_offered,
    ask_payable,
    find_or_open_charge,
    is_checkout,
)
from orders.services.record_event import attempt
from orders.services.record_outcome import record_outcome
from players.errors import PlayerBusy

log = structlog.get_logger(__name__)

TOKEN_END = 4
UNUSABLE = "The payment gateway cannot be used now."


def take_payment(  # noqa: PLR0913 - from what, how much, how, and by whom
    order: Order,
    *,
    token: str,
    amount: Decimal,
    is_to_capture: bool,
    by: str,
    payment_code: str | None = None,
) -> Payment:
    """Charge what the token stands for, or set the money aside (DOMAIN 3.9: process, authorize).

    The charge is committed before its gateway is asked, and nothing is locked meanwhile. Where the
    gateway stays silent the payment comes back in flight; a job finds out what became of it. An
    order that is paid, or about to be, gives the payment that it has; so does a code with which it
    was charged before: a charge of that code which is still open is asked for once more, as the
    same one. An open checkout is given up first, unless the call is refused anyway.

    Refused as `find_or_open_charge` does; with PaymentRefused once the attempt is committed;
    with PaymentInFlight where a checkout cannot be given up. Not to be called in a transaction.
    """
    _close_checkout(order, amount=amount, payment_code=payment_code, by=by)
    opened = find_or_open_charge(
        order,
        amount=amount,
        is_to_capture=is_to_capture,
        token_end=token[-TOKEN_END:],
        code=payment_code,
        by=by,
    )
    payment = opened.payment
    if opened.is_new or (payment.code == payment_code and payment.status == Payment.Status.PENDING):
        payment = _charge(opened, token, by=by)
    elif is_checkout(payment):
        raise PaymentInFlight(IN_FLIGHT)
    if payment.status in (Payment.Status.FAILED, Payment.Status.VOIDED):
        raise PaymentRefused(payment.failure or "The payment was given up.", payment=payment.code)
    if is_to_capture and payment.status == Payment.Status.AUTHORIZED and not payment.is_in_flight:
        raise WrongState("The money is set aside already: capture it.")
    if not is_to_capture and payment.status == Payment.Status.COMPLETED:
        raise WrongState("The order is paid already.")
    return payment


def _close_checkout(order: Order, *, amount: Decimal, payment_code: str | None, by: str) -> None:
    checkout = order.payments.open_charge().first()
    if checkout is None or not is_checkout(checkout):
        return
    if order.payments.charges().filter(code=payment_code).exists():
        return
    with attempt(order, "Pay", by=by):
        # A buyer who is typing on that page is not thrown out by a call that comes to nothing.
        now = Order.objects.get(pk=order.pk)
        ask_payable(now, amount)
        ask_offered(now)
    give_up_payment(order, by=by)


def _charge(opened: Opened, token: str, *, by: str) -> Payment:
    payment = opened.payment
    try:
        outcome = _confirm(payment, token)
        return record_outcome(payment, outcome, by=by)
    except (GatewaySilent, PlayerBusy) as error:
        log.warning("payment_in_flight", payment=payment.code, why=repr(error))
    except GatewayMisconfigured:
        log.exception("gateway_misconfigured", gateway=payment.gateway)
        if opened.is_new:
            # Nothing was asked before, so nothing can have happened.
            return record_outcome(payment, Outcome(state=State.DECLINED, why=UNUSABLE), by=by)
    return Payment.objects.get(pk=payment.pk)


def _confirm(payment: Payment, token: str) -> Outcome:
    gateway = gateway_for(payment)
    charge = charge_of(payment)
    reference = gateway.prepare(charge)
    if not keep_reference(payment, reference):
        return gateway.look_up(charge_of(payment))
    return gateway.confirm(charge_of(payment), token=token)
