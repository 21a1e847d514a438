"""The way to undo an order: asked, shown, then done by a REFUND order."""

from uuid import uuid4

import structlog
from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Sum
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.widgets import UnfoldAdminRadioSelectWidget, UnfoldAdminTextareaWidget

from catalog.models import Item
from config.admin import Button, FormsAdmin, page_of
from config.errors import Refusal
from inventory.explanations import explain_change
from inventory.fulfilment.vocabulary import EntryType, Result
from inventory.models import InventoryChange, PlayerOrder
from inventory.services.undo_player_order import (
    Policy,
    Undoing,
    undo_player_order,
    what_undoing_does,
    why_not_undone,
)
from players.admin.staff import member

POLICIES = [
    (Policy.REFUSE, "All of it, or nothing"),
    (Policy.TAKE_WHAT_IS_LEFT, "Take back what is left"),
]
OTHER_CHOICE = f"Choose “{dict(POLICIES)[Policy.TAKE_WHAT_IS_LEFT]}” to take the rest."
ORDERS_NAMED = 20


class UndoForm(forms.Form):
    order_id = forms.UUIDField(widget=forms.HiddenInput)
    seen = forms.CharField(widget=forms.HiddenInput, required=False)
    policy = forms.TypedChoiceField(
        label="What to take back",
        coerce=Policy,
        choices=POLICIES,
        widget=UnfoldAdminRadioSelectWidget,
        help_text="Where the player has spent part of it, or its time is over.",
    )
    reason = forms.CharField(
        max_length=500,
        widget=UnfoldAdminTextareaWidget({"rows": 3}),
        help_text="Kept with the order. Why, and for instance which ticket.",
    )

    def __init__(self, data: QueryDict | None) -> None:
        super().__init__(data, initial={"order_id": uuid4(), "policy": Policy.REFUSE})


class UndoAdmin(FormsAdmin):
    """The page on which an order is undone, and the button to it."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.undo)
        return [path("<int:pk>/undo/", view, name="undo_player_order"), *super().get_urls()]

    def undo_button(self, request: HttpRequest, order: PlayerOrder) -> list[Button]:
        if not may_undo(request):
            return []
        url = reverse("admin:undo_player_order", args=[order.pk])
        return [Button("Undo", url, why_not_undone(order))]

    def undo(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask how, show what it would do to each record, then place the order that does it."""
        if not may_undo(request):
            raise PermissionDenied
        order = get_object_or_404(PlayerOrder.objects.select_related("player", "undone_by"), pk=pk)
        form = UndoForm(request.POST if request.method == "POST" else None)
        valid = form.is_bound and form.is_valid()
        if valid and (done := self._done_before(order, form)):
            return self._tell(request, order, done)
        if (possible := what_undoing_does(order, Policy.TAKE_WHAT_IS_LEFT)).refusal:
            return self._say_why_not(request, order, possible)
        undoing = what_undoing_does(order, form.cleaned_data["policy"]) if valid else None
        if undoing and undoing.refusal:
            form.add_error(None, [headline(undoing.refusal), OTHER_CHOICE])
        elif undoing and ("confirm" not in request.POST or not form.cleaned_data["seen"]):
            return self._confirm(request, order, form, undoing)
        elif undoing:
            try:
                return self._tell(request, order, self._place(request, order, form))
            except Refusal as refusal:
                form.add_error(None, headline(refusal.message))
        return self._ask(request, order, form, possible)

    def _done_before(self, order: PlayerOrder, form: UndoForm) -> PlayerOrder | None:
        order_id = str(form.cleaned_data["order_id"])
        return PlayerOrder.objects.filter(order_id=order_id, undoes=order).first()

    def _say_why_not(
        self, request: HttpRequest, order: PlayerOrder, undoing: Undoing
    ) -> HttpResponse:
        """Without a form: no choice would undo it."""
        why_not: str | SafeString = headline(undoing.refusal)
        if undone_by := getattr(order, "undone_by", None):
            why_not = format_html("{} By order {}.", why_not, page_of(undone_by))
        return self.ask(
            request,
            title=f"Undo {order}",
            original=order,
            back=address_of(order),
            lines=[about(order), *effects_of(undoing)],
            warnings=[why_not],
        )

    def _ask(
        self, request: HttpRequest, order: PlayerOrder, form: UndoForm, undoing: Undoing
    ) -> HttpResponse:
        return self.ask(
            request,
            title=f"Undo {order}",
            original=order,
            button="Show what it does",
            back=address_of(order),
            form=form,
            lines=[about(order), *effects_of(undoing)],
            warnings=left_alone(order),
        )

    def _confirm(
        self, request: HttpRequest, order: PlayerOrder, form: UndoForm, undoing: Undoing
    ) -> HttpResponse:
        """The same form, out of sight, with what staff see now."""
        data = request.POST.copy()
        data["seen"] = undoing.seen
        form.data = data
        for field in form.fields.values():
            field.widget = forms.HiddenInput()
        return self.ask(
            request,
            title=f"Undo {order}: is that right?",
            original=order,
            button="Undo it",
            button_name="confirm",
            back=request.get_full_path(),
            form=form,
            lines=[
                about(order),
                *effects_of(undoing),
                f"What to take back: {dict(POLICIES)[form.cleaned_data['policy']]}",
                f"Reason: {form.cleaned_data['reason']}",
            ],
            warnings=left_alone(order),
        )

    def _place(self, request: HttpRequest, order: PlayerOrder, form: UndoForm) -> PlayerOrder:
        given = form.cleaned_data
        return undo_player_order(
            order=order,
            **{name: given[name] for name in ("policy", "seen", "reason", "order_id")},
            placed_by=f"staff:{member(request).pk}",
            request_id=structlog.contextvars.get_contextvars().get("request_id", ""),
        )

    def _tell(
        self, request: HttpRequest, order: PlayerOrder, undone_by: PlayerOrder
    ) -> HttpResponse:
        messages.success(request, "Undone, as this order shows.")
        seen = request.user.has_perm("inventory.view_playerorder")
        return HttpResponseRedirect(address_of(undone_by if seen else order))


