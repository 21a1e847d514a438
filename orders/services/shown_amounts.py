"""Money and coins as people read them."""

from decimal import Decimal

from orders.models import Order


def shown_money(amount: Decimal, currency: str) -> str:
    """As in 1,250.00 USD."""
    return f"{amount:,.2f} {currency}"


def shown_coins(amount: Decimal) -> str:
    """As in 1,250 or 12.5."""
    return f"{amount.normalize():,f}"


def shown_amount(order: Order, amount: Decimal) -> str:
    """In what the order is paid in: 12.5 coins, 12.50 USD."""
    if order.is_sale:
        return shown_money(amount, order.currency)
    return f"{shown_coins(amount)} coins"


def shown_paid(order: Order, amount: Decimal) -> str:
    """The same, where coins were named just before."""
    return shown_money(amount, order.currency) if order.is_sale else shown_coins(amount)
