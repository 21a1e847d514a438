"""What is asked for and answered when webhooks are replayed."""

from typing import Any

from rest_framework import serializers

from orders.api.fields import Flag, Id


class ReplayRequest(serializers.Serializer[Any]):
    since = serializers.DateTimeField()
    until = serializers.DateTimeField(required=False)
    transactionId = Id(required=False)
    endpointId = Id(required=False)
    includeDelivered = Flag(default=False)
    establishmentId = Id(required=False)


class Replayed(serializers.Serializer[Any]):
    replayed = serializers.IntegerField(help_text="Deliveries that are on their way now.")
    nextSince = serializers.DateTimeField(
        allow_null=True, help_text="Where there may be more than one call takes: go on from here."
    )
