"""The third part of make demo: a sale that is paid, cancelled, refunded; and one left to pay."""

from typing import Any
from urllib.parse import urlencode

from config.local import Trouble, terminal
from config.local.caller import Caller
from config.local.demo_rewards import AURORA, wait_until
from config.local.manage import manage

ALAN, CUSTOMER = "0a1a0a1a-0a1a-4a1a-8a1a-0a1a0a1a0a1a", "cust_123"
FIGURINE = {"offerId": "offer_456", "quantity": 1, "price": 99.99}
MUGS = {"offerId": "offer_mug", "quantity": 2, "price": 12.5}
TOTAL = 124.99
ORDER = {
    "customerId": CUSTOMER,
    "paymentMethod": "credit_card",
    "paymentGatewayId": "sandbox",
}


def play_sales(shop: Caller) -> None:
    """Show a sale from its order to its refund, and leave one for you to pay."""
    make_customer()
    terminal.line("\n  A shop sells a figurine and two mugs, and cancels the order that was paid:")
    created = told(shop, 201, "POST", "initiate-payment", ORDER | {"items": [FIGURINE, MUGS]})
    code, total = created["orderId"], created["totalAmount"]
    if total != TOTAL:
        raise Trouble(f"The order costs {total} instead of {TOTAL}.")
    details = {"method": "credit_card", "token": "tok_visa", "amount": total}
    payment = {"orderId": code, "action": "process", "paymentDetails": details}
    told(shop, 200, "POST", "payment-workflow", payment)
    told(shop, 200, "PUT", f"{code}/status", {"status": "cancelled", "reason": "Demo"})
    wait_until(lambda: is_refunded(shop, code), "the refund of the sale")
    terminal.line(f"    {total} USD are given back by a worker")
    terminal.line("\n  Another one is left for the buyer to pay, in the sandbox:")
    terminal.line(f"    {unpaid(shop)}")


def is_refunded(shop: Caller, code: str) -> bool:
    """Asked as a client would: by a filter of the list."""
    asked = urlencode({"$filter": f"id eq '{code}' and paymentStatus eq 'refunded'"})
    found, _ = shop.must(200, "GET", f"/api/orders/odata?{asked}")
    return bool(found["count"])


def unpaid(shop: Caller) -> str:
    """The payment page of an order that waits for its payment, perhaps of a demo before."""
    from orders.models import Order  # noqa: PLC0415 - Django is set up by now

    waiting = Order.objects.filter(player__customer_code=CUSTOMER, status="pending_payment")
    if order := waiting.first():
        return order.payment_url
    created, _ = shop.must(201, "POST", "/api/orders/initiate-payment", ORDER | {"items": [MUGS]})
    return str(created["paymentUrl"])


def make_customer() -> None:
    from players.models import Player  # noqa: PLC0415 - Django is set up by now

    if not Player.objects.filter(customer_code=CUSTOMER).exists():
        name = ["--first-name", "Alan", "--last-name", "Turing", "--email", "alan@example.com"]
        belongs = ["--establishment", AURORA, "--customer-code", CUSTOMER]
        manage("create_player", "--uuid", ALAN, *belongs, *name)


def told(shop: Caller, expected: int, method: str, end: str, body: dict[str, object]) -> Any:
    """Send the request, show it, and what became of the order."""
    answer, _ = shop.must(expected, method, f"/api/orders/{end}", body)
    code = answer.get("orderId", answer.get("id"))
    shown = f"{method} /api/orders/{end.replace(code, '…')} {body.get('action', '')}"
    terminal.line(f"    {shown:<46} {answer.get('status') or answer['paymentStatus']}")
    return answer
