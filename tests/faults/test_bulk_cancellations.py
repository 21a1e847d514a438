"""Kill what cancels many orders in the middle: another goes on, and does nothing twice."""

import pytest

pytestmark = pytest.mark.faults
SALES = 6
# It dies when its third order is cancelled, and its row does not say so yet.
DIE = f"""
import os, signal
from uuid import uuid4
from orders.cancelling import BY_STATUS, CancellingMany
from orders.models import BulkCancellation, Order
from orders.services import run_bulk_cancellations as running
from orders.services.freeze_bulk_cancellation import freeze_bulk_cancellation
from orders.services.steer_bulk_cancellation import (
    confirm_bulk_cancellation,
    look_at_bulk_cancellation,
)
from tests.factories import OfferFactory, ProductFactory, UserFactory
from tests.orders.paying import a_paid_sale
from tests.orders.selling import a_customer

cancel_order, cancelled = running.cancel_order, []

def cancel_or_die(order, **given):
    done = cancel_order(order, **given)
    cancelled.append(order)
    if len(cancelled) == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return done

running.cancel_order = cancel_or_die
# The stack has players of its own, under ids that the sequence does not know of.
customer = a_customer(id=4_000_000)
offer = OfferFactory(id="offer_cancelled", product=ProductFactory(units={SALES}))
for _ in range({SALES}):
    a_paid_sale(offer, customer=customer)
bulk = freeze_bulk_cancellation(
    orders=Order.objects.filter(player=customer), query="", owner=UserFactory(),
    operation_id=uuid4(),
)
look_at_bulk_cancellation(bulk, how=CancellingMany(coins=BY_STATUS), looks=0)
running.run_bulk_cancellations(seconds=600)
bulk = BulkCancellation.objects.get(pk=bulk.pk)
confirm_bulk_cancellation(bulk, looks=bulk.looks)
running.run_bulk_cancellations(seconds=600)
"""
BULK = "SELECT state, leased_until IS NULL FROM orders_bulkcancellation"
ROWS = "SELECT state, count(*) FROM orders_bulkcancellationrow GROUP BY state ORDER BY state"
# Of each order: how it stands, how often it was cancelled and what went back, how often.
ORDERS = """
    SELECT order_row.status, order_row.refunded = order_row.charged,
        (SELECT count(*) FROM orders_orderevent AS event
            WHERE event.order_id = order_row.id AND event.kind = 'cancellation'),
        (SELECT count(*) FROM orders_webhookmessage AS message
            WHERE message.order_id = order_row.id AND message.event = 'order.cancelled'),
        (SELECT array_agg(payment.amount = order_row.total) FROM orders_payment AS payment
            WHERE payment.order_id = order_row.id AND payment.kind = 'refund')
    FROM orders_order AS order_row JOIN orders_bulkcancellationrow AS row
        ON row.order_id = order_row.id
    ORDER BY row.id
"""
UNSETTLED = "SELECT FROM orders_payment WHERE ask_at IS NOT NULL"
CANCELLED = ("cancelled", True, 1, 1, [True])
PAID = ("processing", False, 0, 0, None)


@pytest.fixture
def cancelling(stack):
    """Nobody cancels for anybody until the test says so: no sender is up."""
    yield stack
    if "sender" in stack.processes:
        stack.kill("sender")


def test_bulk_cancellation_whose_worker_was_killed_is_finished_by_another(cancelling):
    cancelling.dies(DIE)
    assert cancelling.ask(BULK) == [("running", False)]
    assert cancelling.ask(ROWS) == [("able", SALES - 2), ("cancelled", 2)]
    assert cancelling.ask(ORDERS) == [CANCELLED] * 3 + [PAID] * (SALES - 3)

    # As if the lease were over; the clock knocks.
    cancelling.ask("UPDATE orders_bulkcancellation SET leased_until = now() RETURNING id")
    cancelling.start("sender")
    cancelling.wait_until(lambda: cancelling.ask(BULK) == [("done", True)], "the other worker")

    # What goes back goes after it, and would keep whoever waits for payments waiting.
    cancelling.wait_until(lambda: cancelling.ask(UNSETTLED) == [], "the refunds")
    assert cancelling.ask(ROWS) == [("cancelled", SALES)]
    assert cancelling.ask(ORDERS) == [CANCELLED] * SALES
