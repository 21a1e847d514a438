"""Kill what makes an export in the middle: another goes on after the last part that is stored."""

import csv
import hashlib

import pytest

pytestmark = pytest.mark.faults
SALES = 350
SELL = f"""
from tests.factories import OfferFactory, ProductFactory
from tests.orders.selling import a_customer, a_sale
# The stack has players of its own, under ids that the sequence does not know of.
customer = a_customer(id=3_000_000)
offer = OfferFactory(id="offer_exported", product=ProductFactory(units={SALES}))
for _ in range({SALES}):
    a_sale(offer, customer=customer)
print(customer.establishment_id)
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
    establishment_id=os.environ["ESTABLISHMENT"], file_format="csv", filters=ExportFilters(),
    columns=["id"], by="system",
)
running.run_exports()
"""
STATE = "SELECT state, attempts, rows FROM orders_export"
SOLD = "SELECT code FROM orders_order WHERE establishment_id = %s ORDER BY id"


@pytest.fixture
def exporting(stack, monkeypatch, tmp_path):
    monkeypatch.setitem(stack.environment, "EXPORT_DIR", str(tmp_path))
    establishment = stack.manage("shell", "--verbosity=0", "--command", SELL).strip()
    monkeypatch.setitem(stack.environment, "ESTABLISHMENT", establishment)
    yield stack
    if "exporter" in stack.processes:
        stack.kill("exporter")


def test_export_whose_worker_was_killed_is_finished_by_another(exporting, tmp_path):
    exporting.dies(DIE)
    assert exporting.ask(STATE) == [("running", 1, 200)]
    assert len(list(tmp_path.rglob("*.part"))) == 3

    exporting.start("exporter")
    # As if the lease were over; the clock knocks.
    exporting.ask("UPDATE orders_export SET due_at = now() RETURNING id")
    exporting.wait_until(lambda: exporting.ask(STATE) == [("ready", 2, SALES)], "the other worker")

    def files():
        return [each for each in tmp_path.rglob("*") if each.is_file()]

    # Its parts are removed after it is said to be ready.
    exporting.wait_until(lambda: len(files()) == 1, "the parts to be removed")
    [file] = files()
    codes = [row[0] for row in csv.reader(file.read_text("utf-8-sig").splitlines())]
    sold = exporting.ask(SOLD, exporting.environment["ESTABLISHMENT"])
    assert codes == ["id", *(code for (code,) in sold)]
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    assert exporting.ask("SELECT sha256 FROM orders_export") == [(digest,)]
