"""The hosted delivery page: where `trackUrl` leads (DOMAIN 1.3).

Whoever knows transaction and token may read this one order and type its address; there is no other
session, no cookie, no script.
"""

from urllib.parse import urlencode
from uuid import UUID

from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from config.admin import as_uuid
from orders.errors import DeliveryIncomplete, OrderMoved, WrongState
from orders.models import Order
from orders.pages.delivery_form import DeliveryForm
from orders.pages.delivery_status import Status, status_of, steps_of
from orders.pages.private import find_order, private, was_just_now
from orders.services.confirm_delivery import confirm_delivery, fingerprint, why_not_confirmed
from orders.services.write_mail import address_of
from players.errors import PlayerBusy

CLOSED = "The order has changed since you opened this page. What you typed was not saved."
MOVED = (
    "The details were changed since you opened this page, perhaps in another window. What you typed"
    " is not saved yet: compare it with what is stored, and confirm again."
)
BUSY = "The order is being worked on just now, so nothing was saved. Confirm again in a moment."
SHOWN = Order.objects.rewards().select_related("establishment", "product", "delivery", "player")
FAILED = "Something went wrong on our side, and nothing was saved. Confirm again in a moment."
NOT_SAVED = Status("ask", "Your turn", "What you typed is not saved yet", "")
NOBODYS = UUID(int=0)


# What a forged request could do its token allows anyway, and without the token it does nothing.
@csrf_exempt
@private()
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def delivery_page(request: HttpRequest) -> HttpResponse:
    named = as_uuid(request.GET.get("transactionId", "")) or NOBODYS
    order = find_order(request, SHOWN, kept_at="delivery.track_token", transaction_id=named)
    if order is None:
        return render(request, "delivery/unknown.html", status=404)
    if request.method == "POST":
        return _confirm(request, order)
    return _show(request, order, DeliveryForm(order))


def _confirm(request: HttpRequest, order: Order) -> HttpResponse:
    form = DeliveryForm(order, request.POST)
    problem, status = "", 422
    if form.is_valid():
        try:
            confirm_delivery(
                order=order,
                typed=form.typed,
                seen=form.cleaned_data["seen"],
                by=f"player:{order.player_id}",
            )
        except DeliveryIncomplete as refusal:
            form.say_what_is_missing(refusal.details)
        except PlayerBusy:
            problem, status = BUSY, 409
        except OperationalError:
            problem, status = FAILED, 503
        except (OrderMoved, WrongState):
            order = SHOWN.get(pk=order.pk)
            form = DeliveryForm(order, request.POST.dict() | {"seen": fingerprint(order)})
            problem, status = MOVED, 409
        else:
            named = {name: request.GET[name] for name in ("token", "transactionId")}
            now = int(timezone.now().timestamp())
            # A fragment of its own, or the browser keeps that of an error's link.
            there = f"{request.path}?{urlencode(named | {'saved': now})}#saved"
            return HttpResponseRedirect(there, status=303)
    if why_not_confirmed(order):
        problem, status = CLOSED, 409
    return _show(request, order, form, problem=problem, status=status)


def _show(
    request: HttpRequest, order: Order, form: DeliveryForm, *, problem: str = "", status: int = 200
) -> HttpResponse:
    is_open = not why_not_confirmed(order)
    is_captured = bool(order.delivery.captured_at)
    context = {
        "order": order,
        "delivery": order.delivery,
        "mail_to": address_of(order),
        "status": NOT_SAVED if form.is_bound and is_open and is_captured else status_of(order),
        "steps": steps_of(order),
        "is_digital": order.is_digital,
        "form": form if is_open else None,
        "shows_stored": is_captured or problem == MOVED,
        "problem": problem,
        "is_saved": is_captured
        and is_open
        and not form.is_bound
        and was_just_now(request, "saved"),
    }
    return render(request, "delivery/page.html", context, status=status)
