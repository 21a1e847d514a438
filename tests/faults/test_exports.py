"""Kill what makes an export in the middle: another goes on after the last part that is stored."""

import csv
import hashlib
import subprocess
import sys

import pytest

from config.local.place import CHECKOUT
from tests.faults.stack import wait_until

pytestmark = pytest.mark.faults
SALES = 2_000
SELL = f"""
from tests.benchmarks.rewards import write_shop
from tests.benchmarks.sales import write_sales
write_sales(write_shop(players=10), {SALES})
"""
# It dies when its third part is stored, and nothing says so yet.
DIE = """
import os, signal
from orders.services import run_exports as running
from orders.services.request_export import ExportFilters, request_export
running.PART_ROWS = 100
advance, advanced = running._advance, []

def advance_or_die(*args):
    advanced.append(advance(*args))
    if len(advanced) == 3:
        os.kill(os.getpid(), signal.SIGKILL)

running._advance = advance_or_die
request_export(
    establishment_id=None, file_format="csv", filters=ExportFilters(), columns=["id"], by="system"
)
running.run_exports()
"""
STATE = "SELECT state, attempts, rows FROM orders_export"


@pytest.fixture
def exporting(stack, monkeypatch, tmp_path):
    monkeypatch.setitem(stack.environment, "EXPORT_DIR", str(tmp_path))
    stack.manage("shell", "--verbosity=0", "--command", SELL)
    yield stack
    stack.kill("exporter")


def test_export_whose_worker_was_killed_is_finished_by_another(exporting, tmp_path):
    # The code is ours, as in a worker; a shell dies with what it runs.
    died = subprocess.run(
        [sys.executable, "manage.py", "shell", "--verbosity=0", "--command", DIE],
        check=False,
        cwd=CHECKOUT,
        env=exporting.environment,
        capture_output=True,
    )
    assert died.returncode == -9
    assert exporting.ask(STATE) == [("running", 1, 200)]
    assert len(list(tmp_path.rglob("*.part"))) == 3

    exporting.start("exporter")
    # As if the lease were over; the clock knocks.
    exporting.ask("UPDATE orders_export SET due_at = now() RETURNING id")
    wait_until(lambda: exporting.ask(STATE) == [("ready", 2, SALES)], "the other worker")

    [file] = [each for each in tmp_path.rglob("*") if each.is_file()]
    codes = [row[0] for row in csv.reader(file.read_text("utf-8-sig").splitlines())]
    sold = exporting.ask("SELECT code FROM orders_order WHERE kind = 'sale' ORDER BY id")
    assert codes == ["id", *(code for (code,) in sold)]
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    assert exporting.ask("SELECT sha256 FROM orders_export") == [(digest,)]
