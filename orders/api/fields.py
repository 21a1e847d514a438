"""The kinds of values that the bodies of the rewards API are made of.

JSON has its own kinds: a number in quotes is no number here, and `"false"` is not false.
"""

import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from config.one_line import one_line

UUID_SHAPE = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII | re.IGNORECASE)
MAX_INTEGER = 2**31 - 1
# Ten digits before the point: what the columns hold.
MAX_AMOUNT = 10**10


def as_uuid(text: Any) -> UUID | None:
    """The id, if it is written as ids are: no braces, no other digits."""
    return UUID(text) if isinstance(text, str) and UUID_SHAPE.fullmatch(text) else None


def wire_time(moment: datetime) -> str:
    """`2025-04-11T12:42:39.469Z`."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def wire_amount(amount: Decimal) -> float:
    """Coins as a JSON number: `100`, not `100.0`, and two decimals at most."""
    return int(amount) if amount == int(amount) else float(amount)


# --- What is sent to us --------------------------------------------------------------------


class Text(serializers.CharField):
    """A string; spaces around it do not count."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class Line(Text):
    """A text without line breaks and controls."""

    default_validators = [one_line]


class Email(serializers.EmailField):
    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=254, **options)
        self.validators.append(one_line)


class Flag(serializers.BooleanField):
    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


class Id(serializers.UUIDField):
    def to_internal_value(self, data: Any) -> UUID:
        found = as_uuid(data)
        if found is None:
            self.fail("invalid", value=data)
        return found


class Whole(serializers.IntegerField):
    """A whole number: also `5.0` is one."""

    def __init__(self, *, max_value: int = MAX_INTEGER, **options: Any) -> None:
        super().__init__(max_value=max_value, **options)

    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, bool) or not isinstance(data, int | float) or data != int(data):
            self.fail("invalid")
        return int(data)


@extend_schema_field(OpenApiTypes.NUMBER)
class Number(serializers.Field[Decimal, float, float, Any]):
    """A number, exactly as it was written. Coins have two decimals at most, and are no debts."""

    default_error_messages = {
        "invalid": "A valid number is required.",
        "range": f"Ensure this value is between -{MAX_AMOUNT} and {MAX_AMOUNT}.",
        "coins": "Ensure this value is greater than 0, with at most 2 decimal places.",
    }

    def __init__(self, *, coins: bool = False, **options: Any) -> None:
        super().__init__(**options)
        self.coins = coins

    def to_internal_value(self, data: Any) -> Decimal:
        if isinstance(data, bool) or not isinstance(data, int | float):
            self.fail("invalid")
        number = Decimal(str(data))
        if abs(number) > MAX_AMOUNT:
            self.fail("range")
        if self.coins and not (number > 0 and number == round(number, 2)):
            self.fail("coins")
        return number


# --- What we answer ------------------------------------------------------------------------


@extend_schema_field({"type": ["string", "null"]})
class Stored(serializers.Field[str, str, str | None, str]):
    """A text that may be absent: then it is null."""

    def to_representation(self, value: str) -> str | None:
        return value or None


class Moment(serializers.DateTimeField):
    def to_representation(self, value: datetime) -> str:
        return wire_time(value)


@extend_schema_field(OpenApiTypes.NUMBER)
class Amount(serializers.Field):
    def to_representation(self, value: Decimal) -> float:
        return wire_amount(value)
