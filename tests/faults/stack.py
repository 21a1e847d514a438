"""The whole of Quartermaster as real processes, on servers of its own that a test may kill."""

import http.client
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections import Counter
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import psutil
import psycopg

from config.local.place import CHECKOUT
from config.local.ports import LOOPBACK, free_port

PROGRAMS = Path(sys.executable).parent
PATIENCE = 60
PLAYERS = 40
PREPARE = f"""
from catalog.models import Item, Loot, Vendor
from players.models import Player
from players.services.issue_api_key import issue_api_key
item = Item.objects.create(id=10, type="unit", name="gems")
vendor = Vendor.objects.create(id=9)
Loot.objects.create(id=700, vendor=vendor, item=item)
Player.objects.bulk_create(Player(id=n) for n in range(1, {PLAYERS} + 1))
print(issue_api_key(name="faults", scopes=["inv:*"])[1])
"""


class Stack:
    """PostgreSQL, Valkey, web, worker and beat."""

    def __init__(self, servers, logs):
        self.servers = servers
        self.logs = logs
        self.kept = servers.place.kept()
        self.port = free_port(0)
        self.processes = {}
        self.ended = []  # by themselves
        self.key = ""
        self.environment = {
            "PATH": f"{PROGRAMS}{os.pathsep}{os.environ['PATH']}",
            "DATABASE_URL": self.kept.database_url,
            "REDIS_URL": self.kept.redis_url,
            "SECRET_KEY": self.kept.secret_key,
            "HTTPS": "false",
            "SANDBOX_GATEWAY": "true",
            "BIND": f"{LOOPBACK}:{self.port}",
            "PLAYER_ORDER_BATCH": "50",
        }

    # --- Processes --------------------------------------------------------------------------

    def manage(self, *arguments):
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            check=False,
            cwd=CHECKOUT,
            env=self.environment,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def dies(self, script):
        """Run it as a process of its own, which kills itself.

        The code is ours, as in a worker; a shell dies with what it runs.
        """
        died = subprocess.run(
            [sys.executable, "manage.py", "shell", "--verbosity=0", "--command", script],
            check=False,
            cwd=CHECKOUT,
            env=self.environment,
            capture_output=True,
            text=True,
        )
        assert died.returncode == -signal.SIGKILL, died.stderr

    def prepare(self):
        self.manage("migrate", "--verbosity=0")
        self.key = self.manage("shell", "--verbosity=0", "--command", PREPARE).strip()

    def start(self, name):
        """Start a line of the Procfile."""
        procfile = (CHECKOUT / "Procfile").read_text()
        lines = dict(line.split(": ", 1) for line in procfile.splitlines())
        with (self.logs / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                lines[name].removeprefix("exec ").split(),
                cwd=CHECKOUT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def kill(self, name):
        """Kill a program with all of its processes, of which none can say good-bye."""
        process = self.processes.pop(name)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def kill_child(self, name):
        """Kill one of the processes that do the work of a program, which starts another."""
        children = psutil.Process(self.processes[name].pid).children()
        if children:
            random.choice(children).kill()

    def cry(self):
        """Have the workers write to their logs where they are."""
        for name in self.processes.keys() - {"web", "beat"}:
            self.processes[name].send_signal(signal.SIGUSR1)
        time.sleep(1)

    def wait_until(self, condition, what, seconds=PATIENCE):
        """Wait, and meanwhile start what has ended, as whoever runs it would.

        Celery ends when one of its processes is killed while it starts.
        """
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, f"waited in vain: {what}"
            for name in [name for name in self.processes if not self.is_alive(name)]:
                self.ended.append(name)
                self.start(name)
            time.sleep(0.01)

    def stop_valkey(self):
        self.valkey.kill()
        self.valkey.wait()

    def start_valkey(self):
        self.valkey = self.servers._start_valkey(self.kept)
        self.servers._wait_for_valkey(self.kept, self.valkey)

    def restart_postgres(self):
        """Stop it at once, without a good-bye to anybody, and let it recover."""
        self.postgres.send_signal(signal.SIGQUIT)
        self.postgres.wait()
        self.postgres = self.servers._start_postgres(self.kept)
        self.servers._wait_for_postgres(self.kept, self.postgres)

    def is_alive(self, name):
        return self.processes[name].poll() is None

    # --- HTTP -------------------------------------------------------------------------------

    def post(self, path, body, **headers):
        """Return status and body; None for an answer that never came."""
        connection = http.client.HTTPConnection(LOOPBACK, self.port, timeout=30)
        try:
            connection.request(
                "POST",
                path,
                json.dumps(body),
                {
                    "Authorization": f"Bearer {self.key}",
                    "Content-Type": "application/json",
                    **headers,
                },
            )
            response = connection.getresponse()
            text = response.read()
            return response.status, json.loads(text) if response.status < 500 else text.decode()
        except (OSError, http.client.HTTPException):
            return None, None
        finally:
            connection.close()

    def answers(self):
        with (
            suppress(OSError),
            closing(http.client.HTTPConnection(LOOPBACK, self.port, timeout=5)) as web,
        ):
            web.request("GET", "/livez")
            return web.getresponse().status == 200
        return False

    # --- The database -----------------------------------------------------------------------

    def ask(self, question, *parameters):
        with psycopg.connect(self.kept.database_url) as connection:
            return connection.execute(question, parameters or None).fetchall()

    def waiting(self):
        return self.ask("SELECT count(*) FROM inventory_playerorder WHERE state = 'accepted'")[0][0]

    def is_in_a_batch(self):
        """Whether a worker has begun a transaction, and may have written."""
        return bool(
            self.ask(
                "SELECT FROM pg_stat_activity WHERE datname = current_database()"
                " AND pid <> pg_backend_pid() AND (state = 'idle in transaction'"
                " OR state = 'active' AND query LIKE '%WITH new_record%')"
            )
        )

    def rollbacks(self):
        return self.ask(
            "SELECT xact_rollback FROM pg_stat_database WHERE datname = current_database()"
        )[0][0]


class Orders:
    """What was sent, what was answered, and what must have come of it."""

    def __init__(self, stack):
        self.stack = stack
        self.player_of = {}  # of every order that was answered 200 or 202

    def place(self, *, count=1, **headers):
        """Place one order, or many in one call; repeat it until it is answered as it should be."""
        sent = {str(uuid.uuid4()): random.randint(1, PLAYERS) for _ in range(count)}
        bodies = [
            {
                "order_id": order_id,
                "source": "SYSTEM",
                "entries": [{"type": "fill_loot", "loot_id": 700, "quantity": 1}],
            }
            for order_id in sent
        ]
        if count == 1:
            [player] = sent.values()
            path, body = f"/inventory/v1/player/{player}/order", bodies[0]
        else:
            path = "/inventory/v1/order"
            body = {
                "orders": [
                    {**each, "player_id": player}
                    for each, player in zip(bodies, sent.values(), strict=True)
                ]
            }
        end = time.monotonic() + PATIENCE
        answers = []
        while not answers or answers[-1][0] not in {200, 202}:
            assert time.monotonic() < end, f"never accepted: {answers[-1]}"
            answers.append(self.stack.post(path, body, **headers))
        if count > 1:
            assert answers[-1][1] == {"order_ids": list(sent), "failed_orders": []}
        self.player_of |= sent
        return [status for status, _ in answers]

    @contextmanager
    def arriving(self, **kwargs):
        """Orders keep arriving while the block runs."""
        stop = threading.Event()
        failures = []

        def send():
            try:
                while not stop.is_set():
                    self.place(**kwargs)
            except BaseException as failure:
                failures.append(failure)
                raise

        thread = threading.Thread(target=send)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()
        assert failures == []

    def assert_each_done_once(self):
        """Everything that was answered 200 or 202, and nothing else, has happened once."""
        assert self.stack.ended.count("web") + self.stack.ended.count("beat") == 0
        self.stack.wait_until(lambda: self.stack.waiting() == 0, "orders to be done")
        assert (
            dict(self.stack.ask("SELECT order_id, player_id FROM inventory_playerorder"))
            == self.player_of
        )
        assert self.stack.ask("SELECT DISTINCT state, outcome FROM inventory_playerorder") == [
            ("done", "succeeded")
        ]
        assert self.stack.ask("SELECT count(*), sum(delta) FROM inventory_inventorychange") == [
            (len(self.player_of), len(self.player_of))
        ]
        owned = self.stack.ask("SELECT player_id, count FROM inventory_inventoryrecord")
        assert sorted(owned) == sorted(Counter(self.player_of.values()).items())
        assert json.loads(self.stack.manage("audit_ledgers"))["total"] == 0
