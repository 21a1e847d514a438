"""What is done with one order: created, shown."""

from uuid import UUID

from django.http import HttpResponse
from rest_framework.request import Request

from inventory.api.answers import Answer
from orders.api.doors import allows
from orders.api.sales import endpoints
from orders.api.sales.doors import SalesApi, derived_code
from orders.api.sales.serializers.sales import CreatedSerializer, SaleSerializer
from orders.errors import CustomerUnknown
from orders.services.create_sale import ItemDraft, SaleDraft, create_sale
from players.models import Player


class OrderViewSet(SalesApi):
    endpoints = {"create": endpoints.CREATE, "retrieve": endpoints.GET}

    def create(self, request: Request) -> HttpResponse:
        """Order offers for a customer, and hold all units or none.

        The buyer pays at `paymentUrl`; it is null where there is nothing to pay. The hold ends
        after a while, unless it is paid before. Prices are those of the offers; a key with the
        scope `prices:set` may say others.
        """
        said = self.parse(request)
        player = self._find_customer(said["customerId"])
        draft = SaleDraft(
            items=[
                ItemDraft(offer_id=item["offerId"], quantity=item["quantity"], price=item["price"])
                for item in said["items"]
            ],
            payment_method=said["paymentMethod"],
            gateway_id=said["paymentGatewayId"],
            sets_prices=allows(self.caller, "prices:set"),
        )

        def call(call_id: UUID | None) -> HttpResponse:
            order = create_sale(
                player=player,
                draft=draft,
                by=self.caller.name,
                code=derived_code("ord_", call_id),
            )
            return Answer(CreatedSerializer(order).data, status=201)

        return self.once(request, call)

    def retrieve(self, _request: Request, id: str) -> HttpResponse:  # noqa: A002 - the path's name
        """Show an order with its items."""
        return Answer(SaleSerializer(self.find_order(id)).data)

    def _find_customer(self, code: str) -> Player:
        players = Player.objects.filter(customer_code=code)
        if self.caller.establishment_id:
            players = players.filter(establishment=self.caller.establishment_id)
        player = players.first()
        if player is None:
            raise CustomerUnknown(f"There is no customer {code}")
        return player
