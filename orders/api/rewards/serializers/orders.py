"""What is answered about an order."""

from rest_framework import serializers

from orders.api.fields import Amount, Moment, Stored
from orders.api.rewards.transactions import Operation, Transaction
from orders.models import Delivery
from orders.vocabulary import UNGIVEN


class OperationSerializer(serializers.Serializer[Operation]):
    """The minimal operation record (DOMAIN 1.6)."""

    operationId = serializers.CharField(source="operation_id")
    transactionId = serializers.UUIDField(source="order.transaction_id")
    orderType = serializers.CharField(source="type")
    orderStatus = serializers.CharField(source="status")
    playerId = serializers.UUIDField(source="order.player.uuid")
    productId = serializers.UUIDField(source="order.product_id")
    date = Moment()


class ReservationSerializer(serializers.Serializer[Transaction]):
    """The 24 fields of a reservation."""

    operationId = serializers.CharField(source="current.operation_id")
    orderType = serializers.CharField(source="current.type")
    orderStatus = serializers.CharField(source="current.status")
    orderDisplayStatus = serializers.CharField(source="order.get_display_status_display")
    value = Amount(source="order.total")
    reference = serializers.CharField(source="order.reference")
    playerId = serializers.UUIDField(source="order.player.uuid")
    productId = serializers.UUIDField(source="order.product_id")
    playerEmail = Stored(source="order.delivery.email")
    firstName = serializers.CharField(source="order.delivery.first_name")
    lastName = serializers.CharField(source="order.delivery.last_name")
    establishmentId = serializers.UUIDField(source="order.establishment_id")
    establishmentName = serializers.CharField(source="order.establishment.name")
    establishmentImage = serializers.CharField(source="order.establishment.image_url")
    establishmentThumbnailUrl = serializers.CharField(source="order.establishment.thumbnail_url")
    transactionId = serializers.UUIDField(source="order.transaction_id")
    address = Stored(source="order.delivery.address_line1")
    country = Stored(source="order.delivery.country")
    postalCode = Stored(source="order.delivery.postal_code")
    city = Stored(source="order.delivery.city")
    province = Stored(source="order.delivery.province")
    date = Moment(source="order.created_at")
    trackToken = serializers.CharField(source="order.delivery.track_token")
    trackUrl = serializers.URLField(source="order.delivery.track_url")


class OrderSerializer(ReservationSerializer):
    """A whole order of a player: a reservation, and what became of it since."""

    productName = serializers.CharField(source="order.product.name")
    addressLine2 = Stored(source="order.delivery.address_line2")
    deliveryDetailsCapturedAt = Moment(source="order.delivery.captured_at", allow_null=True)
    trackingNumber = Stored(source="order.delivery.tracking_number")
    reason = serializers.SerializerMethodField()
    refunded = Amount(source="order.refunded")

    def get_reason(self, transaction: Transaction) -> str | None:
        """Why it was cancelled, or is delayed."""
        order = transaction.order
        if order.cancelled_at:
            return order.cancel_reason or UNGIVEN
        return order.delay_reason or None


class HistorySerializer(OperationSerializer):
    """One of the operations of an order. `reason` and `refunded` are those of a cancellation."""

    reason = Stored()
    refunded = Amount(allow_null=True)


class OrderWithHistorySerializer(OrderSerializer):
    """An order of a player, with what was done in turn."""

    operations = HistorySerializer(many=True)


class ListedOrderSerializer(serializers.Serializer[Transaction]):
    """One line of the list of orders."""

    operationId = serializers.CharField(source="current.operation_id")
    transactionId = serializers.UUIDField(source="order.transaction_id")
    playerId = serializers.UUIDField(source="order.player.uuid")
    establishmentId = serializers.UUIDField(source="order.establishment_id")
    productId = serializers.UUIDField(source="order.product_id")
    productName = serializers.CharField(source="order.product.name")
    orderType = serializers.CharField(source="current.type")
    orderStatus = serializers.CharField(source="current.status")
    orderDisplayStatus = serializers.CharField(source="order.get_display_status_display")
    value = Amount(source="order.total")
    trackingNumber = Stored(source="order.delivery.tracking_number")
    date = Moment(source="order.created_at")


class AddressSerializer(serializers.Serializer[Delivery]):
    firstName = serializers.CharField(source="first_name")
    lastName = serializers.CharField(source="last_name")
    addressLine1 = serializers.CharField(source="address_line1")
    addressLine2 = serializers.CharField(source="address_line2")
    city = serializers.CharField()
    province = serializers.CharField()
    country = serializers.CharField()
    postalCode = serializers.CharField(source="postal_code")
    email = serializers.CharField()


class SentSerializer(serializers.Serializer[Transaction]):
    """The 14 fields of a reservation whose delivery details are captured."""

    operationId = serializers.CharField(source="current.operation_id")
    transactionId = serializers.UUIDField(source="order.transaction_id")
    orderType = serializers.CharField(source="current.type")
    orderStatus = serializers.CharField(source="current.status")
    orderDisplayStatus = serializers.CharField(source="order.get_display_status_display")
    playerId = serializers.UUIDField(source="order.player.uuid")
    productId = serializers.UUIDField(source="order.product_id")
    establishmentId = serializers.UUIDField(source="order.establishment_id")
    value = Amount(source="order.total")
    playerName = serializers.SerializerMethodField()
    playerEmail = Stored(source="order.delivery.email")
    address = AddressSerializer(source="order.delivery")
    deliveryDetailsCapturedAt = Moment(source="order.delivery.captured_at")

    def get_playerName(self, transaction: Transaction) -> str | None:
        delivery = transaction.order.delivery
        return f"{delivery.first_name} {delivery.last_name}".strip() or None
