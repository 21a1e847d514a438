"""Questions that are put to the database by hand."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import connection


def ask(question: str, values: Any = None) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(question, values)
        return cursor.fetchall()


def columns(pairs: Iterable[tuple[Any, Any]]) -> tuple[list[Any], list[Any]]:
    """Pairs as two arrays, which `unnest` makes pairs of again."""
    pairs = list(pairs)
    return [left for left, _ in pairs], [right for _, right in pairs]


def database_time() -> datetime:
    """One clock for all hosts, and that of `created_time`. It goes on during a transaction."""
    [(now,)] = ask("SELECT clock_timestamp()")
    return now
