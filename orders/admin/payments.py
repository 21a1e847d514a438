"""Payments and refunds: what became of each, and what staff can do where that is not settled."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from unfold.decorators import display

from config.admin import Button, ReadOnlyModelAdmin, page_of
from config.errors import Refusal
from config.filters import OfOrder
from orders.models import Payment, PaymentGateway
from orders.models.payments import COINS
from orders.services.retry_refund import retry_refund, why_not_retried
from orders.services.settle_payments import settle_payment
from orders.services.shown_amounts import shown_money
from players.admin.staff import member

ASK, RETRY = "orders.fulfil_order", "orders.refund_order"
SETTLED = "The gateway has said what became of it."
OF_CHARGES = ("intent", "token_end", "dispute")
LOOKS = {
    "Requested": "info",
    "Pending": "warning",
    "Authorized": "info",
    "Done": "success",
    "Failed": "danger",
}


class ThroughFilter(admin.SimpleListFilter):
    title = "gateway"
    parameter_name = "gateway"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        configured = PaymentGateway.objects.order_by("pk").values_list("pk", "name")
        return [*configured, (COINS, "Coins")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Payment]) -> QuerySet[Payment]:
        return queryset.filter(gateway=self.value()) if self.value() else queryset


class InFlightFilter(admin.SimpleListFilter):
    title = "whether it is on its way"
    parameter_name = "in_flight"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return [("yes", "On its way"), ("long", "Asked for more than twice")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Payment]) -> QuerySet[Payment]:
        if self.value() is None:
            return queryset
        on_its_way = queryset.filter(ask_at__isnull=False)
        return on_its_way.filter(times_asked__gt=2) if self.value() == "long" else on_its_way


@admin.register(Payment)
class PaymentAdmin(ReadOnlyModelAdmin):
    list_display = ("code", "kind", "shown_amount", "shown_state", "gateway", "order_link", "since")
    list_select_related = ("order",)
    list_filter = (OfOrder, "kind", "status", ThroughFilter, InFlightFilter)
    search_fields = ("code",)
    search_help_text = "Transaction (txn_…), order (ord_…), the gateway's reference"
    fields = (
        ("code", "order_link"),
        ("kind", "shown_amount"),
        ("shown_state", "failure"),
        ("through", "reference"),
        ("charge", "item"),
        OF_CHARGES,
        ("ask_at", "times_asked"),
        ("created_at", "updated_at"),
    )

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Of a refund, which has no token and is always meant, not what only charges have."""
        if obj is None or obj.kind == Payment.Kind.CHARGE:
            return self.fields
        return [row for row in self.fields if row != OF_CHARGES]

    @display(description="State", label=LOOKS)
    def shown_state(self, payment: Payment) -> str:
        return payment.get_status_display()

    @admin.display(description="Amount")
    def shown_amount(self, payment: Payment) -> str:
        return shown_money(payment.amount, payment.currency)

    @admin.display(description="Order")
    def order_link(self, payment: Payment) -> str:
        return page_of(payment.order, payment.order.reference or payment.order.code)

    @admin.display(description="Gateway")
    def through(self, payment: Payment) -> str:
        return payment.gateway

    @admin.display(description="Since")
    def since(self, payment: Payment) -> object:
        return payment.created_at

    @admin.display(description="Refund of")
    def charge(self, payment: Payment) -> str:
        return page_of(payment.of, payment.of.code) if payment.of else ""

    @admin.display(description="For the item")
    def item(self, payment: Payment) -> str:
        return str(payment.line) if payment.line else ""

    def found_by(self, term: str) -> Q:
        return Q(code=term.lower()) | Q(order__code=term.lower()) | Q(reference=term)

    def get_urls(self) -> list[URLPattern]:
        pages = {"ask": self.ask_gateway, "retry": self.retry}
        return [
            *(
                path(f"<int:pk>/{word}/", self._page(view), name=f"{word}_payment")
                for word, view in pages.items()
            ),
            *super().get_urls(),
        ]

    def buttons(self, request: HttpRequest, obj: Payment) -> list[Button]:
        if obj.gateway == COINS:
            return []
        buttons = []
        if request.user.has_perm(ASK):
            why_not = "" if obj.is_in_flight else "It is not on its way."
            buttons.append(Button("Ask the gateway now", _url("ask", obj), why_not))
        if obj.kind == Payment.Kind.REFUND and request.user.has_perm(RETRY):
            buttons.append(Button("Try the refund again", _url("retry", obj), why_not_retried(obj)))
        return buttons

    def ask_gateway(self, request: HttpRequest, payment: Payment) -> HttpResponse:
        _need(request, ASK)
        if request.method == "POST":
            settled = settle_payment(payment.pk)
            if settled.is_in_flight:
                messages.warning(request, "It is not known yet: the gateway is asked again later.")
            else:
                messages.success(request, f"{SETTLED} {settled.get_status_display()}.")
            return HttpResponseRedirect(_address(payment))
        lines = [
            f"{payment.gateway} is asked what became of {_words(payment)}.",
            "What is still to be taken, given up or refunded is told to it again, as the same one.",
        ]
        return self._ask(request, payment, "Ask the gateway now", "Ask", lines)

    def retry(self, request: HttpRequest, payment: Payment) -> HttpResponse:
        _need(request, RETRY)
        if request.method == "POST":
            try:
                retry_refund(payment, by=f"staff:{member(request).pk}")
            except Refusal as refusal:
                messages.error(request, refusal.message)
            else:
                messages.success(request, "The refund is on its way.")
            return HttpResponseRedirect(_address(payment))
        lines = [f"{payment.gateway} is asked once more for {_words(payment)}."]
        if payment.failure:
            lines.append(f"Last time it failed: {payment.failure}")
        why_not = why_not_retried(payment)
        button = "" if why_not else "Try again"
        warnings = [why_not] if why_not else []
        title = "Try the refund again"
        return self._ask(request, payment, title, button, lines, warnings=warnings)

    def _ask(  # noqa: PLR0913 - what a page is made of
        self,
        request: HttpRequest,
        payment: Payment,
        title: str,
        button: str,
        lines: list[str],
        *,
        warnings: list[str] | None = None,
    ) -> HttpResponse:
        return self.ask(
            request,
            title,
            original=payment,
            button=button,
            back=_address(payment),
            lines=lines,
            warnings=warnings or [],
        )

    def _page(
        self, view: Callable[[HttpRequest, Payment], HttpResponse]
    ) -> Callable[..., HttpResponse]:
        """A page about one payment that moved through a gateway, for those who may look at it."""

        def page(request: HttpRequest, pk: int) -> HttpResponse:
            if not self.has_view_permission(request):
                raise PermissionDenied
            payments = self.get_queryset(request).exclude(gateway=COINS)
            return view(request, get_object_or_404(payments.select_related("order"), pk=pk))

        return self.admin_site.admin_view(page)


def _need(request: HttpRequest, right: str) -> None:
    if not request.user.has_perm(right):
        raise PermissionDenied


def _url(word: str, payment: Payment) -> str:
    return reverse(f"admin:{word}_payment", args=[payment.pk])


def _address(payment: Payment) -> str:
    return reverse("admin:orders_payment_change", args=[payment.pk])


def _words(payment: Payment) -> str:
    kind = payment.get_kind_display().lower()
    amount = shown_money(payment.amount, payment.currency)
    return f"the {kind} {payment.code} of {amount}, for order {payment.order.code}"
