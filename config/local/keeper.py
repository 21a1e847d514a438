"""The keeper: a detached process that owns the two servers for as long as anybody holds a lease.

A lease is a shared lock, so it ends with its process, also by SIGKILL. The keeper tries for the
exclusive lock: once it gets that, nobody needs the servers, and nobody can take a lease until they
are stopped.
"""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress

from config.local import Trouble, processes, terminal
from config.local.lease import LAST_ONE_SECONDS, READY
from config.local.place import EXCLUSIVE, HERE, Place
from config.local.servers import Servers


def keep(place: Place, starting: int, *, throw_away: bool) -> int:
    """Start the servers, say so on standard output, and stop them when the last lease has ended.

    Whoever started us handed down two locks: `starting`, which is to end when the servers are up,
    and the keeper's own, which ends with this process.
    """
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    with Servers(place, throw_away, say).running() as servers:
        os.close(starting)
        say(READY)
        while place.try_lock("lease", EXCLUSIVE) is None and all_run(servers):
            time.sleep(0.1)
        # A supervisor that was killed could not stop what it had started.
        if not place.is_locked("supervisor"):
            processes.end_all(place, patience=10)
    return 0


def reset() -> int:
    """Remove what the local servers have kept, once nobody uses it."""
    if not HERE.path.exists():
        return 0
    if HERE.is_locked("supervisor"):
        raise Trouble("make run or make demo is running here: stop it with Ctrl-C there first.")
    HERE.lock("starting", EXCLUSIVE)
    end = time.monotonic() + LAST_ONE_SECONDS
    while True:
        lease = HERE.try_lock("lease", EXCLUSIVE)
        if lease is not None and not HERE.is_locked("keeper"):
            break
        if lease is not None:
            os.close(lease)
        if time.monotonic() > end:
            raise Trouble("A command of this checkout uses the local services: end it first.")
        time.sleep(0.1)
    servers = Servers(HERE, throw_away=True, say=say)
    servers.stop_leftovers()
    servers.remove()
    terminal.line(f"Removed {HERE.path}, with the database, the passwords and the logs in it.")
    return 0


def all_run(servers: list[subprocess.Popen[bytes]]) -> bool:
    return all(server.poll() is None for server in servers)


def say(line: str) -> None:
    """Tell who started this keeper, as long as that process listens."""
    with suppress(OSError):
        os.write(sys.stdout.fileno(), f"{line}\n".encode())
    if line == READY:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
