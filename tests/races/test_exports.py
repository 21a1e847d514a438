"""Two workers on one export: each part is stored once, the file has each order once.

Two requests of one key: no more exports wait than may.
"""

from datetime import timedelta

import pytest
from django.utils import timezone

from orders.errors import ExportsWaiting
from orders.models import Export, ExportPart
from orders.services import request_export as requesting
from orders.services import run_exports as running
from orders.services.request_export import ExportFilters, request_export
from orders.services.run_exports import run_exports
from tests.orders.exporting import an_export, bytes_of, made, rows_of
from tests.orders.selling import a_customer, a_sale
from tests.threads import PATIENCE, Gate, blocked, threads, wait_until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("export_files")]
WORKERS = 4


@pytest.fixture(autouse=True)
def parts_of_one_row(monkeypatch):
    monkeypatch.setattr(running, "PART_ROWS", 1)


def sold(count):
    customer = a_customer()
    return [[a_sale(customer=customer).code] for _ in range(count)]


def test_many_workers_make_each_export_once():
    codes = sold(3)
    exports = [an_export(columns=["id"]) for _ in range(3)]

    with threads(WORKERS) as start:
        futures = [start(lambda: run_exports(seconds=5)) for _ in range(WORKERS)]
        taken = sum(future.result(timeout=PATIENCE) for future in futures)

    assert taken == 3
    for export in Export.objects.all():
        assert (export.state, export.rows, export.attempts) == ("ready", 3, 1)
        assert rows_of(bytes_of(export)) == [["id"], *codes]
    assert Export.objects.count() == len(exports)


@pytest.fixture
def slow_worker(monkeypatch):
    """A gate at which the first worker stands: it has read a part, and has not stored it."""
    gate = Gate()
    read = running.read_lines

    def read_and_stop(export, **values):
        lines = read(export, **values)
        if export.attempts == 1:
            gate.stop(values["after"])
        return lines

    monkeypatch.setattr(running, "read_lines", read_and_stop)
    yield gate
    gate.open()


def overtaken(gate):
    """An export whose first worker stands at the gate while a second, after the lease, is done."""
    codes = sold(3)
    export = an_export(columns=["id"])
    with threads(1) as start:
        first = start(run_exports)
        wait_until(lambda: gate.came)
        Export.objects.update(due_at=timezone.now() - timedelta(seconds=1))
        second = made(export)
        gate.open()
        first.result(timeout=PATIENCE)
    return codes, second


def test_worker_that_was_thought_dead_stores_nothing_more(slow_worker):
    codes, second = overtaken(slow_worker)

    export = Export.objects.get()
    assert (export.state, export.rows, export.attempts) == ("ready", 3, 2)
    assert rows_of(bytes_of(export)) == [["id"], *codes]
    assert (export.sha256, export.file) == (second.sha256, second.file)
    assert not ExportPart.objects.exists()


def test_without_the_count_of_takers_it_would_store_a_part_again(slow_worker, monkeypatch):
    """What the first has read would be appended to what the second has made."""
    held = running._held

    def held_by_anybody(export):
        export.attempts = Export.objects.get(pk=export.pk).attempts
        return held(export)

    monkeypatch.setattr(running, "_held", held_by_anybody)
    sold(3)
    an_export(columns=["id"])
    with threads(1) as start:
        first = start(run_exports)
        wait_until(lambda: slow_worker.came)
        Export.objects.update(due_at=timezone.now() - timedelta(seconds=1))
        second = running._claim()
        running._settle(second)
        running._store_part(second)
        slow_worker.open()
        first.result(timeout=PATIENCE)

    # The last fence: no two parts of one number.
    assert "one_export_part_per_number" in Export.objects.get().error


# --- Requests of one key -----------------------------------------------------------------------


@pytest.fixture
def counted(monkeypatch):
    """A gate between counting the exports that wait and queueing one more."""
    gate = Gate()
    save = Export.save

    def stop_and_save(export, **values):
        gate.stop(export.by)
        save(export, **values)

    monkeypatch.setattr(Export, "save", stop_and_save)
    yield gate
    gate.open()


def two_of_one_key(gate, *, until):
    """How many exports two requests of one key have queued, and how the others were refused."""

    def ask():
        request_export(
            establishment_id=None,
            file_format="csv",
            filters=ExportFilters(),
            by="key:1",
            most_waiting=1,
        )

    with threads(2) as start:
        asked = [start(ask) for _ in range(2)]
        wait_until(until)
        gate.open()
        refused = [type(error) for each in asked if (error := each.exception(timeout=PATIENCE))]
    return Export.objects.count(), refused


def test_no_more_exports_of_a_key_wait_than_may(counted):
    def first_came_and_second_waits():
        return len(counted.came) == 1 and blocked() == 1

    assert two_of_one_key(counted, until=first_came_and_second_waits) == (1, [ExportsWaiting])


def test_without_the_lock_of_its_requests_there_would_be_one_too_many(counted, without):
    without(requesting, "LOCK_REQUESTS", "pg_advisory_xact_lock")

    assert two_of_one_key(counted, until=lambda: len(counted.came) == 2) == (2, [])
