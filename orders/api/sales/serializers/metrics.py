"""What metrics are asked for, and how they are told."""

import re
from datetime import date
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from orders.api.fields import Amount
from orders.services.sale_metrics import GroupBy

DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


def as_day(text: Any) -> date | None:
    """The day, if it is written as days are and in the calendar."""
    if not isinstance(text, str) or not DAY.fullmatch(text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


@extend_schema_field(OpenApiTypes.DATE)
class Day(serializers.Field[date, str, str, Any]):
    """A date as `2026-06-02`, and no other way that ISO 8601 knows."""

    default_error_messages = {"invalid": "Must be a day: YYYY-MM-DD."}

    def to_internal_value(self, data: Any) -> date:
        day = as_day(data)
        if day is None:
            self.fail("invalid")
        return day

    def to_representation(self, value: date) -> str:
        return value.isoformat()


class MetricsQuery(serializers.Serializer[Any]):
    startDate = Day(required=False, help_text="The first UTC day; if not said, 30 days in all.")
    endDate = Day(required=False, help_text="The last UTC day; if not said, today.")
    groupBy = serializers.ChoiceField(GroupBy.values, required=False)
    currency = serializers.RegexField(
        r"\A[A-Z]{3}\Z", required=False, help_text="Only orders in it; if not said, in all."
    )


class MetricsGroup(serializers.Serializer[Any]):
    key = serializers.CharField()
    totalOrders = serializers.IntegerField()
    totalRevenue = Amount()
    averageOrderValue = Amount()


class OrdersByStatus(serializers.Serializer[Any]):
    completed = serializers.IntegerField(help_text="Also those that were refunded later.")
    pending = serializers.IntegerField(help_text="All that are not ended.")
    cancelled = serializers.IntegerField()


class MetricsSerializer(serializers.Serializer[Any]):
    totalOrders = serializers.IntegerField()
    totalRevenue = Amount(help_text="Of what is paid and not refunded.")
    averageOrderValue = Amount(help_text="Revenue by orders, cut to two decimals.")
    ordersByStatus = OrdersByStatus()
    revenueByCurrency = serializers.DictField(
        child=Amount(), required=False, help_text="There where the orders have several."
    )
    groups = MetricsGroup(many=True, required=False, help_text="There with `groupBy`.")
    groupsAreCut = serializers.BooleanField(
        required=False, help_text="True where there are more groups: these have most revenue."
    )
