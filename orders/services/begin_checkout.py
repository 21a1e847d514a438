from datetime import timedelta
from decimal import Decimal
from typing import cast

import structlog

from orders.errors import GatewayNotOffered, PaymentInFlight
from orders.gateways.port import (
    Checkout,
    ChecksOut,
    GatewayMisconfigured,
    GatewaySilent,
    Outcome,
    State,
)
from orders.gateways.registry import has_page
from orders.models import Order, Payment
from orders.services.ask_gateway import charge_of, gateway_for
from orders.services.keep_reference import keep_reference
from orders.services.open_charge import IN_FLIGHT, open_charge
from orders.services.record_outcome import record_outcome
from orders.services.settle_payments import settle_payment

log = structlog.get_logger(__name__)

# Who has left is not waited for any longer. Stripe takes nothing shorter than half an hour.
CHECKOUT_LASTS = timedelta(hours=1)


def begin_checkout(order: Order, *, amount: Decimal, back_to: str, by: str) -> str:
    """The address at which the buyer pays: a page of the gateway's, or `back_to` if it is over.

    The charge is committed before the gateway is asked for its page, and nothing is locked
    meanwhile; asked twice, there is one charge and one page. Refused as `open_charge` does, with
    PaymentInFlight where the gateway stays silent or the charge was given up meanwhile, with
    GatewayNotOffered where it cannot be used, or has no page of its own. Not to be called in a
    transaction.
    """
    if order.gateway is None or not has_page(order.gateway):
        raise GatewayNotOffered(f"{order.gateway_id} has no page on which to pay")
    payment = open_charge(order, amount=amount, by=by)
    checkout = _page(payment, back_to=back_to, by=by)
    if not keep_reference(payment, checkout.reference):
        # Nobody has seen the page, so nobody has paid there.
        _close(payment)
        raise PaymentInFlight(IN_FLIGHT)
    if checkout.url:
        return checkout.url
    settle_payment(payment.pk)
    return back_to


def _page(payment: Payment, *, back_to: str, by: str) -> Checkout:
    try:
        gateway = cast("ChecksOut", gateway_for(payment))
        return gateway.begin_checkout(
            charge_of(payment),
            title=_title(payment.order),
            back_to=back_to,
            ends_at=payment.created_at + CHECKOUT_LASTS,
        )
    except GatewaySilent as error:
        log.warning("gateway_silent", gateway=payment.gateway, why=str(error))
        raise PaymentInFlight("The payment page does not answer. Try again in a moment.") from error
    except GatewayMisconfigured as error:
        log.exception("gateway_misconfigured", gateway=payment.gateway)
        if not payment.reference:
            record_outcome(payment, Outcome(state=State.GIVEN_UP), by=by)
        raise GatewayNotOffered("The payment gateway cannot be used now.") from error


def _close(payment: Payment) -> None:
    try:
        gateway_for(payment).give_up(charge_of(payment))
    except (GatewaySilent, GatewayMisconfigured) as error:
        log.warning("checkout_not_closed", payment=payment.code, why=str(error))


def _title(order: Order) -> str:
    """What the buyer pays for, in one line."""
    first, *others = order.lines.select_related("product").order_by("position")
    return f"{first} and {len(others)} more" if others else str(first)
