"""The hosted payment page: where `paymentUrl` leads (DOMAIN 3.3).

Whoever knows order and token may see what is ordered, and pay it; there is no other session, no
cookie, no script. Nothing is typed here: at a sandbox the buyer chooses how the payment ends, else
the gateway's own page takes over.
"""

from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from urllib.parse import urlencode

from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from config.errors import Refusal
from orders.errors import GatewayNotOffered, PaymentInFlight, PaymentRefused
from orders.models import Order, OrderLine, PaymentGateway
from orders.pages.payment_status import Paying, status_of, steps_of
from orders.pages.private import find_order, private
from orders.services.begin_checkout import begin_checkout
from orders.services.settle_payments import settle_payment
from orders.services.shown_amounts import shown_money
from orders.services.take_payment import take_payment
from players.errors import PlayerBusy

SHOWN = Order.objects.sales().select_related("establishment", "delivery", "player", "gateway")
CODE_LENGTH = 32
# Seconds until a page that waits for the gateway looks again, without a script.
REFRESHED_AFTER = "10"
# What a buyer does at a sandbox, and the token that does it.
CHOICES = {"pay": "tok_visa", "decline": "tok_chargeDeclined", "lose": "tok_timeout"}
MOVED = "The order is not as this page showed it: look again, and pay what it says now."
SILENT = "The gateway does not answer just now. Nothing was taken by this click: try again soon."
BUSY = "The order is being worked on just now. Nothing was taken by this click: try again."
UNPAYABLE = "It cannot be paid just now. Nothing was taken: try again later."
FAILED = "Something went wrong on our side. Look at this page again before you pay."


@dataclass(frozen=True, slots=True)
class Item:
    name: str
    quantity: int
    amount: str
    is_cancelled: bool


# What a forged request could do its token allows anyway, and without the token it does nothing.
@csrf_exempt
# A gateway's page may lie at the seller's own address.
@private(sends_to="'self' https:")
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def payment_page(request: HttpRequest) -> HttpResponse:
    code = request.GET.get("orderId", "")
    is_code = code.isascii() and code.isprintable() and len(code) <= CODE_LENGTH
    order = find_order(request, SHOWN, kept_at="payment_token", code=code if is_code else "")
    if order is None:
        return render(request, "payment/unknown.html", status=404)
    if request.method == "POST":
        return _pay(request, order)
    return _show(request, _ask_again(request, order))


def _ask_again(request: HttpRequest, order: Order) -> Order:
    """Who comes back from the gateway's page sees at once what became of it."""
    if "back" not in request.GET:
        return order
    if charge := order.payments.open_charge().first():
        settle_payment(charge.pk)
    return SHOWN.get(pk=order.pk)


def _pay(request: HttpRequest, order: Order) -> HttpResponse:
    try:
        return HttpResponseRedirect(_done(request, order), status=303)
    except PaymentInFlight:
        # A second click, or a gateway that is silent.
        if _paying(order).is_on_its_way:
            return HttpResponseRedirect(_here(request), status=303)
        problem, status = SILENT, 409
    except PlayerBusy:
        problem, status = BUSY, 409
    except OperationalError:
        problem, status = FAILED, 503
    except GatewayNotOffered:
        problem, status = UNPAYABLE, 503
    except Refusal:
        problem, status = MOVED, 409
    return _show(request, SHOWN.get(pk=order.pk), problem=problem, status=status)


def _done(request: HttpRequest, order: Order) -> str:
    """Where the buyer goes on, once it is done."""
    by = f"player:{order.player_id}"
    amount = _amount_seen(request)
    choice = request.POST.get("choice", "")
    is_sandbox = _gateway_of(order).kind == PaymentGateway.Kind.SANDBOX
    if is_sandbox and choice in CHOICES:
        with suppress(PaymentRefused):  # the page says so
            take_payment(order, token=CHOICES[choice], amount=amount, is_to_capture=True, by=by)
    elif not is_sandbox and choice == "checkout":
        return begin_checkout(order, amount=amount, back_to=f"{order.payment_url}&back=1", by=by)
    return _here(request)


def _amount_seen(request: HttpRequest) -> Decimal:
    """What the button said; what is no amount is that of no order."""
    try:
        amount = Decimal(request.POST.get("amount", ""))
    except InvalidOperation:
        return Decimal(-1)
    return amount if amount.is_finite() else Decimal(-1)


def _here(request: HttpRequest) -> str:
    named = {name: request.GET[name] for name in ("token", "orderId")}
    return f"{request.path}?{urlencode(named)}"


def _gateway_of(order: Order) -> PaymentGateway:
    if order.gateway is None:
        raise ValueError("A sale has a gateway")
    return order.gateway


def _paying(order: Order) -> Paying:
    payments = list(order.payments.order_by("-pk"))
    return Paying(order=order, payments=payments, gateway=_gateway_of(order))


def _items(order: Order) -> list[Item]:
    lines = order.lines.select_related("product").order_by("position")
    return [
        Item(
            name=str(line.product),
            quantity=line.quantity,
            amount=shown_money(line.amount, order.currency),
            is_cancelled=line.status == OrderLine.Status.CANCELLED,
        )
        for line in lines
    ]


def _show(
    request: HttpRequest, order: Order, *, problem: str = "", status: int = 200
) -> HttpResponse:
    paying = _paying(order)
    context = {
        "order": order,
        "items": _items(order),
        "total": shown_money(order.total, order.currency),
        "status": status_of(paying),
        "steps": steps_of(paying),
        "paying": paying,
        "is_sandbox": paying.gateway.kind == PaymentGateway.Kind.SANDBOX,
        "here": _here(request),
        "has_left": "left" in request.GET and paying.can_pay,
        "problem": problem,
    }
    response = render(request, "payment/page.html", context, status=status)
    if paying.is_on_its_way:
        response["Refresh"] = REFRESHED_AFTER
    return response
