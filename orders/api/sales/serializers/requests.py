"""What is sent: shapes only. State, stock, prices and rights are the services' business."""

from typing import Any

from rest_framework import serializers

from orders.api.fields import Line, Whole
from orders.api.sales.fields import Money

MAX_ITEMS = 100


class ItemRequest(serializers.Serializer[Any]):
    offerId = Line(max_length=64)
    quantity = Whole(min_value=1)
    price = Money()


class CreateRequest(serializers.Serializer[Any]):
    customerId = Line(max_length=64)
    items = serializers.ListSerializer(child=ItemRequest(), allow_empty=False, max_length=MAX_ITEMS)
    paymentMethod = Line(max_length=32)
    paymentGatewayId = Line(max_length=32)
