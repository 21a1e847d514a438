"""What staff do with one order: a button that says why it cannot be pressed, and a page behind it.

Asked, shown where there is an effect to see, then done; by POST, once for each form that is opened.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import prefetch_related_objects
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse

from config.admin import Button, FormsAdmin, hide_fields
from config.errors import Refusal
from orders.admin.action_forms import (
    ActionForm,
    CaptureForm,
    CompleteForm,
    DelayForm,
    DetailsForm,
    EffectForm,
    NoteForm,
    TrackForm,
)
from orders.admin.cancel_forms import REFUND, CancelForm, RefundForm
from orders.admin.facts import about, missing_of, name_of
from orders.admin.panels import LINES
from orders.admin.sale_forms import (
    AwaitForm,
    CancelItemsForm,
    ConfirmForm,
    VerifyForm,
    why_not_awaited,
    why_not_confirmed,
    why_not_items_cancelled,
    why_not_verified,
)
from orders.models import Order, OrderEvent
from orders.services.capture_delivery import why_not_captured
from orders.services.complete_order import why_not_completed
from orders.services.delay_order import why_not_delayed
from orders.services.refund_order import why_not_refunded
from orders.services.register_tracking import why_not_tracked
from orders.services.update_details import why_not_updated
from orders.services.what_cancelling_does import Effect, why_not_cancelled
from players.admin.personal_data import PERSONAL_DATA
from players.admin.staff import member

VIEW = "orders.view_order"
FULFIL = "orders.fulfil_order"
# The button that goes back to the form with all that was filled in.
CHANGE = "change"


def why_not_captured_as_stored(order: Order) -> str:
    """Staff capture what is stored: the form has no fields for what is missing."""
    if why_not := why_not_captured(order):
        return why_not
    missing = "" if order.is_digital else missing_of(order.delivery)
    return f"Missing: {missing}." if missing else ""


def why_not_noted(_order: Order) -> str:
    """Anything can be noted, at any time."""
    return ""


@dataclass(frozen=True, slots=True)
class Action:
    """One thing to do with an order. `why_not` is the same question that the service asks."""

    name: str
    label: str
    rights: tuple[str, ...]
    why_not: Callable[[Order], str]
    form: type[ActionForm]
    kinds: tuple[Order.Kind, ...] = (Order.Kind.REWARD, Order.Kind.SALE)

    def is_for(self, request: HttpRequest) -> bool:
        """Whether this member of staff may do it."""
        return request.user.has_perms([VIEW, *self.rights])

    def url(self, order: Order) -> str:
        return reverse(f"admin:{self.name}_order", args=[order.pk])


REWARD = (Order.Kind.REWARD,)
SALE = (Order.Kind.SALE,)
CANCEL = "orders.cancel_order"
ACTIONS = (
    Action("cancel", "Cancel", (CANCEL,), why_not_cancelled, CancelForm),
    Action("refund", "Refund", (REFUND,), why_not_refunded, RefundForm),
    Action("track", "Register tracking", (FULFIL,), why_not_tracked, TrackForm, REWARD),
    Action("delay", "Mark delayed", (FULFIL,), why_not_delayed, DelayForm, REWARD),
    Action("confirm", "Confirm payment", (FULFIL,), why_not_confirmed, ConfirmForm, SALE),
    Action("await", "Let it be paid again", (FULFIL,), why_not_awaited, AwaitForm, SALE),
    Action("verify-items", "Verify items", (FULFIL,), why_not_verified, VerifyForm, SALE),
    Action(
        "cancel-items", "Cancel items", (CANCEL,), why_not_items_cancelled, CancelItemsForm, SALE
    ),
    Action("complete", "Complete", (FULFIL,), why_not_completed, CompleteForm),
    Action(
        "capture", "Capture delivery", (FULFIL,), why_not_captured_as_stored, CaptureForm, REWARD
    ),
    Action(
        "details", "Edit delivery", (FULFIL, PERSONAL_DATA), why_not_updated, DetailsForm, REWARD
    ),
    Action("note", "Add a note", ("orders.note_order",), why_not_noted, NoteForm),
)


class ActionsAdmin(FormsAdmin):
    """The pages of the actions, and the buttons to them."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            *(
                path(
                    f"<int:pk>/{action.name}/",
                    view(partial(self.take_action, action=action)),
                    name=f"{action.name}_order",
                )
                for action in ACTIONS
            ),
            *super().get_urls(),
        ]

    def action_buttons(self, request: HttpRequest, order: Order) -> list[Button]:
        return [
            Button(action.label, action.url(order), action.why_not(order))
            for action in ACTIONS
            if order.kind in action.kinds and action.is_for(request)
        ]

    def take_action(self, request: HttpRequest, pk: int, action: Action) -> HttpResponse:
        """Ask, show what it would do where that is told, then do it."""
        if not action.is_for(request):
            raise PermissionDenied
        order = self._order(request, pk)
        if order.kind not in action.kinds:
            raise Http404
        form = action.form(
            request.POST if request.method == "POST" else None, order=order, request=request
        )
        # First of all: a first click may have done what the second one asks for.
        if form.is_bound and was_done(order, form):
            return self._tell(request, order, form)
        if why_not := action.why_not(order):
            return self._page(request, order, action, warnings=[why_not])
        is_to_do = CHANGE not in request.POST and form.is_valid()
        if is_to_do and (answer := self._try(request, order, action, form)):
            return answer
        return self._ask(request, order, action, form)

    def _ask(
        self, request: HttpRequest, order: Order, action: Action, form: ActionForm
    ) -> HttpResponse:
        button = form.button or action.label
        return self._page(
            request,
            order,
            action,
            form=form,
            button=button,
            lines=[*about(request, order), *form.lines()],
        )

    def _try(
        self, request: HttpRequest, order: Order, action: Action, form: ActionForm
    ) -> HttpResponse | None:
        """The next page; none where the form has an error now."""
        if isinstance(form, EffectForm) and not is_confirmed(request, form):
            effect = form.effect()
            if effect.refusal:
                form.add_error(None, effect.refusal)
                return None
            return self._confirm(request, order, action, form, effect)
        try:
            form.act(by=f"staff:{member(request).pk}")
        except Refusal as refusal:
            if isinstance(form, EffectForm):
                return self._ask_anew(request, order, action, refusal)
            show_refusal(form, refusal)
            return None
        return self._tell(request, order, form)

    def _ask_anew(
        self, request: HttpRequest, order: Order, action: Action, refusal: Refusal
    ) -> HttpResponse:
        """The form of the order as it is now: what was refused may have given up its payment."""
        order = self._order(request, order.pk)
        if why_not := action.why_not(order):
            return self._page(request, order, action, warnings=[refusal.message, why_not])
        form = action.form(request.POST, order=order, request=request)
        show_refusal(form, refusal)
        return self._ask(request, order, action, form)

    def _order(self, request: HttpRequest, pk: int) -> Order:
        order = self.get_queryset(request).filter(pk=pk).first()
        if order is None:
            raise Http404
        prefetch_related_objects([order], LINES)
        return order

    def _confirm(
        self,
        request: HttpRequest,
        order: Order,
        action: Action,
        form: EffectForm,
        effect: Effect,
    ) -> HttpResponse:
        """The same form, out of sight, with what staff see now."""
        hide_fields(form, seen=effect.seen)
        return self._page(
            request,
            order,
            action,
            title=f"{action.label} {name_of(order)}: is that right?",
            form=form,
            button=form.confirming or f"{action.label} it",
            button_name="confirm",
            changes_it=CHANGE,
            lines=about(request, order),
            effects=[*effect.lines, *form.choices_made()],
        )

    def _page(
        self, request: HttpRequest, order: Order, action: Action, **context: Any
    ) -> HttpResponse:
        given: dict[str, Any] = {
            "title": f"{action.label}: {name_of(order)}",
            "original": order,
            "back": address_of(order),
            "lines": about(request, order),
        }
        return self.show(request, "admin/order_form.html", **(given | context))

    def _tell(self, request: HttpRequest, order: Order, form: ActionForm) -> HttpResponse:
        messages.success(request, form.said)
        return HttpResponseRedirect(address_of(order))


def was_done(order: Order, form: ActionForm) -> bool:
    """Whether this very form was sent before, and what it asks for done."""
    form.full_clean()
    operation_id = form.cleaned_data.get("operation_id")
    if operation_id is None:
        return False
    return OrderEvent.objects.filter(order=order, operation_id=operation_id).exists()


def is_confirmed(request: HttpRequest, form: EffectForm) -> bool:
    return "confirm" in request.POST and bool(form.cleaned_data["seen"])


def show_refusal(form: ActionForm, refusal: Refusal) -> None:
    """At the fields that it is about, else above all of them."""
    fields = [name for name in refusal.details if name in form.fields]
    for name in fields:
        form.add_error(name, cast("list[str]", refusal.details[name]))
    if not fields:
        form.add_error(None, refusal.message)


def address_of(order: Order) -> str:
    return reverse("admin:orders_order_change", args=[order.pk])
