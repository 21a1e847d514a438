"""The local servers run while anybody holds a lease, however the holders end."""

import signal
import socket
import time
from contextlib import closing
from pathlib import Path

import psutil
import psycopg
import pytest

from config.local.ports import LOOPBACK

pytestmark = pytest.mark.faults

HOLD = """
import sys
from config.local.lease import Lease
from config.local.place import HERE
lease = Lease(HERE, say=print)
print(lease.urls["DATABASE_URL"], flush=True)
sys.stdin.read()
"""


@pytest.fixture
def hold(checkout):
    """Start a process that holds a lease, and return it and where the database is."""
    held = []

    def start():
        process = checkout.start("-c", HOLD)
        held.append(process)
        for line in process.stdout:
            if line.startswith("postgresql://"):
                return process, line.strip()
        raise AssertionError(process.stderr.read())

    yield start
    for process in held:
        process.kill()
        process.communicate()


def ask(url, question, *values):
    with closing(psycopg.connect(url)) as connection, connection:
        return connection.execute(question, values).fetchone()


def eventually(condition, seconds=30):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.1)


def is_up(process):
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_the_last_lease_stops_the_servers_and_the_data_stays(checkout, hold):
    first, url = hold()
    second, same = hold()
    assert same == url
    with closing(psycopg.connect(url)) as connection, connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS number")

    first.kill()  # a lease ends with its process, however that ends
    first.wait()
    time.sleep(1)
    assert ask(url, "SELECT number FROM kept") == (7,)
    second.terminate()
    second.wait()
    eventually(lambda: checkout.processes() == [])

    _, url = hold()
    assert ask(url, "SELECT number FROM kept") == (7,)


def test_the_role_may_make_test_databases_and_nothing_more(hold):
    _, url = hold()

    assert ask(
        url,
        "SELECT rolsuper, rolcreatedb, rolcreaterole, rolreplication, rolbypassrls"
        " FROM pg_roles WHERE rolname = current_user",
    ) == (False, True, False, False, False)
    assert ask(
        url,
        "SELECT datlocprovider, datlocale, pg_encoding_to_char(encoding)"
        " FROM pg_database WHERE datname = current_database()",
    ) == ("b", "C.UTF-8", "UTF8")


def test_nobody_enters_without_the_password_and_nobody_as_superuser(hold):
    _, url = hold()

    for wrong in (
        url.replace(":", ":x", 2).replace(":x//", "://"),
        url.replace("quartermaster:", "postgres:"),
    ):
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(wrong)


def test_what_was_kept_is_readable_by_its_owner_only(checkout, hold):
    hold()

    assert checkout.place.path.stat().st_mode & 0o777 == 0o700
    assert (checkout.place.path / "kept.json").stat().st_mode & 0o777 == 0o600


def test_another_port_is_chosen_when_the_kept_one_is_taken(checkout, hold):
    process, url = hold()
    process.kill()
    process.wait()
    eventually(lambda: checkout.processes() == [])
    taken = checkout.place.kept().database_port

    with socket.create_server((LOOPBACK, taken)):
        _, moved = hold()

    assert moved != url
    assert ask(moved, "SELECT 1") == (1,)


def test_servers_of_a_killed_keeper_are_replaced(checkout, hold):
    holder, url = hold()
    [keeper] = [
        process
        for process in psutil.process_iter(["cmdline"])
        if "keep" in (process.info["cmdline"] or ())
        and str(checkout.place.path) in process.info["cmdline"]
    ]

    keeper.kill()
    holder.kill()
    holder.wait()
    eventually(lambda: not keeper.is_running())
    assert ask(url, "SELECT 1") == (1,)  # left behind, until the next one comes

    _, url = hold()
    assert ask(url, "SELECT 1") == (1,)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_throw_away_servers_go_with_whoever_started_them(checkout, number):
    wait = "import os, time; print(os.environ['DATABASE_URL'], flush=True); time.sleep(600)"
    process = checkout.start("-m", "config.local", "test", "python3", "-c", wait)
    url = process.stdout.readline().strip()
    assert ask(url, "SELECT current_setting('fsync')") == ("off",)
    # Not recursive here: the server process of the question above is just going.
    [keeper] = [p for p in psutil.Process(process.pid).children() if "keep" in p.cmdline()]
    place = keeper.cmdline()[-3]
    everything = psutil.Process(process.pid).children(recursive=True)

    process.send_signal(number)
    process.communicate()

    eventually(lambda: not any(map(is_up, everything)))
    assert not checkout.place.path.exists()
    eventually(lambda: not Path(place).exists())


def test_a_command_has_the_throw_away_servers_and_its_status_is_returned(checkout):
    fail = "import os, sys; sys.exit(3 if os.environ['SECRET_KEY'] else 0)"

    assert checkout.run("-m", "config.local", "test", "python3", "-c", fail) == (3, "", "")


def test_manage_makes_database_and_tables_and_prints_only_its_own_answer(checkout):
    asked = "from players.models import Player; print(Player.objects.count())"

    status, output, errors = checkout.run("manage.py", "shell", "--verbosity=0", "--command", asked)

    assert (status, output) == (0, "0\n")
    assert errors == (
        "making the database …\nstarting PostgreSQL …\nstarting Valkey …\nmaking the tables …\n"
    )
