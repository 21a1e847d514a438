"""Finding and ending every process of a run, wherever it has moved.

honcho, gunicorn and Celery start sessions and groups of their own, and a dead parent hides its
children. What they all keep is the environment they inherited, so a run is known by a mark in it.
"""

import os
import signal
from contextlib import suppress

import psutil

from config.local.place import Place

MARK = "QUARTERMASTER_RUN"


def mark(place: Place) -> dict[str, str]:
    return {MARK: str(place.path)}


def of_run(place: Place) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            if process.pid != os.getpid() and process.environ().get(MARK) == str(place.path):
                found.append(process)
    return found


def end_all(place: Place, *, patience: float) -> None:
    """Ask every process of the run to end, and kill what has not after so many seconds."""
    asked = of_run(place)
    for process in asked:
        with suppress(psutil.Error):
            process.send_signal(signal.SIGTERM)
    psutil.wait_procs(asked, timeout=patience)
    # Once more from the start: what was asked to end may have started something meanwhile.
    while left := of_run(place):
        for process in left:
            with suppress(psutil.Error):
                process.kill()
        psutil.wait_procs(left, timeout=1)
