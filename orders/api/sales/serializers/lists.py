"""What a list of sales is asked by, and answers."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers

from orders.api.sales.serializers.sales import SaleSerializer
from orders.odata.parser import MAX_LENGTH
from orders.odata.query import DEFAULT_TOP, MAX_TOP


def _option(name: str, kind: Any, description: str, **options: Any) -> OpenApiParameter:
    return OpenApiParameter(name, kind, description=description, **options)


OPTIONS = (
    _option(
        "$filter",
        {"type": "string", "maxLength": MAX_LENGTH},
        "`status eq 'pending' and totalAmount gt 100 and items/any(i: i/offerId eq 'offer_456')`:"
        " eq, ne, gt, ge, lt, le, in, and, or, not, parentheses, functions of texts and times, any"
        " and all over items.",
    ),
    _option("$orderby", OpenApiTypes.STR, "`totalAmount desc, createdAt`; the newest first."),
    _option("$skip", {"type": "integer", "minimum": 0, "default": 0}, "How many to leave out."),
    _option(
        "$top",
        {"type": "integer", "minimum": 0, "maximum": MAX_TOP, "default": DEFAULT_TOP},
        "How many to list.",
    ),
    _option(
        "$count",
        {"type": "boolean", "default": True},
        "`false` leaves the count out.",
    ),
    _option("$expand", OpenApiTypes.STR, "`items`; without it they are empty.", enum=["items"]),
)


class SaleListSerializer(serializers.Serializer[Any]):
    value = SaleSerializer(many=True)
    count = serializers.IntegerField(
        required=False, help_text="How many the filter leaves, whatever is skipped."
    )
    countIsEstimate = serializers.BooleanField(
        required=False, help_text="Only there, and true, where there are too many to be counted."
    )
