"""A client of the sales API, and every endpoint with a body that it takes."""

import json
from dataclasses import dataclass
from typing import Any

from django.test import Client


@dataclass
class Api:
    """A client of the API with one credential, if any; `name` is what the timeline calls it."""

    authorization: str = ""
    name: str = ""

    def send(self, method, path, body: Any = None, content_type="application/json", **headers):
        data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body)
        given = {"Authorization": self.authorization} if self.authorization else {}
        return Client().generic(
            method, path, data, content_type=content_type, headers={**given, **headers}
        )

    def get(self, path, **headers):
        return self.send("GET", path, **headers)

    def post(self, path, body: Any = None, **headers):
        return self.send("POST", path, body, **headers)

    def put(self, path, body: Any = None, **headers):
        return self.send("PUT", path, body, **headers)


CREATE, GET = "create", "get"
PROCESS_STATUS, COMPLETE_STATUS = "to processing", "to completed"
CANCEL_STATUS, AWAIT_STATUS = "to cancelled", "to pending_payment"
BULK_CANCEL, CANCEL_ITEM, VERIFY_ITEM = "bulk cancel", "cancel item", "verify item"
PROCESS, AUTHORIZE, CAPTURE, VOID, REFUND = "process", "authorize", "capture", "void", "refund"
LIST, METRICS = "list", "metrics"
LIST_OFFERS, GET_OFFER, CREATE_OFFER = "list offers", "get offer", "create offer"

STATUS_PATH, PAYMENT_PATH = "/api/orders/{order}/status", "/api/orders/payment-workflow"
ITEMS_PATH, OFFERS_PATH = "/api/orders/items/action", "/api/product-catalogue/offers"
# Method and path.
CALLS = {
    CREATE: ("POST", "/api/orders/initiate-payment"),
    GET: ("GET", "/api/orders/{order}"),
    PROCESS_STATUS: ("PUT", STATUS_PATH),
    COMPLETE_STATUS: ("PUT", STATUS_PATH),
    CANCEL_STATUS: ("PATCH", STATUS_PATH),
    AWAIT_STATUS: ("PATCH", STATUS_PATH),
    BULK_CANCEL: ("POST", "/api/orders/bulk-cancel"),
    CANCEL_ITEM: ("POST", ITEMS_PATH),
    VERIFY_ITEM: ("POST", ITEMS_PATH),
    PROCESS: ("POST", PAYMENT_PATH),
    AUTHORIZE: ("POST", PAYMENT_PATH),
    CAPTURE: ("POST", PAYMENT_PATH),
    VOID: ("POST", PAYMENT_PATH),
    REFUND: ("POST", PAYMENT_PATH),
    LIST: ("GET", "/api/orders/odata"),
    METRICS: ("GET", "/api/orders/aggregated"),
    LIST_OFFERS: ("GET", OFFERS_PATH),
    GET_OFFER: ("GET", OFFERS_PATH + "/offer_456"),
    CREATE_OFFER: ("POST", OFFERS_PATH),
}
OF_AN_ORDER = [
    *(GET, PROCESS_STATUS, COMPLETE_STATUS, CANCEL_STATUS, AWAIT_STATUS, BULK_CANCEL),
    *(CANCEL_ITEM, VERIFY_ITEM, PROCESS, AUTHORIZE, CAPTURE, VOID, REFUND),
]
CHANGING = [name for name, (method, _) in CALLS.items() if method != "GET"]
# An order with which the call can be made.
STATE_FOR = {
    AWAIT_STATUS: "payment failed",
    COMPLETE_STATUS: "processing",
    CAPTURE: "authorized",
    REFUND: "processing",
}
CREATION = {
    "customerId": "cust_123",
    "items": [{"offerId": "offer_456", "quantity": 1, "price": 99.98}],
    "paymentMethod": "credit_card",
    "paymentGatewayId": "sandbox",
}


def body_of(name, *, order, product=None):
    """The body of a call, with the ids that it names."""
    code = order.code if order else "ord_none"
    details = {"method": "credit_card", "token": "tok_visa", "amount": 99.98}
    item = {
        "itemId": f"item_{code.removeprefix('ord_')}_1",
        "action": name.split()[0],
        "reason": "Out of stock",
    }
    _, path = CALLS[name]
    return {
        CREATE: CREATION,
        BULK_CANCEL: {"orderIds": [code], "reason": "Customer request"},
        CREATE_OFFER: {
            "productId": str(product.pk) if product else None,
            "pricing": {"basePrice": 5, "currency": "EUR"},
        },
        STATUS_PATH: {"status": name.removeprefix("to "), "reason": "Said so"},
        ITEMS_PATH: {"orderId": code, "items": [item]},
        PAYMENT_PATH: {"orderId": code, "action": name, "paymentDetails": details},
    }.get(name if name in {CREATE, BULK_CANCEL, CREATE_OFFER} else path)


def call(api, name, *, order=None, product=None, body=..., **headers):
    """Make the call, about this order or this product; `body` instead of its own if given."""
    method, path = CALLS[name]
    if body is ...:
        body = body_of(name, order=order, product=product)
    return api.send(method, path.format(order=order and order.code), body, **headers)


def refusal(answer):
    """Status, type and message of a refusal, which has the whole envelope and nothing else."""
    said = dict(answer.json())
    error, meta = said.pop("error"), said.pop("meta")
    assert said == {"success": False, "code": answer.status_code}
    assert set(error) == {"type", "message", "details"}
    assert set(meta) == {"timestamp", "requestId"}
    return answer.status_code, error["type"], error["message"]
