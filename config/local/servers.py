"""PostgreSQL and Valkey from their wheels: loopback TCP only, with passwords.

PostgreSQL refuses to run as root. Started by root, both servers run as `nobody`, who cannot be
expected to reach a checkout or a virtual environment under somebody's home: their data and a copy
of their programs then live in /var/lib/quartermaster/.
"""

import os
import pwd
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import psycopg
import redis

from config.local import Trouble, programs
from config.local.place import Kept, Place
from config.local.ports import LOOPBACK, free_port

HOMES_OF_ROOT = Path("/var/lib/quartermaster")
START_SECONDS = 60
STOP_SECONDS = 20

Say = Callable[[str], None]


@dataclass(frozen=True)
class Servers:
    """The two servers of a place. `throw_away` data is fast, not safe, and removed at the end."""

    place: Place
    throw_away: bool
    say: Say

    @property
    def home(self) -> Path:
        if os.geteuid() != 0:
            return self.place.path
        return HOMES_OF_ROOT / self.place.kept().id

    @property
    def data(self) -> Path:
        return self.home / "postgres"

    @contextmanager
    def running(self) -> Iterator[list[subprocess.Popen[bytes]]]:
        """Start both and stop both, whatever happens in between."""
        self.stop_leftovers()
        self._make_home()
        processes: list[subprocess.Popen[bytes]] = []
        try:
            if not self.data.exists():
                self._make_database()
            kept = self._choose_ports()
            processes.append(self._start_postgres(kept))
            processes.append(self._start_valkey(kept))
            self._wait_for_postgres(kept, processes[0])
            self._wait_for_valkey(kept, processes[1])
            yield processes
        finally:
            for process in reversed(processes):
                _stop(process)
            if self.throw_away:
                self.remove()

    def remove(self) -> None:
        """Remove everything that was kept, the servers' and the place's own."""
        shutil.rmtree(self.home, ignore_errors=True)
        shutil.rmtree(self.place.path, ignore_errors=True)

    # --- Where, and as whom -----------------------------------------------------------------

    def _make_home(self) -> None:
        if os.geteuid() != 0:
            return
        self.home.mkdir(parents=True, exist_ok=True)
        for folder in (self.home.parent, self.home):
            folder.chmod(0o711)
        nobody = pwd.getpwnam("nobody")
        os.chown(self.home, nobody.pw_uid, nobody.pw_gid)
        programs.copy(self._packages)

    @property
    def _packages(self) -> Path:
        return self.home / "wheels" if os.geteuid() == 0 else programs.installed()

    def _program(self, name: str) -> str:
        return str(programs.program(self._packages, name))

    def _as_whom(self) -> dict[str, Any]:
        """Say as whom a server runs and with what environment: results must not depend on ours."""
        who: dict[str, Any] = {}
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            who = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        return {"cwd": self.home, "env": {"LC_ALL": "C", "TZ": "UTC", "PATH": os.defpath}, **who}

    def _choose_ports(self) -> Kept:
        """Keep the ports of the last start where they are still free."""
        kept = self.place.kept()
        return self.place.keep(
            replace(
                kept,
                database_port=free_port(kept.database_port),
                valkey_port=free_port(kept.valkey_port),
            )
        )

    def stop_leftovers(self) -> None:
        """Stop the servers of a keeper that was killed, before they are started again."""
        kept = self.place.kept()
        if (self.data / "postmaster.pid").exists():
            subprocess.run(
                [self._program("pg_ctl"), "stop", "-D", self.data, "-m", "fast", "-w"],
                check=False,
                capture_output=True,
                **self._as_whom(),
            )
        if kept.valkey_port:
            # Whoever takes our password is our server.
            with suppress(redis.RedisError), redis.Redis.from_url(kept.redis_url) as client:
                client.shutdown(nosave=True)

    # --- PostgreSQL -------------------------------------------------------------------------

    def _make_database(self) -> None:
        """Make the data directory beside its place and move it there when it is complete.

        The superuser gets no password, so nobody can log in as it: the application's role and its
        database are made in single-user mode.
        """
        self.say("making the database")
        unfinished = self.home / "postgres.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        initdb = [self._program("initdb"), "-D", unfinished, "-U", "postgres", "--encoding=UTF8"]
        initdb += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        # What is lost when the power fails in the next seconds has no data yet.
        initdb += ["--auth=reject", "--no-sync"]
        self._run("initdb", initdb)
        rule = f"host all quartermaster {LOOPBACK}/32 scram-sha-256\n"
        (unfinished / "pg_hba.conf").write_text(rule)
        password = self.place.kept().database_password
        self._run(
            "postgres",
            [
                self._program("postgres"),
                "--single",
                "-D",
                unfinished,
                "-c",
                "fsync=off",
                "postgres",
            ],
            f"CREATE ROLE quartermaster LOGIN CREATEDB PASSWORD '{password}'\n"
            "CREATE DATABASE quartermaster OWNER quartermaster\n",
        )
        unfinished.rename(self.data)

    def _run(self, name: str, command: list[Any], text: str = "") -> None:
        log = self.place.logs / f"{name}.log"
        with log.open("ab") as output:
            status = subprocess.run(
                command,
                check=False,
                input=text.encode(),
                stdout=output,
                stderr=output,
                **self._as_whom(),
            ).returncode
        if status:
            raise Trouble(f"{name} failed: see {log}")

    def _start_postgres(self, kept: Kept) -> subprocess.Popen[bytes]:
        self.say("starting PostgreSQL")
        options = {
            "listen_addresses": LOOPBACK,
            "port": str(kept.database_port),
            "unix_socket_directories": "",
            "max_connections": "200",
            "timezone": "UTC",
        }
        if self.throw_away:
            options |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        command = [self._program("postgres"), "-D", str(self.data)]
        command += [word for pair in options.items() for word in ("-c", "=".join(pair))]
        return self._launch("postgres", command)

    def _wait_for_postgres(self, kept: Kept, process: subprocess.Popen[bytes]) -> None:
        def answers() -> bool:
            with suppress(psycopg.OperationalError):
                psycopg.connect(kept.database_url, connect_timeout=2).close()
                return True
            return False

        self._wait("PostgreSQL", "postgres", process, answers)

    # --- Valkey -----------------------------------------------------------------------------

    def _start_valkey(self, kept: Kept) -> subprocess.Popen[bytes]:
        """Nothing is saved: a message is only a knock, and what waits is in the database."""
        self.say("starting Valkey")
        settings = [
            f"bind {LOOPBACK}",
            f"port {kept.valkey_port}",
            f"requirepass {kept.valkey_password}",
            'save ""',
            "appendonly no",
        ]
        return self._launch(
            "valkey", [self._program("valkey-server"), "-"], "\n".join(settings).encode()
        )

    def _wait_for_valkey(self, kept: Kept, process: subprocess.Popen[bytes]) -> None:
        def answers() -> bool:
            with suppress(redis.RedisError), redis.Redis.from_url(kept.redis_url) as client:
                return bool(client.ping())
            return False

        self._wait("Valkey", "valkey", process, answers)

    # --- Both -------------------------------------------------------------------------------

    def _launch(self, name: str, command: list[str], text: bytes = b"") -> subprocess.Popen[bytes]:
        with (self.place.logs / f"{name}.log").open("wb") as log:
            process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=log, stderr=log, **self._as_whom()
            )
        if process.stdin:
            with suppress(BrokenPipeError), process.stdin as pipe:
                pipe.write(text)
        return process

    def _wait(
        self, title: str, name: str, process: subprocess.Popen[bytes], answers: Callable[[], bool]
    ) -> None:
        end = time.monotonic() + START_SECONDS
        while not answers():
            if process.poll() is not None or time.monotonic() > end:
                raise Trouble(f"{title} did not start: see {self.place.logs / f'{name}.log'}")
            time.sleep(0.05)


def _stop(process: subprocess.Popen[bytes]) -> None:
    """SIGINT is a fast and clean shutdown for both servers."""
    process.send_signal(signal.SIGINT)
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
