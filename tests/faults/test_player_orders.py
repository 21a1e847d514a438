"""Kill anything at any moment: every order that was answered 200 or 202 is done exactly once."""

import itertools
import random
import signal
import time

import pytest

pytestmark = pytest.mark.faults

# The bound of a request that cannot reach the broker: a second for that, and its own work.
SOON = 2.5


def test_worker_killed_in_the_middle_of_batches(stack, orders):
    rollbacks = stack.rollbacks()
    orders.place(count=100)

    with orders.arriving(count=100):
        # What was killed between two batches does not count.
        for turn in itertools.count():
            if stack.rollbacks() - rollbacks >= 8:
                break
            stack.wait_until(stack.is_in_a_batch, "a worker to begin a batch")
            time.sleep(random.uniform(0, 0.05))
            if turn % 7 == 6:
                stack.kill("worker")
                stack.start("worker")
            else:
                stack.kill_child("worker")
        stack.kill("worker")
        stack.start("worker")

    orders.assert_each_done_once()


def test_orders_are_accepted_while_the_broker_is_stopped(stack, orders):
    stack.stop_valkey()
    try:
        begin = time.monotonic()
        assert orders.place(Prefer="respond-async") == [202]
        assert orders.place() in ([200], [202])
        orders.place(count=100)
        assert time.monotonic() - begin < 3 * SOON
    finally:
        stack.start_valkey()

    orders.assert_each_done_once()


def test_orders_are_accepted_while_the_broker_does_not_answer(stack, orders):
    stack.valkey.send_signal(signal.SIGSTOP)
    try:
        for _ in range(3):
            begin = time.monotonic()
            assert orders.place(Prefer="respond-async") == [202]
            assert time.monotonic() - begin < SOON
    finally:
        stack.valkey.send_signal(signal.SIGCONT)

    orders.assert_each_done_once()


def test_database_restarted_while_work_goes_on(stack, orders):
    orders.place(count=100)

    with orders.arriving(count=100), orders.arriving(), orders.arriving(Prefer="respond-async"):
        for _ in range(3):
            stack.wait_until(stack.is_in_a_batch, "a worker to begin a batch")
            time.sleep(random.uniform(0, 0.05))
            stack.restart_postgres()

    orders.assert_each_done_once()
    assert stack.is_alive("beat")


def test_order_whose_knock_was_lost_is_found_by_the_clock(stack, orders):
    """After all that was done to it, beat still knocks."""
    [player, order_id] = [1, "nobody knocked"]
    stack.ask(
        """
        WITH placed AS (
            INSERT INTO inventory_playerorder (
                order_id, player_id, state, outcome, source, is_transaction, permissions,
                placed_by, reason, request_id, dice_seed, created_time
            )
            VALUES (%s, %s, 'accepted', '', 'SYSTEM', false, '{loot}', 'system', '', '',
                '0123456789abcdef', clock_timestamp())
            RETURNING id
        )
        INSERT INTO inventory_playerorderentry (
            order_id, position, entry_id, type, quantity, loot_id, fields
        )
        SELECT id, 0, 'entry', 'fill_loot', 1, 700, '{}' FROM placed
        RETURNING id
        """,
        order_id,
        player,
    )
    orders.player_of[order_id] = player

    stack.wait_until(lambda: stack.waiting() == 0, "the clock to knock", seconds=10)

    orders.assert_each_done_once()
