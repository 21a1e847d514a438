"""Reports that are due are made once, mailed, and switched off when they fail again and again."""

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.contrib.auth.models import Permission
from django.db import connection

from orders.errors import CrontabInvalid
from orders.models import Export, Mail, ReportRun, ReportSchedule
from orders.models.exports import DEFAULT_COLUMNS
from orders.services import run_reports as running
from orders.services.remove_export_files import expire_exports
from orders.services.run_exports import run_exports
from orders.services.run_reports import run_reports
from orders.services.schedule_report import schedule_report
from tests.factories import OfferFactory, UserFactory
from tests.orders.counting import a_sale_of
from tests.orders.selling import a_customer

# A Monday.
NOW = datetime(2026, 3, 2, 5, 0, tzinfo=UTC)
DUE = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
LATER = DUE + timedelta(minutes=1)


@pytest.fixture
def owner(db):
    owner = UserFactory(email="owner@example.com")
    rights = Permission.objects.filter(codename__in=["view_order", "add_export"])
    owner.user_permissions.set(rights)
    return owner


@pytest.fixture
def schedule(owner):
    def make(*, crontab="0 6 * * *", time_zone="UTC", now=NOW, **fields):
        schedule = ReportSchedule(
            **{
                "name": "Sales of the day",
                "kind": "metrics",
                "owner": owner,
                "recipients": ["ann@example.com", "bob@example.com"],
                **fields,
            }
        )
        return schedule_report(schedule, crontab=crontab, time_zone=ZoneInfo(time_zone), now=now)

    return make


def read(schedule):
    schedule.refresh_from_db()
    return schedule.is_active, schedule.next_at, schedule.failures


def runs():
    return [*ReportRun.objects.order_by("due_at").values_list("due_at", "state", "error")]


@pytest.mark.parametrize(
    ("crontab", "time_zone", "due"),
    [
        ("0 6 * * *", "UTC", DUE),
        ("30 7 1 * *", "UTC", datetime(2026, 4, 1, 7, 30, tzinfo=UTC)),
        ("0 6 * * 1", "Europe/Berlin", datetime(2026, 3, 9, 5, 0, tzinfo=UTC)),
        ("0 9 * * *", "Asia/Tokyo", datetime(2026, 3, 3, 0, 0, tzinfo=UTC)),
        ("*/15 * * * *", "UTC", datetime(2026, 3, 2, 5, 15, tzinfo=UTC)),
    ],
)
def test_schedule_is_due_at_the_next_time_of_its_zone(schedule, crontab, time_zone, due):
    assert schedule(crontab=crontab, time_zone=time_zone).next_at == due


@pytest.mark.parametrize(
    ("day", "due"),
    [
        (datetime(2026, 3, 28, 12, 0, tzinfo=UTC), datetime(2026, 3, 29, 4, 0, tzinfo=UTC)),
        (datetime(2026, 10, 24, 12, 0, tzinfo=UTC), datetime(2026, 10, 25, 5, 0, tzinfo=UTC)),
    ],
)
def test_six_in_the_morning_stays_six_when_the_clocks_change(schedule, day, due):
    assert schedule(crontab="0 6 * * *", time_zone="Europe/Berlin", now=day).next_at == due


@pytest.mark.parametrize("crontab", ["", "0 6 * *", "61 6 * * *", "0 6 31 2 *", "a b c d e"])
def test_crontab_that_is_none_is_refused_and_nothing_is_stored(schedule, crontab):
    with pytest.raises(CrontabInvalid):
        schedule(crontab=crontab)

    assert not ReportSchedule.objects.exists()


@pytest.mark.parametrize(
    ("days", "first", "last"),
    [
        ("yesterday", date(2026, 3, 1), date(2026, 3, 1)),
        ("last_7_days", date(2026, 2, 23), date(2026, 3, 1)),
        ("last_30_days", date(2026, 1, 31), date(2026, 3, 1)),
        ("last_month", date(2026, 2, 1), date(2026, 2, 28)),
    ],
)
def test_days_are_those_before_it_is_due(days, first, last):
    assert ReportSchedule(days=days).period(at=DUE) == (first, last)


def test_metrics_are_mailed_to_each_recipient_once(schedule):
    customer = a_customer()
    for currency in ("USD", "EUR"):
        offer = OfferFactory(
            id=f"offer_{currency}", base_price=Decimal("1234.50"), currency=currency
        )
        a_sale_of(date(2026, 3, 1), offer, customer=customer)
    a_sale_of(date(2026, 3, 2), offer, customer=customer)
    made = schedule(group_by="offer")

    assert [run_reports(now=at) for at in (NOW, LATER, LATER)] == [0, 1, 0]

    assert runs() == [(DUE, "done", "")]
    assert read(made) == (True, DUE + timedelta(days=1), 0)
    mails = Mail.objects.order_by("to")
    assert [*mails.values_list("to", "subject", "order", "state")] == [
        ("ann@example.com", "Sales of the day", None, "waiting"),
        ("bob@example.com", "Sales of the day", None, "waiting"),
    ]
    assert mails[0].body.splitlines()[:12] == [
        "Orders of all establishments, 2026-03-01 (UTC)",
        "",
        "Completed: 2",
        "Pending: 0",
        "Cancelled: 0",
        "",
        "In EUR: 1 order, revenue 1,234.50 EUR, 1,234.50 each",
        "  offer_EUR: 1 order, revenue 1,234.50 EUR, 1,234.50 each",
        "",
        "In USD: 1 order, revenue 1,234.50 USD, 1,234.50 each",
        "  offer_USD: 1 order, revenue 1,234.50 USD, 1,234.50 each",
        "",
    ]


