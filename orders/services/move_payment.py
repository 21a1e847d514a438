"""Coins that move for an order at once; money moves through gateways, see take_payment."""

from decimal import Decimal

from django.utils import timezone

from orders.errors import AmountInvalid, RefundTooHigh
from orders.models import Order, Payment
from orders.models.payments import COINS
from orders.services.shown_amounts import shown_amount, shown_paid
from players.models import CoinEntry
from players.services.move_coins import move_coins


def charge_coins(order: Order, amount: Decimal, *, by: str) -> Payment | None:
    """Take the coins from the player; nothing where there is nothing to pay.

    The caller holds the locks of player and order, and saves the order after.
    """
    if not amount:
        return None
    entry = move_coins(order.player, -amount, reason=CoinEntry.Reason.ORDER, by=by)
    order.charged += amount
    return _paid(order, Payment.Kind.CHARGE, amount, entry)


def refundable_amount(order: Order, amount: Decimal | None) -> Decimal:
    """The amount, if so much can be refunded; refused with AmountInvalid or RefundTooHigh."""
    if amount is None or not amount.is_finite() or amount <= 0 or amount != round(amount, 2):
        raise AmountInvalid("It must be more than nothing, with two decimals at most.")
    if amount > order.refundable:
        raise RefundTooHigh(
            f"{shown_amount(order, amount)} {'is' if order.is_sale else 'are'} more than the"
            f" {shown_paid(order, order.refundable)} that can be refunded.",
            refundable=order.refundable,
        )
    return amount


def refund_coins(order: Order, amount: Decimal, *, by: str, note: str = "") -> Payment | None:
    """Give coins back to the player, at most what is left of what was charged.

    The caller holds the locks of player and order, and saves the order after.
    """
    if not amount:
        return None
    refundable_amount(order, amount)
    entry = move_coins(order.player, amount, reason=CoinEntry.Reason.REFUND, by=by, note=note)
    order.refunded += amount
    return _paid(order, Payment.Kind.REFUND, amount, entry)


def _paid(order: Order, kind: Payment.Kind, amount: Decimal, entry: CoinEntry) -> Payment:
    payment = Payment(
        order=order,
        gateway=COINS,
        kind=kind,
        amount=amount,
        currency=order.currency,
        coin_entry=entry,
        created_at=timezone.now(),
    )
    payment.complete()
    payment.save()
    return payment
