"""A filter as it was understood: every part has a type and the place where it stands in the text.

Null is a value like others for comparisons, which are true or false: `null eq null` and
`null ge null` hold, null is neither less nor more than anything. A function of null is null; a
condition that is null is unknown to `and`, `or` and `not`, and does not hold.
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Literal as OneOf

from orders.odata.schema import Column, Type

Comparing = OneOf["eq", "ne", "gt", "ge", "lt", "le"]
Scalar = str | Decimal | bool | datetime | date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Literal:
    """Times are in UTC."""

    value: Scalar
    type: Type
    position: int

    @property
    def is_nullable(self) -> bool:
        return self.value is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    name: str
    column: Column
    is_of_item: bool
    position: int

    @property
    def type(self) -> Type:
        return self.column.type

    @property
    def is_nullable(self) -> bool:
        return self.column.is_nullable


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    name: str
    arguments: tuple["Expression", ...]
    type: Type
    position: int

    @property
    def is_nullable(self) -> bool:
        return any(argument.is_nullable for argument in self.arguments)


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    operator: Comparing
    left: "Expression"
    right: "Expression"
    position: int

    type = Type.CONDITION
    is_nullable = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """Whether it equals one of them."""

    operand: "Expression"
    options: tuple[Literal, ...]
    position: int

    type = Type.CONDITION
    is_nullable = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Not:
    operand: "Expression"
    position: int

    type = Type.CONDITION

    @property
    def is_nullable(self) -> bool:
        return self.operand.is_nullable


@dataclass(frozen=True, slots=True, kw_only=True)
class Logic:
    operator: OneOf["and", "or"]
    operands: tuple["Expression", ...]
    position: int

    type = Type.CONDITION

    @property
    def is_nullable(self) -> bool:
        return any(operand.is_nullable for operand in self.operands)


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantifier:
    """Whether any or all items are so. Without a condition: whether there is an item."""

    kind: OneOf["any", "all"]
    condition: "Expression | None"
    position: int

    type = Type.CONDITION
    is_nullable = False


Expression = Literal | Field | Call | Comparison | Membership | Not | Logic | Quantifier
