"""Real threads with database connections of their own, and points at which they stop."""

import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

from django.db import connection

PATIENCE = 30


def elsewhere(function, *args, **kwargs):
    """Run a function as another process would, on another connection, and wait for it."""
    with threads(1) as start:
        return start(function, *args, **kwargs).result(timeout=PATIENCE)


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


def wait_until(condition):
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.001)


def blocked():
    """How many connections wait for a lock now."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return cursor.fetchone()[0]


class Gate:
    """Stops whoever comes, until it is opened; knows who came, and with what."""

    def __init__(self):
        self.came = []
        self._change = threading.Condition()
        self._allowed = 0

    def stop(self, what):
        with self._change:
            self.came.append(what)
            number = len(self.came)
            assert self._change.wait_for(lambda: number <= self._allowed, PATIENCE)

    def open(self, how_many=1_000_000):
        """Let through who came, or will come, among the first so many."""
        with self._change:
            self._allowed = max(self._allowed, how_many)
            self._change.notify_all()
