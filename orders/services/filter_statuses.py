"""Which statuses a filter asks for by the word under which they are reported (DOMAIN 3.2)."""

from collections.abc import Callable

from orders.models import Order
from orders.odata import tree
from orders.vocabulary import PENDING

# What clients put around both sides of a comparison.
WRITTEN: dict[str, Callable[[str], str]] = {
    "tolower": str.lower,
    "toupper": str.upper,
    "trim": lambda text: text.strip(" "),
}


def is_status(part: tree.Expression) -> bool:
    """Whether it is the status of an order, maybe in other letters."""
    if isinstance(part, tree.Call) and part.name in WRITTEN:
        return is_status(part.arguments[0])
    return isinstance(part, tree.Field) and part.name == "status" and not part.is_of_item


def statuses_meant(status: tree.Expression, word: str) -> list[str]:
    """What `status` may be where it is compared with the word: as it writes the statuses."""
    if word != _written(status, PENDING):
        return [word]
    return [_written(status, each.value) for each in Order.UNENDED]


def literal_beside(status: tree.Expression, part: tree.Expression) -> tree.Expression:
    """Of a literal in other letters beside a status the literal; else the part as it is."""
    if not is_status(status) or not isinstance(part, tree.Call) or part.name not in WRITTEN:
        return part
    inner = literal_beside(status, part.arguments[0])
    if not isinstance(inner, tree.Literal):
        return part
    value = WRITTEN[part.name](str(inner.value))
    return tree.Literal(value=value, type=inner.type, position=part.position)


def _written(status: tree.Expression, word: str) -> str:
    if isinstance(status, tree.Call):
        return WRITTEN[status.name](_written(status.arguments[0], word))
    return word
