"""Files of sales: asked for, watched, fetched, tried again."""

from typing import Any, ClassVar, cast
from uuid import UUID

import structlog
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.template.defaultfilters import filesizeformat
from django.template.loader import render_to_string
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.formats import localize
from unfold.decorators import display

from config.added_once import AddedOnceAdmin
from config.admin import Button, ReadOnlyModelAdmin, as_uuid, list_of
from config.errors import Refusal
from orders.admin.export_forms import STATUSES, ExportForm
from orders.export_answers import file_answer
from orders.export_links import export_link
from orders.models import Export
from orders.models.exports import ExportColumn
from orders.services.request_export import request_export
from orders.services.retry_export import retry_export, why_not_retried
from players.admin.people import ShowsWhoAdmin
from players.models import User

log = structlog.get_logger(__name__)

ADD = "orders.add_export"
LOOKS = {
    "Queued": "info",
    "Running": "info",
    "Ready": "success",
    "Failed": "danger",
    "Removed": "default",
}
REFRESHED_AFTER = "2"  # seconds


@admin.register(Export)
class ExportAdmin(AddedOnceAdmin, ShowsWhoAdmin, ReadOnlyModelAdmin):
    list_display = (
        "requested_at",
        "file_format",
        "establishment",
        "days",
        "who",
        "shown_state",
        "progress",
        "rows",
    )
    list_select_related = ("establishment",)
    list_filter = ("state", "file_format")
    search_fields = ("id",)
    search_help_text = "Id of an export"
    ordering: ClassVar[tuple[str, ...]] = ("-requested_at",)
    fields = (
        ("shown_state", "progress"),
        ("rows", "shown_size"),
        ("file_format", "establishment"),
        ("days", "shown_status"),
        ("shown_columns", "who"),
        ("requested_at", "finished_at"),
        ("sha256", "attempts"),
        ("link", "error"),
    )

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(ADD)

    @display(description="State", label=LOOKS)
    def shown_state(self, export: Export) -> str:
        return export.get_state_display()

    @admin.display(description="Progress")
    def progress(self, export: Export) -> str:
        return render_to_string("admin/includes/progress.html", {"percent": export.percent})

    @admin.display(description="Size")
    def shown_size(self, export: Export) -> str:
        return "" if export.size is None else filesizeformat(export.size)

    @admin.display(description="Ordered")
    def days(self, export: Export) -> str:
        match export.start_date, export.end_date:
            case None, None:
                return "on all days"
            case start, None:
                return f"from {start}"
            case None, end:
                return f"until {end}"
            case start, end:
                return f"{start} to {end}"

    @admin.display(description="Status of the orders")
    def shown_status(self, export: Export) -> str:
        return dict(STATUSES)[export.status]

    @admin.display(description="Columns")
    def shown_columns(self, export: Export) -> str:
        return ", ".join(ExportColumn(column).label for column in export.columns)

    @admin.display(description="Link for others")
    def link(self, export: Export) -> str:
        """Of now: it is there for who may fetch the file, and expires."""
        if export.state != Export.State.READY:
            return ""
        until = timezone.now() + settings.EXPORT_LINK_TTL
        return f"{export_link(export)} (until {localize(timezone.localtime(until))})"

    def get_fields(self, request: HttpRequest, obj: Export | None = None) -> Any:
        if request.user.has_perm(ADD):
            return self.fields
        return [each if each[0] != "link" else ("error",) for each in self.fields]

    def found_by(self, term: str) -> Q:
        return Q(pk__in=[as_uuid(term)])

    def get_urls(self) -> list[URLPattern]:
        own = [
            path("<uuid:pk>/download/", self._page(self.download), name="download_export"),
            path("<uuid:pk>/retry/", self._page(self.retry), name="retry_export"),
        ]
        return [*own, *super().get_urls()]

    def buttons(self, request: HttpRequest, obj: Export) -> list[Button]:
        if not request.user.has_perm(ADD):
            return []
        not_ready = "" if obj.state == Export.State.READY else self._why_no_file(obj)
        buttons = [Button("Download", reverse("admin:download_export", args=[obj.pk]), not_ready)]
        if not why_not_retried(obj):
            buttons.append(Button("Try again", reverse("admin:retry_export", args=[obj.pk])))
        return buttons

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        response = super().render_change_form(request, context, *args, **kwargs)
        export = kwargs.get("obj")
        if export is not None and not export.is_over:
            response["Refresh"] = REFRESHED_AFTER
        return response

    def add_once(self, request: HttpRequest, form_id: UUID) -> HttpResponse:
        form = ExportForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                export = request_export(
                    **form.wanted,
                    by=f"staff:{request.user.pk}",
                    owner=cast(User, request.user),
                    export_id=form_id,
                )
            except Refusal as refusal:
                form.add_error(None, refusal.message)
            else:
                self.log_addition(request, export, "Requested.")
                return HttpResponseRedirect(self._address(export))
        return self.ask(
            request,
            "Export sales",
            button="Export",
            back=list_of(Export),
            form=form,
            lines=["Orders that are placed from now on are not in it."],
        )

    def download(self, request: HttpRequest, export: Export) -> HttpResponseBase:
        try:
            answer = file_answer(export)
        except Refusal as refusal:
            messages.error(request, f"{refusal.message}.")
            return HttpResponseRedirect(self._address(export))
        log.info("export_fetched", export=str(export.pk), by=f"staff:{request.user.pk}")
        return answer

    def retry(self, request: HttpRequest, export: Export) -> HttpResponseBase:
        if request.method == "POST":
            try:
                retry_export(export)
            except Refusal as refusal:
                messages.error(request, refusal.message)
            else:
                self.log_change(request, export, "Tried again.")
            return HttpResponseRedirect(self._address(export))
        return self.ask(
            request,
            "Try again",
            original=export,
            button="Try again",
            back=self._address(export),
            lines=[f"It goes on after the {export.rows:,} rows that are stored. {export.error}"],
        )

    def _page(self, view: Any) -> Any:
        """A page about one export, for those who may ask for exports."""

        def page(request: HttpRequest, pk: UUID) -> HttpResponseBase:
            if not request.user.has_perm(ADD):
                raise PermissionDenied
            return view(request, get_object_or_404(Export, pk=pk))

        return self.admin_site.admin_view(page)

    def _why_no_file(self, export: Export) -> str:
        return {
            Export.State.FAILED: "It has failed.",
            Export.State.EXPIRED: "Its file has been removed.",
        }.get(Export.State(export.state), "It is being made.")

    def _address(self, export: Export) -> str:
        return reverse("admin:orders_export_change", args=[export.pk])
