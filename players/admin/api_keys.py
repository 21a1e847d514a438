"""API keys: issued, rotated and revoked. The text of a key is on one answer and nowhere else."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import models, transaction
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminSplitDateTimeWidget,
    UnfoldAdminTextInputWidget,
)

from config.added_once import AddedOnceAdmin
from config.admin import Button, ModelAdmin, list_of, page_of
from config.errors import Conflict, Refusal
from players.admin.staff import member
from players.models import ApiKey, Establishment, IdempotentCall, User
from players.scopes import SCOPES
from players.services.issue_api_key import issue_api_key
from players.services.revoke_api_key import revoke_api_key
from players.services.rotate_api_key import rotate_api_key


class FormSentBefore(Conflict):
    """The same form came again: a second click, or a page that was reloaded."""

    code = "form_sent_before"


@contextmanager
def done_once(*, by: User, token: UUID) -> Iterator[None]:
    """Do the work of a form at most once: the token is used up in the same transaction."""
    with transaction.atomic():
        _, fresh = IdempotentCall.objects.get_or_create(
            caller=f"staff:{by.pk}",
            key=f"form:{token}",
            defaults={"fingerprint": token.bytes, "status": 200, "started_at": timezone.now()},
        )
        if not fresh:
            raise FormSentBefore(
                "This form was sent before, and its key was shown then. If nobody wrote it down, "
                "revoke it and open a new form."
            )
        yield


class ApiKeyForm(forms.Form):
    name = forms.CharField(
        max_length=100,
        widget=UnfoldAdminTextInputWidget,
        help_text="Who uses it, and for what.",
    )
    scopes = forms.MultipleChoiceField(
        choices=[(scope, f"{scope}: {meaning}") for scope, meaning in SCOPES.items()],
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
    )
    establishment = forms.ModelChoiceField(
        Establishment.objects.order_by("name"),
        required=False,
        widget=UnfoldAdminSelectWidget,
        empty_label="None: the key reaches everything",
        help_text="A key of an establishment reaches only what is that establishment's.",
    )
    expires_at = forms.SplitDateTimeField(
        required=False,
        widget=UnfoldAdminSplitDateTimeWidget,
        help_text="UTC. Empty: never.",
    )


class RotationForm(forms.Form):
    grace = forms.TypedChoiceField(
        label="The old key works for another",
        coerce=lambda hours: timedelta(hours=int(hours)),
        choices=[("24", "24 hours"), ("1", "hour"), ("168", "7 days"), ("0", "moment, no longer")],
        widget=UnfoldAdminSelectWidget,
    )


class ConditionFilter(admin.SimpleListFilter):
    title = "condition"
    parameter_name = "condition"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return [("usable", "Usable"), ("expired", "Expired"), ("revoked", "Revoked")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> QuerySet[ApiKey]:
        now = timezone.now()
        match self.value():
            case "usable":
                return queryset & ApiKey.objects.usable(at=now)
            case "expired":
                return queryset.filter(state=ApiKey.State.ACTIVE, expires_at__lte=now)
            case "revoked":
                return queryset.filter(state=ApiKey.State.REVOKED)
        return queryset


def condition_of(key: ApiKey) -> str:
    """What the key is good for now, in a word."""
    if key.state == ApiKey.State.REVOKED:
        return "Revoked"
    if key.expires_at is not None and key.expires_at <= timezone.now():
        return "Expired"
    return "Usable"


@admin.register(ApiKey)
class ApiKeyAdmin(AddedOnceAdmin, ModelAdmin):
    list_display = (
        "name",
        "shown_prefix",
        "condition",
        "establishment",
        "words",
        "last_used_at",
        "expires_at",
    )
    list_select_related = ("establishment",)
    list_filter = (ConditionFilter, "establishment")
    search_fields = ("name",)
    search_help_text = "Name, or how the key begins"
    fields = (
        ("name", "shown_prefix"),
        ("condition", "establishment"),
        "words",
        ("created_at", "created_by"),
        ("last_used_at", "expires_at"),
        ("revoked_at", "replaces"),
    )

    @admin.display(description="Key")
    def shown_prefix(self, key: ApiKey) -> str:
        return f"{key.prefix}…"

    @admin.display(description="Condition")
    def condition(self, key: ApiKey) -> str:
        return condition_of(key)

    @admin.display(description="Scopes")
    def words(self, key: ApiKey) -> str:
        return "\n".join(key.scopes)

    def found_by(self, term: str) -> Q:
        return Q(name__icontains=term) | Q(prefix__startswith=term)

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("<int:pk>/rotate/", view(self.rotate), name="rotate_api_key"),
            path("<int:pk>/revoke/", view(self.revoke), name="revoke_api_key"),
            *super().get_urls(),
        ]

    def buttons(self, request: HttpRequest, obj: ApiKey) -> list[Button]:
        if not request.user.has_perm("players.change_apikey"):
            return []
        condition = condition_of(obj)
        successor = ApiKey.objects.filter(replaces=obj).first()
        rotated = f"Rotated already: {successor}." if successor else ""
        over = "" if condition == "Usable" else f"{condition}: issue a new key."
        return [
            Button("Rotate", reverse("admin:rotate_api_key", args=[obj.pk]), rotated or over),
            Button(
                "Revoke",
                reverse("admin:revoke_api_key", args=[obj.pk]),
                "Revoked already." if condition == "Revoked" else "",
            ),
        ]

    def add_once(self, request: HttpRequest, form_id: UUID) -> HttpResponse:
        """Ask what the key may do; the answer to the POST shows it."""
        form = ApiKeyForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            given = form.cleaned_data
            try:
                with done_once(by=member(request), token=form_id):
                    key, text = issue_api_key(**given, created_by=member(request))
            except Refusal as refusal:
                form.add_error(None, refusal.message)
            else:
                self.log_addition(request, key, "Issued.")
                return self._show_once(request, key, text)
        return self.ask(
            request, title="Issue an API key", button="Issue", back=list_of(ApiKey), form=form
        )

    def rotate(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Give the key a successor, which the answer to the POST shows."""
        key = self._key_to_change(request, pk)
        form = RotationForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                new, text = rotate_api_key(
                    key, by=member(request), grace=form.cleaned_data["grace"]
                )
            except Refusal as refusal:
                messages.error(request, refusal.message)
                return HttpResponseRedirect(self._address(key))
            self.log_change(request, key, f"Rotated to {new}.")
            return self._show_once(request, new, text)
        return self.ask(
            request,
            title=f"Rotate {key}",
            original=key,
            button="Rotate",
            back=self._address(key),
            form=form,
            lines=["A new key with the same rights takes its place. It is shown once."],
        )

    def revoke(self, request: HttpRequest, pk: int) -> HttpResponse:
        key = self._key_to_change(request, pk)
        if request.method == "POST":
            revoke_api_key(key, by=member(request))
            self.log_change(request, key, "Revoked.")
            messages.success(request, f"The key {key} opens nothing any more.")
            return HttpResponseRedirect(self._address(key))
        return self.ask(
            request,
            title=f"Revoke {key}",
            original=key,
            button="Revoke for good",
            back=self._address(key),
            lines=["Whoever uses this key is refused from now on. It cannot be undone."],
        )

    def _key_to_change(self, request: HttpRequest, pk: int) -> ApiKey:
        if not request.user.has_perm("players.change_apikey"):
            raise PermissionDenied
        return get_object_or_404(ApiKey, pk=pk)

    def _address(self, key: ApiKey) -> str:
        return reverse("admin:players_apikey_change", args=[key.pk])

    def _show_once(self, request: HttpRequest, key: ApiKey, text: str) -> HttpResponse:
        """The only page that ever holds the text: not stored, not in a session, not in a cache."""
        title = f"The new key {key.name}"
        return self.show(
            request, "admin/new_api_key.html", title, original=key, key=page_of(key), text=text
        )
