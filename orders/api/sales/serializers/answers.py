"""What is answered that is no order: results of many, refusals."""

from typing import Any

from rest_framework import serializers

from orders.api.sales.serializers.sales import ITEM_STATUSES
from orders.vocabulary import PaymentStatus


class SalesError(serializers.Serializer[Any]):
    type = serializers.CharField(help_text="For programs: `ORDER_NOT_FOUND`, say.")
    message = serializers.CharField(help_text="For people.")
    details = serializers.DictField()


class SalesErrorMeta(serializers.Serializer[Any]):
    timestamp = serializers.CharField()
    requestId = serializers.CharField(help_text="How the log knows the request.")


class SalesRefusal(serializers.Serializer[Any]):
    success = serializers.BooleanField(help_text="Always false.")
    code = serializers.IntegerField(help_text="The status of the answer.")
    error = SalesError()
    meta = SalesErrorMeta()


class CancelError(serializers.Serializer[Any]):
    code = serializers.CharField(help_text="`ORDER_NOT_FOUND`, `INVALID_STATUS` or `CONFLICT`.")
    message = serializers.CharField()


class CancelResult(serializers.Serializer[Any]):
    orderId = serializers.CharField()
    status = serializers.ChoiceField(["cancelled", "failed"])
    error = CancelError(required=False, help_text="There where it failed.")


class BulkCancelled(serializers.Serializer[Any]):
    cancelled = serializers.IntegerField()
    failed = serializers.IntegerField()
    results = CancelResult(many=True)


class ItemResult(serializers.Serializer[Any]):
    itemId = serializers.CharField()
    status = serializers.ChoiceField(ITEM_STATUSES)


class ItemsActedOn(serializers.Serializer[Any]):
    orderId = serializers.CharField()
    items = ItemResult(many=True)


class PaymentMoved(serializers.Serializer[Any]):
    orderId = serializers.CharField()
    paymentStatus = serializers.ChoiceField(
        PaymentStatus.choices, help_text="`pending` too while the gateway has not answered."
    )
    transactionId = serializers.CharField(
        allow_null=True, help_text="Null where nothing had begun that was to be voided."
    )
