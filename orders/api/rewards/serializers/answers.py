"""What is answered that is no order: messages, pages, refusals."""

from typing import Any

from rest_framework import serializers

from orders.api.rewards.serializers.orders import ListedOrderSerializer


class Message(serializers.Serializer[Any]):
    message = serializers.CharField()


class Failure(Message):
    """`requestId` is how the log knows the request."""

    requestId = serializers.CharField()


class DetailsUpdated(serializers.Serializer[Any]):
    success = serializers.BooleanField()
    message = serializers.CharField()


class OrderPageEnvelope(serializers.Serializer[Any]):
    type = serializers.CharField()
    dataPath = serializers.CharField()


class OrderPagePagination(serializers.Serializer[Any]):
    total = serializers.IntegerField()
    page = serializers.IntegerField()
    limit = serializers.IntegerField()
    hasMore = serializers.BooleanField()
    totalIsEstimate = serializers.BooleanField(
        required=False, help_text="There, and true, where `total` is an estimate."
    )


class OrderPageSort(serializers.Serializer[Any]):
    field = serializers.CharField()
    direction = serializers.CharField()


class OrderPageControls(serializers.Serializer[Any]):
    nextPage = serializers.IntegerField(allow_null=True)
    previousPage = serializers.IntegerField(allow_null=True)


class OrderPageMeta(serializers.Serializer[Any]):
    pagination = OrderPagePagination()
    filters = serializers.DictField(help_text="The filters that were applied, as they were sent.")
    sort = OrderPageSort()
    paginationControls = OrderPageControls()


class OrderPage(serializers.Serializer[Any]):
    envelope = OrderPageEnvelope()
    meta = OrderPageMeta()
    items = ListedOrderSerializer(many=True)
