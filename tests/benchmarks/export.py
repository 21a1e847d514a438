"""Exports of a large table, beside the COPY of the same columns and beside XlsxWriter."""

import resource
import time
from datetime import UTC
from pathlib import Path
from tempfile import TemporaryDirectory

import xlsxwriter
from django.conf import settings
from django.core.files.storage import storages
from django.db import connection
from django.test import override_settings

from orders.models import Export, Order
from orders.services.request_export import ExportFilters, request_export
from orders.services.run_exports import run_exports
from tests.benchmarks.report import Row
from tests.benchmarks.rewards import write_shop
from tests.benchmarks.sales import write_sales

PLAYERS = 20_000
# As many rows as make the rate of a writer plain.
WRITTEN_BY_XLSXWRITER = 50_000
COLUMNS = """
    SELECT o.code, p.customer_code, o.status, o.total, o.created_at
    FROM orders_order AS o JOIN players_player AS p ON p.id = o.player_id
    WHERE o.kind = 'sale' ORDER BY o.id
"""


def measure(*, large: int) -> list[Row]:
    write_sales(write_shop(players=PLAYERS), large)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    return measured(Order.objects.sales().count())  # other parts have left some too


def measured(rows: int) -> list[Row]:
    """So many sales there are."""
    copied = rows / _time_copy()
    written = WRITTEN_BY_XLSXWRITER / _time_xlsxwriter()
    found = []
    with TemporaryDirectory() as folder, override_settings(STORAGES=_stored_in(folder)):
        for file_format, floor, what in (
            ("csv", copied, "bare COPY"),
            ("excel", written, "XlsxWriter"),
        ):
            rate = rows / _time_export(file_format)
            aim = ">= 0.5" if file_format == "csv" else ">= 3"
            found.append(
                Row(
                    f"export of {rows:,} orders, {file_format}",
                    f"{rate:,.0f} rows/s",
                    f"{floor:,.0f} rows/s, {what}",
                    rate / floor,
                    aim,
                )
            )
    return found


def _stored_in(folder: str) -> dict[str, object]:
    options = {"location": Path(folder)}
    backend = "django.core.files.storage.FileSystemStorage"
    return settings.STORAGES | {"exports": {"BACKEND": backend, "OPTIONS": options}}


def _time_copy() -> float:
    started = time.perf_counter()
    with connection.cursor() as cursor, cursor.copy(f"COPY ({COLUMNS}) TO STDOUT CSV") as copy:
        for _ in copy:
            pass
    return time.perf_counter() - started


def _time_xlsxwriter() -> float:
    """With the least memory, as it is told to be used for many rows; the query is not counted."""
    with connection.cursor() as cursor:
        cursor.execute(f"{COLUMNS} LIMIT {WRITTEN_BY_XLSXWRITER}")
        rows = cursor.fetchall()
    with TemporaryDirectory() as folder:
        started = time.perf_counter()
        book = xlsxwriter.Workbook(f"{folder}/it.xlsx", {"constant_memory": True})
        sheet = book.add_worksheet()
        style = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        for at, (code, customer, status, total, created_at) in enumerate(rows):
            sheet.write_string(at, 0, code)
            sheet.write_string(at, 1, customer)
            sheet.write_string(at, 2, status)
            sheet.write_number(at, 3, total)
            sheet.write_datetime(at, 4, created_at.astimezone(UTC).replace(tzinfo=None), style)
        book.close()
        return time.perf_counter() - started


def _time_export(file_format: str) -> float:
    """From the request to the file in the storage, by one worker."""
    export = request_export(
        establishment_id=None, file_format=file_format, filters=ExportFilters(), by="system"
    )
    before = _most_memory()
    started = time.perf_counter()
    while run_exports():
        pass
    took = time.perf_counter() - started
    made = Export.objects.get(pk=export.pk)
    if made.state != Export.State.READY:
        raise RuntimeError(made.error)
    storages["exports"].delete(made.file)
    print(
        f"{file_format}: {made.size:,} bytes; this process had {before} MB at most before it,"
        f" {_most_memory()} MB with it"
    )
    return took


def _most_memory() -> int:
    """The most that this process has had, in MB; what made the rows is part of it."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
