"""Whether a body carries a payment card: its number, or the code on its back."""

import re
from typing import Any

# 13 to 19 digits, perhaps in groups. Letters around them make it an id: `cust_4111111111111111`.
NUMBER = re.compile(r"(?<!\w)\d(?:[ -]?\d){12,18}(?!\w)", re.ASCII)
# As they are called without regard to case, `_` and `-`.
CARD_FIELDS = frozenset({"number", "cardnumber", "cvc", "cvv", "pan"})


def has_card(body: Any) -> bool:
    """Whether it names a field of a card, or anywhere has digits that check as a card's number."""
    waiting = [body]
    while waiting:
        match waiting.pop():
            case dict() as fields:
                if any(_plain(name) in CARD_FIELDS for name in fields):
                    return True
                waiting += [*fields, *fields.values()]
            case list() as values:
                waiting += values
            case str() | int() | float() as value:
                if any(_checks(found[0]) for found in NUMBER.finditer(_written(value))):
                    return True
    return False


def _plain(name: str) -> str:
    return re.sub("[_-]", "", name).lower()


def _written(value: str | float) -> str:
    """A number without its fraction: large ones come as floats."""
    return value if isinstance(value, str) else f"{value:.0f}"


def _checks(text: str) -> bool:
    """The checksum of card numbers: every other digit from the right counts double."""
    digits = [int(digit) for digit in reversed(text) if digit.isdigit()]
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[1::2]]
    return not (sum(digits[::2]) + sum(doubled)) % 10
