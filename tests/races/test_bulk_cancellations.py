"""Many orders cancelled alike, while others work on them, stop them, or cancel one of them."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from orders.cancelling import BY_STATUS, CancellingMany
from orders.models import BulkCancellation, Order
from orders.services import cancel_order as cancelling
from orders.services import run_bulk_cancellations as running
from orders.services import steer_bulk_cancellation as steering
from orders.services.audit_all_ledgers import audit_all_ledgers
from orders.services.cancel_sales import cancel_sales
from orders.services.freeze_bulk_cancellation import freeze_bulk_cancellation
from orders.services.lock_order import lock_order
from orders.services.run_bulk_cancellations import run_bulk_cancellations
from orders.services.steer_bulk_cancellation import (
    confirm_bulk_cancellation,
    look_at_bulk_cancellation,
    stop_bulk_cancellation,
)
from orders.vocabulary import Reason
from tests.factories import OfferFactory, UserFactory
from tests.orders.looking import timeline
from tests.orders.paying import a_paid_sale, payments
from tests.orders.selling import BY
from tests.threads import Gate, blocked, threads, wait_until

pytestmark = pytest.mark.django_db(transaction=True)
HOW = CancellingMany(coins=BY_STATUS, reason=Reason.DUPLICATE)
SECONDS = 600
WORKERS = 4


@pytest.fixture(autouse=True)
def patience(settings):
    """Nobody is turned away because this machine is slow."""
    settings.PLAYER_ORDER_LOCK_WAIT = timedelta(seconds=30)


@pytest.fixture
def orders():
    """In the order in which they are cancelled: that of the list."""
    mug = OfferFactory()
    return [a_paid_sale(mug) for _ in range(5)][::-1]


@pytest.fixture
def owner():
    return UserFactory()


@pytest.fixture
def bulk(orders, owner):
    """Looked at, and waiting for its confirmation."""
    bulk = freeze(owner, uuid4())
    look_at_bulk_cancellation(bulk, how=HOW, looks=0)
    work()
    return fresh(bulk)


@pytest.fixture
def running_bulk(bulk):
    return confirm_bulk_cancellation(bulk, looks=bulk.looks)


@pytest.fixture
def gate_of(monkeypatch):
    """A gate before, or after, workers cancel an order; it knows which."""
    gates = []

    def put(*, after=False):
        gate, cancel = Gate(), running.cancel_order
        gates.append(gate)

        def cancel_and_stop(order, **given):
            if not after:
                gate.stop(order.pk)
            done = cancel(order, **given)
            if after:
                gate.stop(order.pk)
            return done

        monkeypatch.setattr(running, "cancel_order", cancel_and_stop)
        return gate

    yield put
    for gate in gates:
        gate.open()


def freeze(owner, operation_id):
    given = {"orders": Order.objects.all(), "query": ""}
    return freeze_bulk_cancellation(**given, owner=owner, operation_id=operation_id)


def work():
    return run_bulk_cancellations(seconds=SECONDS)


def fresh(bulk):
    return BulkCancellation.objects.get(pk=bulk.pk)


def end_lease():
    """As if the worker that holds it had been silent for too long."""
    BulkCancellation.objects.update(leased_until=timezone.now() - timedelta(seconds=1))


def states(bulk):
    return [row.state for row in bulk.rows.order_by("pk")]


def assert_each_cancelled_once(orders):
    for order in orders:
        assert Order.objects.get(pk=order.pk).status == "cancelled"
        assert timeline(order).count("cancellation") == 1
        assert [kind for kind, *_ in payments(order)] == ["charge", "refund"]
        assert order.messages.filter(event="order.cancelled").count() == 1
    assert audit_all_ledgers(limit=10)["findings"] == []


def assert_done_once(bulk, orders):
    assert states(bulk) == ["cancelled"] * len(orders)
    assert_each_cancelled_once(orders)
    bulk = fresh(bulk)
    assert (bulk.state, bulk.leased_until) == ("done", None)


# --- Two workers --------------------------------------------------------------------------------


def test_bulk_that_a_worker_holds_is_left_to_it(running_bulk, orders, gate_of):
    gate = gate_of()

    with threads(2) as start:
        holding = start(work)
        wait_until(lambda: gate.came == [orders[0].pk])
        assert start(work).result() == 0
        gate.open()
        assert holding.result() == 1

    assert gate.came == [order.pk for order in orders]
    assert_done_once(running_bulk, orders)


@pytest.mark.parametrize("is_after", [False, True])
def test_worker_that_was_silent_for_too_long_goes_on_with_no_other_order(
    running_bulk, orders, gate_of, is_after
):
    gate = gate_of(after=is_after)

    with threads(2) as start:
        silent = start(work)
        wait_until(lambda: gate.came == [orders[0].pk])
        end_lease()
        other = start(work)
        # The other, too, does the first order, which the operation id makes one.
        wait_until(lambda: len(gate.came) == 2)
        gate.open(1)
        assert silent.result() == 1
        assert gate.came == [orders[0].pk] * 2
        assert fresh(running_bulk).leased_until > timezone.now()
        gate.open()
        assert other.result() == 1

    assert gate.came == [orders[0].pk, *(order.pk for order in orders)]
    assert_done_once(running_bulk, orders)


@pytest.mark.parametrize("is_refused_first", [False, True])
def test_order_that_another_worker_has_locked_is_said_to_be_cancelled(
    running_bulk, orders, monkeypatch, settings, is_refused_first
):
    """Who waited for its lock in vain says so before the one that holds it is done, or after."""
    settings.PLAYER_ORDER_LOCK_WAIT = timedelta(milliseconds=10)
    locked, told = Gate(), Gate()
    planning, say = cancelling.plan_cancelling, running._say

    def plan_and_stop(order, how):
        locked.stop(order.pk)
        return planning(order, how)

    def say_after_all(row, refusal):
        if refusal:
            told.stop(row.order_id)
        say(row, refusal)

    monkeypatch.setattr(cancelling, "plan_cancelling", plan_and_stop)
    monkeypatch.setattr(running, "_say", say_after_all)
    with threads(2) as start:
        holding = start(work)
        wait_until(lambda: locked.came == [orders[0].pk])
        end_lease()
        waiting = start(work)
        wait_until(lambda: told.came == [orders[0].pk])
        settings.PLAYER_ORDER_LOCK_WAIT = timedelta(seconds=30)
        if is_refused_first:
            told.open()
            wait_until(lambda: states(running_bulk)[0] == "refused")
        locked.open(1)
        holding.result()
        told.open()
        locked.open()
        waiting.result()

    assert_done_once(running_bulk, orders)


@pytest.fixture
def without_leases(monkeypatch):
    """Whoever comes takes it, and goes on with it."""

    def take():
        return BulkCancellation.objects.at_work().first()

    monkeypatch.setattr(running, "_take", take)
    monkeypatch.setattr(running, "_lease", lambda *_: True)


def test_many_workers_on_one_bulk_without_its_lease_do_each_order_once(
    running_bulk, orders, without_leases
):
    with threads(WORKERS) as start:
        for worker in [start(work) for _ in range(WORKERS)]:
            worker.result()

    assert_done_once(running_bulk, orders)


def test_without_the_operation_id_the_second_worker_is_refused(
    running_bulk, orders, gate_of, monkeypatch
):
    """What the tests above rest on: here a worker is told that the order is cancelled already."""
    monkeypatch.setattr(running, "uuid5", lambda *_: uuid4())
    refusals, cancel = [], running._cancel
    gate = gate_of()

    def noting(bulk, row, *given):
        refusal = cancel(bulk, row, *given)
        refusals.append((row.order_id, refusal))
        return refusal

    monkeypatch.setattr(running, "_cancel", noting)
    with threads(2) as start:
        silent = start(work)
        wait_until(lambda: len(gate.came) == 1)
        end_lease()
        other = start(work)
        wait_until(lambda: len(gate.came) == 2)
        gate.open()
        silent.result()
        other.result()

    first = [refusal for order, refusal in refusals if order == orders[0].pk]
    assert sorted(first) == ["", "It is cancelled already."]
    assert_each_cancelled_once(orders)


# --- Staff --------------------------------------------------------------------------------------


def test_bulk_that_is_stopped_while_a_worker_cancels_does_that_order_and_no_other(
    running_bulk, orders, gate_of
):
    gate = gate_of()

    with threads(2) as start:
        working = start(work)
        wait_until(lambda: len(gate.came) == 1)
        gate.open(1)
        wait_until(lambda: len(gate.came) == 2)
        assert start(stop_bulk_cancellation, running_bulk).result().state == "stopped"
        gate.open()
        assert working.result() == 1

    assert work() == 0
    bulk = fresh(running_bulk)
    assert (bulk.state, bulk.leased_until) == ("stopped", None)
    assert states(bulk) == ["cancelled"] * 2 + ["able"] * 3
    assert_each_cancelled_once(orders[:2])
    assert [*Order.objects.values_list("status", flat=True)].count("processing") == 3


def test_without_its_lease_a_bulk_that_is_stopped_goes_on(
    running_bulk, orders, gate_of, monkeypatch
):
    """What the test above rests on."""
    monkeypatch.setattr(running, "_lease", lambda *_: True)
    gate = gate_of()

    with threads(2) as start:
        working = start(work)
        wait_until(lambda: len(gate.came) == 1)
        start(stop_bulk_cancellation, running_bulk).result()
        gate.open()
        working.result()

    assert states(running_bulk) == ["cancelled"] * 5


def test_bulk_that_is_confirmed_again_and_again_at_once_is_done_once(bulk, orders):
    with threads(WORKERS) as start:
        with transaction.atomic():
            BulkCancellation.objects.select_for_update().get(pk=bulk.pk)
            confirming = [
                start(confirm_bulk_cancellation, bulk, looks=bulk.looks) for _ in range(WORKERS)
            ]
            wait_until(lambda: blocked() == WORKERS)
        assert [each.result().state for each in confirming] == ["running"] * WORKERS
        for worker in [start(work) for _ in range(WORKERS)]:
            worker.result()

    assert_done_once(bulk, orders)


def test_without_the_lock_a_second_confirmation_begins_anew_what_is_done(bulk, monkeypatch):
    gate = Gate()

    def unlocked(bulk, looks, *states):
        found = fresh(bulk)
        gate.stop(found.state)
        return found

    monkeypatch.setattr(steering, "_locked", unlocked)
    with threads(2) as start:
        first, second = [start(confirm_bulk_cancellation, bulk, looks=bulk.looks) for _ in range(2)]
        wait_until(lambda: gate.came == ["shown"] * 2)
        gate.open(1)
        wait_until(lambda: first.done() or second.done())
        work()
        assert fresh(bulk).state == "done"
        gate.open()
        first.result()
        second.result()

    assert fresh(bulk).state == "running"


def test_bulk_that_is_begun_twice_at_once_is_one(orders, owner):
    operation_id = uuid4()

    with threads(WORKERS) as start:
        beginning = [start(freeze, owner, operation_id) for _ in range(WORKERS)]
        begun = {each.result().pk for each in beginning}

    assert len(begun) == 1
    assert BulkCancellation.objects.get().rows.count() == len(orders)


# --- The API ------------------------------------------------------------------------------------


def by_api(order):
    [result] = cancel_sales([order.code], reason="Closing", by=BY, establishment_id=None)
    return result.refusal


def who_cancelled(order):
    return order.events.get(kind="cancellation").by


def test_order_that_api_and_bulk_cancel_at_once_is_cancelled_by_one_of_them(running_bulk, orders):
    contested = orders[2]

    with threads(2) as start:
        with transaction.atomic():
            lock_order(contested.pk)
            working, calling = start(work), start(by_api, contested)
            wait_until(lambda: blocked() == 2)
        working.result()
        refusal = calling.result()

    bulk = fresh(running_bulk)
    row = bulk.rows.get(order=contested)
    if who_cancelled(contested) == BY:
        assert refusal is None
        assert (row.state, row.said) == ("refused", "It is cancelled already.")
    else:
        assert who_cancelled(contested) == f"staff:{bulk.owner_id}"
        assert refusal.code == "order_state"
        assert row.state == "cancelled"
    assert states(bulk).count("cancelled") >= 4
    assert bulk.state == "done"
    assert_each_cancelled_once(orders)


@pytest.mark.parametrize("is_after", [False, True])
def test_order_that_the_api_cancels_around_the_bulk_has_one_result(
    running_bulk, orders, gate_of, is_after
):
    gate = gate_of(after=is_after)

    with threads(2) as start:
        working = start(work)
        wait_until(lambda: gate.came == [orders[0].pk])
        refusal = start(by_api, orders[0]).result()
        gate.open()
        working.result()

    rows = [(row.state, row.said) for row in running_bulk.rows.order_by("pk")]
    if is_after:
        assert (refusal.code, rows[0][0]) == ("order_state", "cancelled")
    else:
        assert (refusal, rows[0]) == (None, ("refused", "It is cancelled already."))
    assert [state for state, _ in rows[1:]] == ["cancelled"] * 4
    assert fresh(running_bulk).state == "done"
    assert_each_cancelled_once(orders)


def test_without_the_lock_of_the_order_the_fences_refuse_one_of_api_and_bulk(
    running_bulk, orders, monkeypatch
):
    gate, planning = Gate(), cancelling.plan_cancelling

    def unlocked(order_id):
        related = Order.objects.select_related("player", "establishment", "product", "delivery")
        return related.prefetch_related("lines__product", "payments").get(pk=order_id)

    def plan_and_stop(order, how):
        planned = planning(order, how)
        if order.pk == orders[0].pk:
            gate.stop(order.pk)
        return planned

    monkeypatch.setattr(cancelling, "lock_order", unlocked)
    monkeypatch.setattr(cancelling, "plan_cancelling", plan_and_stop)
    with threads(2) as start:
        working, calling = start(work), start(by_api, orders[0])
        wait_until(lambda: len(gate.came) == 2)
        gate.open()
        working.result()
        error = calling.exception()

    row = running_bulk.rows.get(order=orders[0])
    if who_cancelled(orders[0]) == BY:
        assert (row.state, row.said) == ("refused", running.UNEXPECTED)
    else:
        assert (type(error), row.state) == (IntegrityError, "cancelled")
    assert_each_cancelled_once(orders)
