"""How many accepted orders wait, and for how long: one cheap question, however many there are."""

from dataclasses import dataclass
from datetime import timedelta

from django.db.backends.utils import CursorWrapper
from psycopg import Cursor

COUNTED = 10_000

# Reads only the partial index of what waits, and of that no more than is counted.
QUESTION = """
    SELECT count(*), coalesce(clock_timestamp() - min(created_time), '0')
    FROM (
        SELECT created_time FROM inventory_playerorder
        WHERE state = 'accepted' ORDER BY id LIMIT %s
    ) AS waiting
"""


@dataclass(frozen=True, slots=True)
class Backlog:
    """`waiting` stops at COUNTED: more than that is too many, and counting them helps nobody."""

    waiting: int
    oldest: timedelta


def read_backlog(cursor: Cursor | CursorWrapper) -> Backlog:
    cursor.execute(QUESTION, [COUNTED])
    [(waiting, oldest)] = cursor.fetchall()
    return Backlog(waiting, oldest)
