"""What staff fill in to move one sale on: its payment said by hand, its items."""

from collections.abc import Iterator
from decimal import Decimal
from hashlib import sha256
from typing import Any, ClassVar

import orjson
from django import forms
from django.http import HttpRequest
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminTextareaWidget

from orders.admin.action_forms import READ_BY, ActionForm, EffectForm, LookForm, note_field
from orders.errors import OrderMoved
from orders.models import Order, OrderLine, Payment
from orders.services.act_on_items import CANCEL, VERIFY, ItemAction, act_on_items, why_not_acted_on
from orders.services.change_sale_status import change_sale_status, why_not_changed
from orders.services.record_event import NOTE_LENGTH
from orders.services.shown_amounts import shown_money
from orders.services.what_cancelling_does import Effect, live_charge_of, what_giving_up_does

Status = Order.Status
NONE_CHOSEN = "Choose at least one."
SET_ASIDE = "The buyer's money is set aside: the shop captures it by API, or Cancel gives it up."


def why_not_confirmed(order: Order) -> str:
    """Why a person cannot say that the sale was paid."""
    if why_not := why_not_to_be_paid(order) or why_not_while_set_aside(order):
        return why_not
    return why_not_changed(order, Status.PROCESSING)


def why_not_awaited(order: Order) -> str:
    """Why a sale cannot be brought back to wait for its payment."""
    if why_not := why_not_to_be_paid(order):
        return why_not
    if order.status == Status.PENDING_PAYMENT:
        return "It waits for its payment."
    return why_not_changed(order, Status.PENDING_PAYMENT)


def why_not_to_be_paid(order: Order) -> str:
    if order.charged and order.status != Status.CANCELLED:
        return "It is paid already."
    return "" if order.is_unpaid else f"It is {order.get_status_display().lower()}."


def why_not_while_set_aside(order: Order) -> str:
    """Why what a sale costs cannot change now: somebody has to choose what becomes of the money."""
    charge = live_charge_of(order)
    return SET_ASIDE if charge and charge.status == Payment.Status.AUTHORIZED else ""


def why_not_verified(order: Order) -> str:
    return _why_none(order, VERIFY)


def why_not_items_cancelled(order: Order) -> str:
    return why_not_while_set_aside(order) or _why_none(order, CANCEL)


def _why_none(order: Order, action: str) -> str:
    """Empty where an item can be acted on; else why the last cannot, which is as good as any."""
    why_not = "It has no items."
    for line in order.lines.all():
        line.order = order
        why_not = why_not_acted_on(order, line, action)
        if not why_not:
            return ""
    return why_not


class ConfirmForm(LookForm):
    moved: ClassVar[str] = "The order has changed meanwhile. Look at what it is now."
    said = "The payment is confirmed."

    note = note_field(required=True, help_text="How it was paid: a bank statement, a receipt.")

    def looks_now(self) -> str:
        return f"{self.order.status} {self.order.total}"

    def lines(self) -> list[str]:
        total = shown_money(self.order.total, self.order.currency)
        return [
            f"You say that {total} was paid outside of the gateways. Nothing is charged by us.",
            *what_giving_up_does(self.order),
            "The order is processing then; buyer and establishment are told that it is paid.",
        ]

    def act(self, *, by: str) -> None:
        change_sale_status(self.order, to=Status.PROCESSING, by=by, **self.given("note"))


class AwaitForm(ActionForm):
    said = "The order waits for its payment again."

    note = note_field()

    def lines(self) -> list[str]:
        return ["The buyer can pay on the payment page, as before. Nobody is told."]

    def act(self, *, by: str) -> None:
        change_sale_status(self.order, to=Status.PENDING_PAYMENT, by=by, **self.given("note"))


def items_field() -> forms.MultipleChoiceField:
    return forms.MultipleChoiceField(
        label="Items",
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        error_messages={"required": NONE_CHOSEN},
    )


def lines_for(order: Order, action: str) -> Iterator[OrderLine]:
    for line in order.lines.all():
        line.order = order
        if not why_not_acted_on(order, line, action):
            yield line


def offer_items(field: Any, order: Order, action: str) -> None:
    field.choices = [
        (line.code, f"{line}, {shown_money(line.amount, order.currency)} ({line.code})")
        for line in lines_for(order, action)
    ]


class VerifyForm(ActionForm):
    said = "The items are verified."

    items = items_field()

    def __init__(self, data: Any, *, order: Order, request: HttpRequest) -> None:
        super().__init__(data, order=order, request=request)
        offer_items(self.fields["items"], order, VERIFY)

    def lines(self) -> list[str]:
        return ["Their stock and offer are confirmed. Nobody is told."]

    def act(self, *, by: str) -> None:
        actions = [
            ItemAction(item_code=code, action="verify") for code in self.cleaned_data["items"]
        ]
        act_on_items(self.order, actions=actions, by=by, **self.given())


class CancelItemsForm(EffectForm):
    said = "The items are cancelled."
    confirming = "Cancel them"

    items = items_field()
    reason = forms.CharField(
        max_length=NOTE_LENGTH,
        widget=UnfoldAdminTextareaWidget({"rows": 3}),
        help_text=READ_BY,
    )

    def __init__(self, data: Any, *, order: Order, request: HttpRequest) -> None:
        super().__init__(data, order=order, request=request)
        offer_items(self.fields["items"], order, CANCEL)

    def choices_made(self) -> list[str]:
        return [f"Reason: {self.cleaned_data['reason']}"]

    def effect(self) -> Effect:
        order, chosen = self.order, self._chosen()
        amount = sum((line.amount for line in chosen), Decimal(0))
        lines = [f"{line} is cancelled; its units are free for others." for line in chosen]
        if order.is_unpaid:
            total = shown_money(order.total - amount, order.currency)
            lines.append(f"{total} is left to pay.")
        else:
            back = shown_money(min(amount, order.refundable), order.currency)
            lines.append(f"{back} of what was paid goes back to the buyer.")
        if len(chosen) == len(list(lines_for(order, CANCEL))):
            lines.append("With its last item the order is cancelled.")
        return Effect([*what_giving_up_does(order), *lines], seen=self._seen())

    def act(self, *, by: str) -> None:
        if self.cleaned_data["seen"] != self._seen():
            raise OrderMoved("The order has changed meanwhile. Look at it again.")
        reason = self.cleaned_data["reason"]
        actions = [
            ItemAction(item_code=code, action="cancel", reason=reason)
            for code in self.cleaned_data["items"]
        ]
        act_on_items(self.order, actions=actions, by=by, **self.given())

    def _chosen(self) -> list[OrderLine]:
        codes = self.cleaned_data["items"]
        return [line for line in lines_for(self.order, CANCEL) if line.code in codes]

    def _seen(self) -> str:
        order = self.order
        amounts = [str(each) for each in (order.total, order.charged, order.refunded)]
        states = [(line.pk, line.status) for line in order.lines.all()]
        facts = [order.pk, order.status, amounts, states, sorted(self.cleaned_data["items"])]
        return sha256(orjson.dumps(facts)).hexdigest()
