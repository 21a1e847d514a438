"""make run, make demo and make test: start everything, watch it, and leave no process behind."""

import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from http.client import HTTPConnection, HTTPException
from importlib import import_module
from pathlib import Path
from types import FrameType
from typing import NoReturn

from config.local import Trouble, demo, processes, terminal
from config.local.environment import complete, running
from config.local.lease import Lease
from config.local.manage import manage
from config.local.place import CHECKOUT, EXCLUSIVE, HERE, Place
from config.local.ports import LOOPBACK, is_free

START_SECONDS = 120
STOP_SECONDS = 15
PATIENCE_SECONDS = 5


class Stopped(BaseException):
    """A signal asked to stop; raised wherever the program is, so that all is undone in order."""

    def __init__(self, number: int) -> None:
        self.status = 128 + number


def serve(*, with_demo: bool) -> int:
    """Run web, worker and beat, with what they need, until a signal or until one of them ends."""
    catch_signals()
    HERE.make()
    register = alone()
    lease = application = None
    try:
        processes.end_all(HERE, patience=STOP_SECONDS)  # what a killed supervisor left
        port = web_port()
        os.environ.setdefault("PUBLIC_URL", f"http://{LOOPBACK}:{port}")
        with terminal.step("PostgreSQL and Valkey"):
            lease = complete(HERE, say=terminal.part)
        HERE.write("supervisor", effective_environment(port))
        prepare(with_demo=with_demo)
        with terminal.step("Web, worker and beat"):
            application = Application(port)
            application.wait_until_up()
        if with_demo:
            demo.play(port)
        terminal.line(addresses(port))
        application.echo = not with_demo
        application.watch(lease)
    except Stopped as stopped:
        terminal.line()
        return 0 if application else stopped.status
    except (OSError, HTTPException) as error:
        if application is None or application.honcho.poll() is None:
            raise
        raise application.trouble() from error
    finally:
        ignore_signals()
        if application or lease:
            with terminal.step("Stopping"):
                if application:
                    application.stop()
                processes.end_all(HERE, patience=STOP_SECONDS)
                if lease:
                    lease.end()
        os.ftruncate(register, 0)
        os.close(register)


def with_services(command: list[str]) -> int:
    """Run a command with the servers of the environment or, if it names none, throw-away ones."""
    catch_signals()
    with tempfile.TemporaryDirectory(prefix="quartermaster-", ignore_cleanup_errors=True) as path:
        place = Place(Path(path).resolve())
        lease = child = None
        try:
            lease = complete(place, throw_away=True, say=lambda _: None)
            # Set by config/celery.py, which came with us; the command has settings of its own.
            os.environ.pop("DJANGO_SETTINGS_MODULE", None)
            child = subprocess.Popen(command, cwd=CHECKOUT, env=os.environ | processes.mark(place))
            return child.wait()
        except Stopped as stopped:
            if child and stopped.status == 128 + signal.SIGINT:
                # Ctrl-C reached the command as well: let it say what it has to say.
                with suppress(subprocess.TimeoutExpired):
                    child.wait(PATIENCE_SECONDS)
            return stopped.status
        finally:
            ignore_signals()
            processes.end_all(place, patience=STOP_SECONDS)
            if lease:
                lease.end()


def catch_signals() -> None:
    """Turn the signals that end a program, and the end of our parent, into Stopped."""

    def stop(number: int, _frame: FrameType | None) -> None:
        ignore_signals()
        raise Stopped(number)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        # nohup asks to outlive the terminal.
        if number != signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, stop)
    if signal.getsignal(signal.SIGHUP) is stop:
        threading.Thread(target=hang_up_when_alone, args=[os.getppid()], daemon=True).start()


def hang_up_when_alone(parent: int) -> None:
    """Send ourselves the signal that did not reach us.

    A make that was killed passes none on. Of a closed terminal only the leader of its session is
    told: where that is make, it waits for us.
    """
    terminals = [descriptor for descriptor in (0, 1, 2) if os.isatty(descriptor)]
    while os.getppid() == parent and all(map(os.isatty, terminals)):
        time.sleep(1)
    os.kill(os.getpid(), signal.SIGHUP)


