"""What is sent: shapes only. State, stock, prices and rights are the services' business."""

from typing import Any

from rest_framework import serializers

from orders.api.fields import Line, Text, Whole
from orders.api.sales.fields import Money

MAX_ITEMS = 100
MAX_ORDERS = 100
MAX_REASON = 500
# What each payment action has to know.
NEEDED = {
    "process": ("token", "amount"),
    "authorize": ("token", "amount"),
    "capture": ("amount",),
    "void": (),
    "refund": ("amount",),
}
PAYMENT_ACTIONS = list(NEEDED)


class ItemRequest(serializers.Serializer[Any]):
    offerId = Line(max_length=64)
    quantity = Whole(min_value=1)
    price = Money()


class CreateRequest(serializers.Serializer[Any]):
    customerId = Line(max_length=64)
    items: Any = serializers.ListSerializer(
        child=ItemRequest(), allow_empty=False, max_length=MAX_ITEMS
    )
    paymentMethod = Line(max_length=32)
    paymentGatewayId = Line(max_length=32)


class StatusRequest(serializers.Serializer[Any]):
    status = Line(max_length=32)
    reason = Text(required=False, allow_blank=True, default="", max_length=MAX_REASON)


class Distinct(serializers.ListField):
    """Values, each once, in the order in which they are first named; only these are counted."""

    def to_internal_value(self, data: Any) -> list[Any]:
        return list(dict.fromkeys(super().to_internal_value(data)))


class BulkCancelRequest(serializers.Serializer[Any]):
    orderIds = Distinct(child=Line(max_length=64), allow_empty=False, max_length=MAX_ORDERS)
    reason = Text(max_length=MAX_REASON)


class ItemActionRequest(serializers.Serializer[Any]):
    itemId = Line(max_length=64)
    action = serializers.ChoiceField(["cancel", "verify"])
    reason = Text(
        required=False,
        allow_blank=True,
        default="",
        max_length=MAX_REASON,
        help_text="Needed to cancel.",
    )


class ItemActionsRequest(serializers.Serializer[Any]):
    orderId = Line(max_length=64)
    items: Any = serializers.ListSerializer(
        child=ItemActionRequest(), allow_empty=False, max_length=MAX_ITEMS
    )


class PaymentDetails(serializers.Serializer[Any]):
    method = Line(
        max_length=32, required=False, allow_blank=True, help_text="That of the order counts."
    )
    token = Line(
        max_length=255,
        required=False,
        help_text="Of the payment gateway. Needed to process and to authorize; never kept.",
    )
    amount = Money(required=False, help_text="Needed, but to void.")


class PaymentRequest(serializers.Serializer[Any]):
    orderId = Line(max_length=64)
    action = serializers.ChoiceField(PAYMENT_ACTIONS)
    paymentDetails = PaymentDetails(required=False, help_text="Needed, but to void.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        details = attrs.setdefault("paymentDetails", {})
        missing = [name for name in NEEDED[attrs["action"]] if name not in details]
        if missing:
            raise serializers.ValidationError(
                {"paymentDetails": {name: ["This field is required."] for name in missing}}
            )
        return attrs
