"""Make the reports that are due. Each time of a schedule is a row first, so that it is made once.

Whoever takes a row up puts it off first, each time for longer: what kills its worker, or lasts for
too long, is tried again later and keeps no other waiting. What is written of it then is one
transaction. After a pause a schedule is made once, not for every time missed.
"""

from datetime import datetime, timedelta

import structlog
from django.db import InterfaceError, OperationalError, transaction
from django.utils import timezone

from config.errors import Refusal
from orders.errors import CrontabInvalid, ReportNotMade
from orders.models import Export, Mail
from orders.models.reports import ReportRun, ReportSchedule
from orders.services.request_export import ExportFilters, request_export
from orders.services.schedule_report import next_time
from orders.services.write_report import export_text, failure_text, metrics_text
from players.models import User

log = structlog.get_logger(__name__)

FAILURES_ALLOWED = 3
TRIES = 5
SHORTEST_PAUSE = timedelta(minutes=1)
LOOK_AGAIN = timedelta(seconds=10)
LONGEST = timedelta(hours=12)
# What its owner must be allowed.
NEEDED = {
    ReportSchedule.Kind.EXPORT: "orders.add_export",
    ReportSchedule.Kind.METRICS: "orders.view_order",
}


def run_reports(*, now: datetime | None = None) -> int:
    """Begin what is due, and go on with what has begun; return how many were finished."""
    now = now or timezone.now()
    while _begin(now):
        pass
    waiting = ReportRun.objects.filter(ask_at__lte=now).order_by("ask_at", "pk")
    return sum(_go_on(pk, now) for pk in waiting.values_list("pk", flat=True))


@transaction.atomic
def _begin(now: datetime) -> bool:
    due = ReportSchedule.objects.filter(next_at__lte=now).order_by("next_at", "pk")
    schedule = due.select_for_update(no_key=True, skip_locked=True).first()
    if schedule is None or schedule.next_at is None:
        return False
    ReportRun.objects.create(schedule=schedule, due_at=schedule.next_at, ask_at=now)
    try:
        schedule.next_at = next_time(schedule.crontab, after=now)
    except CrontabInvalid:
        schedule.is_active, schedule.next_at = False, None
    schedule.save()
    return True


def _go_on(pk: int, now: datetime) -> bool:
    tries = _take_up(pk, now)
    try:
        with transaction.atomic():
            run = _lock(pk) if tries else None
            return run is not None and _make(run, now)
    except Exception as error:
        if isinstance(error, (OperationalError, InterfaceError)) and tries < TRIES:
            log.warning("report_put_off", run=pk, exc_info=True)
            return False
        if not isinstance(error, Refusal):
            log.exception("report_failed", run=pk)
        return _fail(pk, error, now)


@transaction.atomic
def _take_up(pk: int, now: datetime) -> int:
    """Which try this is; 0 where another has it. If nothing comes of it, there is a next one."""
    run = _lock(pk)
    if run is None or run.ask_at is None or run.ask_at > now:
        return 0
    run.tries += 1
    run.ask_at = now + SHORTEST_PAUSE * 2 ** (run.tries - 1)
    run.save()
    return run.tries


def _lock(pk: int) -> ReportRun | None:
    rows = ReportRun.objects.filter(pk=pk, state=ReportRun.State.WAITING)
    run = rows.select_for_update(no_key=True, skip_locked=True).first()
    if run is not None:
        run.schedule = (
            ReportSchedule.objects.select_for_update(of=("self",), no_key=True)
            .select_related("owner", "establishment")
            .get(pk=run.schedule_id)
        )
    return run


def _make(run: ReportRun, now: datetime) -> bool:
    schedule = run.schedule
    if run.tries > TRIES:
        raise ReportNotMade(f"{TRIES} workers ended without making it")
    if not may_report(schedule.owner, schedule.kind):
        raise ReportNotMade(f"{schedule.owner} may not do this any more")
    if schedule.kind == ReportSchedule.Kind.METRICS:
        text = metrics_text(schedule, run.due_at)
    else:
        export = run.export or _request(run)
        if not _is_ready(export, now):
            run.export, run.ask_at, run.tries = export, now + LOOK_AGAIN, 0
            run.save()
            return False
        text = export_text(schedule, export)
    for to in schedule.recipients:
        _mail(to, schedule.name, text, now)
    run.finish(at=now)
    run.save()
    schedule.failures = 0
    schedule.save()
    return True


def may_report(person: User, kind: str) -> bool:
    """Whether this member of staff may be mailed what such a report tells, now."""
    return (
        person.is_active and person.is_staff and person.has_perm(NEEDED[ReportSchedule.Kind(kind)])
    )


def _request(run: ReportRun) -> Export:
    schedule = run.schedule
    start, end = schedule.period(at=run.due_at)
    return request_export(
        establishment_id=schedule.establishment_id,
        file_format=schedule.file_format,
        filters=ExportFilters(status=schedule.status, start=start, end=end),
        columns=schedule.columns,
        by=f"staff:{schedule.owner_id}",
        owner=schedule.owner,
    )


def _is_ready(export: Export, now: datetime) -> bool:
    if export.state == Export.State.READY:
        return True
    if export.state in (Export.State.FAILED, Export.State.EXPIRED):
        raise ReportNotMade(f"The export failed: {export.error or 'its file was removed'}")
    if export.requested_at < now - LONGEST:
        raise ReportNotMade("The export was not ready after 12 hours")
    return False


def _fail(pk: int, error: Exception, now: datetime) -> bool:
    """Count it, tell the owner, and switch the schedule off after too many in a row."""
    with transaction.atomic():
        run = _lock(pk)
        if run is None:
            return False
        schedule = run.schedule
        why = error.message if isinstance(error, Refusal) else f"A fault of ours: {error!r}"
        run.fail(error=why, at=now)
        run.save()
        schedule.failures += 1
        if schedule.failures >= FAILURES_ALLOWED:
            schedule.is_active, schedule.next_at = False, None
        schedule.save()
        if schedule.owner.email:
            subject = f"Not made: {schedule.name}"
            _mail(schedule.owner.email, subject, failure_text(schedule, why), now)
    log.warning("report_not_made", schedule=schedule.pk, failures=schedule.failures)
    return True


def _mail(to: str, subject: str, body: str, now: datetime) -> None:
    Mail.objects.create(
        order=None, event="", to=to, subject=subject, body=body, created_at=now, due_at=now
    )