def may_undo(request: HttpRequest) -> bool:
    """Whether this member of staff may undo orders."""
    return request.user.has_perms(["inventory.undo_playerorder", "inventory.view_playerorder"])


def address_of(order: PlayerOrder) -> str:
    return reverse("admin:inventory_playerorder_change", args=[order.pk])


def about(order: PlayerOrder) -> str:
    return f"Order {order} of {order.player}"


def headline(refusal: str) -> str:
    """Without the reasons: the lines of the page have them."""
    return refusal.partition("\n")[0]


def effects_of(undoing: Undoing) -> list[str]:
    """What undoing does to each record, in a line; with what it cannot do, and why."""
    changes = [each.as_change() for each in undoing.reversals]
    ids = {shown["item_id"] for each in changes for shown in (each.before, each.after) if shown}
    names = dict(Item.objects.filter(pk__in=ids).values_list("pk", "name"))
    lines = []
    for each, change in zip(undoing.reversals, changes, strict=True):
        if each.moves:
            line = explain_change(change, names, {})
        else:
            line = f"{each.record.item}: nothing, {each.record.count:,} stay"
        line += "".join(f"; {reason}" for reason in each.lost)
        lines.append(f"{line}. In bucket {each.record.bucket}, record {each.record.pk}")
    return lines


def caused_by(order: PlayerOrder) -> list[PlayerOrder]:
    """The orders that it led to, and those that they did; settings bound how many that may be."""
    family: list[PlayerOrder] = []
    latest = [order]
    while latest:
        children = PlayerOrder.objects.filter(caused_by__order__in=latest)
        latest = list(children.select_related("undone_by").order_by("pk"))
        family += latest
    return family


def kept_from(orders: list[PlayerOrder]) -> list[SafeString]:
    """What the player keeps from each of them that has not been undone itself."""
    gains: dict[int, list[str]] = {}
    changes = InventoryChange.objects.filter(entry__order__in=orders)
    by_item = changes.values_list("entry__order_id", "record__item_id", "record__item__name")
    for pk, item_id, name, gain in by_item.annotate(Sum("delta")).order_by("record__item_id"):
        gains.setdefault(pk, []).append(f"{gain:+,} {name or f'item {item_id}'}")
    lines = []
    for order in orders:
        if order.state != PlayerOrder.State.DONE:
            lines.append(format_html("Still to come: order {}", page_of(order)))
        elif order.pk in gains and not hasattr(order, "undone_by"):
            gained = ", ".join(gains[order.pk])
            lines.append(format_html("The player keeps: {} (order {})", gained, page_of(order)))
    return lines


def left_alone(order: PlayerOrder) -> list[str | SafeString]:
    """What the order did that undoing it does not touch."""
    lines: list[str | SafeString] = []
    kept = kept_from(caused_by(order))
    lines += kept[:ORDERS_NAMED]
    if len(kept) > ORDERS_NAMED:
        lines.append(f"and {len(kept) - ORDERS_NAMED} more")
    for entry in order.entries.order_by("position"):
        notes = [(note["type"], note.get("code")) for note in entry.notes or ()]
        lines += [
            f"Not included: the use of the code {code} stays used"
            for kind, code in notes
            if kind == "claim_promo_code" and ("return_promo_code", code) not in notes
        ]
        if entry.type == EntryType.FILL_LOOT_SINGLE_TRANSIENT and entry.result == Result.SUCCESS:
            lines.append(f"Not included: loot {entry.loot_id} counts as had in that session")
    return lines
