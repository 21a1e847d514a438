"""How a refusal is written."""

from typing import Any

from rest_framework import serializers


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
