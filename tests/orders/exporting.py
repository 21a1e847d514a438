"""Exports for tests, and what is in their files."""

import csv
import io
import zipfile

import openpyxl
from django.core.files.storage import storages

from orders.models import Export
from orders.services.request_export import ExportFilters, request_export
from orders.services.run_exports import run_exports


def an_export(file_format="csv", *, establishment_id=None, columns=(), by="key:1", **filters):
    return request_export(
        establishment_id=establishment_id,
        file_format=file_format,
        filters=ExportFilters(**filters),
        columns=columns,
        by=by,
    )


def made(export):
    """The export, after a worker has done what it can."""
    run_exports()
    return Export.objects.get(pk=export.pk)


def bytes_of(export):
    with storages["exports"].open(export.file) as file:
        return file.read()


def rows_of(data):
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def sheets_of(data):
    assert zipfile.ZipFile(io.BytesIO(data)).testzip() is None
    book = openpyxl.load_workbook(io.BytesIO(data))
    return [[list(row) for row in sheet.iter_rows(values_only=True)] for sheet in book]


def stored(path):
    return sorted(each.name for each in path.rglob("*") if each.is_file())
