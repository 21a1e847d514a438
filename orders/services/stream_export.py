import zlib
from collections.abc import Iterator
from itertools import chain

from orders.export_lines import BOM, header_of
from orders.models import Export
from orders.services.read_export import first_and_last, read_lines
from orders.services.run_exports import PART_ROWS, widths
from orders.workbook import Sheet, deflated, sheet_head, workbook


def stream_export(export: Export) -> Iterator[bytes]:
    """The file of an export that is not stored: for few rows, and while the caller waits.

    Nothing is locked and nothing is written. CSV comes in parts; a workbook is held in memory, but
    deflated.
    """
    if not export.is_excel:
        yield (BOM + header_of(export.file_format, export.columns)).encode()
        yield from _lines(export, numbered_from=1)
        return
    head = sheet_head(widths(export)) + header_of(export.file_format, export.columns)
    parts, size, crc = [], 0, 0
    for plain in chain([head.encode()], _lines(export, numbered_from=2)):
        parts.append(deflated(plain))
        size, crc = size + len(plain), zlib.crc32(plain, crc)
    sheet = Sheet(parts, sum(map(len, parts)), size, crc)
    yield from workbook([sheet])


def _lines(export: Export, *, numbered_from: int) -> Iterator[bytes]:
    first, export.last_order = first_and_last(export)
    if first is None:
        return
    after = first - 1
    while after != export.last_order:
        lines = read_lines(export, after=after, limit=PART_ROWS, numbered_from=numbered_from)
        if not lines.rows:
            return
        yield lines.text
        after, numbered_from = lines.last or after, numbered_from + lines.rows
