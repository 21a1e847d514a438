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
from orders.services.give_up_payment import give_up_payment
from orders.services.refund_order import refund_order, refundable_of, what_refunding_does
from orders.services.shown_amounts import shown_coins, shown_paid
from orders.services.what_cancelling_does import Effect, what_cancelling_does
from orders.vocabulary import CANCEL_REASONS, Reason

REFUND = "orders.refund_order"
ONLY_REFUNDERS = "Only staff who may refund can choose something else."
WHO_IS_TOLD = "The establishment sees it; the player too, unless it is fraud."
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
NO_MONEY = "Say how much."
BAD_MONEY = "Say an amount, with a point before the decimals: 33.50."
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


def limit(amount: forms.Field, order: Order) -> None:
    """Say at the field what is too much of it, in the words of what was paid with."""
    refundable = order.refundable
    amount.help_text = f"At most {shown_paid(order, refundable)}."
    if order.is_sale:
        amount.label = f"How much ({order.currency})"
        amount.error_messages["required"] = NO_MONEY
        amount.error_messages["invalid"] = BAD_MONEY
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
            self.add_error("amount", self.fields["amount"].error_messages["required"])

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
        # What the rules say (DOMAIN 1.4, 3.2).
        all_back = self.order.is_sale or self.order.status == Order.Status.RESERVED
        limit(self.fields["amount"], self.order)
        if self.order.is_sale:
            self.fields["coins"].label = "Money"
        all_of_it = f"{COINS[Coins.ALL]}: {shown_paid(self.order, refundable)}"
        choices = COINS | {Coins.ALL: all_of_it}
        if all_back:
            self.initial["coins"] = Coins.ALL
        if not self.request.user.has_perm(REFUND):
            only = Coins.ALL if all_back else Coins.NONE
            choices = {only: choices[only]}
        self.offer(choices)
        if self.is_bound and self.order.is_sale and "coins" not in self.data:
            # It was opened before there was any money to give back.
            data: Any = self.data
            self.data = data = data.copy()
            data["coins"] = Coins.ALL

    def how(self) -> Cancelling:
        return self.cancelling(Coins(self.cleaned_data.get("coins", Coins.NONE)))

    def effect(self) -> Effect:
        return what_cancelling_does(self.order, self.how())

    def act(self, *, by: str) -> None:
        if self.order.is_sale:
            give_up_payment(self.order, by=by)
        cancel_order(self.order, how=self.how(), by=by, **self.given("seen"))


class RefundForm(EffectForm):
    """Coins or money; of a sale, for one of its items where that is said."""

    said = "The coins are given back."

    item = forms.ChoiceField(required=False, widget=UnfoldAdminSelectWidget)
    amount = amount_field()
    reason = reason_field(help_text=f"Kept in the timeline. Told only {TOLD_WHEN_REFUNDED}.")
    note = note_field()
    notify = notify_field(
        help_text=f"Only {TOLD_WHEN_REFUNDED}. The establishment is told then in any case."
    )

    def __init__(self, data: Any, *, order: Order, request: HttpRequest) -> None:
        super().__init__(data, order=order, request=request)
        self.initial["amount"] = shown_coins(order.refundable).replace(",", "")
        limit(self.fields["amount"], order)
        if order.is_sale:
            self._offer_items()
            return
        del self.fields["item"]
        if order.status != Order.Status.COMPLETED:
            del self.fields["notify"]
            self.fields["reason"].help_text = "Kept in the timeline. Nobody is told."

    def _offer_items(self) -> None:
        self.said = "The refund is requested; the timeline tells when the money has gone."
        del self.initial["amount"]
        self.fields["amount"].required = False
        most = self.fields["amount"].help_text
        self.fields["amount"].help_text = f"{most} Empty: all that is left of what is chosen."
        self.lines_by_code: dict[str, OrderLine] = {}
        choices = [("", "The order as a whole")]
        for line in self.order.lines.all():
            line.order = self.order
            if left := refundable_of(self.order, line):
                self.lines_by_code[line.code] = line
                most = shown_paid(self.order, left)
                choices.append((line.code, f"{line}: at most {most} ({line.code})"))
        cast("forms.ChoiceField", self.fields["item"]).choices = choices
        self.fields["item"].label = "For"
        self.fields["reason"].help_text = "Kept in the timeline."
        self.fields[
            "notify"
        ].help_text = "When the money has gone. The establishment is told then in any case."

    def clean(self) -> None:
        super().clean()
        given = self.cleaned_data
        if not self.order.is_sale or "amount" not in given or "item" not in given:
            return
        line = self._line()
        left = refundable_of(self.order, line) if line else self.order.refundable
        if given["amount"] is None:
            given["amount"] = left
        elif given["amount"] > left:
            most = shown_paid(self.order, left)
            self.add_error("amount", f"It is more than the {most} that can be refunded for {line}.")

    def lines(self) -> list[str]:
        if self.order.is_sale:
            return ["Money goes back to the buyer. The goods are not touched."]
        return ["Coins go back to the player. The goods are not touched."]

    def effect(self) -> Effect:
        return what_refunding_does(
            self.order,
            self.cleaned_data["amount"],
            notify=self.cleaned_data.get("notify", False),
            line=self._line(),
        )

    def act(self, *, by: str) -> None:
        notify = self.cleaned_data.get("notify", False)
        given = self.given("amount", "reason", "note", "seen")
        refund_order(self.order, by=by, notify=notify, line=self._line(), **given)

    def _line(self) -> OrderLine | None:
        item = self.cleaned_data.get("item")
        return self.lines_by_code[item] if item else None