def test_schedule_that_missed_days_is_made_once(schedule):
    made = schedule()

    assert run_reports(now=LATER + timedelta(days=3)) == 1
    assert runs() == [(DUE, "done", "")]
    assert read(made) == (True, DUE + timedelta(days=4), 0)


def test_export_is_asked_for_once_and_its_link_mailed_when_it_is_ready(schedule, owner, settings):
    customer = a_customer()
    schedule(
        kind="export",
        establishment=customer.establishment,
        status="completed",
        file_format="excel",
        columns=["items", "id"],
        recipients=["ann@example.com"],
    )

    assert [run_reports(now=LATER + timedelta(seconds=n)) for n in (0, 1, 30)] == [0, 0, 0]
    export = Export.objects.get()
    assert (export.establishment, export.file_format, export.status, export.owner, export.by) == (
        customer.establishment,
        "excel",
        "completed",
        owner,
        f"staff:{owner.pk}",
    )
    assert (export.start_date, export.end_date) == (date(2026, 3, 1), date(2026, 3, 1))
    assert export.columns == ["items", "id"]
    assert not Mail.objects.exists()

    Export.objects.filter(pk=export.pk).update(
        state="ready", due_at=None, finished_at=LATER, file="x", sha256="f" * 64, size=1, rows=1234
    )
    assert run_reports(now=LATER + timedelta(minutes=1)) == 1
    [mail] = Mail.objects.all()
    assert mail.to == "ann@example.com"
    page = f"{settings.PUBLIC_URL}/admin/orders/export/{export.pk}/change/"
    title, _, file, *told = mail.body.splitlines()
    assert title.endswith("2026-03-01 (UTC)")
    assert file.startswith(f"1,234 orders, Excel: {settings.PUBLIC_URL}/exports?link=")
    assert told[:3] == [
        "SHA-256: " + "f" * 64,
        "Until 2026-03-09 06:01 (UTC) whoever has the link can open the file.",
        f"For staff who may see exports: {page}",
    ]


def test_export_that_names_no_columns_has_those_of_any_export(schedule):
    schedule(kind="export")

    run_reports(now=LATER)

    assert Export.objects.get().columns == [*DEFAULT_COLUMNS]


def test_link_in_the_mail_opens_the_file_for_as_long_as_it_is_kept(
    schedule, client, export_files, settings
):
    schedule(kind="export", recipients=["ann@example.com"])
    with time_machine.travel(LATER, tick=False) as clock:
        run_reports()
        run_exports()
        clock.shift(running.LOOK_AGAIN)
        run_reports()
        [mail] = Mail.objects.all()
        [link] = re.findall(rf"{settings.PUBLIC_URL}(/exports\?link=\S+)", mail.body)

        assert client.get(link[:-1] + "!").status_code == 404
        clock.shift(settings.EXPORT_KEPT_FOR - timedelta(minutes=1))
        assert (expire_exports(10), client.get(link).getvalue()[:5]) == (0, b"\xef\xbb\xbfid")
        clock.shift(timedelta(minutes=1))
        assert (expire_exports(10), client.get(link).status_code) == (1, 404)


def test_export_that_failed_is_a_failure_that_the_owner_is_told_of(schedule):
    made = schedule(kind="export")
    run_reports(now=LATER)
    Export.objects.update(state="failed", due_at=None, finished_at=LATER, error="No space left")

    run_reports(now=LATER + timedelta(minutes=1))

    assert runs() == [(DUE, "failed", "The export failed: No space left")]
    assert read(made) == (True, DUE + timedelta(days=1), 1)
    [mail] = Mail.objects.all()
    assert (mail.to, mail.subject) == ("owner@example.com", "Not made: Sales of the day")
    assert "The export failed: No space left" in mail.body
    assert "It is tried again at its next time." in mail.body


