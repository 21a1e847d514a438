"""Many want one unit, two want one order: real threads, and controls without the lock."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from catalog.models import Product
from catalog.services import correct_stock as correcting
from catalog.services.lock_products import lock_products
from config.errors import Refusal
from inventory.models import PlayerOrder
from orders.cancelling import Cancelling
from orders.models import Order, Payment
from orders.services import cancel_order as cancelling
from orders.services import capture_delivery as capturing
from orders.services import complete_order as completing
from orders.services import expire_orders as expiring
from orders.services import reserve_reward as reserving
from orders.services.audit_all_ledgers import audit_all_ledgers
from orders.vocabulary import Reason
from players.models import Player
from tests.factories import LootFactory, ProductFactory
from tests.orders import states
from tests.orders.looking import timeline
from tests.orders.reserving import ADDRESS, BY, a_player, a_reservation
from tests.threads import Gate, blocked, threads, wait_until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def patience(settings):
    """Nobody is turned away because this machine is slow."""
    settings.PLAYER_ORDER_LOCK_WAIT = timedelta(seconds=30)


@pytest.fixture
def gate_at(monkeypatch):
    """Put a gate before a function of a module."""
    gates = []

    def put(module, name):
        gate, function = Gate(), getattr(module, name)
        gates.append(gate)

        def stop_and_go(*args, **kwargs):
            gate.stop(name)
            return function(*args, **kwargs)

        monkeypatch.setattr(module, name, stop_and_go)
        return gate

    yield put
    for gate in gates:
        gate.open()


@pytest.fixture
def without_lock(monkeypatch):
    """Let a service read the order as it is, without its lock and that of its player."""

    def take(*modules):
        for module in modules:
            monkeypatch.setattr(module, "lock_order", lambda pk: Order.objects.get(pk=pk))

    return take


def outcome(future):
    """What became of it: the status of the order, or the code of the refusal."""
    try:
        return future.result().status
    except Refusal as refusal:
        return refusal.code


def reserve(player, product, **values):
    reservation = reserving.Reservation(product_id=product.pk, establishment=player.establishment)
    return reserving.reserve_reward(player=player, reservation=reservation, by=BY, **values)


def capture(order):
    return capturing.capture_delivery(order=order, overrides=ADDRESS, by=BY)


def complete(order):
    return completing.complete_order(order=order, by=BY)


def cancel(order):
    how = Cancelling(reason=Reason.MISTAKE, of=Order.Status.RESERVED)
    return cancelling.cancel_order(order=order, how=how, by="staff:1")


def counts(product):
    return Product.objects.values_list("stock", "reserved").get(pk=product.pk)


def findings():
    """What the books say is wrong."""
    return [each["finding"] for each in audit_all_ledgers(limit=10)["findings"]]


# --- One unit, many buyers ---------------------------------------------------------------------


def test_one_unit_of_two_hundred_buyers_is_ones():
    product = ProductFactory(units=1)
    buyers = [a_player() for _ in range(200)]

    with threads(20) as start:
        with transaction.atomic():
            lock_products([product.pk])
            buying = [start(reserve, buyer, product) for buyer in buyers]
            wait_until(lambda: blocked() == 20)
        outcomes = sorted(outcome(future) for future in buying)

    assert outcomes == ["product_out_of_stock"] * 199 + ["reserved"]
    assert counts(product) == (1, 1)
    order = Order.objects.get()
    assert [*Payment.objects.values_list("order", "amount")] == [(order.pk, 100)]
    assert sum(Player.objects.values_list("coins", flat=True)) == 200 * 1_000 - 100
    assert findings() == []
    capture(order)
    assert counts(product) == (0, 0)


def test_one_unit_is_sold_twice_without_the_lock_of_the_product(monkeypatch):
    product, gate = ProductFactory(units=1), Gate()

    def look(product_ids, among):
        seen = among.in_bulk(product_ids)
        gate.stop(product_ids)
        return seen

    monkeypatch.setattr(reserving, "lock_products", look)

    with threads(2) as start:
        buying = [start(reserve, a_player(), product) for _ in range(2)]
        wait_until(lambda: len(gate.came) == 2)
        gate.open()
        outcomes = [outcome(future) for future in buying]

    assert outcomes == ["reserved", "reserved"]
    assert counts(product) == (1, 1)
    assert "reserved_is_not_what_orders_hold" in findings()


def test_product_is_reserved_once_by_a_player_who_asks_eight_times():
    player, product = a_player(), ProductFactory()

    with threads(8) as start:
        asking = [start(reserve, player, product) for _ in range(8)]
        outcomes = sorted(outcome(future) for future in asking)

    assert outcomes == ["reservation_exists"] * 7 + ["reserved"]
    assert counts(product) == (10, 1)
    assert findings() == []


def test_reservation_under_one_transaction_id_is_made_once():
    player, product, transaction_id = a_player(), ProductFactory(), uuid4()

    with threads(8) as start:
        asking = [start(reserve, player, product, transaction_id=transaction_id) for _ in range(8)]
        orders = {future.result().pk for future in asking}

    assert orders == {Order.objects.get(transaction_id=transaction_id).pk}
    assert counts(product) == (10, 1)


@pytest.mark.parametrize("first", ["staff", "player"])
def test_last_unit_is_corrected_away_or_reserved(gate_at, first):
    product, player = ProductFactory(units=1), a_player()
    gate = gate_at(
        *{"staff": (correcting, "record_movement"), "player": (reserving, "_value")}[first]
    )

    def correct():
        return correcting.correct_stock(
            product=product, change=-1, seen=1, by="staff:1", note="Broken", operation_id=uuid4()
        )

    with threads(2) as start:
        calls = {"staff": (correct,), "player": (reserve, player, product)}
        one = start(*calls.pop(first))
        wait_until(lambda: gate.came)
        [other] = [start(*call) for call in calls.values()]
        wait_until(blocked)
        gate.open()
        one.result()
        refusal = other.exception()

    assert refusal.code == {"staff": "product_out_of_stock", "player": "stock_short"}[first]
    assert counts(product) == {"staff": (0, 0), "player": (1, 1)}[first]
    assert findings() == []


def look_at_player(player_id):
    return Player.objects.get(pk=player_id)


def test_fence_alone_refuses_the_second_reservation(monkeypatch, gate_at):
    monkeypatch.setattr(reserving, "take_player", look_at_player)
    gate = gate_at(reserving, "_value")
    monkeypatch.setattr(reserving, "lock_products", lambda ids, among: among.in_bulk(ids))
    player, product = a_player(), ProductFactory()

    with threads(2) as start:
        asking = [start(reserve, player, product) for _ in range(2)]
        wait_until(lambda: len(gate.came) == 2)
        gate.open()
        faults = [future.exception() for future in asking]

    [fault] = [fault for fault in faults if fault]
    assert isinstance(fault, IntegrityError)
    assert "one_open_reservation_per_player_and_product" in str(fault)
    assert Order.objects.count() == 1


def test_coins_for_one_product_buy_one():
    player, products = a_player(coins=100), [ProductFactory() for _ in range(8)]

    with threads(8) as start:
        buying = [start(reserve, player, product) for product in products]
        outcomes = sorted(outcome(future) for future in buying)

    assert outcomes == ["not_enough_coins"] * 7 + ["reserved"]
    assert Player.objects.get().coins == 0
    assert findings() == []


def test_coins_for_one_product_buy_two_without_the_lock_of_the_player(monkeypatch, gate_at):
    monkeypatch.setattr(reserving, "take_player", look_at_player)
    gate = gate_at(reserving, "charge_coins")
    player = a_player(coins=100)

    with threads(2) as start:
        buying = [start(reserve, player, ProductFactory()) for _ in range(2)]
        wait_until(lambda: len(gate.came) == 2)
        gate.open()
        outcomes = [outcome(future) for future in buying]

    assert outcomes == ["reserved", "reserved"]
    assert Player.objects.get().coins == 0
    assert "coins_are_not_the_sum_of_their_entries" in findings()


# --- One order, many hands ---------------------------------------------------------------------


def test_unit_is_taken_once_however_many_send_at_once():
    order = a_reservation()

    with threads(8) as start:
        sending = [start(capture, order) for _ in range(8)]
        times = {future.result().delivery.captured_at for future in sending}

    assert len(times) == 1
    assert counts(order.product) == (9, 0)
    assert timeline(order) == ["reservation", "capture"]


def test_order_is_acquired_once_and_its_loot_placed_once():
    order = states.captured(product=ProductFactory(loot=LootFactory()))

    with threads(8) as start:
        acquiring = [start(complete, order) for _ in range(8)]
        outcomes = sorted(outcome(future) for future in acquiring)

    assert outcomes == ["completed"] + ["order_state"] * 7
    assert PlayerOrder.objects.count() == 1
    assert counts(order.product) == (9, 0)
    assert timeline(order) == ["reservation", "capture", "acquisition", "refused"]
    assert findings() == []


def test_fence_alone_refuses_the_second_acquisition(without_lock, gate_at):
    without_lock(completing)
    gate = gate_at(completing, "take_out_of_stock")
    order = states.captured(product=ProductFactory(loot=LootFactory()))

    with threads(2) as start:
        acquiring = [start(complete, order) for _ in range(2)]
        wait_until(lambda: len(gate.came) == 2)
        gate.open()
        faults = [future.exception() for future in acquiring]

    [fault] = [fault for fault in faults if fault]
    assert isinstance(fault, IntegrityError)
    assert "one_event_per_number" in str(fault)
    assert PlayerOrder.objects.count() == 1


def test_order_that_is_sent_first_is_cancelled_with_its_unit_returned(gate_at):
    gate = gate_at(capturing, "take_out_of_stock")
    order = a_reservation()

    with threads(2) as start:
        sending = start(capture, order)
        wait_until(lambda: gate.came)
        ending = start(cancel, order)
        wait_until(blocked)
        gate.open()
        assert (outcome(sending), outcome(ending)) == ("reserved", "cancelled")

    assert counts(order.product) == (10, 0)
    assert timeline(order) == ["reservation", "capture", "cancellation"]
    assert findings() == []


def test_order_that_is_cancelled_first_is_not_sent(gate_at):
    gate = gate_at(cancelling, "plan_cancelling")
    order = a_reservation()

    with threads(2) as start:
        ending = start(cancel, order)
        wait_until(lambda: gate.came)
        sending = start(capture, order)
        wait_until(blocked)
        gate.open()
        assert (outcome(ending), outcome(sending)) == ("cancelled", "order_state")

    assert counts(order.product) == (10, 0)
    assert timeline(order) == ["reservation", "cancellation", "refused"]
    assert findings() == []


@pytest.mark.parametrize("first", [0, 1])
def test_fence_alone_lets_one_of_sending_and_cancelling_through(without_lock, gate_at, first):
    without_lock(capturing, cancelling)
    gates = [gate_at(capturing, "take_out_of_stock"), gate_at(cancelling, "plan_cancelling")]
    order = a_reservation()

    with threads(2) as start:
        both = [start(capture, order), start(cancel, order)]
        wait_until(lambda: all(gate.came for gate in gates))
        gates[first].open()
        both[first].result()
        gates[1 - first].open()
        fault = both[1 - first].exception()

    assert isinstance(fault, IntegrityError)
    assert "one_event_per_number" in str(fault)
    assert timeline(order) == ["reservation", ["capture", "cancellation"][first]]
    assert findings() == []


# --- What ran out, while something else is done ------------------------------------------------


@pytest.fixture
def overdue():
    order = a_reservation()
    order.expires_at = timezone.now() - timedelta(hours=1)
    order.save()
    return order


def test_reservation_that_is_being_sent_is_not_released(overdue, gate_at):
    gate = gate_at(capturing, "take_out_of_stock")

    with threads(2) as start:
        sending = start(capture, overdue)
        wait_until(lambda: gate.came)
        releasing = start(expiring.expire_orders, 10)
        wait_until(blocked)
        gate.open()
        assert (outcome(sending), releasing.result()) == ("reserved", 0)

    assert counts(overdue.product) == (9, 0)
    assert timeline(overdue) == ["reservation", "capture"]
    assert findings() == []


def test_reservation_that_is_being_sent_is_released_without_asking_again(
    overdue, gate_at, monkeypatch
):
    monkeypatch.setattr(expiring, "_has_run_out", lambda *_: True)
    gate = gate_at(capturing, "take_out_of_stock")

    with threads(2) as start:
        sending = start(capture, overdue)
        wait_until(lambda: gate.came)
        releasing = start(expiring.expire_orders, 10)
        wait_until(blocked)
        gate.open()
        assert (outcome(sending), releasing.result()) == ("reserved", 1)

    assert timeline(overdue) == ["reservation", "capture", "cancellation"]


def test_reservation_that_is_being_released_is_not_sent(overdue, gate_at):
    gate = gate_at(cancelling, "plan_cancelling")

    with threads(2) as start:
        releasing = start(expiring.expire_orders, 10)
        wait_until(lambda: gate.came)
        sending = start(capture, overdue)
        wait_until(blocked)
        gate.open()
        assert (releasing.result(), outcome(sending)) == (1, "order_state")

    assert counts(overdue.product) == (10, 0)
    assert timeline(overdue) == ["reservation", "cancellation", "refused"]


def test_each_reservation_is_released_once_however_many_do_so():
    orders = [a_reservation() for _ in range(12)]
    Order.objects.update(expires_at=timezone.now() - timedelta(hours=1))

    with threads(4) as start:
        releasing = [start(expiring.expire_orders, 100) for _ in range(4)]
        assert sum(future.result() for future in releasing) == 12

    assert {tuple(timeline(order)) for order in orders} == {("reservation", "cancellation")}
    assert Payment.objects.filter(kind="refund").count() == 12
    assert findings() == []
