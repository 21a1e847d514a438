import uuid
from datetime import datetime

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django_fsm import FSMField, transition

from players.models import Establishment


class ExportFormat(models.TextChoices):
    CSV = "csv", "CSV"
    EXCEL = "excel", "Excel"


EXTENSIONS = {ExportFormat.CSV: "csv", ExportFormat.EXCEL: "xlsx"}


class ExportColumn(models.TextChoices):
    """What an export can tell of an order, in the words of the sales API (DOMAIN 3.8)."""

    ID = "id", "Order"
    CUSTOMER = "customerId", "Customer"
    STATUS = "status", "Status"
    ITEMS = "items", "Items, as JSON"
    TOTAL = "totalAmount", "Total"
    CREATED = "createdAt", "Ordered at"
    UPDATED = "updatedAt", "Changed at"
    METHOD = "paymentMethod", "Payment method"
    PAYMENT = "paymentStatus", "Payment status"
    COUNT = "itemCount", "Number of items"


DEFAULT_COLUMNS = (
    ExportColumn.ID,
    ExportColumn.CUSTOMER,
    ExportColumn.STATUS,
    ExportColumn.TOTAL,
    ExportColumn.CREATED,
)


class Export(models.Model):
    """A file of sales that a worker makes: which ones was settled when it was asked for.

    Its worker has a lease, `due_at`, that it renews with every part; when it dies, another goes on
    after the last part. Written by services only, with the row locked.
    """

    class State(models.TextChoices):
        QUEUED = "queued", "Queued"
        RUNNING = "running", "Running"
        READY = "ready", "Ready"
        FAILED = "failed", "Failed"
        EXPIRED = "expired", "Removed"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    establishment = models.ForeignKey(
        Establishment,
        on_delete=models.PROTECT,
        related_name="exports",
        null=True,
        blank=True,
        help_text="Whose orders; none: those of all.",
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="exports",
        null=True,
        blank=True,
        help_text="The member of staff for whom it is made.",
    )
    by = models.CharField(max_length=80, help_text="Who: `key:7`, `staff:3`, `system`.")
    file_format = models.CharField(max_length=8, choices=ExportFormat)
    columns = ArrayField(models.CharField(max_length=16, choices=ExportColumn))
    status = models.CharField(
        max_length=20, blank=True, help_text="Of the orders; `pending` is all that is not ended."
    )
    start_date = models.DateField(null=True, blank=True, help_text="UTC day of the first orders.")
    end_date = models.DateField(null=True, blank=True, help_text="UTC day of the last orders.")
    state = FSMField(choices=State.choices, default=State.QUEUED, protected=True)
    requested_at = models.DateTimeField(help_text="Orders placed later are not in it.")
    due_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text="When a worker may take it; while one has it: when that one is taken for dead.",
    )
    attempts = models.PositiveIntegerField(default=0, help_text="How often a worker took it.")
    tries = models.PositiveSmallIntegerField(
        default=0, help_text="How often since it last got any further."
    )
    first_order = models.BigIntegerField(null=True, editable=False)
    last_order = models.BigIntegerField(
        null=True, editable=False, help_text="Settled by the first worker: it goes no further."
    )
    reached = models.BigIntegerField(
        null=True, editable=False, help_text="The last order of the last part."
    )
    rows = models.PositiveBigIntegerField(default=0)
    error = models.CharField(max_length=500, blank=True, help_text="Of the last attempt.")
    file = models.CharField(max_length=200, blank=True, help_text="Its name in the storage.")
    size = models.PositiveBigIntegerField(null=True, blank=True, help_text="In bytes.")
    sha256 = models.CharField(max_length=64, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["queued", "running"]) ^ Q(due_at=None),
                name="export_waits_for_its_time",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["queued", "running"]) ^ Q(finished_at__isnull=False),
                name="export_finished_has_its_time",
            ),
            models.CheckConstraint(
                condition=~Q(state="ready")
                | ~Q(file="") & ~Q(sha256="") & Q(size__isnull=False, reached=F("last_order")),
                name="export_ready_has_its_whole_file",
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_at"], name="export_by_due_time", condition=Q(due_at__isnull=False)
            ),
            models.Index(
                fields=["finished_at"],
                name="export_by_end",
                condition=Q(state__in=["ready", "failed"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_file_format_display()} of {self.requested_at:%F %H:%M}"

    @property
    def is_excel(self) -> bool:
        return self.file_format == ExportFormat.EXCEL

    @property
    def is_over(self) -> bool:
        """Whether no worker will go on with it by itself."""
        return self.due_at is None

    @property
    def extension(self) -> str:
        return EXTENSIONS[ExportFormat(self.file_format)]

    @property
    def filename(self) -> str:
        """`orders_2026-01-01_2026-06-02.csv`; a day that is not given is left out (DOMAIN 3.8)."""
        match self.start_date, self.end_date:
            case None, None:
                days = ""
            case start, None:
                days = f"_from_{start}"
            case None, end:
                days = f"_until_{end}"
            case start, end:
                days = f"_{start}_{end}"
        return f"orders{days}.{self.extension}"

    @property
    def percent(self) -> int:
        """How far it is, from 0 to 100, by the orders that were passed: rows are not counted."""
        if self.state in (self.State.READY, self.State.EXPIRED):
            return 100
        if self.first_order is None or self.last_order is None or self.reached is None:
            return 0
        whole = self.last_order - self.first_order + 1
        # The last of a hundred is when the file is put together.
        return min(99, (self.reached - self.first_order + 1) * 100 // whole)

    @transition(field=state, source=[State.QUEUED, State.RUNNING], target=State.RUNNING)
    def run(self, *, until: datetime) -> None:
        """A worker takes it: the first, or one after another that died or gave way."""
        self.due_at = until
        self.attempts += 1
        self.tries += 1

    @transition(field=state, source=State.RUNNING, target=State.QUEUED)
    def give_back(self, *, due_at: datetime, error: str = "") -> None:
        """It goes on later, from where it is."""
        self.due_at = due_at
        self.error = error

    @transition(field=state, source=State.RUNNING, target=State.READY)
    def finish(self, *, file: str, size: int, sha256: str, at: datetime) -> None:
        self.file, self.size, self.sha256 = file, size, sha256
        self.error = ""
        self.due_at, self.finished_at = None, at

    @transition(field=state, source=State.RUNNING, target=State.FAILED)
    def fail(self, *, error: str, at: datetime) -> None:
        self.error = error
        self.due_at, self.finished_at = None, at

    @transition(field=state, source=State.FAILED, target=State.QUEUED)
    def queue_again(self, *, at: datetime) -> None:
        """It goes on from where it failed."""
        self.tries = 0
        self.due_at, self.finished_at = at, None

    @transition(field=state, source=[State.READY, State.FAILED], target=State.EXPIRED)
    def expire(self) -> None:
        """Its file, or what there is of it, is removed."""
        self.file = ""


class ExportPart(models.Model):
    """So many rows of an export, stored: where the next worker goes on when this one dies."""

    id = models.BigAutoField(primary_key=True)
    export = models.ForeignKey(
        Export, on_delete=models.PROTECT, related_name="parts", db_index=False
    )
    number = models.PositiveIntegerField(help_text="Counted from 1 in each export.")
    sheet = models.PositiveIntegerField(help_text="Of an Excel file; else 1.")
    rows = models.PositiveIntegerField()
    file = models.CharField(max_length=200, help_text="Its name in the storage.")
    size = models.PositiveBigIntegerField(help_text="In bytes, as it is stored.")
    plain_size = models.PositiveBigIntegerField(help_text="In bytes, before it was compressed.")
    plain_crc = models.PositiveBigIntegerField(
        help_text="CRC-32 of the sheet from its beginning to the end of this part."
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["export", "number"], name="one_export_part_per_number"),
        ]

    def __str__(self) -> str:
        return f"{self.export_id}/{self.number}"
