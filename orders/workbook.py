"""Workbooks in Excel's format, put together of rows that are XML already, in little memory.

A workbook is a zip of few small files and its sheets. A sheet is deflated in parts that know
nothing of each other, so they can be made, stored and made again one by one.
"""

import struct
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

SHEET_ROWS = 1_048_576  # with the header; Excel knows no more
# Far below what the zip format has room for without its extension, which Excel complains of.
SHEET_BYTES = 2**31
LEVEL = 1
TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml"
TAIL = b"</sheetData></worksheet>"
# The second style is that of times.
STYLES = (
    f'{HEAD}<styleSheet xmlns="{MAIN}">'
    '<numFmts count="1"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd\\ hh:mm:ss"/></numFmts>'
    '<fonts count="1"><font><sz val="11"/><name val="Calibri"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill>'
    '<fill><patternFill patternType="gray125"/></fill></fills>'
    '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellXfs count="2"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    '<xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
    '</cellXfs><cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles>'
    "</styleSheet>"
)
LOCAL, CENTRAL, END = 0x04034B50, 0x02014B50, 0x06054B50
NEEDED, UTF8, DEFLATED = 20, 1 << 11, 8
# 1 January 1980, the first day that the format knows: the same rows are the same bytes.
TIME, DAY = 0, 0x21


@dataclass(frozen=True, slots=True)
class Sheet:
    """`parts` are the deflated ones; `crc` and `plain_size` are of all before it was deflated."""

    parts: Iterable[bytes]
    size: int
    plain_size: int
    crc: int


def sheet_head(widths: Sequence[int]) -> str:
    """What stands before the rows: the first of them stays in sight."""
    columns = "".join(
        f'<col min="{n}" max="{n}" width="{width}" customWidth="1"/>'
        for n, width in enumerate(widths, 1)
    )
    return (
        f'{HEAD}<worksheet xmlns="{MAIN}"><sheetViews><sheetView workbookViewId="0">'
        '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>'
        f"</sheetView></sheetViews><cols>{columns}</cols><sheetData>"
    )


def deflated(plain: bytes) -> bytes:
    """A part, to be followed by others."""
    deflate = zlib.compressobj(LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    return deflate.compress(plain) + deflate.flush(zlib.Z_FULL_FLUSH)


def workbook(sheets: Sequence[Sheet]) -> Iterator[bytes]:
    """The bytes of the file."""
    book, place = [], 0
    for name, entry in _entries(sheets):
        if place + entry.size >= 2**32:
            raise OverflowError("The workbook is larger than Excel reads: ask for CSV.")
        fields = (DEFLATED, TIME, DAY, entry.crc, entry.size, entry.plain_size, len(name))
        book.append((name, fields, place))
        head = struct.pack("<I5H3I2H", LOCAL, NEEDED, UTF8, *fields, 0) + name
        yield head
        yield from entry.parts
        place += len(head) + entry.size
    size = 0
    for name, fields, at in book:
        line = struct.pack("<I6H3I5H2I", CENTRAL, NEEDED, NEEDED, UTF8, *fields, 0, 0, 0, 0, 0, at)
        yield line + name
        size += len(line) + len(name)
    yield struct.pack("<I4H2IH", END, 0, 0, len(book), len(book), size, place, 0)


def _entries(sheets: Sequence[Sheet]) -> Iterator[tuple[bytes, Sheet]]:
    numbers = range(1, len(sheets) + 1)
    for name, text in _frame(numbers).items():
        yield name.encode(), _whole(text.encode())
    for number, sheet in zip(numbers, sheets, strict=True):
        yield f"xl/worksheets/sheet{number}.xml".encode(), _ended(sheet)


def _frame(numbers: range) -> dict[str, str]:
    """The files that say what the others are."""
    types = "".join(
        f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{KIND}.worksheet+xml"/>'
        for n in numbers
    )
    named = "".join(
        f'<sheet name="Orders{f" {n}" if n > 1 else ""}" sheetId="{n}" r:id="rId{n}"/>'
        for n in numbers
    )
    related = "".join(
        f'<Relationship Id="rId{n}" Type="{OFFICE}/worksheet" Target="worksheets/sheet{n}.xml"/>'
        for n in numbers
    )
    styles = f'Id="rId{len(numbers) + 1}" Type="{OFFICE}/styles" Target="styles.xml"'
    return {
        "[Content_Types].xml": f'{HEAD}<Types xmlns="{PACKAGE}/content-types">'
        '<Default Extension="rels"'
        ' ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{KIND}.sheet.main+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{KIND}.styles+xml"/>{types}</Types>',
        "_rels/.rels": f'{HEAD}<Relationships xmlns="{PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/>'
        "</Relationships>",
        "xl/workbook.xml": f'{HEAD}<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}">'
        f"<sheets>{named}</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f'{HEAD}<Relationships xmlns="{PACKAGE}/relationships">'
        f"{related}<Relationship {styles}/></Relationships>",
        "xl/styles.xml": STYLES,
    }


def _whole(plain: bytes) -> Sheet:
    data = deflated(plain) + _last(b"")
    return Sheet([data], len(data), len(plain), zlib.crc32(plain))


def _ended(sheet: Sheet) -> Sheet:
    """With what stands after the rows."""
    last = _last(TAIL)
    return Sheet(
        _with(sheet.parts, last),
        sheet.size + len(last),
        sheet.plain_size + len(TAIL),
        zlib.crc32(TAIL, sheet.crc),
    )


def _with(parts: Iterable[bytes], last: bytes) -> Iterator[bytes]:
    yield from parts
    yield last


def _last(plain: bytes) -> bytes:
    deflate = zlib.compressobj(LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    return deflate.compress(plain) + deflate.flush(zlib.Z_FINISH)
