"""Make the files of exports, part by part, from many workers.

Whoever claims an export has a lease on it, renewed with every part that is stored. A worker that
dies says nothing: after its lease another goes on after the last part. One that was only thought
dead can store nothing any more: the export counts who took it last.
"""

import hashlib
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby
from tempfile import TemporaryFile

import structlog
from django.core.files import File
from django.core.files.base import ContentFile
from django.core.files.storage import Storage, storages
from django.db import transaction
from django.utils import timezone

from orders.export_lines import BOM, WIDTH, WIDTHS, header_of
from orders.models import Export, ExportPart
from orders.models.exports import ExportColumn
from orders.services.read_export import Lines, first_and_last, read_lines
from orders.services.remove_export_files import remove_export_files
from orders.workbook import SHEET_BYTES, SHEET_ROWS, Sheet, deflated, sheet_head, workbook

log = structlog.get_logger(__name__)

LEASE = timedelta(minutes=2)
PART_ROWS = 25_000
# After so long one export gives way to others, and to whoever waits for the worker to end.
TURN_SECONDS = 30
TRIES = 5
SHORTEST_PAUSE = timedelta(seconds=5)
ERROR_KEPT = 500


class TakenOver(Exception):  # noqa: N818 - no fault of anybody's
    """Another worker has the export now."""


class PartLost(Exception):  # noqa: N818 - found out, not raised at
    """A part is not in the storage as it was written."""


def run_exports(*, seconds: float = 0) -> int:
    """Work on what is due, for at most about so long, and return how many were taken up."""
    end = time.monotonic() + seconds
    taken = 0
    while (not taken or time.monotonic() < end) and (export := _claim()):
        taken += 1
        _work(export)
    return taken


@transaction.atomic
def _claim() -> Export | None:
    """The one that has been due for longest. One that has killed too many workers is given up."""
    now = timezone.now()
    due = Export.objects.filter(due_at__lte=now).order_by("due_at", "pk")
    export = due.select_for_update(no_key=True, skip_locked=True, of=("self",)).first()
    if export is None:
        return None
    export.run(until=now + LEASE)
    if export.tries > TRIES:
        said = f"{TRIES} workers ended without getting any further."
        export.fail(error=export.error or said, at=now)
    export.save()
    return export


def _work(export: Export) -> None:
    if export.state == Export.State.FAILED:
        log.error("export_failed", export=str(export.pk), error=export.error)
        return
    end = time.monotonic() + TURN_SECONDS
    try:
        _settle(export)
        while export.last_order is not None and export.reached != export.last_order:
            if time.monotonic() > end:
                _give_way(export)
                return
            _store_part(export)
        _put_together(export)
    except TakenOver:
        log.warning("export_taken_over", export=str(export.pk), attempt=export.attempts)
    except Exception as error:
        log.warning("export_interrupted", export=str(export.pk), exc_info=True)
        _interrupt(export, error)


@contextmanager
def _held(export: Export) -> Iterator[None]:
    """The row, locked and as it is, if it is still ours; it is saved at the end."""
    with transaction.atomic():
        found = Export.objects.select_for_update(no_key=True, of=("self",)).get(pk=export.pk)
        if (found.state, found.attempts) != (Export.State.RUNNING, export.attempts):
            raise TakenOver
        export.__dict__.update(found.__dict__)
        export.due_at = timezone.now() + LEASE
        yield
        export.save()


def _settle(export: Export) -> None:
    """Which orders are in it, from the first to the last."""
    if export.last_order is None:
        first, last = first_and_last(export)
        with _held(export):
            export.first_order, export.last_order = first, last


def _give_way(export: Export) -> None:
    with _held(export):
        export.give_back(due_at=timezone.now())


def _interrupt(export: Export, error: Exception) -> None:
    """Try again later; what is lost of it is made anew."""
    now = timezone.now()
    said = f"{type(error).__name__}: {error}"[:ERROR_KEPT].replace("\0", "�")
    try:
        with _held(export):
            if isinstance(error, PartLost):
                export.parts.all().delete()
                export.reached, export.rows = None, 0
            if export.tries >= TRIES or isinstance(error, OverflowError):
                export.fail(error=said, at=now)
            else:
                pause = SHORTEST_PAUSE * 2 ** (export.tries - 1)
                export.give_back(due_at=now + pause, error=said)
    except TakenOver:
        log.warning("export_taken_over", export=str(export.pk), attempt=export.attempts)


