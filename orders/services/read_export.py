"""Read the sales of an export, in the order in which they were placed, many lines at a time.

PostgreSQL writes the lines: a part is one text, not so many rows.
"""

from dataclasses import dataclass

from django.db import OperationalError, connection, transaction
from psycopg.errors import QueryCanceled

from inventory.services.database import ask
from orders.export_lines import line_of
from orders.models import Export, Order
from orders.models.exports import ExportColumn
from orders.vocabulary import PENDING

PATIENCE = "1s"
# Of the rest of an order the length is bounded. An item may be one of a hundred.
WIDE_ROWS = 500
PART_BYTES = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Lines:
    """`last`: the order of the last line."""

    text: bytes
    rows: int
    last: int | None


def read_lines(export: Export, *, after: int, limit: int, numbered_from: int = 1) -> Lines:
    """The next lines after an order, each as it is now. They end where they come to PART_BYTES."""
    is_wide = ExportColumn.ITEMS in export.columns
    text, rows, last = bytearray(), 0, None
    while rows < limit and len(text) < PART_BYTES:
        wanted = min(WIDE_ROWS, limit - rows) if is_wide else limit - rows
        lines = _read(export, after=last or after, limit=wanted, numbered_from=numbered_from + rows)
        text += lines.text
        rows, last = rows + lines.rows, lines.last or last
        if lines.rows < wanted:
            break
    return Lines(bytes(text), rows, last)


def _read(export: Export, *, after: int, limit: int, numbered_from: int) -> Lines:
    wanted, values = _wanted(export)
    line = line_of(export.file_format, export.columns)
    [(text, rows, last)] = ask(
        f"""
        SELECT string_agg(line, '' ORDER BY id), count(*), max(id)
        FROM (
            SELECT o.id, {line} AS line
            FROM (
                SELECT *, row_number() OVER (ORDER BY id) + %(numbered_from)s - 1 AS n
                FROM orders_order AS o
                WHERE {wanted} AND id > %(after)s AND id <= %(last)s
                ORDER BY id LIMIT %(limit)s
            ) AS o
            JOIN players_player AS p ON p.id = o.player_id
        ) AS lines
        """,  # noqa: S608 - made of our own words
        values
        | {
            "after": after,
            "last": export.last_order,
            "limit": limit,
            "numbered_from": numbered_from,
        },
    )
    return Lines((text or "").encode(), rows, last)


def first_and_last(export: Export) -> tuple[int | None, int | None]:
    """The first and the last order of it."""
    wanted, values = _wanted(export)
    question = f"SELECT min(id), max(id) FROM orders_order AS o WHERE {wanted}"  # noqa: S608
    [(first, last)] = ask(question, values)
    return first, last


def is_small(export: Export, *, rows: int) -> bool:
    """Whether it has so many rows at most; what cannot be counted at once is not small."""
    wanted, values = _wanted(export)
    question = (
        f"SELECT count(*) FROM (SELECT FROM orders_order AS o WHERE {wanted}"  # noqa: S608
        " LIMIT %(limit)s) AS few"
    )
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL statement_timeout = '{PATIENCE}'")
            [(count,)] = ask(question, values | {"limit": rows + 1})
            cursor.execute("SET LOCAL statement_timeout TO DEFAULT")
    except OperationalError as error:
        if not isinstance(error.__cause__, QueryCanceled):
            raise
        return False
    return bool(count <= rows)


def _wanted(export: Export) -> tuple[str, dict[str, object]]:
    """Which orders, as a condition on `o`: those that there were when it was asked for."""
    wanted = ["o.kind = 'sale'", "o.created_at <= %(requested_at)s"]
    values: dict[str, object] = {"requested_at": export.requested_at}
    if export.establishment_id:
        wanted.append("o.establishment_id = %(establishment)s")
        values["establishment"] = export.establishment_id
    if export.status:
        wanted.append("o.status = ANY(%(statuses)s)")
        values["statuses"] = [*Order.UNENDED] if export.status == PENDING else [export.status]
    if export.start_date:
        wanted.append("o.created_at >= %(start)s::date")
        values["start"] = export.start_date
    if export.end_date:
        wanted.append("o.created_at < %(end)s::date + 1")
        values["end"] = export.end_date
    return " AND ".join(wanted), values
