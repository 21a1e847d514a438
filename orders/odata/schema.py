"""What filters may name: the fields of a sale and of its items, and functions. Nothing else."""

from dataclasses import dataclass
from enum import Enum


class Type(Enum):
    """Of an expression, as messages call it."""

    TEXT = "a text"
    NUMBER = "a number"
    TIME = "a time"
    DATE = "a date"
    CONDITION = "a condition"
    NULL = "null"


@dataclass(frozen=True, slots=True)
class Column:
    type: Type
    is_nullable: bool = False


@dataclass(frozen=True, slots=True)
class Function:
    takes: tuple[Type, ...]
    gives: Type


SALE = {
    "id": Column(Type.TEXT),
    "customerId": Column(Type.TEXT),
    "status": Column(Type.TEXT),
    "paymentStatus": Column(Type.TEXT),
    "paymentMethod": Column(Type.TEXT, is_nullable=True),
    "totalAmount": Column(Type.NUMBER),
    "createdAt": Column(Type.TIME),
    "updatedAt": Column(Type.TIME),
}
ITEM = {
    "id": Column(Type.TEXT),
    "offerId": Column(Type.TEXT, is_nullable=True),
    "quantity": Column(Type.NUMBER),
    "price": Column(Type.NUMBER),
    "status": Column(Type.TEXT),
}
ITEMS = "items"

FUNCTIONS = {
    **dict.fromkeys(
        ("contains", "startswith", "endswith"),
        Function((Type.TEXT, Type.TEXT), Type.CONDITION),
    ),
    **dict.fromkeys(("tolower", "toupper", "trim"), Function((Type.TEXT,), Type.TEXT)),
    "concat": Function((Type.TEXT, Type.TEXT), Type.TEXT),
    "length": Function((Type.TEXT,), Type.NUMBER),
    **dict.fromkeys(
        ("year", "month", "day", "hour", "minute", "second"),
        Function((Type.TIME,), Type.NUMBER),
    ),
    "date": Function((Type.TIME,), Type.DATE),
}
