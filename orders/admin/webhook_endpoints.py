"""The endpoints of establishments: added, tested, switched, given another secret, caught up."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import models
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from unfold.decorators import display

from config.added_once import AddedOnceAdmin
from config.admin import Button, ModelAdmin, Panel, as_uuid, list_of, page_of
from config.errors import Refusal
from config.filters import OfEstablishment
from orders.admin.webhook_forms import (
    ChangeForm,
    EndpointForm,
    OnceForm,
    ReplayForm,
    SecretForm,
)
from orders.admin.webhooks import latest_deliveries
from orders.models import WebhookEndpoint
from orders.services.create_webhook_endpoint import create_webhook_endpoint
from orders.services.replay_webhooks import replay_webhooks
from orders.services.rotate_webhook_secret import rotate_webhook_secret
from orders.services.send_test_webhook import send_test_webhook
from orders.services.switch_webhook_endpoint import switch_webhook_endpoint
from orders.webhook_signatures import grace_runs

DELIVERIES_SHOWN = 20
OFF = "It is switched off."
CHANGE = "orders.change_webhookendpoint"
SAID_SHOWN = 200


@admin.register(WebhookEndpoint)
class WebhookEndpointAdmin(AddedOnceAdmin, ModelAdmin):
    list_display = ("url", "establishment", "condition", "created_at")
    list_select_related = ("establishment",)
    list_filter = (OfEstablishment, "state")
    ordering = ("-created_at", "pk")
    search_fields = ("url",)
    search_help_text = "Part of the address, or an establishment's id"
    form = ChangeForm
    fields = (
        "url",
        ("id", "establishment_link"),
        ("condition", "disabled_reason"),
        ("secret_version", "rotated_at"),
        ("unanswered", "left_alone_until"),
        "created_at",
    )
    readonly_fields = (
        "id",
        "establishment_link",
        "condition",
        "disabled_reason",
        "secret_version",
        "rotated_at",
        "unanswered",
        "left_alone_until",
        "created_at",
    )

    @display(
        description="State",
        label={"Active": "success", "Not answering": "warning", "Switched off": "danger"},
    )
    def condition(self, endpoint: WebhookEndpoint) -> str:
        if endpoint.state == WebhookEndpoint.State.ACTIVE and endpoint.unanswered:
            return "Not answering"
        return endpoint.get_state_display()

    @admin.display(description="Left alone until")
    def left_alone_until(self, endpoint: WebhookEndpoint) -> datetime | None:
        return endpoint.free_at if endpoint.free_at > timezone.now() else None

    @admin.display(description="Establishment")
    def establishment_link(self, endpoint: WebhookEndpoint) -> str:
        return page_of(endpoint.establishment)

    def found_by(self, term: str) -> Q:
        return Q(url__icontains=term) | Q(establishment__in=[as_uuid(term)])

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        """Never: what was sent there is kept. It is switched off."""
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:  # noqa: FBT001
        """Only what was asked for: a worker may be writing the rest."""
        obj.save(update_fields=["url"])

    def construct_change_message(
        self,
        request: HttpRequest,
        form: Any,
        formsets: Any,
        add: bool = False,  # noqa: FBT001, FBT002 - Django's signature
    ) -> Any:
        """Both addresses: where an establishment's webhooks went is kept nowhere else."""
        if "url" not in form.changed_data:
            return super().construct_change_message(request, form, formsets, add)
        old, new = without_query(form.initial["url"]), without_query(form.cleaned_data["url"])
        return f"Address: {old} → {new}"

    def get_urls(self) -> list[URLPattern]:
        pages = {
            "test": self.test,
            "secret": self.change_secret,
            "switch": self.switch,
            "replay": self.replay,
        }
        return [
            *(
                path(f"<uuid:pk>/{word}/", self._changing(view), name=f"{word}_webhook_endpoint")
                for word, view in pages.items()
            ),
            *super().get_urls(),
        ]

    def buttons(self, request: HttpRequest, obj: WebhookEndpoint) -> list[Button]:
        if not request.user.has_perm(CHANGE):
            return []
        on = obj.state == WebhookEndpoint.State.ACTIVE
        off = "" if on else OFF
        return [
            Button("Send a test", self._page("test", obj), off),
            Button("Send what was missed", self._page("replay", obj), off),
            Button("Change the secret", self._page("secret", obj)),
            Button("Switch off" if on else "Switch on", self._page("switch", obj)),
        ]

    def panels(self, request: HttpRequest, obj: WebhookEndpoint) -> list[Panel]:
        if not request.user.has_perm("orders.view_webhookdelivery"):
            return []
        return [latest_deliveries(obj, shown=DELIVERIES_SHOWN)]

    def add_once(self, request: HttpRequest, form_id: UUID) -> HttpResponse:
        """Ask whose it is and where; the answer to the POST shows the secret."""
        form = EndpointForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                endpoint, secret = create_webhook_endpoint(endpoint_id=form_id, **form.cleaned_data)
            except Refusal as refusal:
                form.add_error(None, refusal.message)
            else:
                self.log_addition(request, endpoint, "Added.")
                return self._show_secret(request, endpoint, secret)
        return self.ask(
            request,
            title="Add a webhook endpoint",
            button="Add",
            back=list_of(WebhookEndpoint),
            form=form,
        )

    def test(self, request: HttpRequest, endpoint: WebhookEndpoint) -> HttpResponse:
        form = OnceForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                answer = send_test_webhook(endpoint, **form.cleaned_data)
            except Refusal as refusal:
                messages.error(request, refusal.message)
            else:
                said = answer.error or answer.response[:SAID_SHOWN]
                tell = messages.success if answer.is_success else messages.error
                status = answer.status or "no answer"
                tell(request, f"Answered {status} in {answer.milliseconds:,} ms. {said}")
            return HttpResponseRedirect(self._address(endpoint))
        line = f"A message webhook.test goes to {endpoint.url} now, and its answer is shown."
        return self._ask(request, endpoint, "Send a test", "Send", [line], form=form)

    def change_secret(self, request: HttpRequest, endpoint: WebhookEndpoint) -> HttpResponse:
        form = SecretForm(request.POST or None, initial={"seen": endpoint.secret_version})
        if request.method == "POST" and form.is_valid():
            try:
                secret = rotate_webhook_secret(endpoint, seen=form.cleaned_data["seen"])
            except Refusal as refusal:
                messages.error(request, refusal.message)
                return HttpResponseRedirect(self._address(endpoint))
            self.log_change(request, endpoint, "Secret changed.")
            return self._show_secret(request, endpoint, secret)
        line = (
            "A new secret is shown once. For a day the one before is valid too: calls carry a "
            "signature for each."
        )
        warnings = []
        if grace_runs(endpoint.rotated_at, at=timezone.now()):
            warning = (
                f"It was changed at {endpoint.rotated_at:%F %H:%M} UTC already. The secret from "
                "before that is no longer valid as soon as you change it again: a receiver that "
                "knows no newer one refuses every call until it does."
            )
            warnings = [warning]
        return self._ask(
            request,
            endpoint,
            "Change the secret",
            "Change it",
            [line],
            form=form,
            warnings=warnings,
        )

    def switch(self, request: HttpRequest, endpoint: WebhookEndpoint) -> HttpResponse:
        on = endpoint.state != WebhookEndpoint.State.ACTIVE
        word = "on" if on else "off"
        if request.method == "POST":
            on = "on" in request.POST
            try:
                switch_webhook_endpoint(endpoint, on=on, reason=f"By {request.user}.")
            except Refusal as refusal:
                messages.error(request, refusal.message)
            else:
                self.log_change(request, endpoint, f"Switched {'on' if on else 'off'}.")
                messages.success(request, f"Switched {'on' if on else 'off'}.")
            return HttpResponseRedirect(self._address(endpoint))
        lines = ["What was missed is not sent by itself: there is a button for it."]
        if not on:
            waiting = endpoint.deliveries.filter(due_at__isnull=False).count()
            lines = [
                "What happens from now on is kept, and can be sent later.",
                f"{waiting:,} deliveries that wait are given up.",
            ]
        return self._ask(
            request, endpoint, f"Switch {word}", f"Switch {word}", lines, button_name=word
        )

    def replay(self, request: HttpRequest, endpoint: WebhookEndpoint) -> HttpResponse:
        three_days_ago = timezone.now().replace(microsecond=0) - timedelta(days=3)
        form = ReplayForm(request.POST or None, initial={"since": three_days_ago})
        if request.method == "POST" and form.is_valid():
            replayed = replay_webhooks(
                establishment_id=endpoint.establishment_id,
                endpoint_id=endpoint.pk,
                **form.cleaned_data,
            )
            self.log_change(request, endpoint, f"Sent again: {replayed.deliveries}.")
            more = replayed.next_since and f" There are more, from {replayed.next_since:%F %T} on."
            messages.success(
                request, f"Messages on their way: {replayed.deliveries:,}.{more or ''}"
            )
            return HttpResponseRedirect(self._address(endpoint))
        line = (
            f"{endpoint.url} is sent what it has not got, with the same ids and numbers, the "
            "oldest first."
        )
        return self._ask(request, endpoint, "Send what was missed", "Send", [line], form=form)

    def _changing(self, view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        """A page about one endpoint, for those who may change it."""

        def page(request: HttpRequest, pk: UUID) -> HttpResponse:
            if not request.user.has_perm(CHANGE):
                raise PermissionDenied
            return view(request, get_object_or_404(self.get_queryset(request), pk=pk))

        return self.admin_site.admin_view(page)

    def _ask(
        self,
        request: HttpRequest,
        endpoint: WebhookEndpoint,
        title: str,
        button: str,
        lines: list[str],
        **more: Any,
    ) -> HttpResponse:
        back = self._address(endpoint)
        return self.ask(
            request, title, original=endpoint, button=button, back=back, lines=lines, **more
        )

    def _page(self, word: str, endpoint: WebhookEndpoint) -> str:
        return reverse(f"admin:{word}_webhook_endpoint", args=[endpoint.pk])

    def _address(self, endpoint: WebhookEndpoint) -> str:
        return reverse("admin:orders_webhookendpoint_change", args=[endpoint.pk])

    def _show_secret(
        self, request: HttpRequest, endpoint: WebhookEndpoint, secret: str
    ) -> HttpResponse:
        """The only page that shows it."""
        return self.show(
            request,
            "admin/new_api_key.html",
            "The secret of the endpoint",
            original=endpoint,
            key=page_of(endpoint),
            text=secret,
            warning="Write it down now: this page cannot be shown again.",
        )


def without_query(url: str) -> str:
    """There may be a password in a query."""
    place, mark, _ = url.partition("?")
    return f"{place}?…" if mark else place
