"""Real threads with database connections of their own."""

from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

from django.db import connection


def elsewhere(function, *args, **kwargs):
    """Run a function as another process would, on another connection, and wait for it."""
    with threads(1) as start:
        return start(function, *args, **kwargs).result(timeout=30)


@contextmanager
def threads(count):
    """Give a function that starts another in a thread; all have ended when the block has."""

    def closing(function, *args, **kwargs):
        try:
            return function(*args, **kwargs)
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as pool:

        def start(function, *args, **kwargs) -> Future:
            return pool.submit(closing, function, *args, **kwargs)

        yield start
