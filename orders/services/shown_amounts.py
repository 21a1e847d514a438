"""Money as people read it."""

from decimal import Decimal


def shown_money(amount: Decimal, currency: str) -> str:
    """As in 1,250.00 USD."""
    return f"{amount:,.2f} {currency}"
