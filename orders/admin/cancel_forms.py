"""How an order is cancelled or refunded: what staff choose, and what of it they may choose."""

from decimal import Decimal
from typing import Any, cast

from django import forms
from django.core.validators import MaxValueValidator
from django.http import HttpRequest
from unfold.widgets import (
    UnfoldAdminRadioSelectWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from orders.admin.action_forms import BLANK, EffectForm, note_field, notify_field
from orders.cancelling import Cancelling, Coins, LootPolicy, Stock
from orders.models import Order, OrderLine
from orders.services.cancel_order import cancel_order
from orders.services.move_payment import shown_coins
from orders.services.refund_order import refund_order, what_refunding_does
from orders.services.what_cancelling_does import Effect, what_cancelling_does
from orders.vocabulary import CANCEL_REASONS, Reason

REFUND = "orders.refund_order"
ONLY_REFUNDERS = "Only staff who may refund can choose something else."
WHO_IS_TOLD = "The establishment sees it; the player too (mail, delivery page), unless it is fraud."
UNITS = {OrderLine.Stock.HELD, OrderLine.Stock.TAKEN}
COINS: dict[str, str] = {
    Coins.ALL: "Give all back",
    Coins.PART: "Give a part back",
    Coins.NONE: "Give nothing back",
}
STOCK: dict[str, str] = {
    Stock.RETURN: "Return it: it can be sold again",
    Stock.WRITE_OFF: "Write it off: it is lost, broken or on its way",
}
LOOT: dict[str, str] = {
    LootPolicy.TAKE_BACK: "Take all of it back, or do not cancel",
    LootPolicy.TAKE_WHAT_IS_LEFT: "Take back what is left",
    LootPolicy.LEAVE: "Leave it to the player",
}
NO_AMOUNT = "Say how many coins."
BAD_AMOUNT = "Say a number of coins, with a point before the decimals: 33.50."
TOLD_WHEN_REFUNDED = "when all that was paid is given back, and the order is refunded with it"


def reason_field(*, help_text: str = WHO_IS_TOLD) -> forms.TypedChoiceField:
    """Why, from the list that establishments and players are told from."""
    return forms.TypedChoiceField(
        coerce=Reason,
        choices=[BLANK, *((each.value, each.label) for each in CANCEL_REASONS)],
        widget=UnfoldAdminSelectWidget,
        help_text=help_text,
    )


def amount_field(**given: Any) -> forms.DecimalField:
    return forms.DecimalField(
        label="How many coins",
        min_value=Decimal("0.01"),
        max_digits=12,
        decimal_places=2,
        error_messages={
            "invalid": BAD_AMOUNT,
            "min_value": "It must be more than nothing.",
            "required": NO_AMOUNT,
        },
        widget=UnfoldAdminTextInputWidget({"inputmode": "decimal"}),
        **given,
    )


def limit(amount: forms.Field, refundable: Decimal) -> None:
    """Say at the field what is too much of it."""
    amount.help_text = f"At most {shown_coins(refundable)}."
    amount.validators.append(MaxValueValidator(refundable, amount.help_text))


def choices_field(label: str, kind: Any, choices: dict[str, str]) -> forms.TypedChoiceField:
    return forms.TypedChoiceField(
        label=label,
        coerce=kind,
        choices=list(choices.items()),
        widget=UnfoldAdminRadioSelectWidget,
    )


class CancelChoices(forms.Form):
    """What becomes of the coins, the stock and the loot; why; who is told."""

    coins = choices_field("Coins", str, COINS)
    amount = amount_field(required=False)
    stock = choices_field("Stock", Stock, STOCK)
    loot = choices_field("Loot that was given", LootPolicy, LOOT)
    reason = reason_field()
    note = note_field()
    notify = notify_field()

    def clean(self) -> None:
        super().clean()
        given = self.cleaned_data
        if given.get("coins") != Coins.PART:
            self.errors.pop("amount", None)  # it is not shown, nor asked for
        elif "amount" in given and given["amount"] is None:
            self.add_error("amount", NO_AMOUNT)

    def cancelling(self, coins: Coins) -> Cancelling:
        """What was chosen; the coins of an order, where that depends on it."""
        given = self.cleaned_data
        return Cancelling(
            coins=coins,
            amount=given["amount"] if coins == Coins.PART else None,
            stock=given.get("stock", Stock.RETURN),
            loot=given.get("loot", LootPolicy.TAKE_BACK),
            reason=given["reason"],
            note=given["note"],
            notify=given["notify"],
        )

    def offer(self, coins: dict[str, str]) -> None:
        """Let these be chosen; one that is alone is chosen."""
        cast("forms.ChoiceField", self.fields["coins"]).choices = list(coins.items())
        if len(coins) == 1:
            [self.initial["coins"]] = coins
            self.fields["coins"].help_text = ONLY_REFUNDERS
            del self.fields["amount"]


class CancelForm(CancelChoices, EffectForm):
    said = "The order is cancelled."

    def __init__(self, data: Any, *, order: Order, request: HttpRequest) -> None:
        super().__init__(data, order=order, request=request)
        self._offer_coins()
        lines = list(order.lines.all())
        if not any(line.stock in UNITS for line in lines):
            del self.fields["stock"]
        sent = bool(order.delivery.tracking_number)
        self.initial["stock"] = Stock.WRITE_OFF if sent else Stock.RETURN
        if not any(line.player_order for line in lines):
            del self.fields["loot"]
        self.initial["loot"] = LootPolicy.TAKE_BACK

    def _offer_coins(self) -> None:
        """All, nothing, or a part; to who may not refund, what the rules say (DOMAIN 1.4)."""
        refundable = self.order.refundable
        if not refundable:
            del self.fields["coins"], self.fields["amount"]
            return
        reserved = self.order.status == Order.Status.RESERVED
        limit(self.fields["amount"], refundable)
        choices = COINS | {Coins.ALL: f"{COINS[Coins.ALL]}: {shown_coins(refundable)}"}
        if reserved:
            self.initial["coins"] = Coins.ALL
        if not self.request.user.has_perm(REFUND):
            only = Coins.ALL if reserved else Coins.NONE
            choices = {only: choices[only]}
        self.offer(choices)

    def how(self) -> Cancelling:
        return self.cancelling(Coins(self.cleaned_data.get("coins", Coins.NONE)))

    def effect(self) -> Effect:
        return what_cancelling_does(self.order, self.how())

    def act(self, *, by: str) -> None:
        cancel_order(self.order, how=self.how(), by=by, **self.given("seen"))


class RefundForm(EffectForm):
    said = "The coins are given back."

    amount = amount_field()
    reason = reason_field(help_text=f"Kept in the timeline. Told only {TOLD_WHEN_REFUNDED}.")
    note = note_field()
    notify = notify_field(
        help_text=f"Only {TOLD_WHEN_REFUNDED}. The establishment is told then in any case."
    )

    def __init__(self, data: Any, *, order: Order, request: HttpRequest) -> None:
        super().__init__(data, order=order, request=request)
        self.initial["amount"] = shown_coins(order.refundable).replace(",", "")
        limit(self.fields["amount"], order.refundable)
        if order.status != Order.Status.COMPLETED:
            del self.fields["notify"]
            self.fields["reason"].help_text = "Kept in the timeline. Nobody is told."

    def lines(self) -> list[str]:
        return ["Coins go back to the player. The goods are not touched."]

    def effect(self) -> Effect:
        notify = self.cleaned_data.get("notify", False)
        return what_refunding_does(self.order, self.cleaned_data["amount"], notify=notify)

    def act(self, *, by: str) -> None:
        notify = self.cleaned_data.get("notify", False)
        given = self.given("amount", "reason", "note", "seen")
        refund_order(self.order, by=by, notify=notify, **given)
