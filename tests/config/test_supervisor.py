"""make run as a person uses it: one command up, commands beside it, and nothing left behind."""

import json
import re
import signal
import socket
import time
from http.client import HTTPConnection

import pytest

from config.local.ports import LOOPBACK, free_port

pytestmark = pytest.mark.faults

EVERYTHING = "inv:*"


@pytest.fixture(autouse=True)
def hangups():
    """Who runs the tests under nohup has what they start ignore them."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


@pytest.fixture
def run(checkout):
    """Start `make run` and wait until it is up; whatever a test does, it is stopped."""
    started = []

    def start(**environment):
        port = free_port(0)
        process = checkout.start("-m", "config.local", "run", PORT=str(port), **environment)
        started.append(process)
        for line in process.stdout:
            if "Ctrl-C stops everything" in line:
                return process, port
        raise AssertionError(process.stderr.read())

    yield start
    for process in started:
        process.terminate()
        process.communicate()


def manage(checkout, *words):
    status, output, errors = checkout.run("manage.py", *words)
    assert (status, errors) == (0, "")
    return json.loads(output)


def post(port, path, token, body):
    connection = HTTPConnection(LOOPBACK, port, timeout=30)
    headers = {
        "Authorization": f"Bearer {token}",
        "Content-Type": "application/json",
        "Prefer": "respond-async",
    }
    connection.request("POST", path, json.dumps(body), headers)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer


def gone(checkout, seconds=30):
    end = time.monotonic() + seconds
    while left := checkout.processes():
        assert time.monotonic() < end, left
        time.sleep(0.2)
    return True


def test_commands_beside_it_find_its_servers_and_its_request_ids_reach_the_worker(checkout, run):
    process, port = run(PLAYER_TOKEN_SECRET="s" * 40)
    player = manage(checkout, "create_player", "--first-name", "Ada")["id"]
    words = ["--player", str(player), "--scopes", EVERYTHING]
    token = manage(checkout, "issue_player_token", *words)["token"]

    entry = {"type": "fill_loot", "loot_id": 1, "quantity": 1}
    answer = post(port, "/inventory/v1/player/me/order", token, {"entries": [entry]})

    assert answer.status == 202
    request_id = answer.headers["X-Request-ID"]
    log = checkout.place.logs / "application.log"
    end = time.monotonic() + 30
    of_worker = rf"^\S+ worker.1 .*task_succeeded.*request_id={request_id}"
    while not re.search(of_worker, log.read_text(), re.MULTILINE):
        assert time.monotonic() < end
        time.sleep(0.1)

    process.send_signal(signal.SIGINT)
    process.communicate()
    assert process.returncode == 0
    assert checkout.processes() == []


def test_a_second_one_says_that_one_is_running(checkout, run):
    _, port = run()

    status, _, errors = checkout.run("-m", "config.local", "run", PORT=str(free_port(0)))

    assert status == 1
    assert errors == (
        f"make run or make demo runs here already at http://127.0.0.1:{port}/: "
        "stop it with Ctrl-C there.\n"
    )


def test_a_port_in_use_is_said_before_anything_is_started(checkout):
    with socket.create_server((LOOPBACK, 0)) as other:
        port = str(other.getsockname()[1])
        status, output, errors = checkout.run("-m", "config.local", "run", PORT=port)

    assert (status, output) == (1, "")
    assert errors == (
        f"Port {port} is in use or not permitted: "
        "choose another, for instance PORT=8001 make demo\n"
    )
    assert checkout.processes() == []


def test_a_process_that_ends_at_once_is_named_with_its_log(checkout):
    (checkout.path / "Procfile").write_text("web: exec false\n")

    port = str(free_port(0))
    status, _, errors = checkout.run("-m", "config.local", "run", PORT=port)

    log = checkout.place.logs / "application.log"
    assert (status, errors) == (1, f"web has ended with status 1: see {log}\n")
    assert checkout.processes() == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_nothing_is_left_behind(checkout, run, number):
    process, _ = run()

    process.send_signal(number)
    process.communicate(timeout=60)

    assert gone(checkout)