def test_third_failure_in_a_row_switches_it_off(schedule, monkeypatch):
    made = schedule()
    other = schedule(name="Another", crontab="0 8 * * *")

    def broken(schedule, at):
        if schedule.pk == made.pk:
            raise ZeroDivisionError
        return "fine"

    monkeypatch.setattr(running, "metrics_text", broken)
    for days in range(4):
        run_reports(now=DUE + timedelta(days=days, hours=3))

    assert read(made) == (False, None, 3)
    assert [state for _, state, _ in runs() if state == "failed"] == ["failed"] * 3
    assert read(other)[0] is True
    told = [mail.body for mail in Mail.objects.filter(to="owner@example.com").order_by("pk")]
    assert ["switched off now" in body for body in told] == [False, False, True]

    schedule_again = schedule_report
    made.refresh_from_db()
    made.is_active = True
    schedule_again(made, crontab="0 6 * * *", time_zone=ZoneInfo("UTC"), now=NOW)
    assert read(made) == (True, DUE, 0)


def test_success_forgets_the_failures_before_it(schedule, monkeypatch):
    made = schedule()
    with monkeypatch.context() as broken:
        broken.setattr(running, "metrics_text", lambda *_: 1 / 0)
        run_reports(now=LATER)
    assert read(made)[2] == 1

    run_reports(now=LATER + timedelta(days=1))
    assert read(made)[2] == 0


@pytest.mark.parametrize("change", [{"is_active": False}, {"is_staff": False}])
def test_nothing_is_mailed_with_the_rights_of_who_has_left(schedule, owner, change):
    schedule()
    type(owner).objects.filter(pk=owner.pk).update(**change)

    run_reports(now=LATER)

    assert runs() == [(DUE, "failed", f"{owner} may not do this any more")]
    assert [*Mail.objects.values_list("to", flat=True)] == ["owner@example.com"]


def test_schedule_that_is_off_is_not_made(schedule):
    made = schedule(is_active=False)

    assert run_reports(now=LATER) == 0
    assert (read(made), runs()) == ((False, None, 0), [])


def test_report_that_dies_in_the_middle_is_made_a_minute_later(schedule, monkeypatch):
    schedule()
    mail = running._mail

    def die(to, *args):
        if to == "bob@example.com":
            raise KeyboardInterrupt
        mail(to, *args)

    with monkeypatch.context() as dying:
        dying.setattr(running, "_mail", die)
        with pytest.raises(KeyboardInterrupt):
            run_reports(now=LATER)
    assert ([state for _, state, _ in runs()], Mail.objects.count()) == (["waiting"], 0)

    assert run_reports(now=LATER + timedelta(seconds=59)) == 0
    assert run_reports(now=LATER + timedelta(minutes=1)) == 1
    assert Mail.objects.count() == 2


def too_long(*_):
    """A question that takes longer than the database lets it."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = '1ms'")
        cursor.execute("SELECT pg_sleep(10)")


@pytest.fixture
def bad_and_good(schedule, monkeypatch):
    """Of two that are due at once the first is too much for the database."""
    bad, good = schedule(name="Bad"), schedule(name="Good")
    text = running.metrics_text
    monkeypatch.setattr(
        running, "metrics_text", lambda of, at: (too_long if of == bad else text)(of, at)
    )
    return bad, good


def test_report_that_is_too_much_for_the_database_keeps_no_other_waiting(bad_and_good):
    assert [run_reports(now=LATER + timedelta(seconds=n)) for n in (0, 15, 59)] == [1, 0, 0]

    told = ReportRun.objects.values_list("schedule__name", "state", "tries", "ask_at")
    assert [*told.order_by("schedule__name")] == [
        ("Bad", "waiting", 1, LATER + timedelta(minutes=1)),
        ("Good", "done", 1, None),
    ]
    assert {*Mail.objects.values_list("subject", flat=True)} == {"Good"}


def test_report_that_stays_too_much_is_a_failure_and_then_switched_off(bad_and_good):
    bad, good = bad_and_good
    for days in range(3):
        for minutes in (0, 1, 3, 7, 15):
            run_reports(now=LATER + timedelta(days=days, minutes=minutes))

    assert (read(bad), read(good)) == ((False, None, 3), (True, DUE + timedelta(days=3), 0))
    told = Mail.objects.filter(subject="Not made: Bad")
    assert [*told.values_list("to", flat=True)] == ["owner@example.com"] * 3
    assert "statement timeout" in told[0].body


def test_report_that_kills_its_workers_is_a_failure(schedule, monkeypatch):
    made = schedule()
    with monkeypatch.context() as dying:
        dying.setattr(running, "_make", lambda *_: raising(KeyboardInterrupt))
        for minutes in (0, 1, 3, 7, 15):
            with pytest.raises(KeyboardInterrupt):
                run_reports(now=LATER + timedelta(minutes=minutes))

    assert run_reports(now=LATER + timedelta(minutes=31)) == 1
    assert runs() == [(DUE, "failed", "5 workers ended without making it")]
    assert read(made)[2] == 1


def raising(error):
    raise error


def test_report_that_waits_for_its_export_has_not_been_tried(schedule):
    schedule(kind="export")

    for n in range(20):
        run_reports(now=LATER + n * running.LOOK_AGAIN)

    assert [*ReportRun.objects.values_list("state", "tries")] == [("waiting", 0)]
