"""What staff fill in to move one order on. Each form makes one call of a service."""

from typing import Any, ClassVar
from uuid import uuid4

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS
from django.http import HttpRequest
from unfold.widgets import (
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanWidget,
)

from config.one_line import one_line
from orders.admin.facts import shown_recipient
from orders.models import Delivery, Order
from orders.models.deliveries import RECIPIENT, shown_field
from orders.services.add_note import add_note
from orders.services.capture_delivery import capture_delivery
from orders.services.complete_order import complete_order
from orders.services.confirm_delivery import fingerprint
from orders.services.delay_order import delay_order
from orders.services.record_event import NOTE_LENGTH
from orders.services.register_tracking import register_tracking
from orders.services.update_details import update_details
from orders.services.what_cancelling_does import Effect
from orders.vocabulary import DELAY_REASONS
from players.admin.personal_data import may_see_personal_data

BLANK = ("", "Choose one")
READ_BY = "All who may see the order read it in the timeline: no names, no addresses, please."
CHANGED_MEANWHILE = "The delivery details have changed meanwhile. Look at what is stored now."


def note_field(
    *, required: bool = False, help_text: str = "The player never sees it."
) -> forms.CharField:
    """A note for the timeline."""
    return forms.CharField(
        required=required,
        max_length=NOTE_LENGTH,
        widget=UnfoldAdminTextareaWidget({"rows": 3}),
        help_text=f"{help_text} {READ_BY}",
    )


def notify_field(
    *, help_text: str = "The establishment is told by webhook in any case."
) -> forms.BooleanField:
    """Whether the player is mailed; establishments are told either way."""
    return forms.BooleanField(
        label="Tell the player by mail",
        required=False,
        widget=UnfoldBooleanWidget,
        help_text=help_text,
    )


def say_buyer(form: forms.Form) -> None:
    """What players are to rewards, buyers are to sales."""
    for field in form.fields.values():
        field.help_text = str(field.help_text).replace("player", "buyer")
        if field.label:
            field.label = str(field.label).replace("player", "buyer")


class ActionForm(forms.Form):
    """The operation id is made when the form is opened: sent twice, it is done once."""

    starts_as: ClassVar[dict[str, object]] = {"notify": True}
    said = "Done."
    button = ""  # if other than the label of the action

    operation_id = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, data: Any, *, order: Order, request: HttpRequest) -> None:
        super().__init__(data, initial={"operation_id": uuid4(), **self.starts_as})
        self.order = order
        self.request = request
        if order.is_sale:
            say_buyer(self)

    def lines(self) -> list[str]:
        """What it does, and to what."""
        return []

    def act(self, *, by: str) -> None:
        """Do it, once the form is valid."""
        raise NotImplementedError

    def given(self, *names: str) -> dict[str, Any]:
        """What was filled in, with the operation id."""
        return {name: self.cleaned_data[name] for name in (*names, "operation_id")}


class LookForm(ActionForm):
    """A form that is refused where what it was opened on has changed; then it shows what is now."""

    moved: ClassVar[str] = CHANGED_MEANWHILE

    seen = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, data: Any, *, order: Order, request: HttpRequest) -> None:
        super().__init__(data, order=order, request=request)
        self.initial["seen"] = self.looks_now()

    def looks_now(self) -> str:
        """What must not change while staff look at it."""
        return fingerprint(self.order)

    def clean(self) -> None:
        super().clean()
        if self.cleaned_data.get("seen") != self.initial["seen"]:
            data: Any = self.data
            self.data = data = data.copy()
            data["seen"] = self.initial["seen"]
            raise forms.ValidationError({NON_FIELD_ERRORS: [self.moved], **self.differs()})

    def differs(self) -> dict[str, list[str]]:
        """What is stored where the form has something else, by field."""
        return {}


class EffectForm(ActionForm):
    """A form whose effect is shown, and must be as it was shown when it is confirmed."""

    button = "Show what it does"
    confirming = ""  # if the button says other than to do it

    seen = forms.CharField(widget=forms.HiddenInput, required=False)

    def effect(self) -> Effect:
        """What it would do, once the form is valid."""
        raise NotImplementedError

    def choices_made(self) -> list[str]:
        """What was chosen, to be read again before it is confirmed."""
        reason = self.cleaned_data["reason"].label
        note = self.cleaned_data["note"]
        return [f"Reason: {reason}", *([f"Note: {note}"] if note else [])]


