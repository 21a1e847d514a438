"""What is done with an order of a player: reserved, delivered, tracked, acquired, cancelled."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from rest_framework.request import Request

from inventory.api.answers import Answer
from orders.api.authentication import Kind
from orders.api.refusals import Forbidden
from orders.api.rewards import endpoints
from orders.api.rewards.doors import RewardsApi
from orders.api.rewards.serializers.orders import (
    OperationSerializer,
    ReservationSerializer,
    SentSerializer,
)
from orders.api.rewards.serializers.requests import STORED_AS
from orders.api.rewards.transactions import transaction_of
from orders.cancelling import cancelling_by_api
from orders.errors import NothingChanged
from orders.models import Order
from orders.services.cancel_order import cancel_order
from orders.services.capture_delivery import capture_delivery
from orders.services.complete_order import complete_order
from orders.services.register_tracking import register_tracking
from orders.services.reserve_reward import Reservation, reserve_reward
from orders.services.update_details import update_details


class OrderViewSet(RewardsApi):
    endpoints = {
        "reserve": endpoints.RESERVE,
        "cancel_reservation": endpoints.CANCEL_RESERVATION,
        "update_details": endpoints.UPDATE_DETAILS,
        "send": endpoints.SEND,
        "track": endpoints.TRACK,
        "acquire": endpoints.ACQUIRE,
        "cancel_acquisition": endpoints.CANCEL_ACQUISITION,
    }

    def reserve(self, request: Request, **_path: str) -> HttpResponse:
        """Hold one unit of a product for the player, and take its coins.

        The hold ends after a while, unless delivery details are captured before. A player has at
        most one open reservation of a product.
        """
        said = self.parse(request)
        named = said["establishmentId"]
        if self.caller.kind is not Kind.KEY or self.caller.establishment_id:
            self._check_establishment(named)
        player = self.find_player()
        establishment = player.establishment
        if establishment is None or establishment.pk != named:
            raise self.endpoint.unknown()
        reservation = Reservation(
            product_id=said["productId"],
            establishment=establishment,
            email=said.get("email", ""),
            denomination=said.get("denomination"),
            any_denomination=self.caller.kind is Kind.KEY,
        )

        def call(transaction_id: UUID | None) -> HttpResponse:
            order = reserve_reward(
                player=player,
                reservation=reservation,
                by=self.caller.name,
                transaction_id=transaction_id,
            )
            return Answer(ReservationSerializer(transaction_of(order)).data)

        return self.once(request, call)

    def cancel_reservation(self, request: Request, **_path: str) -> HttpResponse:
        """Cancel a reservation: the unit is free again, and the coins go back to the player."""
        self.parse(request)
        return self._cancel(request, of=Order.Status.RESERVED, refund=True)

    def update_details(self, request: Request, **_path: str) -> HttpResponse:
        """Change what is sent of the delivery details, while the order is reserved."""
        changes = _stored(self.parse(request))
        if not changes:
            raise NothingChanged("No details were given")
        order = self.find_order()

        def call(operation_id: UUID | None) -> HttpResponse:
            update_details(
                order=order, changes=changes, by=self.caller.name, operation_id=operation_id
            )
            return Answer({"success": True, "message": "Order details updated successfully"})

        return self.once(request, call)

    def send(self, request: Request, **_path: str) -> HttpResponse:
        """Capture the delivery details of a reservation, and take its unit out of stock.

        What is sent replaces what is stored. Once captured, a repetition changes nothing, whatever
        it sends: correct an address by PUT details.
        """
        overrides = _stored(self.parse(request, optional=True))
        order = self.find_order()

        def call(operation_id: UUID | None) -> HttpResponse:
            captured = capture_delivery(
                order=order, overrides=overrides, by=self.caller.name, operation_id=operation_id
            )
            return Answer(SentSerializer(transaction_of(captured)).data)

        return self.once(request, call)

    def track(self, request: Request, **_path: str) -> HttpResponse:
        """Register the tracking number of what was sent, and tell the player.

        The same number again changes nothing; another one replaces it.
        """
        number = self.parse(request)["trackingNumber"]
        order = self.find_order()

        def call(operation_id: UUID | None) -> HttpResponse:
            register_tracking(
                order=order,
                tracking_number=number,
                by=self.caller.name,
                operation_id=operation_id,
            )
            return Answer({"message": "Tracking number saved successfully."})

        return self.once(request, call)

    def acquire(self, request: Request, **_path: str) -> HttpResponse:
        """Complete a reservation: the player has acquired the product.

        What is not digital must have its delivery details captured before.
        """
        self.parse(request)
        order = self.find_order()

        def call(operation_id: UUID | None) -> HttpResponse:
            completed = complete_order(order=order, by=self.caller.name, operation_id=operation_id)
            return Answer(OperationSerializer(transaction_of(completed).current).data)

        return self.once(request, call)

    def cancel_acquisition(self, request: Request, **_path: str) -> HttpResponse:
        """Cancel an acquisition. The coins go back only with `refund`.

        The unit goes back to stock, unless it has a tracking number. Of loot that was given, what
        is left is taken back. `refund` needs the scope `orders:refund` as well.
        """
        refund = self.parse(request, optional=True)["refund"]
        if refund:
            self.check_scope("orders:refund")
        return self._cancel(request, of=Order.Status.COMPLETED, refund=refund)

    def _cancel(self, request: Request, *, of: Order.Status, refund: bool) -> HttpResponse:
        order = self.find_order()

        def call(operation_id: UUID | None) -> HttpResponse:
            cancelled = cancel_order(
                order,
                how=cancelling_by_api(of, refund=refund),
                by=self.caller.name,
                operation_id=operation_id,
            )
            return Answer(OperationSerializer(transaction_of(cancelled).current).data)

        return self.once(request, call)

    def _check_establishment(self, named: UUID) -> None:
        if self.caller.establishment_id != named:
            raise Forbidden


def _stored(said: dict[str, Any]) -> dict[str, str]:
    """What was said of the delivery, by the names under which it is stored."""
    return {STORED_AS.get(name, name): text for name, text in said.items()}
