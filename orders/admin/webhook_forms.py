"""What is asked about endpoints of webhooks."""

from typing import Any
from uuid import uuid4

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from unfold.widgets import (
    UnfoldAdminSelectWidget,
    UnfoldAdminSplitDateTimeWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanWidget,
)

from config.errors import Refusal
from orders.models import WebhookEndpoint
from orders.webhook_client import checked
from players.models import Establishment


def what_is_called() -> str:
    if settings.WEBHOOK_PRIVATE_ADDRESSES:
        return "Begins with https:// or http://. This server also calls what is not public."
    return "Begins with https:// and is public."


class UrlField(forms.CharField):
    widget = UnfoldAdminTextInputWidget

    def validate(self, value: str) -> None:
        super().validate(value)
        try:
            checked(value)
        except Refusal as refusal:
            raise ValidationError(refusal.message) from refusal


class EndpointForm(forms.Form):
    establishment = forms.ModelChoiceField(
        Establishment.objects.order_by("name"), widget=UnfoldAdminSelectWidget
    )
    url = UrlField(label="Address", max_length=500)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["url"].help_text = what_is_called()


class ChangeForm(forms.ModelForm):
    url = UrlField(label="Address", max_length=500)

    class Meta:
        model = WebhookEndpoint
        fields = ("url",)


class OnceForm(forms.Form):
    """The id is made when the form is opened: sent twice, it is done once."""

    operation_id = forms.UUIDField(initial=uuid4, widget=forms.HiddenInput)


class SecretForm(forms.Form):
    seen = forms.IntegerField(widget=forms.HiddenInput)


class ReplayForm(forms.Form):
    since = forms.SplitDateTimeField(widget=UnfoldAdminSplitDateTimeWidget, help_text="UTC.")
    include_delivered = forms.BooleanField(
        label="Also what was delivered",
        required=False,
        widget=UnfoldBooleanWidget,
        help_text="For a receiver that has lost what it was told.",
    )