def ignore_signals() -> None:
    """Let nothing interrupt the way down, which takes a bounded time."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)


def alone() -> int:
    """Take the lock that one supervisor of a checkout holds."""
    for _ in range(5):
        register = HERE.try_lock("supervisor", EXCLUSIVE)
        if register is not None:
            os.ftruncate(register, 0)
            return register
        time.sleep(0.1)  # a command that looks whether we run holds it for a moment
    where = f" at http://{LOOPBACK}:{port}/" if (port := running(HERE).get("PORT")) else ""
    raise Trouble(f"make run or make demo runs here already{where}: stop it with Ctrl-C there.")


def web_port() -> int:
    given = os.environ.get("PORT", "8000")
    if not given.isdecimal() or not 0 < int(given) < 2**16:
        raise Trouble(f"PORT={given} is not a port: give a number from 1 to 65535.")
    if not is_free(int(given)):
        raise Trouble(
            f"Port {given} is in use or not permitted: "
            "choose another, for instance PORT=8001 make demo"
        )
    return int(given)


def effective_environment(port: int) -> dict[str, str]:
    """Return what the settings read of the environment: a command beside us must read the same."""
    names = import_module("config.settings").env.dump()
    return {name: os.environ[name] for name in names if name in os.environ} | {"PORT": str(port)}


def prepare(*, with_demo: bool) -> None:
    debug = import_module("config.settings").DEBUG
    if with_demo and not debug:
        raise Trouble("The demo shows the password of a staff user: it is for DEBUG only.")
    with terminal.step("Database tables"):
        manage("migrate", "--verbosity=0")
    if not debug:
        with terminal.step("Static files"):
            manage("collectstatic", "--no-input", "--verbosity=0")


def addresses(port: int) -> str:
    root = f"http://{LOOPBACK}:{port}"
    return (
        f"  Admin     {root}/admin/\n  API docs  {root}/api/docs/\n"
        f"  Health    {root}/livez  {root}/readyz  {root}/metrics\n"
        f"  Logs      {HERE.logs / 'application.log'}; mail to players stands there\n"
        "\n  Ctrl-C stops everything.\n"
    )


class Application:
    """The Procfile under honcho. Its output goes through us, so no closed terminal can stop it."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.log = HERE.logs / "application.log"
        self.first_to_end = ""
        self.echo = False
        programs = str(Path(sys.executable).parent)
        self.honcho = subprocess.Popen(
            [sys.executable, "-m", "honcho", "--env", os.devnull, "start"],
            cwd=CHECKOUT,
            env=os.environ
            | processes.mark(HERE)
            | {
                "PATH": f"{programs}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
                "BIND": f"{LOOPBACK}:{port}",
                "PYTHONUNBUFFERED": "1",
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            # Ctrl-C reaches only us: we stop everything in order.
            start_new_session=True,
        )
        self._relay = threading.Thread(target=self._relay_output, daemon=True)
        self._relay.start()

    def _relay_output(self) -> None:
        with self.log.open("w", buffering=1) as log:
            for line in self.honcho.stdout or ():
                log.write(line)
                ended = re.search(r"(\w+)\.1 stopped \(rc=(-?\d+)\)", line)
                if ended and not self.first_to_end:
                    self.first_to_end = f"{ended[1]} has ended with status {ended[2]}"
                if self.echo:
                    terminal.write(line)

    def wait_until_up(self) -> None:
        end = time.monotonic() + START_SECONDS
        while not self._answers():
            if self.honcho.poll() is not None or time.monotonic() > end:
                raise self.trouble()
            time.sleep(0.1)

    def _answers(self) -> bool:
        connection = HTTPConnection(LOOPBACK, self.port, timeout=2)
        try:
            connection.request("GET", "/livez")
            return connection.getresponse().status < 500  # noqa: PLR2004 - a server error
        except (OSError, HTTPException):
            return False
        finally:
            connection.close()

    def watch(self, lease: Lease | None) -> NoReturn:
        """Return never: what ends the watch is a signal, or something that has ended by itself."""
        while self.honcho.poll() is None:
            if lease and not lease.is_served():
                raise Trouble(f"PostgreSQL or Valkey has ended: see {HERE.logs}")
            time.sleep(0.5)
        raise self.trouble()

    def trouble(self) -> Trouble:
        self._relay.join(1)
        ended = "honcho has ended" if self.honcho.poll() is not None else ""
        why = self.first_to_end or ended or "The web server does not answer"
        return Trouble(f"{why}: see {self.log}")

    def stop(self) -> None:
        self.honcho.terminate()
        with suppress(subprocess.TimeoutExpired):
            self.honcho.wait(STOP_SECONDS)
