"""Offers of the catalogue: public to read, and created by keys."""

from uuid import UUID

from django.http import HttpResponse
from rest_framework.request import Request

from catalog.models import Offer
from catalog.models.products import OfferQuerySet
from catalog.services.create_offer import OfferDraft, create_offer
from inventory.api.answers import Answer
from orders.api.authentication import Kind
from orders.api.parsing import in_words
from orders.api.refusals import BadRequest
from orders.api.sales import endpoints
from orders.api.sales.doors import SalesApi, derived_code, without_nul
from orders.api.sales.errors import OfferNotFound
from orders.api.sales.offer_filter import OfferFilter
from orders.api.sales.serializers.offers import OfferPageQuery, OfferSerializer


class OfferViewSet(SalesApi):
    endpoints = {
        "list_offers": endpoints.LIST_OFFERS,
        "retrieve": endpoints.GET_OFFER,
        "create": endpoints.CREATE_OFFER,
    }

    def list_offers(self, request: Request) -> HttpResponse:
        """List offers, the newest first: what anybody can buy.

        With a key also what only its establishment sells, and what that has not on sale now.
        """
        page = self.parse_query(request, OfferPageQuery, also=OfferFilter.base_filters.keys())
        found = OfferFilter(request.query_params.dict(), self._offers())
        if not found.is_valid():
            raise BadRequest(in_words(found.errors))
        offers = found.qs.order_by("-created_at", "pk")
        start = page["$skip"]
        shown = offers.select_related("product__supplier")[start : start + page["$top"]]
        return Answer({"value": OfferSerializer(shown, many=True).data, "count": offers.count()})

    def retrieve(self, _request: Request, id: str) -> HttpResponse:  # noqa: A002 - the path's name
        """Show an offer."""
        offers = self._offers().select_related("product__supplier")
        offer = offers.filter(pk=without_nul(id)).first()
        if offer is None:
            raise OfferNotFound("Offer does not exist")
        return Answer(OfferSerializer(offer).data)

    def create(self, request: Request) -> HttpResponse:
        """Offer a product at a price. A key of an establishment offers its own products only."""
        said = self.parse(request)
        pricing = said["pricing"]
        draft = OfferDraft(
            product_id=said["productId"],
            base_price=pricing["basePrice"],
            currency=pricing["currency"],
            billing_cycle=Offer.BillingCycle(pricing["billingCycle"]),
            status=Offer.Status(said["status"]),
            name=said["name"],
            description=said["description"],
            group_id=said["offerGroupId"],
            attributes=said["attributes"],
        )

        def call(call_id: UUID | None) -> HttpResponse:
            offer = create_offer(
                draft,
                establishment_id=self.caller.establishment_id,
                by=self.caller.name,
                offer_id=derived_code("offer_", call_id),
            )
            return Answer(OfferSerializer(offer).data, status=201)

        return self.once(request, call)

    def _offers(self) -> OfferQuerySet:
        establishment_id = self.caller.establishment_id
        if self.caller.kind is Kind.KEY and establishment_id is None:
            return Offer.objects.all()
        sold = Offer.objects.sold_to(establishment_id)
        if establishment_id is None:
            return sold
        return sold | Offer.objects.filter(product__establishment=establishment_id)
