"""The words of the mails about scheduled reports."""

from datetime import date, datetime
from decimal import Decimal
from functools import partial

from django.conf import settings
from django.urls import reverse

from orders.export_links import kept_link
from orders.models import Export
from orders.models.reports import ReportSchedule
from orders.services.sale_metrics import GroupBy, Metrics, Total, sale_metrics

GROUPS_TOLD = 100


def metrics_text(schedule: ReportSchedule, at: datetime) -> str:
    """Orders and revenue of the schedule's days, in each currency apart."""
    start, end = schedule.period(at=at)
    group_by = GroupBy(schedule.group_by) if schedule.group_by else None
    ask = partial(sale_metrics, establishment_id=schedule.establishment_id, start=start, end=end)
    whole = ask()
    lines = [_title(schedule, start, end), ""]
    lines += [
        f"{status.capitalize()}: {count:,}" for status, count in whole.orders_by_status.items()
    ]
    for currency in sorted(whole.by_currency):
        metrics = ask(group_by=group_by, currency=currency)
        lines += [
            "",
            f"In {currency}: {_told(metrics.whole, currency)}",
            *_groups(metrics, currency),
        ]
    if not whole.whole.orders:
        lines.append("No orders were made.")
    return "\n".join([*lines, "", *_footer(schedule)])


def export_text(schedule: ReportSchedule, export: Export) -> str:
    """Where the file is, until when, and how to know that it is whole. Of one that is ready."""
    start, end = export.start_date, export.end_date
    page = reverse("admin:orders_export_change", args=[export.pk])
    ready_at = export.finished_at or export.requested_at
    until = f"{ready_at + settings.EXPORT_KEPT_FOR:%Y-%m-%d %H:%M}"
    return "\n".join(
        [
            _title(schedule, start, end),
            "",
            f"{export.rows:,} orders, {export.get_file_format_display()}: {kept_link(export)}",
            f"SHA-256: {export.sha256}",
            f"Until {until} (UTC) whoever has the link can open the file.",
            f"For staff who may see exports: {settings.PUBLIC_URL}{page}",
            "",
            *_footer(schedule),
        ]
    )


def failure_text(schedule: ReportSchedule, why: str) -> str:
    lines = [f"“{schedule.name}” could not be made.", "", why, ""]
    if schedule.is_active:
        lines.append(f"{schedule.failures} in a row. It is tried again at its next time.")
    else:
        lines.append(f"{schedule.failures} in a row: it is switched off now.")
    return "\n".join([*lines, "", *_footer(schedule)])


def _title(schedule: ReportSchedule, start: date | None, end: date | None) -> str:
    of = schedule.establishment.name if schedule.establishment else "all establishments"
    days = f"{start}" if start == end else f"{start} to {end}"
    return f"Orders of {of}, {days} (UTC)"


def _groups(metrics: Metrics, currency: str) -> list[str]:
    groups = [*(metrics.groups or {}).items()]
    lines = [f"  {key}: {_told(total, currency)}" for key, total in groups[:GROUPS_TOLD]]
    if len(groups) > GROUPS_TOLD or metrics.is_cut:
        lines.append(f"  and more: these are the first {len(lines)}")
    return lines


def _told(total: Total, currency: str) -> str:
    orders = "1 order" if total.orders == 1 else f"{total.orders:,} orders"
    return f"{orders}, revenue {_amount(total.revenue)} {currency}, {_amount(total.average)} each"


def _amount(amount: Decimal) -> str:
    return f"{amount:,.2f}"


def _footer(schedule: ReportSchedule) -> list[str]:
    page = reverse("admin:orders_reportschedule_change", args=[schedule.pk])
    return [f"Sent by the schedule “{schedule.name}”: {settings.PUBLIC_URL}{page}", ""]
