"""Which offers are listed."""

from django_filters import CharFilter, ChoiceFilter, FilterSet
from drf_spectacular.utils import OpenApiParameter

from catalog.models import Offer


class OfferFilter(FilterSet):
    vendorId = CharFilter("product__supplier")  # noqa: N815 - the names of the wire
    offerGroupId = CharFilter("group_id")  # noqa: N815
    status = ChoiceFilter(choices=Offer.Status.choices)


PARAMETERS = (
    OpenApiParameter("vendorId", str, description="Of this vendor."),
    OpenApiParameter("offerGroupId", str, description="Of this group."),
    OpenApiParameter("status", str, enum=Offer.Status.values),
)
