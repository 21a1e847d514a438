"""What is asked about endpoints of webhooks."""

from django import forms
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
    url = UrlField(label="Address", max_length=500, help_text="Begins with https:// and is public.")


class ChangeForm(forms.ModelForm):
    url = UrlField(label="Address", max_length=500)

    class Meta:
        model = WebhookEndpoint
        fields = ("url",)


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
