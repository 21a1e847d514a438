"""Many orders are cancelled at once: each effect is shown first, each result told after."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import uuid4

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from config.admin import Panel, hide_fields, list_of, page_of
from config.errors import Refusal
from orders.admin.actions import CHANGE
from orders.admin.bulk_form import MOST, TOO_MANY, BulkCancelForm
from orders.admin.bulk_matching import BulkMatchingAdmin
from orders.admin.facts import name_of, paid_for, waits_for
from orders.admin.panels import LINES
from orders.cancelling import CancellingMany
from orders.models import Order
from orders.services.cancel_order import cancel_order
from orders.services.give_up_payment import Patience, give_up_payment
from orders.services.shown_amounts import shown_coins, shown_money
from orders.services.what_cancelling_does import what_cancelling_does
from players.admin.personal_data import may_see_personal_data, shown_name
from players.admin.staff import member

TEMPLATE = "admin/order_form.html"
COIN = "COIN"
NOT_SHOWN = "It could not be cancelled when it was looked at. It could be now."


@dataclass(frozen=True, slots=True)
class Row:
    """An order, and what became or would become of it."""

    order: Order
    lines: list[str]
    refusal: str = ""


class BulkCancelAdmin(BulkMatchingAdmin):
    """The action of the list, and the pages behind it. Needs both rights, as for one order."""

    actions = ("cancel_selected",)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.cancel_many)
        return [path("cancel/", view, name="cancel_orders"), *super().get_urls()]

    @admin.action(description="Cancel selected orders", permissions=["cancel"])
    def cancel_selected(
        self, request: HttpRequest, queryset: QuerySet[Order]
    ) -> HttpResponse | None:
        """Freeze the selection, and ask how."""
        keys = list(queryset.order_by("-pk").values_list("pk", flat=True)[: MOST + 1])
        if len(keys) > MOST:
            return self.freeze(request, queryset, operation_id=uuid4())
        return self._ask_many(request, BulkCancelForm(None, request=request, orders=keys), keys)

    def cancel_many(self, request: HttpRequest) -> HttpResponse:
        """Show what would become of each, then cancel those that it was shown of."""
        if not self.has_cancel_permission(request):
            raise PermissionDenied
        if request.method != "POST":
            return HttpResponseRedirect(list_of(Order))
        form = BulkCancelForm(request.POST, request=request)
        valid = form.is_valid()
        keys = form.cleaned_data.get("orders")
        if keys is None:
            messages.error(request, TOO_MANY)
            return HttpResponseRedirect(list_of(Order))
        if not valid or CHANGE in request.POST:
            return self._ask_many(request, form, keys)
        if "confirm" in request.POST and form.cleaned_data["seen"]:
            return self._tell_many(request, self._cancel(request, form, keys))
        return self._confirm_many(request, form, keys)

    def _orders(self, request: HttpRequest, keys: Iterable[int]) -> list[Order]:
        found = self.get_queryset(request).filter(pk__in=keys)
        return list(found.prefetch_related(LINES, "payments").order_by("-pk"))

    def _ask_many(
        self, request: HttpRequest, form: BulkCancelForm, keys: list[int]
    ) -> HttpResponse:
        rows = [Row(order, [waits_for(order)]) for order in self._orders(request, keys)]
        return self._page_of_many(
            request,
            title=f"Cancel {counted(rows)}",
            form=form,
            button="Show what it does",
            panel=panel_of(request, "Selected", "Waits for", rows),
        )

    def _confirm_many(
        self, request: HttpRequest, form: BulkCancelForm, keys: list[int]
    ) -> HttpResponse:
        """The same form, out of sight, with what staff see now of each."""
        rows, seen = [], {}
        for order in self._orders(request, keys):
            effect = what_cancelling_does(order, form.how().of(order))
            rows.append(Row(order, effect.lines, effect.refusal))
            if not effect.refusal:
                seen[str(order.pk)] = effect.seen
        able = [row for row in rows if not row.refusal]
        hide_fields(form, seen=json.dumps(seen))
        return self._page_of_many(
            request,
            title=f"Cancel {counted(able)}: is that right?",
            form=form,
            button=f"Cancel {counted(able)}" if able else "",
            button_name="confirm",
            changes_it=CHANGE,
            effects=chosen(form, [row.order for row in able]),
            warnings=warnings_of(rows, "cannot be cancelled in this way: the table says why"),
            panel=panel_of(request, "What it does", "What happens", rows),
        )

    def _cancel(self, request: HttpRequest, form: BulkCancelForm, keys: list[int]) -> list[Row]:
        """Each in a transaction of its own: one that is refused keeps none of the others."""
        seen = form.cleaned_data["seen"]
        by = f"staff:{member(request).pk}"
        how = form.how()
        patience = Patience()
        rows = []
        for order in self._orders(request, keys):
            if str(order.pk) not in seen:
                effect = what_cancelling_does(order, how.of(order))
                rows.append(Row(order, [], effect.refusal or NOT_SHOWN))
                continue
            try:
                if order.is_sale:
                    give_up_payment(order, by=by, patience=patience)
                done = cancel_order(
                    order,
                    how=how.of(order),
                    by=by,
                    operation_id=form.operation_on(order),
                    seen=str(seen[str(order.pk)]),
                )
            except Refusal as refusal:
                rows.append(Row(order, [], refusal.message))
            else:
                rows.append(Row(done, ["Cancelled."]))
        return rows

    def _tell_many(self, request: HttpRequest, rows: list[Row]) -> HttpResponse:
        done = [row for row in rows if not row.refusal]
        return self._page_of_many(
            request,
            title=f"{len(done):,} of {counted(rows)} cancelled",
            warnings=warnings_of(rows, "not cancelled: the table says why"),
            panel=panel_of(request, "Results", "Result", rows),
        )

    def _page_of_many(self, request: HttpRequest, **context: Any) -> HttpResponse:
        given: dict[str, Any] = {"back": list_of(Order), "wide": True}
        given["sent_to"] = reverse("admin:cancel_orders")
        return self.show(request, TEMPLATE, **(given | context))


def panel_of(request: HttpRequest, title: str, last: str, rows: Iterable[Row]) -> Panel:
    """The orders, those that cannot be cancelled first."""
    openly = may_see_personal_data(request)
    return Panel(
        title=title,
        headers=("Order", "Player", "Product", "Status", "Paid", last),
        rows=[
            (
                page_of(row.order, name_of(row.order)),
                shown_name(row.order.player, openly=openly),
                ", ".join(str(line) for line in row.order.lines.all()),
                row.order.get_display_status_display(),
                paid_for(row.order).answer,
                told(row),
            )
            for row in sorted(rows, key=lambda row: not row.refusal)
        ],
        empty="None of the selected orders is there.",
    )


def told(row: Row) -> SafeString:
    if row.refusal:
        return format_html(
            '<span class="text-red-700 dark:text-red-400">Not cancelled. {}</span>', row.refusal
        )
    return format_html(
        "<ul>{}</ul>", format_html_join("", "<li>{}</li>", [(line,) for line in row.lines])
    )


def chosen(form: BulkCancelForm, orders: Iterable[Order]) -> list[str]:
    """What is the same for all of them, and what it comes to."""
    how = form.how()
    back: dict[str, Decimal] = {}
    for order in orders:
        back[order.currency] = back.get(order.currency, Decimal(0)) + how.back(order)
    return [said_in_all(back), *said_of(how)]


def said_in_all(back: Mapping[str, Decimal], *, is_over: bool = False) -> str:
    """What goes back, or went, by currency, in a sentence."""
    amounts = [
        f"{shown_coins(amount)} coins" if currency == COIN else shown_money(amount, currency)
        for currency, amount in sorted(back.items())
        if amount
    ]
    if is_over:
        return f"Given back in all, or on its way: {' and '.join(amounts) or 'nothing'}."
    return f"{' and '.join(amounts) or 'Nothing'} {goes(amounts)} back in all."


def goes(amounts: Sequence[str]) -> str:
    return "go" if amounts else "goes"


def said_of(how: CancellingMany) -> list[str]:
    """What was chosen beside what goes back, to be read again."""
    reason = f"Reason: {how.reason.label}" if how.reason else "No reason is given."
    return [reason, f"Note: {how.note}"] if how.note else [reason]


def warnings_of(rows: Iterable[Row], what: str) -> list[str]:
    refused = [row for row in rows if row.refusal]
    return [f"{counted(refused)} {what}."] if refused else []


def counted(rows: Sequence[Row]) -> str:
    return f"{len(rows):,} order{'' if len(rows) == 1 else 's'}"
