"""Payment gateways: configured here, but for their secrets, which the environment has."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.db import models
from django.http import HttpRequest
from django.urls import reverse
from unfold.decorators import display

from config.admin import ModelAdmin
from orders.gateways.credentials import credentials_of
from orders.models import PaymentGateway
from orders.models.payments import COINS

READY, MISSING, NONE_NEEDED = "found", "missing", "none needed"
UNPAYABLE = "It is active, but nothing can be paid through it before its credentials are set."
BEGIN, OFF, NOT_HERE = "begin here", "switched off", "none: SANDBOX_GATEWAY is false"
LACKING = "none: credentials are missing"


class GatewayForm(forms.ModelForm):
    def clean_id(self) -> str:
        gateway_id = str(self.cleaned_data["id"])
        if gateway_id == COINS:
            raise forms.ValidationError("Coins are a gateway of their own.")
        return gateway_id


@admin.register(PaymentGateway)
class PaymentGatewayAdmin(ModelAdmin):
    """Never deleted: payments name it. Its id and kind stay as they were when it was added."""

    form = GatewayForm
    list_display = ("id", "name", "kind", "is_active", "new_payments", "credentials")
    ordering = ("pk",)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return ("id", "name", "kind", "is_active")
        told = ("notices",) if obj.kind == PaymentGateway.Kind.STRIPE else ()
        return ("id", "name", "kind", "is_active", "new_payments", "variables", *told)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("id", "kind", "new_payments", "variables", "notices") if obj else ()

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: Any) -> None:
        super().save_model(request, obj, form, change)
        if obj.is_active and self.credentials(obj) == MISSING:
            messages.warning(request, UNPAYABLE)

    @display(
        description="New payments",
        label={BEGIN: "success", OFF: "info", NOT_HERE: "warning", LACKING: "danger"},
    )
    def new_payments(self, gateway: PaymentGateway) -> str:
        if gateway.is_offered:
            return LACKING if self.credentials(gateway) == MISSING else BEGIN
        return NOT_HERE if gateway.is_active else OFF

    @display(
        description="Credentials",
        label={READY: "success", MISSING: "danger", NONE_NEEDED: "info"},
    )
    def credentials(self, gateway: PaymentGateway) -> str:
        found = credentials_of(gateway)
        if not found:
            return NONE_NEEDED
        return READY if all(found.values()) else MISSING

    @admin.display(description="Credentials")
    def variables(self, gateway: PaymentGateway) -> str:
        found = credentials_of(gateway)
        told = [f"{name}: {'found' if is_set else 'missing'}" for name, is_set in found.items()]
        return "; ".join(told) or "It needs none."

    @admin.display(description="Address for its webhooks")
    def notices(self, gateway: PaymentGateway) -> str:
        return settings.PUBLIC_URL + reverse("gateway_notice", args=[gateway.pk])
