"""How many orders are cancelled alike: what was selected, what was chosen, what was shown."""

import json
from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4, uuid5

from django import forms
from django.http import HttpRequest

from config.admin import as_id
from orders.admin.action_forms import READ_BY
from orders.admin.cancel_forms import BAD_MONEY, COINS, NO_MONEY, REFUND, STOCK, CancelChoices
from orders.cancelling import BY_STATUS, CancellingMany, LootPolicy, Stock
from orders.models import BulkCancellation, Order

MOST = 200
TOO_MANY = f"At most {MOST} orders are cancelled at once here. Choose them from the list again."
WHO_OF_MANY_IS_TOLD = "Establishments see it; players and buyers too, unless it is fraud."
LOOK_AGAIN = "Look at what it does again."


class ManyChoices(CancelChoices):
    """What is chosen for all of them."""

    starts_as = {
        "stock": Stock.RETURN_UNLESS_SENT,
        "loot": LootPolicy.TAKE_BACK,
        "notify": True,
    }

    def __init__(self, data: Any, *, request: HttpRequest, initial: dict[str, Any]) -> None:
        super().__init__(data, initial={**self.starts_as, **initial})
        by_rules = "Give all back for reservations and sales, nothing for what was acquired"
        by_status = {BY_STATUS: by_rules}
        self.fields["coins"].label = "What was paid"
        self.fields["amount"].label = "How much"
        self.fields["amount"].error_messages |= {"required": NO_MONEY, "invalid": BAD_MONEY}
        self.fields["reason"].help_text = WHO_OF_MANY_IS_TOLD
        self.fields["note"].help_text = f"Players and buyers never see it. {READ_BY}"
        self.fields["notify"].label = "Tell players and buyers by mail"
        self.fields["amount"].help_text = "Of each order, in its own currency."
        self.offer({**COINS, **by_status} if request.user.has_perm(REFUND) else by_status)
        self.fields["stock"].choices = [  # type: ignore[attr-defined]  # of a Field, it says
            (Stock.RETURN_UNLESS_SENT, "Return what was not sent, write off what was"),
            *STOCK.items(),
        ]

    def how(self) -> CancellingMany:
        given = self.cleaned_data
        return CancellingMany(
            coins=given["coins"],
            amount=given.get("amount"),
            stock=given["stock"],
            loot=given["loot"],
            reason=given["reason"],
            note=given["note"],
            notify=given["notify"],
        )


class BulkCancelForm(ManyChoices):
    """The keys of the selection travel with the form: what the list shows later changes nothing."""

    operation_id = forms.UUIDField(widget=forms.HiddenInput)
    orders = forms.CharField(widget=forms.HiddenInput)
    seen = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, data: Any, *, request: HttpRequest, orders: Sequence[int] = ()) -> None:
        initial = {"operation_id": uuid4(), "orders": ",".join(map(str, orders))}
        super().__init__(data, request=request, initial=initial)

    def clean_orders(self) -> list[int]:
        keys = [as_id(key) for key in self.cleaned_data["orders"].split(",")]
        found = [key for key in keys if key is not None]
        if not 0 < len(found) <= MOST:
            raise forms.ValidationError(TOO_MANY)
        return found

    def clean_seen(self) -> dict[str, str]:
        """By order, what was shown of those that could be cancelled then."""
        try:
            seen = json.loads(self.cleaned_data["seen"] or "{}")
        except ValueError as error:
            raise forms.ValidationError(LOOK_AGAIN) from error
        if not isinstance(seen, dict):
            raise forms.ValidationError(LOOK_AGAIN)
        return seen

    def operation_on(self, order: Order) -> UUID:
        """The same for each order whenever this form is sent."""
        return uuid5(self.cleaned_data["operation_id"], str(order.pk))


class FrozenForm(ManyChoices):
    """How those of a bulk cancellation are cancelled; `looks` says which look it follows."""

    looks = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, data: Any, *, request: HttpRequest, bulk: BulkCancellation) -> None:
        super().__init__(data, request=request, initial={**bulk.how, "looks": bulk.looks})


class MatchingForm(forms.Form):
    """The operation id is made when the page is opened: sent twice, they are frozen once."""

    operation_id = forms.UUIDField(initial=uuid4, widget=forms.HiddenInput)
