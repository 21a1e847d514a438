"""Offers of the catalogue, as they are asked for, created and shown (DOMAIN 3.10)."""

from typing import Any

from rest_framework import serializers

from catalog.attributes import why_not_kept
from catalog.models import Offer
from orders.api.fields import Amount, Id, Line, Stored, Text
from orders.api.sales.fields import Money, Second

DEFAULT_TOP = 50
MAX_TOP = 1_000
OFFER_STATUSES = Offer.Status.choices
NEW_STATUSES = [Offer.Status.DRAFT, Offer.Status.ACTIVE]


class Attributes(serializers.DictField):
    """What the client keeps with an offer; nobody else reads it."""

    default_error_messages = {"kept": "This cannot be kept: {why}."}

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        attributes: dict[str, Any] = super().to_internal_value(data)
        if why := why_not_kept(attributes):
            self.fail("kept", why=why)
        return attributes


class VendorSerializer(serializers.Serializer[Any]):
    id = serializers.CharField()
    name = serializers.CharField()


class PricingSerializer(serializers.Serializer[Any]):
    basePrice = Amount(source="base_price")
    currency = serializers.CharField()
    billingCycle = serializers.ChoiceField(Offer.BillingCycle.choices, source="billing_cycle")


class OfferSerializer(serializers.Serializer[Any]):
    id = serializers.CharField()
    name = serializers.CharField()
    description = serializers.CharField()
    vendor = VendorSerializer(
        source="product.supplier", allow_null=True, help_text="Who ships it, if that is known."
    )
    pricing = PricingSerializer(source="*")
    offerGroupId = Stored(source="group_id")
    attributes = serializers.DictField()
    status = serializers.ChoiceField(OFFER_STATUSES)
    createdAt = Second(source="created_at")


class OfferList(serializers.Serializer[Any]):
    value = OfferSerializer(many=True)
    count = serializers.IntegerField(help_text="Of all that match, on whatever page.")


class PricingRequest(serializers.Serializer[Any]):
    basePrice = Money()
    currency = serializers.RegexField(r"\A[A-Z]{3}\Z", help_text="ISO 4217.")
    billingCycle = serializers.ChoiceField(
        Offer.BillingCycle.choices, required=False, default=Offer.BillingCycle.ONCE
    )


class OfferRequest(serializers.Serializer[Any]):
    productId = Id()
    name = Line(
        max_length=200, required=False, allow_blank=True, default="", help_text="Or the product's."
    )
    description = Text(max_length=5_000, required=False, allow_blank=True, default="")
    pricing = PricingRequest()
    offerGroupId = Line(max_length=64, required=False, allow_blank=True, default="")
    attributes = Attributes(required=False, default=dict)
    status = serializers.ChoiceField(NEW_STATUSES, required=False, default=Offer.Status.ACTIVE)


class OfferPageQuery(serializers.Serializer[Any]):
    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        return {
            "$skip": serializers.IntegerField(
                min_value=0, max_value=1_000_000, required=False, default=0
            ),
            "$top": serializers.IntegerField(
                min_value=0, max_value=MAX_TOP, required=False, default=DEFAULT_TOP
            ),
        }
