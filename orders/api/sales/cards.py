"""Whether a body carries a payment card: its number, or the code on its back."""

import re
from collections.abc import Iterator
from itertools import accumulate
from typing import Any

# As they are called without regard to case, `_` and `-`.
CARD_FIELD = re.compile(r"number|pan|.*(?:cardnumber|securitycode|cvc2?|cvv2?)", re.DOTALL)
# How the numbers of issuers begin, and how many digits they have.
ISSUERS = tuple(
    (re.compile(f"(?={beginnings})"), tuple(lengths))
    for beginnings, lengths in (
        ("4", (13, 16, 19)),  # Visa
        ("5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720", (16,)),  # Mastercard
        ("3[47]", (15,)),  # American Express
        ("30[0-5]|3095|3[689]", range(14, 20)),  # Diners Club
        ("5018|5020|5038|5893|6304|6759|676[1-3]", range(13, 20)),  # Maestro
        ("35|6|220[0-4]|81|82", range(16, 20)),  # JCB, Discover, UnionPay, RuPay, Mir
        ("50|8600|9792|9860", (16,)),  # Elo, RuPay, Verve, Uzcard, Troy, Humo
    )
)
# Digits of any script, with at most two other characters between them that are no letters.
RUN = re.compile(r"\d(?:[\W_]{0,2}\d){12,}")
UUID = re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", re.IGNORECASE)
# An id may look like `cust_4111111111111111`, but only where an id belongs.
ID_FIELDS = frozenset({"customerId", "orderId", "orderIds", "itemId", "offerId"})
ID = re.compile(r"\d*[A-Za-z_]\w*", re.ASCII)
# Of each digit, the sum of the digits of its double.
DOUBLED = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)
# The longest number that articles have and some cards, too: an EAN.
LONGEST_ARTICLE = 13


def has_card(body: dict[str, Any], *, free: str = "") -> bool:
    """Whether it names a field of a card, or has a card's number anywhere, however it is written.

    What a client keeps in the field `free` is its own, and has numbers of articles and devices:
    there only a number is a card's that stands alone and is longer than theirs.
    """
    asked = {name: said for name, said in body.items() if name != free}
    return any(
        CARD_FIELD.fullmatch(_plain(name)) or any(map(_has_number, _runs(name, said)))
        for name, said in _leaves(asked)
    ) or any(is_number(said) for _, said in _leaves(body.get(free)))


def is_number(text: str | float) -> bool:
    """Whether digits in it that nothing is added to are a card's number, and no article's."""
    return any(
        len(run) > LONGEST_ARTICLE and (0, len(run)) in _numbers(run) for run in _runs("", text)
    )


def _leaves(body: Any) -> Iterator[tuple[str, str | float]]:
    """All texts and numbers by the field that they are in; the names of fields are texts, too."""
    waiting = [("", body)]
    while waiting:
        name, said = waiting.pop()
        match said:
            case dict() as fields:
                for field in fields:
                    yield field, field
                waiting += fields.items()
            case list() as values:
                waiting += [(name, value) for value in values]
            case str() | int() | float() as value:
                yield name, value


def _plain(name: str) -> str:
    return re.sub("[_-]", "", name).lower()


def _runs(name: str, said: str | float) -> list[str]:
    """Digits that belong together, without what is between them."""
    if isinstance(said, float):  # large numbers are read as such
        said = f"{said:.0f}"
    text = str(said)
    if name in ID_FIELDS and ID.fullmatch(text):
        return []
    found = RUN.findall(UUID.sub("id", text))
    return ["".join(str(int(sign)) for sign in run if sign.isdecimal()) for run in found]


def _has_number(digits: str) -> bool:
    return any(True for _ in _numbers(digits))


def _numbers(digits: str) -> Iterator[tuple[int, int]]:
    """Where the numbers of cards begin and end among them: as an issuer's, and their sum is right.

    From the right, every other digit counts double: the sum is that of the even places up to the
    end, and of the odd ones, one of the two doubled. Both are added up once for all windows.
    """
    plain, doubled = [int(digit) for digit in digits], [DOUBLED[int(digit)] for digit in digits]
    # By whether the last digit of a number stands at an even place, or at an odd one.
    sums = [
        list(accumulate(_mixed(*both), initial=0)) for both in ((plain, doubled), (doubled, plain))
    ]
    for begins, lengths in ISSUERS:
        for found in begins.finditer(digits):
            start = found.start()
            for end in (start + length for length in lengths):
                if end <= len(digits):
                    added = sums[(end - 1) % 2]
                    if not (added[end] - added[start]) % 10:
                        yield start, end


def _mixed(even: list[int], odd: list[int]) -> list[int]:
    """The one list at even places, the other at odd ones."""
    return [(even, odd)[place % 2][place] for place in range(len(even))]
