"""What is done with orders: created, shown, brought to a status, cancelled, item by item too."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from rest_framework.request import Request

from inventory.api.answers import Answer
from orders.api.doors import allows
from orders.api.sales import endpoints
from orders.api.sales.doors import SalesApi, derived_code
from orders.api.sales.errors import StatusUnknown, told_as
from orders.api.sales.serializers.sales import (
    SaleChangedSerializer,
    SaleCreatedSerializer,
    SaleSerializer,
)
from orders.errors import CustomerUnknown
from orders.models import Order
from orders.services.act_on_items import ItemAction, act_on_items
from orders.services.cancel_sales import Result, cancel_sales
from orders.services.change_sale_status import change_sale_status
from orders.services.create_sale import ItemDraft, SaleDraft, create_sale
from players.models import Player


class OrderViewSet(SalesApi):
    endpoints = {
        "create": endpoints.CREATE,
        "retrieve": endpoints.GET,
        "change_status": endpoints.CHANGE_STATUS,
        "bulk_cancel": endpoints.BULK_CANCEL,
        "act_on_items": endpoints.ACT_ON_ITEMS,
    }

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
            return Answer(SaleCreatedSerializer(order).data, status=201)

        return self.once(request, call)

    def retrieve(self, _request: Request, id: str) -> HttpResponse:  # noqa: A002 - the path's name
        """Show an order with its items."""
        return Answer(SaleSerializer(self.find_order(id)).data)

    def change_status(self, request: Request, id: str) -> HttpResponse:  # noqa: A002
        """Bring an order to a status by hand; in that status already, it is left as it is.

        To `processing` says that it was paid outside. Else it may be made `completed`, `cancelled`,
        or `pending_payment` again after a payment failed.
        """
        said = self.parse(request)
        order = self.find_order(id)
        if said["status"] not in Order.Status.values:
            raise StatusUnknown(f"There is no status {said['status']}")

        def call(operation_id: UUID | None) -> HttpResponse:
            changed = change_sale_status(
                order,
                to=Order.Status(said["status"]),
                note=said["reason"],
                by=self.caller.name,
                operation_id=operation_id,
            )
            return Answer(SaleChangedSerializer(changed).data)

        return self.once(request, call)

    def bulk_cancel(self, request: Request) -> HttpResponse:
        """Cancel orders, each for itself: `results` says what became of each.

        What is paid is given back; `paymentStatus` changes when it has been.
        """
        said = self.parse(request)

        def call(operation_id: UUID | None) -> HttpResponse:
            results = cancel_sales(
                said["orderIds"],
                reason=said["reason"],
                by=self.caller.name,
                establishment_id=self.caller.establishment_id,
                operation_id=operation_id,
            )
            failed = sum(result.refusal is not None for result in results)
            return Answer(
                {
                    "cancelled": len(results) - failed,
                    "failed": failed,
                    "results": [_told(result) for result in results],
                }
            )

        return self.once(request, call)

    def act_on_items(self, request: Request) -> HttpResponse:
        """Cancel or verify items of an order: all that is asked, or nothing.

        An item that is cancelled is taken off the total, or given back where the order is paid.
        With its last item an order is cancelled.
        """
        said = self.parse(request)
        order = self.find_order(said["orderId"])
        actions = [
            ItemAction(item_code=item["itemId"], action=item["action"], reason=item["reason"])
            for item in said["items"]
        ]

        def call(operation_id: UUID | None) -> HttpResponse:
            lines = act_on_items(
                order, actions=actions, by=self.caller.name, operation_id=operation_id
            )
            items = [{"itemId": line.code, "status": line.status} for line in lines]
            return Answer({"orderId": order.code, "items": items})

        return self.once(request, call)

    def _find_customer(self, code: str) -> Player:
        players = Player.objects.filter(customer_code=code)
        if self.caller.establishment_id:
            players = players.filter(establishment=self.caller.establishment_id)
        player = players.first()
        if player is None:
            raise CustomerUnknown(f"There is no customer {code}")
        return player


def _told(result: Result) -> dict[str, Any]:
    if result.refusal is None:
        return {"orderId": result.code, "status": "cancelled"}
    _, word = told_as(result.refusal)
    return {
        "orderId": result.code,
        "status": "failed",
        "error": {"code": word, "message": result.refusal.message},
    }
