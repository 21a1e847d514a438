"""What is sent: shapes only. State, stock, coins and rights are the services' business."""

from typing import Any

from rest_framework import serializers

from orders.api.fields import MAX_INTEGER, Email, Flag, Id, Line, Number, Text, Whole
from orders.models import Delivery

MAX_PAGE_SIZE = 100
DEFAULT_PAGE_SIZE = 25


def delivery_text(name: str) -> Line:
    """A text that may be left out, as long as what the delivery stores of that name."""
    stored: Any = Delivery._meta.get_field(name)
    return Line(required=False, allow_blank=True, max_length=stored.max_length)


class ReservationRequest(serializers.Serializer[Any]):
    productId = Id()
    establishmentId = Id()
    email = Email(required=False)
    denomination = Whole(required=False, min_value=0)


class DetailsRequest(serializers.Serializer[Any]):
    email = Email(required=False, allow_blank=True)
    address = delivery_text("address_line1")
    country = delivery_text("country")
    postalCode = delivery_text("postal_code")
    city = delivery_text("city")


class SendRequest(serializers.Serializer[Any]):
    firstName = delivery_text("first_name")
    lastName = delivery_text("last_name")
    addressLine1 = delivery_text("address_line1")
    addressLine2 = delivery_text("address_line2")
    city = delivery_text("city")
    province = delivery_text("province")
    country = delivery_text("country")
    postalCode = delivery_text("postal_code")
    email = Email(required=False, allow_blank=True)


# As the delivery calls what these bodies name.
STORED_AS = {
    "address": "address_line1",
    "addressLine1": "address_line1",
    "addressLine2": "address_line2",
    "firstName": "first_name",
    "lastName": "last_name",
    "postalCode": "postal_code",
}


class TrackRequest(serializers.Serializer[Any]):
    trackingNumber = Line(max_length=100)


class CancellationRequest(serializers.Serializer[Any]):
    refund = Flag(default=False)


class Filters(serializers.Serializer[Any]):
    """Refuses what it does not know: a filter that is not applied would show too much."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict) and (unknown := data.keys() - self.fields.keys()):
            raise serializers.ValidationError({name: ["Unknown filter."] for name in unknown})
        return super().to_internal_value(data)


class PriceFilter(Filters):
    min = Number(required=False)
    max = Number(required=False)


class OrderFilters(Filters):
    status = serializers.ListField(child=Text(max_length=50), required=False, max_length=50)
    price = PriceFilter(required=False)


class Pagination(serializers.Serializer[Any]):
    page = Whole(min_value=1, default=1)
    limit = Whole(min_value=1, max_value=MAX_PAGE_SIZE, default=DEFAULT_PAGE_SIZE)


class ListRequest(serializers.Serializer[Any]):
    search = Text(required=False, allow_blank=True, max_length=200)
    filters = OrderFilters(required=False)
    pagination = Pagination(required=False)


class PageQuery(serializers.Serializer[Any]):
    """Of a query, where every value is a text."""

    page = serializers.IntegerField(min_value=1, max_value=MAX_INTEGER, default=1)


class CoinsRequest(serializers.Serializer[Any]):
    establishmentId = Id()
    playerId = Id(required=False)
    change = Number(coins=True)
    operation = serializers.ChoiceField(["add", "subtract"])
    campaign = Line(required=False, allow_blank=True, max_length=200)
