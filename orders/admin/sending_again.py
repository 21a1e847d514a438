"""The page on which a mail or a webhook of an order is sent again: asked, then done once."""

from typing import Any
from uuid import uuid4

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from config.admin import Button, FormsAdmin
from config.errors import Refusal
from players.admin.staff import member

RESEND = "orders.resend_order"


def as_written(text: str) -> SafeString:
    """With its lines and its indentation, broken where it is too long for the screen."""
    return format_html('<pre style="white-space: pre-wrap; overflow-wrap: anywhere">{}</pre>', text)


class AgainForm(forms.Form):
    operation_id = forms.UUIDField(widget=forms.HiddenInput)


class SentAgainAdmin(FormsAdmin):
    """Rows that can be sent again by whoever may look at them and resend."""

    def why_not_sent_again(self, obj: Any) -> str:
        return ""

    def what_sending_does(self, request: HttpRequest, obj: Any) -> list[str]:
        raise NotImplementedError

    def send(self, obj: Any, **who: Any) -> object:
        """Ask the service."""
        raise NotImplementedError

    @property
    def _url_name(self) -> str:
        return f"send_{self.opts.model_name}_again"

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.send_again)
        return [path("<int:pk>/send-again/", view, name=self._url_name), *super().get_urls()]

    def send_again_button(self, request: HttpRequest, obj: Any) -> list[Button]:
        if not request.user.has_perm(RESEND):
            return []
        url = reverse(f"admin:{self._url_name}", args=[obj.pk])
        return [Button("Send again", url, self.why_not_sent_again(obj))]

    def send_again(self, request: HttpRequest, pk: int) -> HttpResponse:
        if not (request.user.has_perm(RESEND) and self.has_view_permission(request)):
            raise PermissionDenied
        obj = get_object_or_404(self.get_queryset(request), pk=pk)
        page = reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=[pk])
        form = AgainForm(request.POST or None, initial={"operation_id": uuid4()})
        if request.method == "POST" and form.is_valid():
            try:
                self.send(obj, by=f"staff:{member(request).pk}", **form.cleaned_data)
            except Refusal as refusal:
                form.add_error(None, refusal.message)
            else:
                messages.success(request, "It is on its way.")
                return HttpResponseRedirect(page)
        why_not = self.why_not_sent_again(obj)
        return self.ask(
            request,
            title="Send again",
            original=obj,
            button="" if why_not else "Send it",
            back=page,
            form=form,
            lines=self.what_sending_does(request, obj),
            warnings=[why_not] if why_not else [],
        )
