from datetime import date, datetime, timedelta

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django_celery_beat.models import CrontabSchedule
from django_fsm import FSMField, transition

from orders.models.exports import Export, ExportColumn, ExportFormat
from players.models import Establishment

MOST_RECIPIENTS = 20


class ReportSchedule(models.Model):
    """What is mailed again and again: an export of sales, or their metrics.

    Written under the lock of its row. `failures` counts those in a row: after the third it is off.
    """

    class Kind(models.TextChoices):
        EXPORT = "export", "Export: a link to a file of the orders"
        METRICS = "metrics", "Metrics: orders and revenue, in the mail"

    class Days(models.TextChoices):
        YESTERDAY = "yesterday", "The day before"
        LAST_7 = "last_7_days", "The 7 days before"
        LAST_30 = "last_30_days", "The 30 days before"
        LAST_MONTH = "last_month", "The month before"

    id = models.BigAutoField(primary_key=True)
    name = models.CharField(max_length=100, help_text="The subject of the mail.")
    kind = models.CharField(max_length=8, choices=Kind)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="report_schedules",
        help_text="With whose rights it runs; who is told when it fails.",
    )
    establishment = models.ForeignKey(
        Establishment,
        on_delete=models.PROTECT,
        related_name="report_schedules",
        null=True,
        blank=True,
        help_text="Whose orders; none: those of all.",
    )
    crontab = models.ForeignKey(CrontabSchedule, on_delete=models.PROTECT, related_name="+")
    days = models.CharField(
        max_length=16,
        choices=Days,
        default=Days.YESTERDAY,
        help_text="Which orders, by the UTC day on which they were made.",
    )
    status = models.CharField(
        max_length=20, blank=True, help_text="Of an export: only orders that have it."
    )
    file_format = models.CharField(
        max_length=8, choices=ExportFormat, default=ExportFormat.CSV, help_text="Of an export."
    )
    columns = ArrayField(
        models.CharField(max_length=16, choices=ExportColumn),
        blank=True,
        default=list,
        db_default=[],
        help_text="Of an export; none: those of one that asks for none.",
    )
    group_by = models.CharField(max_length=16, blank=True, help_text="Of metrics.")
    recipients = ArrayField(models.EmailField(), size=MOST_RECIPIENTS)
    is_active = models.BooleanField(default=True)
    next_at = models.DateTimeField(null=True, blank=True, help_text="When it is made next.")
    failures = models.PositiveSmallIntegerField(default=0, help_text="In a row.")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(is_active=True, next_at__isnull=False)
                | Q(is_active=False, next_at=None),
                name="report_schedule_is_due_while_active",
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_at"],
                name="report_schedule_by_time",
                condition=Q(next_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def period(self, *, at: datetime) -> tuple[date, date]:
        """The first and the last UTC day of what is made at that moment."""
        yesterday = at.date() - timedelta(1)
        month_end = at.date().replace(day=1) - timedelta(1)
        return {
            self.Days.YESTERDAY: (yesterday, yesterday),
            self.Days.LAST_7: (yesterday - timedelta(6), yesterday),
            self.Days.LAST_30: (yesterday - timedelta(29), yesterday),
            self.Days.LAST_MONTH: (month_end.replace(day=1), month_end),
        }[self.Days(self.days)]


class ReportRun(models.Model):
    """One time that a schedule is made: a row in the transaction that moves it to its next time."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        DONE = "done", "Mailed"
        FAILED = "failed", "Failed"

    id = models.BigAutoField(primary_key=True)
    schedule = models.ForeignKey(
        ReportSchedule, on_delete=models.CASCADE, related_name="runs", db_index=False
    )
    due_at = models.DateTimeField(help_text="The time it was made for, not when it was.")
    state = FSMField(choices=State.choices, default=State.WAITING, protected=True)
    ask_at = models.DateTimeField(null=True, help_text="When a worker looks at it next.")
    tries = models.PositiveSmallIntegerField(
        default=0, db_default=0, help_text="How often it was taken up since it last got further."
    )
    export = models.ForeignKey(
        Export, on_delete=models.PROTECT, related_name="report_runs", null=True
    )
    error = models.CharField(max_length=500, blank=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["schedule", "due_at"], name="one_report_run_per_time_of_a_schedule"
            ),
            models.CheckConstraint(
                condition=Q(state="waiting", ask_at__isnull=False, finished_at=None)
                | ~Q(state="waiting") & Q(ask_at=None, finished_at__isnull=False),
                name="report_run_waits_or_is_finished",
            ),
        ]
        indexes = [
            models.Index(
                fields=["ask_at"], name="report_run_by_time", condition=Q(ask_at__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.schedule}, {self.due_at:%F %H:%M}"

    @transition(field=state, source=State.WAITING, target=State.DONE)
    def finish(self, *, at: datetime) -> None:
        self.ask_at, self.finished_at = None, at

    @transition(field=state, source=State.WAITING, target=State.FAILED)
    def fail(self, *, error: str, at: datetime) -> None:
        self.error = error[:500].replace("\0", "�")
        self.ask_at, self.finished_at = None, at