class NoteForm(ActionForm):
    said = "The note is in the timeline."

    note = note_field(required=True, help_text="For instance what the player said.")

    def act(self, *, by: str) -> None:
        add_note(order=self.order, by=by, **self.given("note"))


class DelayForm(ActionForm):
    said = "The order is marked delayed."

    reason = forms.ChoiceField(
        choices=[BLANK, *((each.value, each.label) for each in DELAY_REASONS)],
        widget=UnfoldAdminSelectWidget,
    )
    note = note_field()
    notify = notify_field()

    def lines(self) -> list[str]:
        if self.order.delay_reason:
            return [f"It is delayed already: {self.order.get_delay_reason_display()}."]
        return ["The player sees “Delayed” with the reason, until a tracking number comes."]

    def act(self, *, by: str) -> None:
        delay_order(order=self.order, by=by, **self.given("reason", "note", "notify"))


class TrackForm(LookForm):
    moved = "The tracking number has changed meanwhile. Look at what is stored now."
    said = "The order is sent, under this tracking number."

    tracking_number = forms.CharField(
        max_length=Delivery._meta.get_field("tracking_number").max_length,
        validators=[one_line],
        widget=UnfoldAdminTextInputWidget,
    )
    notify = notify_field()

    def looks_now(self) -> str:
        return self.order.delivery.tracking_number

    def lines(self) -> list[str]:
        if number := self.order.delivery.tracking_number:
            return [f"It was sent under {number}: another number replaces it."]
        return ["The order is shown as sent, and is not delayed any more."]

    def act(self, *, by: str) -> None:
        register_tracking(order=self.order, by=by, **self.given("tracking_number", "notify"))


class CaptureForm(LookForm):
    said = "The delivery details are captured."

    def lines(self) -> list[str]:
        lines = [
            "Its unit is taken out of stock, and the reservation does not run out any more.",
        ]
        if not self.order.is_digital:
            openly = may_see_personal_data(self.request)
            lines.insert(0, f"It goes to {shown_recipient(self.order.delivery, openly=openly)}.")
        return lines

    def act(self, *, by: str) -> None:
        capture_delivery(order=self.order, overrides={}, by=by, **self.given())


class CompleteForm(ActionForm):
    said = "The order is acquired."

    notify = notify_field()

    def __init__(self, data: Any, *, order: Order, request: HttpRequest) -> None:
        super().__init__(data, order=order, request=request)
        if order.is_sale:
            self.said = "The order is completed."

    def lines(self) -> list[str]:
        if self.order.is_sale:
            lines = ["The buyer has got it: the order is completed, its units are out of stock."]
        else:
            lines = ["The player has got it: the order is acquired, its unit is out of stock."]
        loot = [line.product.loot_id for line in self.order.lines.all() if line.product.loot_id]
        if loot:
            lines.append("The player's inventory is given the loot of the product.")
        return lines

    def act(self, *, by: str) -> None:
        complete_order(order=self.order, by=by, **self.given("notify"))


class DetailsForm(LookForm):
    """The recipient as stored; what is not changed here is not sent."""

    said = "The delivery details are changed."
    button = "Save"

    def __init__(self, data: Any, *, order: Order, request: HttpRequest) -> None:
        super().__init__(data, order=order, request=request)
        for name in RECIPIENT:
            stored: Any = Delivery._meta.get_field(name)
            self.fields[name] = stored.formfield(
                label=shown_field(name), validators=[one_line], widget=UnfoldAdminTextInputWidget
            )
            self.initial[name] = getattr(order.delivery, name)

    def differs(self) -> dict[str, list[str]]:
        return {
            name: [f"Stored is: {self.initial[name] or 'nothing'}."]
            for name in RECIPIENT
            if name in self.changed_data
        }

    def act(self, *, by: str) -> None:
        changes = {name: self.cleaned_data[name] for name in RECIPIENT if name in self.changed_data}
        update_details(
            order=self.order,
            changes=changes,
            by=by,
            operation_id=self.cleaned_data["operation_id"],
        )
