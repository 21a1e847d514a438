"""The tasks that make files and reports, and the clock that knocks for them."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.conf import settings as configured
from django.contrib.auth.models import Permission
from django.utils import timezone

from config.celery import app
from orders import tasks
from orders.models import Export, Mail, ReportSchedule
from orders.services.schedule_report import schedule_report
from tests.factories import UserFactory
from tests.orders.exporting import an_export, stored
from tests.orders.selling import a_sale

TASKS = ["run_exports", "expire_exports", "run_reports"]


@pytest.mark.django_db
def test_tasks_make_what_is_due_and_remove_what_is_old(export_files, settings):
    a_sale()
    for _ in range(3):
        an_export()

    tasks.run_exports()
    tasks.expire_exports()

    assert {*Export.objects.values_list("state", flat=True)} == {"ready"}
    assert len(stored(export_files)) == 3
    with time_machine.travel(timezone.now() + settings.EXPORT_KEPT_FOR, tick=False):
        tasks.expire_exports()
    assert {*Export.objects.values_list("state", flat=True)} == {"expired"}
    assert stored(export_files) == []


@pytest.mark.django_db
def test_task_mails_a_report_that_is_due(export_files):
    owner = UserFactory()
    owner.user_permissions.set(Permission.objects.filter(codename="add_export"))
    schedule = ReportSchedule(name="Files", kind="export", owner=owner, recipients=["a@b.example"])
    schedule_report(schedule, crontab="* * * * *", time_zone=ZoneInfo("UTC"))

    with time_machine.travel(timezone.now() + timedelta(minutes=1), tick=False) as clock:
        tasks.run_reports()
        tasks.run_exports()
        clock.shift(timedelta(seconds=10))
        tasks.run_reports()

    assert [*Mail.objects.values_list("to", "subject")] == [("a@b.example", "Files")]


@pytest.mark.parametrize("name", TASKS)
def test_clock_knocks_for_each_task(name):
    [planned] = [
        each
        for each in configured.CELERY_BEAT_SCHEDULE.values()
        if each["task"] == f"orders.tasks.{name}"
    ]

    assert planned["task"] in app.tasks
    often = {"run_exports": 2, "run_reports": 15, "expire_exports": 3600}[name]
    assert planned["schedule"] == timedelta(seconds=often)
    # A knock that was not heard is worthless once the next one has come.
    if name != "expire_exports":
        assert planned["options"] == {"expire_seconds": often}


def test_files_are_made_by_a_process_of_their_own():
    assert app.amqp.router.route({}, "orders.tasks.run_exports")["queue"].name == "exports"
