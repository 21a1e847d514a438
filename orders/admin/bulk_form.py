"""How many orders are cancelled alike: what was selected, what was chosen, what was shown."""

import json
from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4, uuid5

from django import forms
from django.http import HttpRequest

from config.admin import as_id
from orders.admin.cancel_forms import COINS, REFUND, STOCK, CancelChoices
from orders.cancelling import Cancelling, Coins, LootPolicy, Stock
from orders.models import Order

MOST = 200
BY_STATUS = "by_status"
TOO_MANY = f"At most {MOST} orders are cancelled at once. Narrow the list, or choose fewer."
LOOK_AGAIN = "Look at what it does again."


class BulkCancelForm(CancelChoices):
    """The keys of the selection travel with the form: what the list shows later changes nothing."""

    operation_id = forms.UUIDField(widget=forms.HiddenInput)
    orders = forms.CharField(widget=forms.HiddenInput)
    seen = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, data: Any, *, request: HttpRequest, orders: Sequence[int] = ()) -> None:
        initial = {
            "operation_id": uuid4(),
            "orders": ",".join(map(str, orders)),
            "stock": Stock.RETURN_UNLESS_SENT,
            "loot": LootPolicy.TAKE_BACK,
            "notify": True,
        }
        super().__init__(data, initial=initial)
        by_status = {BY_STATUS: "Give all back for reservations, nothing for what was acquired"}
        self.offer({**COINS, **by_status} if request.user.has_perm(REFUND) else by_status)
        self.fields["stock"].choices = [  # type: ignore[attr-defined]  # of a Field, it says
            (Stock.RETURN_UNLESS_SENT, "Return what was not sent, write off what was"),
            *STOCK.items(),
        ]

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

    def how(self, order: Order) -> Cancelling:
        coins = self.cleaned_data["coins"]
        if coins == BY_STATUS:
            reserved = order.status == Order.Status.RESERVED
            coins = Coins.ALL if reserved else Coins.NONE
        return self.cancelling(Coins(coins))

    def coins_back(self, order: Order) -> Decimal:
        how = self.how(order)
        if how.coins == Coins.PART:
            return how.amount or Decimal(0)
        return order.refundable if how.coins == Coins.ALL else Decimal(0)

    def operation_on(self, order: Order) -> UUID:
        """The same for each order whenever this form is sent."""
        return uuid5(self.cleaned_data["operation_id"], str(order.pk))
