"""The line of an order in an export, as SQL that PostgreSQL builds it by (DOMAIN 3.8).

`o` is the order, `p` its player, `n` the number of the row in its sheet. Nothing of a request gets
in here but names that `ExportColumn` knows.
"""

from collections.abc import Sequence

from orders.models.exports import ExportColumn, ExportFormat

BOM = "\ufeff"
CRLF = "\r\n"
EXCEL_TEXT = 32_767
FIRST_DAY = 25_569  # of 1970, counted as Excel counts days
# Texts that somebody has typed; what the others are made of needs no care.
FREE = {ExportColumn.CUSTOMER, ExportColumn.METHOD, ExportColumn.ITEMS}
TIMES = {ExportColumn.CREATED, ExportColumn.UPDATED}
NUMBERS = {ExportColumn.TOTAL, ExportColumn.COUNT}
WIDTHS = {ExportColumn.TOTAL: 14, ExportColumn.COUNT: 10, ExportColumn.ITEMS: 60}
WIDTH = 22

ITEMS = """(
    SELECT coalesce(json_agg(json_build_object(
        'id', 'item_' || substr(o.code, 5) || '_' || line.position + 1, 'offerId', line.offer_id,
        'quantity', line.quantity, 'price', trim_scale(line.unit_price), 'status', line.status
    ) ORDER BY line.position)::text, '[]')
    FROM orders_orderline AS line WHERE line.order_id = o.id
)"""
VALUES = {
    ExportColumn.ID: "o.code",
    ExportColumn.CUSTOMER: "p.customer_code",
    ExportColumn.STATUS: "o.status",
    ExportColumn.ITEMS: ITEMS,
    ExportColumn.TOTAL: "o.total::text",
    ExportColumn.CREATED: "o.created_at",
    ExportColumn.UPDATED: "o.updated_at",
    ExportColumn.METHOD: "o.payment_method",
    ExportColumn.PAYMENT: "o.payment_status",
    ExportColumn.COUNT: "(SELECT count(*) FROM orders_orderline AS line"
    " WHERE line.order_id = o.id)::text",
}
# A spreadsheet would take the text for a formula; with an apostrophe before it, it does not.
FORMULA = r"^[=+@\t\r-]"
GUARDED = f"regexp_replace({{}}, '({FORMULA})', '''\\1')"
# What XML does not bear at all, and what Excel would read as an escape.
UNWRITABLE = "[\\x01-\\x08\\x0b\\x0c\\x0e-\\x1f\\ufffe\\uffff]"
ESCAPE = "_x([0-9A-Fa-f]{4})_"


def header_of(file_format: str, columns: Sequence[str]) -> str:
    """The first line of a file or a sheet."""
    if file_format == ExportFormat.CSV:
        return ",".join(columns) + CRLF
    return '<row r="1">{}</row>'.format(
        "".join(
            f'<c r="{letter(at)}1" t="inlineStr"><is><t>{column}</t></is></c>'
            for at, column in enumerate(columns)
        )
    )


def line_of(file_format: str, columns: Sequence[str]) -> str:
    """An SQL expression: the line of an order, with its end."""
    known = [ExportColumn(column) for column in columns]
    if file_format == ExportFormat.CSV:
        values = ", ',', ".join(map(_csv, known))
        return f"concat({values}, E'\\r\\n')"
    cells = ", ".join(_cell(column, letter(at)) for at, column in enumerate(known))
    return f"""concat('<row r="', n, '">', {cells}, '</row>')"""


def letter(at: int) -> str:
    return chr(ord("A") + at)


def _csv(column: ExportColumn) -> str:
    value = VALUES[column]
    if column in TIMES:
        # In UTC, as all connections are; twice as fast as to_char.
        return f"left(to_json({value}) #>> '{{}}', 19) || 'Z'"
    if column not in FREE:
        return value
    guarded = GUARDED.format(value)
    return (
        f"""CASE WHEN {value} !~ '[",\\r\\n]|{FORMULA}' THEN {value}"""
        f""" WHEN {value} !~ '[",\\r\\n]' THEN {guarded}"""
        f""" ELSE '"' || replace({guarded}, '"', '""') || '"' END"""
    )


def _cell(column: ExportColumn, name: str) -> str:
    value = VALUES[column]
    if column in TIMES:
        days = f"floor(date_part('epoch', {value})) / 86400 + {FIRST_DAY}"
        return f"""'<c r="{name}', n, '" s="1"><v>', {days}, '</v></c>'"""
    if column in NUMBERS:
        return f"""'<c r="{name}', n, '"><v>', {value}, '</v></c>'"""
    text = _xml(value) if column in FREE else value
    space = ' xml:space="preserve"' if column in FREE else ""
    return f"""'<c r="{name}', n, '" t="inlineStr"><is><t{space}>', {text}, '</t></is></c>'"""


def _xml(value: str) -> str:
    """The text as XML has it, cut at what a cell of Excel holds."""
    text = f"regexp_replace({value}, '{UNWRITABLE}', '', 'g')"
    text = f"left({GUARDED.format(text)}, {EXCEL_TEXT})"
    text = f"regexp_replace({text}, '{ESCAPE}', '_x005F_x\\1_', 'g')"
    for plain, written in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
        text = f"replace({text}, '{plain}', '{written}')"
    text = f"replace({text}, E'\\r', '&#13;')"
    # Most texts are plain. Items are not, and may be the only long ones.
    return f"CASE WHEN {value} !~ '[^!-~]|[&<>]|_x|{FORMULA}' THEN {value} ELSE {text} END"
