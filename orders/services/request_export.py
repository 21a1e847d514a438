from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from orders.errors import ExportInvalid, ExportStatusUnknown, ExportsWaiting
from orders.models import Export, Order
from orders.models.exports import DEFAULT_COLUMNS, ExportColumn, ExportFormat
from orders.vocabulary import PENDING
from players.models import User

ENDED = (Order.Status.COMPLETED, Order.Status.CANCELLED, Order.Status.REFUNDED)
STATUSES = (PENDING, *Order.UNENDED, *ENDED)
# Until the commit nobody else counts what this one has waiting.
LOCK_REQUESTS = "SELECT pg_advisory_xact_lock(hashtext('exports'), hashtext(%s))"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportFilters:
    """Which sales: empty means all. Both days are UTC days, and inclusive."""

    status: str = ""
    start: date | None = None
    end: date | None = None


@transaction.atomic
def request_export(  # noqa: PLR0913 - what, for whom, by whom
    *,
    establishment_id: UUID | None,
    file_format: str,
    filters: ExportFilters,
    columns: Sequence[str] = (),
    by: str,
    owner: User | None = None,
    export_id: UUID | None = None,
    most_waiting: int | None = None,
) -> Export:
    """Queue an export of the sales there are now; a worker makes it soon after the commit.

    No columns: those of DOMAIN 3.8. Asked for again under the same id it is the one that there is.
    Refused with ExportInvalid or ExportStatusUnknown, and with ExportsWaiting where `most_waiting`
    of the same `by` wait: requests of one `by` that have such a limit come one after another.
    """
    export = draft_export(
        establishment_id=establishment_id, file_format=file_format, filters=filters, columns=columns
    )
    export.by, export.owner = by, owner
    export.due_at = export.requested_at
    if most_waiting is not None:
        _lock_requests(by)
    stored = Export.objects.filter(pk=export_id).first() if export_id else None
    if stored:
        return stored
    waiting = Export.objects.filter(by=by, due_at__isnull=False)
    if most_waiting is not None and waiting.count() >= most_waiting:
        raise ExportsWaiting(f"{most_waiting} exports of yours are not made yet: ask again later")
    if export_id is None:
        export.save(force_insert=True)
        return export
    export.pk = export_id
    fields = {
        field.attname: getattr(export, field.attname)
        for field in Export._meta.concrete_fields
        if not field.primary_key
    }
    return Export.objects.get_or_create(pk=export_id, defaults=fields)[0]


def _lock_requests(by: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(LOCK_REQUESTS, [by])


def draft_export(
    *,
    establishment_id: UUID | None,
    file_format: str,
    filters: ExportFilters,
    columns: Sequence[str] = (),
) -> Export:
    """What would be exported, as a row that is not stored. Refused as `request_export` is."""
    if file_format not in ExportFormat:
        raise ExportInvalid(f"There is no format {file_format}")
    if filters.status and filters.status not in STATUSES:
        raise ExportStatusUnknown(f"There is no status {filters.status}")
    if filters.start and filters.end and filters.start > filters.end:
        raise ExportInvalid("The first day is after the last")
    if unknown := [each for each in columns if each not in ExportColumn]:
        raise ExportInvalid(f"There is no column {unknown[0]}", columns=unknown)
    if len(set(columns)) < len(columns):
        raise ExportInvalid("A column is there twice")
    return Export(
        establishment_id=establishment_id,
        file_format=ExportFormat(file_format),
        columns=list(columns or DEFAULT_COLUMNS),
        status=filters.status,
        start_date=filters.start,
        end_date=filters.end,
        requested_at=timezone.now(),
    )
