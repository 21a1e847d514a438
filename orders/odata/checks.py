"""Whether the parts of a filter go together: the types of operands and arguments."""

from dataclasses import replace
from datetime import date
from typing import TypeVar

from orders.odata.lexer import Token, refuse
from orders.odata.literals import beginning_of, date_of, time_of
from orders.odata.schema import FUNCTIONS, Type
from orders.odata.tree import (
    Call,
    Comparing,
    Comparison,
    Expression,
    Literal,
    Membership,
    Scalar,
)

PartT = TypeVar("PartT", bound=Expression)

EQUAL: tuple[Comparing, ...] = ("eq", "ne")


def comparison(
    operator: Comparing, left: Expression, right: Expression, *, position: int
) -> Comparison:
    left, right = _adapted(left, right.type), _adapted(right, left.type)
    _check_comparable(left, right, operator, position)
    if Type.CONDITION in (left.type, right.type) and operator not in EQUAL:
        raise refuse(f"conditions are compared with eq and ne, not {operator}.", position)
    return Comparison(operator=operator, left=left, right=right, position=position)


def membership(operand: Expression, options: list[Literal], *, position: int) -> Membership:
    adapted = []
    for option in options:
        found = _adapted(option, operand.type)
        _check_comparable(operand, found, "in", option.position)
        adapted.append(found)
    return Membership(operand=operand, options=tuple(adapted), position=position)


def call(word: Token, arguments: list[Expression]) -> Call:
    name = word.text.lower()
    function = FUNCTIONS[name]
    if len(arguments) != len(function.takes):
        raise refuse(
            f"{name} takes {len(function.takes)} arguments, not {len(arguments)}.", word.position
        )
    for argument, wanted in zip(arguments, function.takes, strict=True):
        if argument.type is not wanted:
            raise refuse(
                f"{name} takes {wanted.value} here, not {argument.type.value}.", argument.position
            )
    return Call(name=name, arguments=tuple(arguments), type=function.gives, position=word.position)


def condition(part: Expression, of: str) -> Expression:
    if part.type is not Type.CONDITION:
        raise refuse(f"{of} needs a condition here, not {part.type.value}.", part.position)
    return part


def _adapted(part: PartT, other: Type) -> PartT:
    """A literal in the type of what it is compared with: times may be quoted, or dates."""
    if not isinstance(part, Literal):
        return part
    value: Scalar
    match part.value, other:
        case str(text), Type.TIME:
            value = time_of(text, part.position)
        case str(text), Type.DATE:
            value = date_of(text, part.position)
        case date() as day, Type.TIME if part.type is Type.DATE:
            value = beginning_of(day)
        case _:
            return part
    return replace(part, value=value, type=other)


def _check_comparable(left: Expression, right: Expression, operator: str, position: int) -> None:
    if left.type is not right.type and Type.NULL not in (left.type, right.type):
        raise refuse(
            f"{operator} cannot compare {left.type.value} with {right.type.value}.", position
        )
