"""From a filter as it was understood to a condition of the database."""

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from django.db.models import (
    BooleanField,
    CharField,
    DateField,
    DateTimeField,
    DecimalField,
    Exists,
    Expression,
    ExpressionWrapper,
    F,
    Field,
    Func,
    IntegerField,
    OuterRef,
    Q,
    TextField,
    Value,
)
from django.db.models.functions import (
    Cast,
    Coalesce,
    Collate,
    Concat,
    ExtractDay,
    ExtractHour,
    ExtractMinute,
    ExtractMonth,
    ExtractSecond,
    ExtractYear,
    Length,
    Lower,
    NullIf,
    Substr,
    Trim,
    TruncDate,
    Upper,
)
from django.db.models.lookups import (
    Contains,
    EndsWith,
    Exact,
    GreaterThan,
    GreaterThanOrEqual,
    In,
    IsNull,
    LessThan,
    LessThanOrEqual,
    Lookup,
    StartsWith,
)

from orders.models import OrderLine
from orders.odata import tree
from orders.odata.schema import Type
from orders.services.filter_statuses import is_status, literal_beside, statuses_meant
from orders.services.filter_times import MIRRORED, compare_time, match_time, shown_time

# Texts are less or more than others by their characters' numbers, in every database alike.
BY_CHARACTER = "C"
POSITION = re.compile(r"[1-9][0-9]{0,3}", re.ASCII)

COLUMNS: dict[str, str] = {
    "id": "code",
    "customerId": "player__customer_code",
    "status": "status",
    "paymentStatus": "payment_status",
    "paymentMethod": "payment_method",
    "totalAmount": "total",
    "createdAt": "created_at",
    "updatedAt": "updated_at",
}
ITEM_COLUMNS: dict[str, str] = {
    "offerId": "offer_id",
    "quantity": "quantity",
    "price": "unit_price",
    "status": "status",
}
FIELDS: dict[Type, Callable[[], "Field[Any, Any]"]] = {
    Type.TEXT: TextField,
    Type.NUMBER: lambda: DecimalField(max_digits=100, decimal_places=60),
    Type.TIME: DateTimeField,
    Type.DATE: DateField,
}
LESS_OR_MORE: dict[str, type["Lookup[Any]"]] = {
    "gt": GreaterThan,
    "ge": GreaterThanOrEqual,
    "lt": LessThan,
    "le": LessThanOrEqual,
}
PATTERNS: dict[str, type["Lookup[Any]"]] = {
    "contains": Contains,
    "startswith": StartsWith,
    "endswith": EndsWith,
}
OF_TEXT: dict[str, Callable[[Any], Expression]] = {
    "tolower": Lower,
    "toupper": Upper,
    "trim": Trim,
    "length": Length,
}
OF_TIME: dict[str, Callable[..., Expression]] = {
    "year": ExtractYear,
    "month": ExtractMonth,
    "day": ExtractDay,
    "hour": ExtractHour,
    "minute": ExtractMinute,
    "second": ExtractSecond,
    "date": TruncDate,
}
TRUE, UNKNOWN = 1, 2


def filter_sales(condition: tree.Expression) -> Q:
    """The condition on orders for which the filter holds; it is unknown where the filter is.

    The days and hours of times are those of UTC.
    """
    return Conditions().holds(condition)


