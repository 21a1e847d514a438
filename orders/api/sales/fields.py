"""The kinds of values of the sales API that the rewards API has not."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from rest_framework import serializers

from orders.api.fields import MAX_AMOUNT, Number


def wire_second(moment: datetime) -> str:
    """`2026-06-02T10:30:00Z`."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


class Second(serializers.DateTimeField):
    def to_representation(self, value: datetime) -> str:
        return wire_second(value)


class Known(serializers.Serializer[Any]):
    """Takes no other fields: one that is misspelt would ask for more than was meant."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict) and (unknown := data.keys() - self.fields.keys()):
            raise serializers.ValidationError(
                {name: ["There is no such field."] for name in sorted(unknown)}
            )
        return super().to_internal_value(data)


class Money(Number):
    """An amount of money, exactly as it was written: two decimals at most, and no debt."""

    default_error_messages = {
        "money": "Ensure this value is not negative, below 10^10, with at most 2 decimal places."
    }

    def to_internal_value(self, data: Any) -> Decimal:
        amount = super().to_internal_value(data)
        if not 0 <= amount < MAX_AMOUNT or amount != round(amount, 2):
            self.fail("money")
        return amount
