"""What is done with the payment of an order (DOMAIN 3.9)."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from rest_framework.request import Request

from config.idempotency import NotTheLastWord
from inventory.api.answers import Answer
from orders.api.sales import endpoints
from orders.api.sales.doors import SalesApi, derived_code
from orders.models import Order, Payment
from orders.services.capture_payment import capture_payment
from orders.services.refund_payment import refund_payment
from orders.services.take_payment import take_payment
from orders.services.void_payment import void_payment

SCOPES = {
    "process": "orders:create",
    "authorize": "orders:create",
    "capture": "orders:create",
    "void": "orders:cancel",
    "refund": "orders:refund",
}


class Unsettled(Answer, NotTheLastWord):
    """The gateway has not said yet what became of it: the same call is told when it has."""


class PaymentViewSet(SalesApi):
    endpoints = {"move": endpoints.MOVE_PAYMENT}

    def move(self, request: Request) -> HttpResponse:
        """Take the money with a token, or set it aside, take it then, give it up, or give it back.

        `amount` is the total, or what is to be given back. While the gateway does not say what
        became of it, the answer is `pending`, and repeating the call charges nothing twice. To
        process what is paid already is answered as it was. Card data are refused: send a token.
        """
        said = self.parse(request)
        self.check_scope(SCOPES[said["action"]])
        order = self.find_order(said["orderId"])

        def call(call_id: UUID | None) -> HttpResponse:
            payment = self._move(order, said["action"], said["paymentDetails"], call_id)
            kind = Unsettled if payment and payment.is_in_flight else Answer
            return kind(
                {
                    "orderId": order.code,
                    "paymentStatus": Order.objects.get(pk=order.pk).payment_status,
                    "transactionId": payment.code if payment else None,
                }
            )

        return self.once(request, call)

    def _move(
        self, order: Order, action: str, details: dict[str, Any], call_id: UUID | None
    ) -> Payment | None:
        by = self.caller.name
        match action:
            case "process" | "authorize":
                return take_payment(
                    order,
                    token=details["token"],
                    amount=details["amount"],
                    is_to_capture=action == "process",
                    by=by,
                    payment_code=derived_code("txn_", call_id),
                )
            case "capture":
                return capture_payment(order, amount=details["amount"], by=by)
            case "refund":
                return refund_payment(order, amount=details["amount"], by=by, operation_id=call_id)
            case _:
                return void_payment(order, by=by, operation_id=call_id)
