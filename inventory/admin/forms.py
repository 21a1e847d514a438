"""What staff fill in to grant or correct inventory."""

from uuid import uuid4

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Sum
from django.http import QueryDict
from django.urls import reverse, reverse_lazy
from django.utils import timezone
from django.utils.html import format_html_join
from unfold.widgets import (
    UnfoldAdminAutocompleteModelChoiceFieldWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminRadioSelectWidget,
    UnfoldAdminTextareaWidget,
)

from catalog.models import Item
from inventory.models import InventoryRecord, InventoryRecordQuerySet
from inventory.services.grant_inventory import stack_for_grant
from players.models import Player

GIVE, TAKE, SET = "give", "take", "set"
OPERATIONS = [(GIVE, "Give"), (TAKE, "Take away"), (SET, "Set the count")]
RECORDS_NAMED = 20
LARGEST_COUNT = 2**53 - 1  # what every JSON reader takes without loss


def correction_url(record: InventoryRecord) -> str:
    """Where the record's count is corrected."""
    return f"{reverse('admin:grant_inventory', args=[record.player_id])}?record={record.pk}"


class GrantForm(forms.Form):
    """Give, take away or set the count of an item.

    A record may be chosen beforehand. Otherwise a gift goes where loot would go, maybe into a new
    record, and the rest is about the player's only record of the item.
    """

    order_id = forms.UUIDField(widget=forms.HiddenInput)
    seen = forms.IntegerField(widget=forms.HiddenInput, required=False)
    seen_record = forms.UUIDField(widget=forms.HiddenInput, required=False)
    operation = forms.ChoiceField(choices=OPERATIONS, widget=UnfoldAdminRadioSelectWidget)
    item = forms.ModelChoiceField(
        Item.objects.filter(type=Item.Type.UNIT, always_owned=False),
        widget=UnfoldAdminAutocompleteModelChoiceFieldWidget(
            {"data-ajax--url": reverse_lazy("admin:grantable_items")}
        ),
    )
    quantity = forms.IntegerField(
        min_value=0, max_value=LARGEST_COUNT, widget=UnfoldAdminIntegerFieldWidget
    )
    reason = forms.CharField(
        max_length=500,
        widget=UnfoldAdminTextareaWidget({"rows": 3}),
        help_text="Kept with the order. Why, and for instance which ticket.",
    )

    def __init__(
        self,
        data: QueryDict | None,
        *,
        player: Player,
        record: InventoryRecord | None = None,
    ) -> None:
        super().__init__(data, initial={"order_id": uuid4(), "operation": SET if record else GIVE})
        self.player = player
        self.record = record
        if record:
            del self.fields["item"]

    def clean(self) -> None:
        super().clean()
        if self.errors:
            return
        given = self.cleaned_data
        if self.record is None and given["operation"] == GIVE:
            self.record = stack_for_grant(player=self.player, item=given["item"])
        elif self.record is None:
            self.record = self._only_record_of(given["item"])
        have, quantity = self.record.count if self.record else 0, given["quantity"]
        count = {GIVE: have + quantity, TAKE: have - quantity, SET: quantity}[given["operation"]]
        if count < 0:
            self.add_error("quantity", f"There are only {have:,}.")
        elif count == have:
            self.add_error("quantity", f"That changes nothing: there are {have:,}.")
        elif count > LARGEST_COUNT:
            self.add_error("quantity", f"There are {have:,}: that would be too many.")
        given["count"] = count

    def _only_record_of(self, item: Item) -> InventoryRecord:
        records = list(self._records_of(item).order_by("-pk")[:RECORDS_NAMED])
        if len(records) == 1:
            return records[0]
        if not records:
            raise ValidationError({"item": "The player has no record of this item."})
        # Buttons: they send what was filled in to where the chosen record is corrected.
        choices = format_html_join(
            ", ",
            '<button formaction="{}" class="cursor-pointer text-link">{} in bucket {}</button>',
            [(correction_url(record), f"{record.count:,}", record.bucket) for record in records],
        )
        raise ValidationError(
            {"item": ["The player has several records of it. Choose one:", choices]}
        )

    def _records_of(self, item: Item) -> InventoryRecordQuerySet:
        records = InventoryRecord.objects.countable(at=timezone.now())
        return records.filter(player=self.player, item=item)

    def is_confirmed(self) -> bool:
        """Whether the effect was shown, for the record that it is about."""
        given = self.cleaned_data
        seen = None if given["seen"] is None else given["seen_record"]
        return "confirm" in self.data and seen == (self.record and self.record.pk)

    def effect(self) -> list[str]:
        """What would happen, in lines, once the form is valid."""
        given = self.cleaned_data
        if self.record is None:
            item, quantity = given["item"], given["quantity"]
            have = self._records_of(item).aggregate(total=Sum("count"))["total"] or 0
            lines = [f"{item}: a new record with {quantity:,}; {have + quantity:,} in all"]
        else:
            have, count = self.record.count, given["count"]
            lines = [
                f"{self.record.item}: {have:,} → {count:,} ({count - have:+,})",
                f"In bucket {self.record.bucket}, record {self.record.pk}",
            ]
        return [*lines, f"Reason: {given['reason']}"]
