"""Taking a lease on the servers of a place: the first one has them started."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress

from config.local import Trouble
from config.local.place import CHECKOUT, EXCLUSIVE, SHARED, Place
from config.local.programs import installed

LAST_ONE_SECONDS = 30
READY = "ready"


class Lease:
    """The servers run for as long as this object, or the process that made it, lives."""

    def __init__(
        self, place: Place, *, throw_away: bool = False, say: Callable[[str], None]
    ) -> None:
        installed()
        place.make()
        self.place = place
        self._keeper: subprocess.Popen[str] | None = None
        starting = place.lock("starting", EXCLUSIVE)  # waits while a keeper is starting the servers
        self._lock = place.lock("lease", SHARED)  # waits while a keeper is stopping them
        try:
            keeping = place.try_lock("keeper", EXCLUSIVE)
            if keeping is not None:
                locks = [starting, keeping]
                self._keeper = _start_keeper(place, locks, throw_away=throw_away, say=say)
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
        if self._keeper and not self.is_served():
            self._keeper.wait()  # our own child: let nothing of it be seen after us

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


def _start_keeper(
    place: Place, locks: list[int], *, throw_away: bool, say: Callable[[str], None]
) -> subprocess.Popen[str]:
    """Start a keeper and hand it the locks: should we die now, they are still held, by it."""
    starting, keeping = locks
    log = place.logs / "keeper.log"
    with log.open("wb") as output:
        keeper = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "config.local",
                "keep",
                place.path,
                str(starting),
                str(throw_away),
            ],
            cwd=CHECKOUT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=output,
            text=True,
            pass_fds=locks,
            # Ctrl-C at the terminal is for the application: the servers stop after it.
            start_new_session=True,
        )
    os.close(keeping)
    for line in keeper.stdout or ():
        if line.strip() == READY:
            return keeper
        say(line.strip())
    why = log.read_text().strip().rpartition("\n")[2]
    raise Trouble(f"The local services did not start: {why or 'their keeper was killed'} ({log})")