class Conditions:
    """`of_item`: within any or all, where the row is a line and its order is outside."""

    def __init__(self, *, of_item: bool = False) -> None:
        self.of_item = of_item

    def holds(self, part: tree.Expression) -> Q:  # noqa: C901 - a case for each kind of part
        match part:
            case tree.Comparison():
                found = self._compared(part)
            case tree.Membership():
                found = self._one_of(part.operand, part.options)
            case tree.Not():
                found = ~self.holds(part.operand)
            case tree.Logic():
                operands = [self.holds(operand) for operand in part.operands]
                found = Q(*operands, _connector=part.operator.upper())
            case tree.Quantifier():
                found = _quantified(part)
            case tree.Call():
                found = self._matched(part)
            case tree.Literal():
                found = _always(bool(part.value))
            case tree.Field():
                raise TypeError(part)  # no field is a condition
        return found

    def value(self, part: tree.Expression) -> Expression:
        if part.type is Type.CONDITION:
            return _in_numbers(self.holds(part))
        match part:
            case tree.Literal():
                return Value(part.value, output_field=FIELDS[part.type]())
            case tree.Field():
                return self._column(part)
            case tree.Call():
                return _called(part.name, [self.value(argument) for argument in part.arguments])
        raise TypeError(part)  # all others are conditions

    def _shown(self, part: tree.Expression) -> Expression:
        is_time = isinstance(part, tree.Field) and part.type is Type.TIME
        return shown_time(self.value(part)) if is_time else self.value(part)

    def _column(self, field: tree.Field) -> Any:
        if field.is_of_item:
            return _item_code() if field.name == "id" else F(ITEM_COLUMNS[field.name])
        name = COLUMNS[field.name]
        found = _outer(name, field) if self.of_item else F(name)
        if field.name == "paymentMethod":
            return NullIf(found, Value(""), output_field=TextField())
        return found

    def _matched(self, part: tree.Call) -> Q:
        text, searched = part.arguments
        if isinstance(searched, tree.Literal):
            return Q(PATTERNS[part.name](self.value(text), searched.value))
        return Q(PATTERNS[part.name](self.value(text), self.value(searched)))

    def _compared(self, part: tree.Comparison) -> Q:
        match part.operator:
            case "eq":
                return self._equal(part.left, part.right)
            case "ne":
                return ~self._equal(part.left, part.right)
        or_equal = part.operator in ("ge", "le")
        if Type.NULL in (part.left.type, part.right.type):
            return self._equal(part.left, part.right) if or_equal else _always(False)
        match part.left, part.right:
            case tree.Field(), tree.Literal(value=datetime() as moment):
                return compare_time(part.operator, self.value(part.left), moment)
            case tree.Literal(value=datetime() as moment), tree.Field():
                return compare_time(MIRRORED[part.operator], self.value(part.right), moment)
        left, right = self._shown(part.left), self._shown(part.right)
        if part.left.type is Type.TEXT:
            left, right = Collate(left, BY_CHARACTER), Collate(right, BY_CHARACTER)
        compared = Q(LESS_OR_MORE[part.operator](left, right)) & self._known(part.left, part.right)
        if or_equal and part.left.is_nullable and part.right.is_nullable:
            compared |= self._null(part.left) & self._null(part.right)
        return compared

    def _equal(self, left: tree.Expression, right: tree.Expression) -> Q:
        for one, other in ((left, right), (right, left)):
            known = literal_beside(one, other)
            if isinstance(known, tree.Literal):
                return self._one_of(one, [known])
        equal = Q(Exact(self._shown(left), self._shown(right))) & self._known(left, right)
        if left.is_nullable and right.is_nullable and left.type is not Type.CONDITION:
            equal |= self._null(left) & self._null(right)
        return equal

    def _one_of(self, operand: tree.Expression, options: Sequence[tree.Literal]) -> Q:
        if operand.type is Type.CONDITION:
            return Q(In(self.value(operand), [_truth(option.value) for option in options]))
        values = [option for option in options if option.value is not None]
        found = self._null(operand) if len(values) < len(options) else _always(False)
        if not values or operand.type is Type.NULL:
            return found
        among = self._among(operand, values) & self._known(operand)
        return among | found if len(values) < len(options) else among

    def _among(self, operand: tree.Expression, options: Sequence[tree.Literal]) -> Q:
        if isinstance(operand, tree.Field) and operand.name == "id" and operand.is_of_item:
            return _of_items([str(option.value) for option in options])
        if isinstance(operand, tree.Field) and operand.type is Type.TIME:
            moments = [option.value for option in options if isinstance(option.value, datetime)]
            return match_time(self.value(operand), moments)
        values = [self.value(option) for option in options]
        if is_status(operand):
            words = [word for each in options for word in statuses_meant(operand, str(each.value))]
            values = [Value(word, output_field=CharField()) for word in words]
        known = self.value(operand)
        return Q(Exact(known, values[0]) if len(values) == 1 else In(known, values))

    def _known(self, *parts: tree.Expression) -> Q:
        """That none of them is null; it says nothing of what never is."""
        known = Q()
        for part in parts:
            if part.is_nullable and part.type is not Type.CONDITION:
                known &= Q(IsNull(self.value(part), False))
        return known

    def _null(self, part: tree.Expression) -> Q:
        if part.type is Type.NULL or not part.is_nullable:
            return _always(part.type is Type.NULL)
        return Q(IsNull(self.value(part), True))


def _quantified(part: tree.Quantifier) -> Q:
    lines = OrderLine.objects.filter(order=OuterRef("pk"))
    if part.condition is None:
        return Q(Exists(lines))
    holds = Conditions(of_item=True).holds(part.condition)
    if part.kind == "any":
        return Q(Exists(lines.filter(holds)))
    fails = Q(Exact(_in_numbers(holds), TRUE)) if part.condition.is_nullable else holds
    return ~Q(Exists(lines.filter(~fails)))


def _called(name: str, arguments: Sequence[Expression]) -> Expression:
    if name in OF_TEXT:
        return OF_TEXT[name](*arguments)
    if name in OF_TIME:
        return OF_TIME[name](*arguments, tzinfo=UTC)
    # Not Concat, for which null is an empty text.
    return Func(
        *arguments,
        template="(%(expressions)s)",
        arg_joiner=" || ",
        output_field=TextField(),
    )


def _in_numbers(condition: Q) -> Expression:
    """A condition as a value that is never null, so that it can be compared.

    The condition stands in it once: nested comparisons do not multiply.
    """
    holds = ExpressionWrapper(condition, output_field=BooleanField())
    return Coalesce(Cast(holds, IntegerField()), UNKNOWN)


def _truth(value: tree.Scalar) -> int:
    return UNKNOWN if value is None else int(bool(value))


def _of_items(codes: Sequence[str]) -> Q:
    """By order and position, which indexes have; a code that no line has is none."""
    found = _always(False)
    for code in codes:
        token, _, number = code.removeprefix("item_").rpartition("_")
        if code == f"item_{token}_{number}" and POSITION.fullmatch(number):
            found |= Q(order__code=f"ord_{token}", position=int(number) - 1)
    return found


def _outer(name: str, field: tree.Field) -> Expression:
    return ExpressionWrapper(OuterRef(name), output_field=FIELDS[field.type]())


def _item_code() -> Expression:
    """As `OrderLine.code` has it."""
    return Concat(
        Value("item_"),
        Substr("order__code", len("ord_") + 1),
        Value("_"),
        Cast(F("position") + 1, TextField()),
        output_field=TextField(),
    )


def _always(holds: bool) -> Q:  # noqa: FBT001 - it is the whole of it
    return Q(Value(holds, output_field=BooleanField()))
