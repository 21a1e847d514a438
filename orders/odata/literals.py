"""The values that stand in filters, from what was written."""

from datetime import UTC, date, datetime, time
from decimal import Decimal

from orders.odata.lexer import Kind, Token, refuse, shown
from orders.odata.schema import Type
from orders.odata.tree import Literal, Scalar

MAX_DIGITS = 40
MAX_EXPONENT = 40
WORDS: dict[str, tuple[Scalar, Type]] = {
    "true": (True, Type.CONDITION),
    "false": (False, Type.CONDITION),
    "null": (None, Type.NULL),
}


def literal_of(token: Token) -> Literal:
    """Of a token that is a text, number, time or date."""
    text, position = token.text, token.position
    match token.kind:
        case Kind.TEXT:
            value: Scalar = text[1:-1].replace("''", "'")
            return Literal(value=value, type=Type.TEXT, position=position)
        case Kind.NUMBER:
            return Literal(value=_number(text, position), type=Type.NUMBER, position=position)
        case Kind.TIME:
            return Literal(value=time_of(text, position), type=Type.TIME, position=position)
        case _:
            return Literal(value=date_of(text, position), type=Type.DATE, position=position)


def time_of(text: str, position: int) -> datetime:
    """In UTC, also if no zone was written. A date is its beginning."""
    try:
        moment = datetime.fromisoformat(text)
        moment = moment.replace(tzinfo=moment.tzinfo or UTC)
        return moment.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise refuse(f"{shown(text)} is no time; write 2026-06-02T10:30:00Z.", position) from error


def date_of(text: str, position: int) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise refuse(f"{shown(text)} is no date; write 2026-06-02.", position) from error


def beginning_of(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _number(text: str, position: int) -> Decimal:
    digits, _, exponent = text.lower().partition("e")
    if len(digits) > MAX_DIGITS or (exponent and not _is_modest(exponent)):
        raise refuse(
            f"the number has more than {MAX_DIGITS} digits, or an exponent beyond {MAX_EXPONENT}.",
            position,
        )
    return Decimal(text)


def _is_modest(exponent: str) -> bool:
    return len(exponent) <= len("-40") and abs(int(exponent)) <= MAX_EXPONENT
