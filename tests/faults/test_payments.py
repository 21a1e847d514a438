"""A gateway times out, or who asked it is killed, after money has moved: it is found out, once."""

import pytest

pytestmark = pytest.mark.faults
SELL = """
import os, signal
from decimal import Decimal
from orders.gateways.sandbox import SandboxGateway
from orders.models import Order, Payment
from orders.services.settle_payments import settle_payment
from tests.factories import OfferFactory
from tests.orders.paying import pay, refund
from tests.orders.selling import a_customer
from tests.orders.selling import a_sale as a_sale_to

def a_sale():
    # The stack has players of its own, under ids that the sequence does not know of.
    number = Order.objects.count()
    customer = a_customer(id=2_000_000 + number)
    return a_sale_to(OfferFactory(id=f"offer_fault_{number}"), customer=customer)

def dying_after(name):
    original = getattr(SandboxGateway, name)
    def die(*args, **kwargs):
        original(*args, **kwargs)
        os.kill(os.getpid(), signal.SIGKILL)
    setattr(SandboxGateway, name, die)

"""
# Of the last order: its status, then all of its payments, then the books of the sandbox.
ORDER = """
    SELECT id, code, status, payment_status, charged, refunded
    FROM orders_order WHERE kind = 'sale' ORDER BY id DESC LIMIT 1
"""
PAYMENTS = "SELECT kind, status FROM orders_payment WHERE order_id = %s ORDER BY id"
BOOKS = """
    SELECT entry.kind, entry.state, entry.amount
    FROM orders_sandboxtransaction AS entry JOIN orders_payment AS payment
        ON payment.code = entry.key
    WHERE payment.order_id = %s ORDER BY payment.id
"""


@pytest.fixture
def settling(stack, monkeypatch):
    """Only what has begun when the test asks for it is settled: until then nobody works."""
    monkeypatch.setitem(stack.environment, "PAYMENT_ASK_AFTER", "1")
    yield stack
    if "sender" in stack.processes:
        stack.kill("sender")


def settled(stack):
    stack.start("sender")
    stack.wait_until(
        lambda: stack.ask("SELECT FROM orders_payment WHERE ask_at IS NOT NULL") == [],
        "payments to be settled",
    )
    [(order, _, *money)] = stack.ask(ORDER)
    return (
        [str(value) for value in money],
        stack.ask(PAYMENTS, order),
        [(kind, state, str(amount)) for kind, state, amount in stack.ask(BOOKS, order)],
    )


PAID = (
    ["processing", "completed", "99.99", "0.00"],
    [("charge", "completed")],
    [("charge", "paid", "99.99")],
)


def test_charge_that_was_not_answered_is_settled_by_a_worker(settling):
    settling.manage("shell", "--verbosity=0", "--command", f"{SELL}pay(a_sale(), 'tok_timeout')")

    assert settled(settling) == PAID


def test_charge_whose_process_was_killed_after_it_is_settled_by_a_worker(settling):
    settling.dies(f"{SELL}dying_after('confirm'); pay(a_sale())")

    assert settled(settling) == PAID


def test_refund_whose_process_was_killed_after_it_goes_back_once(settling):
    script = """
order = a_sale()
pay(order)
refund(order, 30)
dying_after('refund')
settle_payment(Payment.objects.get(order=order, kind='refund').pk)
"""
    settling.dies(SELL + script)

    assert settled(settling) == (
        ["processing", "partially_refunded", "99.99", "30.00"],
        [("charge", "completed"), ("refund", "completed")],
        [("charge", "paid", "99.99"), ("refund", "paid", "30.00")],
    )
