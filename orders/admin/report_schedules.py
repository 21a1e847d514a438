"""Reports that are mailed again and again: what, of which days, when, to whom."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.contrib.postgres.forms import SimpleArrayField
from django.core.exceptions import ValidationError
from django.db.models import Model
from django.http import HttpRequest
from django.utils.formats import localize
from timezone_field import TimeZoneFormField
from unfold.decorators import display
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminEmailInputWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from config.admin import ModelAdmin, Panel, page_of
from orders.admin.export_forms import STATUSES
from orders.errors import CrontabInvalid
from orders.models import ReportRun, ReportSchedule
from orders.models.exports import DEFAULT_COLUMNS, ExportColumn
from orders.models.reports import MOST_RECIPIENTS
from orders.services.run_reports import may_report
from orders.services.sale_metrics import GroupBy
from orders.services.schedule_report import read_crontab, schedule_report
from players.admin.staff import member

RUNS = 20
LOOKS = {"On": "success", "Off": "danger"}


class ReportScheduleForm(forms.ModelForm):
    crontab_words = forms.CharField(
        label="Crontab",
        max_length=500,
        initial="0 6 * * 1",
        widget=UnfoldAdminTextInputWidget,
        help_text="Minute, hour, day of the month, month, day of the week: "
        "0 6 * * 1 is every Monday at six, 30 7 1 * * the first of every month at half past seven.",
    )
    time_zone = TimeZoneFormField(
        initial="UTC",
        use_pytz=False,
        widget=UnfoldAdminSelectWidget,
        help_text="Of the crontab. The days of the orders are UTC days.",
    )
    status = forms.ChoiceField(
        label="Status of the orders",
        choices=STATUSES,
        required=False,
        widget=UnfoldAdminSelectWidget,
    )
    columns = forms.MultipleChoiceField(
        choices=ExportColumn.choices,
        initial=[*DEFAULT_COLUMNS],
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text=f"If none is chosen: {', '.join(each.label for each in DEFAULT_COLUMNS)}.",
    )
    group_by = forms.ChoiceField(
        choices=[("", "Not grouped"), *GroupBy.choices],
        required=False,
        widget=UnfoldAdminSelectWidget,
    )
    recipients = SimpleArrayField(
        forms.EmailField(),
        max_length=MOST_RECIPIENTS,
        error_messages={"item_invalid": "Address %(nth)s:"},
        widget=UnfoldAdminEmailInputWidget(attrs={"multiple": True}),
        help_text=f"Addresses with commas between them, {MOST_RECIPIENTS} at most. "
        "Whoever gets the mail sees the orders or what they come to.",
    )

    class Meta:
        model = ReportSchedule
        fields = (
            *("name", "kind", "establishment", "days", "status", "file_format", "columns"),
            *("group_by", "recipients", "is_active"),
        )
        help_texts: ClassVar[dict[str, str]] = {"file_format": ""}

    by: Any

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            crontab = self.instance.crontab
            self.initial["crontab_words"] = " ".join(
                (
                    *(crontab.minute, crontab.hour, crontab.day_of_month),
                    *(crontab.month_of_year, crontab.day_of_week),
                )
            )
            self.initial["time_zone"] = crontab.timezone

    def clean(self) -> dict[str, Any]:
        said = super().clean() or self.cleaned_data
        owner = self.instance.owner if self.instance.pk else self.by
        if said.get("kind") and not all(may_report(who, said["kind"]) for who in (self.by, owner)):
            raise ValidationError({"kind": "You or the owner may not do this."})
        if said.get("crontab_words") and said.get("time_zone"):
            try:
                read_crontab(said["crontab_words"], said["time_zone"])
            except CrontabInvalid as refusal:
                raise ValidationError({"crontab_words": refusal.message}) from refusal
        return said


@admin.register(ReportSchedule)
class ReportScheduleAdmin(ModelAdmin):
    """Saved by whoever may; it runs with the rights of whoever made it."""

    form = ReportScheduleForm
    list_display = ("name", "kind", "shown_time", "shown_state", "failures", "next_at", "owner")
    list_display_links = ("name",)
    list_select_related = ("owner", "crontab")
    list_filter = ("kind", "is_active")
    autocomplete_fields = ("establishment",)
    readonly_fields = ("owner", "next_at", "failures")
    fieldsets = (
        (None, {"fields": ("name", "kind", "recipients", "is_active")}),
        ("When", {"fields": (("crontab_words", "time_zone"),)}),
        ("Which orders", {"fields": ("establishment", "days")}),
        ("Of an export", {"fields": (("file_format", "status"), "columns")}),
        ("Of metrics", {"fields": ("group_by",)}),
        ("So far", {"fields": (("owner", "next_at", "failures"),)}),
    )

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """A report of every Monday is of the week before it."""
        days = ReportSchedule.Days.LAST_7.value
        return {"days": days, **super().get_changeform_initial_data(request)}

    @admin.display(description="When")
    def shown_time(self, schedule: ReportSchedule) -> str:
        return str(schedule.crontab.human_readable)

    @display(description="State", label=LOOKS)
    def shown_state(self, schedule: ReportSchedule) -> str:
        return "On" if schedule.is_active else "Off"

    def get_form(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        form: Any = super().get_form(request, *args, **kwargs)
        form.by = member(request)
        return form

    def save_model(self, request: HttpRequest, obj: ReportSchedule, form: Any, change: Any) -> None:
        if not change:
            obj.owner = member(request)
        said = form.cleaned_data
        schedule_report(obj, crontab=said["crontab_words"], time_zone=said["time_zone"])

    def panels(self, request: HttpRequest, obj: ReportSchedule) -> list[Panel]:
        runs = obj.runs.select_related("export").order_by("-due_at")[:RUNS]
        return [
            Panel(
                "Times it was made",
                ("Due", "State", "Finished", "Export", "Why not"),
                [self._told(run, request) for run in runs],
                empty="Not yet.",
            )
        ]

    def _told(self, run: ReportRun, request: HttpRequest) -> tuple[object, ...]:
        shown: Model | None = run.export
        may_see = request.user.has_perm("orders.view_export")
        return (
            localize(run.due_at),
            run.get_state_display(),
            localize(run.finished_at) if run.finished_at else "",
            page_of(shown) if shown and may_see else "",
            run.error,
        )
