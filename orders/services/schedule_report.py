from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django_celery_beat.models import CrontabSchedule

from orders.errors import CrontabInvalid
from orders.models.reports import ReportSchedule

FIELDS = ("minute", "hour", "day_of_month", "month_of_year", "day_of_week")


@transaction.atomic
def schedule_report(
    schedule: ReportSchedule, *, crontab: str, time_zone: ZoneInfo, now: datetime | None = None
) -> ReportSchedule:
    """Store it, due at the next time of the crontab's five words in that zone, if it is active.

    Whoever stores it says that it is well: its failures are forgotten. Refused with CrontabInvalid.
    """
    times = read_crontab(crontab, time_zone)
    # Not get_or_create: nothing makes these rows unique.
    same = {name: getattr(times, name) for name in (*FIELDS, "timezone")}
    stored = CrontabSchedule.objects.filter(**same).first()
    if stored is None:
        times.save()
    schedule.crontab = stored or times
    following = next_time(times, after=now or timezone.now())
    schedule.next_at = following if schedule.is_active else None
    schedule.failures = 0
    schedule.save()
    return schedule


def read_crontab(text: str, time_zone: ZoneInfo) -> CrontabSchedule:
    """The crontab of these five words, not stored. Refused with CrontabInvalid."""
    words = text.split()
    if len(words) != len(FIELDS):
        raise CrontabInvalid("A crontab has five words: minute, hour, day, month, day of the week")
    times = CrontabSchedule(**dict(zip(FIELDS, words, strict=True)), timezone=time_zone)
    try:
        times.full_clean()
    except ValidationError as error:
        wrong = [
            f"{name.replace('_', ' ')} {getattr(times, name)}"
            for name in FIELDS
            if name in error.message_dict
        ]
        raise CrontabInvalid(f"This cannot be read: {', '.join(wrong) or time_zone}") from error
    next_time(times, after=timezone.now())
    return times


def next_time(crontab: CrontabSchedule, *, after: datetime) -> datetime:
    """The first time of the crontab later than that. Refused with CrontabInvalid if none comes."""
    local = after.astimezone(crontab.timezone)
    try:
        times = crontab.schedule
        times.nowfun = lambda: local
        # What remains is real time, also where the clocks change in between.
        return after.astimezone(UTC) + times.remaining_estimate(local)
    except (RuntimeError, ValueError, OverflowError) as error:
        raise CrontabInvalid("There is no such time") from error
