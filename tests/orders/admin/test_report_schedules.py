"""Staff schedule reports: with their own rights, and nobody else's."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from orders.models import ReportRun, ReportSchedule
from orders.models.exports import DEFAULT_COLUMNS
from tests.staff import staff

pytestmark = pytest.mark.django_db
MANAGING = tuple(f"orders.{each}_reportschedule" for each in ("view", "add", "change"))
METRICS = (*MANAGING, "orders.view_order")
ADD = "admin:orders_reportschedule_add"
GIVEN = {
    "name": "Sales of the week",
    "kind": "metrics",
    "recipients": "ann@example.com, bob@example.com",
    "is_active": "on",
    "crontab_words": "0 6 * * 1",
    "time_zone": "Europe/Berlin",
    "days": "last_7_days",
    "file_format": "csv",
    "group_by": "day",
    "status": "",
    "establishment": "",
}


def add(client, **changed):
    return client.post(reverse(ADD), {**GIVEN, **changed})


def errors(answer):
    return answer.context["adminform"].form.errors


def change_page(schedule):
    return reverse("admin:orders_reportschedule_change", args=[schedule.pk])


def test_new_schedule_is_of_the_week_before_every_monday():
    form = staff(*METRICS).get(reverse(ADD)).context["adminform"].form

    assert (form["crontab_words"].value(), form["days"].value()) == ("0 6 * * 1", "last_7_days")


def test_schedule_is_stored_for_who_made_it_and_due_at_its_time():
    client = staff(*METRICS)

    answer = add(client)

    assert answer.status_code == 302, errors(answer)
    schedule = ReportSchedule.objects.get()
    assert (schedule.owner, schedule.recipients, schedule.group_by) == (
        client.member,
        ["ann@example.com", "bob@example.com"],
        "day",
    )
    assert str(schedule.crontab.timezone) == "Europe/Berlin"
    assert timezone.now() < schedule.next_at <= timezone.now() + timedelta(8)
    assert (
        schedule.next_at.astimezone(schedule.crontab.timezone).strftime("%a %H:%M") == "Mon 06:00"
    )


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"crontab_words": "0 6 * *"}, "crontab_words"),
        ({"crontab_words": "0 6 31 2 *"}, "crontab_words"),
        ({"time_zone": "Europe/Nowhere"}, "time_zone"),
        ({"recipients": "ann"}, "recipients"),
        ({"recipients": ""}, "recipients"),
        ({"group_by": "hour"}, "group_by"),
        ({"status": "lost"}, "status"),
        ({"columns": ["id", "colour"]}, "columns"),
        ({"kind": "export"}, "kind"),
    ],
)
def test_what_cannot_be_scheduled_is_said_at_its_field_and_not_stored(changed, field):
    assert [*errors(add(staff(*METRICS), **changed))] == [field]
    assert not ReportSchedule.objects.exists()


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"crontab_words": "61 6 * * mox"}, "This cannot be read: minute 61, day of week mox"),
        ({"recipients": "ann@example.com, bob"}, "Address 2: Enter a valid email address."),
    ],
)
def test_what_is_wrong_is_said_in_the_words_of_the_form(changed, said):
    [told] = errors(add(staff(*METRICS), **changed)).values()

    assert told == [said]


def test_export_needs_the_right_to_export():
    assert add(staff(*METRICS, "orders.add_export"), kind="export").status_code == 302


def test_columns_of_an_export_are_chosen_as_for_one_that_is_made_at_once():
    client = staff(*METRICS, "orders.add_export")
    form = client.get(reverse(ADD)).context["adminform"].form
    assert form["columns"].value() == [*DEFAULT_COLUMNS]

    add(client, kind="export", columns=["id", "itemCount"])
    schedule = ReportSchedule.objects.get()
    assert schedule.columns == ["id", "itemCount"]

    form = client.get(change_page(schedule)).context["adminform"].form
    assert form["columns"].value() == ["id", "itemCount"]
    client.post(change_page(schedule), {**GIVEN, "kind": "export"})
    schedule.refresh_from_db()
    assert schedule.columns == []


def test_who_changes_it_needs_the_right_too_and_does_not_become_its_owner():
    owner = staff(*METRICS, "orders.add_export")
    add(owner, kind="export")
    schedule = ReportSchedule.objects.get()
    stolen = {**GIVEN, "kind": "export", "recipients": "me@example.com"}

    assert [*errors(staff(*METRICS).post(change_page(schedule), stolen))] == ["kind"]
    schedule.refresh_from_db()
    assert schedule.recipients == ["ann@example.com", "bob@example.com"]

    other = staff(*METRICS, "orders.add_export")
    assert other.post(change_page(schedule), stolen).status_code == 302
    schedule.refresh_from_db()
    assert (schedule.recipients, schedule.owner) == (["me@example.com"], owner.member)


def test_switched_off_it_is_due_no_more_and_on_again_its_failures_are_forgotten():
    client = staff(*METRICS)
    add(client)
    schedule = ReportSchedule.objects.get()
    ReportSchedule.objects.update(failures=2)

    assert client.post(change_page(schedule), {**GIVEN, "is_active": ""}).status_code == 302
    schedule.refresh_from_db()
    assert (schedule.is_active, schedule.next_at) == (False, None)

    client.post(change_page(schedule), GIVEN)
    schedule.refresh_from_db()
    assert (schedule.is_active, schedule.failures, schedule.next_at is None) == (True, 0, False)


def test_page_has_the_crontab_and_each_time_it_was_made():
    client = staff(*METRICS)
    add(client)
    schedule = ReportSchedule.objects.get()
    now = timezone.now()
    ReportRun.objects.create(
        schedule=schedule, due_at=now, state="failed", error="No space left", finished_at=now
    )

    page = client.get(change_page(schedule)).content.decode()

    assert 'value="0 6 * * 1"' in page
    assert "No space left" in page
    assert client.get(reverse("admin:orders_reportschedule_changelist")).status_code == 200


def test_without_rights_there_is_no_page():
    client = staff("orders.view_order")

    assert client.get(reverse(ADD)).status_code == 403
    assert add(client).status_code == 403
    assert not ReportSchedule.objects.exists()
