"""The schedule of beat, kept in the database, where staff can edit it."""

from typing import Any

import structlog
from django.db import DatabaseError, InterfaceError
from django_celery_beat.schedulers import DatabaseScheduler

log = structlog.get_logger(__name__)


class PatientScheduler(DatabaseScheduler):
    """Goes on with the schedule it knows while the database is away; the original would end."""

    def all_as_schedule(self) -> dict[str, Any]:
        try:
            return super().all_as_schedule()
        except (DatabaseError, InterfaceError) as error:
            if self._schedule is None:
                raise
            log.warning("schedule_not_read", error=repr(error))
            return self._schedule
