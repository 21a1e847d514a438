"""A sale as the sales API shows it."""

from typing import Any

from rest_framework import serializers

from orders.api.fields import Amount
from orders.api.sales.fields import Second
from orders.models import Order, OrderLine

# `reserved` is of rewards.
STATUSES = [choice for choice in Order.Status.choices if choice[0] != Order.Status.RESERVED]
ITEM_STATUSES = OrderLine.Status.choices


class SaleItemSerializer(serializers.Serializer[Any]):
    id = serializers.CharField(source="code")
    offerId = serializers.CharField(source="offer_id")
    quantity = serializers.IntegerField()
    price = Amount(source="unit_price")
    status = serializers.ChoiceField(ITEM_STATUSES)


class SaleSerializer(serializers.Serializer[Any]):
    id = serializers.CharField(source="code")
    customerId = serializers.CharField(source="player.customer_code")
    status = serializers.ChoiceField(STATUSES)
    items = SaleItemSerializer(source="lines.all", many=True)
    totalAmount = Amount(source="total")
    createdAt = Second(source="created_at")


class SaleCreatedSerializer(serializers.Serializer[Any]):
    orderId = serializers.CharField(source="code")
    status = serializers.ChoiceField(STATUSES)
    totalAmount = Amount(source="total")
    paymentUrl = serializers.SerializerMethodField()
    createdAt = Second(source="created_at")

    def get_paymentUrl(self, order: Order) -> str | None:
        """Null where there is nothing to pay."""
        return order.payment_url if order.total else None


class SaleChangedSerializer(serializers.Serializer[Any]):
    id = serializers.CharField(source="code")
    status = serializers.ChoiceField(STATUSES)
    updatedAt = Second(source="updated_at")
