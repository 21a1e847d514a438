"""Coins that move for an order. Money will come through gateways; coins are one of their own."""

from decimal import Decimal

from django.utils import timezone

from orders.errors import RefundTooHigh
from orders.models import Order, Payment
from orders.models.payments import COINS
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


def refund_coins(order: Order, amount: Decimal, *, by: str, note: str = "") -> Payment | None:
    """Give coins back to the player, at most what is left of what was charged.

    The caller holds the locks of player and order, and saves the order after.
    """
    if amount > order.refundable:
        raise RefundTooHigh(
            f"{amount} coins are more than the {order.refundable} that can be refunded.",
            refundable=order.refundable,
        )
    if not amount:
        return None
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