# --- Parts ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a part goes: `rows` are those of its sheet before it, with the header."""

    number: int
    sheet: int
    rows: int
    crc: int


def _store_part(export: Export) -> None:
    place = _next_place(export)
    after = export.reached if export.reached is not None else (export.first_order or 1) - 1
    lines = read_lines(
        export,
        after=after,
        limit=min(PART_ROWS, SHEET_ROWS - place.rows) if export.is_excel else PART_ROWS,
        numbered_from=place.rows + 1,
    )
    plain = _head(export, place).encode() + lines.text
    stored = deflated(plain) if export.is_excel else plain
    name = f"{export.pk}/{export.attempts}-{place.number}.part"
    name = storage().save(name, ContentFile(stored))
    with _held(export):
        ExportPart.objects.create(
            export=export,
            number=place.number,
            sheet=place.sheet,
            rows=lines.rows,
            file=name,
            size=len(stored),
            plain_size=len(plain),
            plain_crc=zlib.crc32(plain, place.crc),
        )
        _advance(export, lines)


def _advance(export: Export, lines: Lines) -> None:
    # Nothing more: those that were to follow have another status by now.
    export.reached = lines.last if lines.rows else export.last_order
    export.rows += lines.rows
    export.tries = 0


def _next_place(export: Export) -> _Place:
    last = export.parts.order_by("number").last()
    if last is None:
        return _Place(number=1, sheet=1, rows=1, crc=0)
    sheet = list(export.parts.filter(sheet=last.sheet).values_list("rows", "plain_size"))
    rows = 1 + sum(count for count, _ in sheet)
    is_full = rows >= SHEET_ROWS or sum(size for _, size in sheet) >= SHEET_BYTES
    if export.is_excel and is_full:
        return _Place(number=last.number + 1, sheet=last.sheet + 1, rows=1, crc=0)
    return _Place(number=last.number + 1, sheet=last.sheet, rows=rows, crc=last.plain_crc)


def _head(export: Export, place: _Place) -> str:
    """What stands before the first row of a file or a sheet."""
    if place.rows > 1:
        return ""
    header = header_of(export.file_format, export.columns)
    return sheet_head(widths(export)) + header if export.is_excel else BOM + header


def widths(export: Export) -> list[int]:
    return [WIDTHS.get(ExportColumn(column), WIDTH) for column in export.columns]


# --- The file ------------------------------------------------------------------------------


def _put_together(export: Export) -> None:
    """One file of all parts, which are no longer needed then."""
    if not export.parts.exists():
        _store_part(export)  # of no order: the header alone
    parts = list(export.parts.order_by("number"))
    digest = hashlib.sha256()
    with TemporaryFile() as whole:
        sheets, chunks = _sheets(export, parts), _chunks(export, parts)
        for chunk in workbook(sheets) if export.is_excel else chunks:
            digest.update(chunk)
            whole.write(chunk)
        size = whole.tell()
        name = f"{export.pk}/{export.attempts}.{export.extension}"
        name = storage().save(name, File(whole))
    now = timezone.now()
    with _held(export):
        export.reached = export.last_order
        export.finish(file=name, size=size, sha256=digest.hexdigest(), at=now)
        export.parts.all().delete()
    log.info("export_ready", export=str(export.pk), rows=export.rows, size=size)
    remove_export_files(export)


def _sheets(export: Export, parts: list[ExportPart]) -> list[Sheet]:
    sheets = []
    for _, group in groupby(parts, key=lambda part: part.sheet):
        of_sheet = list(group)
        sheets.append(
            Sheet(
                parts=_chunks(export, of_sheet),
                size=sum(part.size for part in of_sheet),
                plain_size=sum(part.plain_size for part in of_sheet),
                crc=of_sheet[-1].plain_crc,
            )
        )
    return sheets


def _chunks(export: Export, parts: list[ExportPart]) -> Iterator[bytes]:
    for part in parts:
        with _held(export):
            pass  # the lease is renewed
        try:
            with storage().open(part.file) as file:
                data = file.read()
        except FileNotFoundError as error:
            raise PartLost(f"Part {part.number} is not there") from error
        if len(data) != part.size:
            raise PartLost(f"Part {part.number} is not whole")
        yield data


def storage() -> Storage:
    return storages["exports"]
