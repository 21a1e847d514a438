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
from players.models import Player

GIVE, TAKE, SET = "give", "take", "set"
OPERATIONS = [(GIVE, "Give, as a new record"), (TAKE, "Take away"), (SET, "Set the count")]
RECORDS_NAMED = 20
LARGEST_COUNT = 2**53 - 1  # what every JSON reader takes without loss


def correction_url(record: InventoryRecord) -> str:
    """Where the record's count is corrected."""
    return f"{reverse('admin:grant_inventory', args=[record.player_id])}?record={record.pk}"


class GrantForm(forms.Form):
    """Give an item, take away from a record, or set its count.

    A record may be chosen beforehand; otherwise it is the player's only one of the item.
    """

    order_id = forms.UUIDField(widget=forms.HiddenInput)
    seen = forms.IntegerField(widget=forms.HiddenInput, required=False)
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
            self.fields["operation"] = forms.ChoiceField(
                choices=OPERATIONS[1:], widget=UnfoldAdminRadioSelectWidget
            )

    def clean(self) -> None:
        super().clean()
        if self.errors:
            return
        if self.cleaned_data["operation"] != GIVE:
            self.record = self.record or self._only_record_of(self.cleaned_data["item"])
            self._clean_count(self.record.count)
        elif self.cleaned_data["quantity"] == 0:
            self.add_error("quantity", "Give at least one.")

    def _clean_count(self, have: int) -> None:
        quantity = self.cleaned_data["quantity"]
        count = have - quantity if self.cleaned_data["operation"] == TAKE else quantity
        if count < 0:
            self.add_error("quantity", f"There are only {have:,}.")
        elif count == have:
            self.add_error("quantity", f"That changes nothing: there are {have:,}.")
        self.cleaned_data["count"] = count

    def _only_record_of(self, item: Item) -> InventoryRecord:
        records = list(self._records_of(item).order_by("-pk")[:RECORDS_NAMED])
        if len(records) == 1:
            return records[0]
        if not records:
            raise ValidationError({"item": "The player has no record of this item."})
        choices = format_html_join(
            ", ",
            '<a href="{}" class="text-link">{} in bucket {}</a>',
            [(correction_url(record), f"{record.count:,}", record.bucket) for record in records],
        )
        raise ValidationError(
            {"item": ["The player has several records of it. Choose one:", choices]}
        )

    def _records_of(self, item: Item) -> InventoryRecordQuerySet:
        records = InventoryRecord.objects.countable(at=timezone.now())
        return records.filter(player=self.player, item=item)

    def is_confirmed(self) -> bool:
        """Whether the effect was shown, with the count that a correction starts from."""
        seen = self.record is None or self.cleaned_data["seen"] is not None
        return "confirm" in self.data and seen

    def effect(self) -> list[str]:
        """What would happen, in lines, once the form is valid."""
        given = self.cleaned_data
        if self.record is None:
            item, quantity = given["item"], given["quantity"]
            have = self._records_of(item).aggregate(total=Sum("count"))["total"] or 0
            line = f"{item}: {have:,} → {have + quantity:,} (+{quantity:,}), in a new record."
        else:
            have, count = self.record.count, given["count"]
            line = f"{self.record.item}: {have:,} → {count:,} ({count - have:+,})"
            line += f", in record {self.record.pk} of bucket {self.record.bucket}."
        return [line, f"Reason: {given['reason']}"]
