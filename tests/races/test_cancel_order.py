"""Many cancel one order at once: the API, staff, and one who clicks again and again."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError
from django.test import Client

from inventory.models import InventoryRecord, PlayerOrder
from inventory.services.fulfil_player_orders import fulfil_waiting
from orders.api.rewards.views import orders as views
from orders.cancelling import Cancelling, cancelling_by_api
from orders.errors import WrongState
from orders.models import Order, OrderEvent, Payment
from orders.services import cancel_order as cancelling
from orders.services.audit_all_ledgers import audit_all_ledgers
from orders.services.cancel_order import cancel_order
from orders.services.complete_order import complete_order
from orders.services.refund_order import refund_order
from orders.services.what_cancelling_does import what_cancelling_does
from orders.vocabulary import Reason
from players.models import Player
from players.services.issue_api_key import issue_api_key
from tests.factories import ItemFactory, LootFactory
from tests.orders import states
from tests.orders.ordering import a_completed_order, a_loot_order
from tests.orders.reserving import a_player
from tests.placing import create, place
from tests.threads import Gate, threads, wait_until

pytestmark = pytest.mark.django_db(transaction=True)
HOW = Cancelling(reason=Reason.MISTAKE)
EACH = 10


@pytest.fixture(autouse=True)
def _patience(settings):
    settings.PLAYER_ORDER_LOCK_WAIT = timedelta(seconds=30)


@pytest.fixture
def order():
    loot = LootFactory(item=ItemFactory(), quantity=5)
    return a_loot_order(loot, player=a_player(coins=100))


def assert_cancelled_once(order):
    assert audit_all_ledgers(limit=10)["findings"] == []
    assert Payment.objects.filter(order=order, kind="refund").count() == 1
    assert OrderEvent.objects.filter(order=order, kind="cancellation").count() == 1
    assert order.messages.filter(event="order.cancelled").count() == 1
    assert PlayerOrder.objects.filter(source="REFUND").count() == 1
    order = Order.objects.get(pk=order.pk)
    assert (order.status, order.refunded) == ("cancelled", 100)
    assert Player.objects.get().coins == 100
    assert InventoryRecord.objects.get().count == 0
    assert (order.product.stock, order.product.reserved) == (10, 0)


def test_cancel_sent_by_api_and_staff_at_once_refunds_once(order):
    by_api = cancelling_by_api(Order.Status.COMPLETED, refund=True)

    with threads(2 * EACH) as start:
        calls = [
            call
            for _ in range(EACH)
            for call in (
                start(cancel_order, order, how=by_api, by="key:1"),
                start(cancel_order, order, how=HOW, by="staff:1", operation_id=uuid4()),
            )
        ]
        refusals = [call.exception() for call in calls]

    assert [type(refusal) for refusal in refusals if refusal] == [WrongState] * (2 * EACH - 1)
    assert_cancelled_once(order)


def test_one_form_that_is_sent_again_and_again_cancels_once_and_always_succeeds(order):
    seen = what_cancelling_does(Order.objects.get(pk=order.pk), HOW).seen
    operation_id = uuid4()
    asked = {"how": HOW, "by": "staff:1", "operation_id": operation_id, "seen": seen}

    with threads(2 * EACH) as start:
        calls = [start(cancel_order, order, **asked) for _ in range(2 * EACH)]
        answers = [call.result() for call in calls]

    assert {answer.status for answer in answers} == {"cancelled"}
    assert_cancelled_once(order)


@pytest.fixture
def before_the_lock(monkeypatch):
    """Calls of the API that cancel stop between the look-up of the order and its lock."""
    gate = Gate()

    def stop_and_cancel(order, **asked):
        gate.stop(order.status)
        return cancel_order(order, **asked)

    monkeypatch.setattr(views, "cancel_order", stop_and_cancel)
    yield gate
    gate.open()


@pytest.mark.parametrize(
    ("word", "status", "becomes"),
    [
        ("reservation", 400, ("completed", 0, "taken")),
        ("acquisition", 200, ("cancelled", 0, "written_off")),
    ],
)
def test_order_is_acquired_between_look_up_and_lock(before_the_lock, word, status, becomes):
    """Nothing is refunded: who has only `orders:cancel` cannot ask for it."""
    order = states.sent(player=a_player(coins=100))
    path = f"/orders/{order.player.uuid}/{word}/{order.transaction_id}"
    _, key = issue_api_key(name="server", scopes=["orders:cancel"], establishment=None)

    with threads(1) as start:
        call = start(Client().delete, path, headers={"Authorization": f"Bearer {key}"})
        wait_until(lambda: before_the_lock.came == ["reserved"])
        complete_order(order=order, by="key:1")
        before_the_lock.open()
        answer = call.result()

    assert answer.status_code == status
    order = Order.objects.get(pk=order.pk)
    assert (order.status, order.refunded, order.lines.get().stock) == becomes
    assert Player.objects.get().coins == 0
    assert Payment.objects.filter(kind="refund").count() == 0
    assert audit_all_ledgers(limit=10)["findings"] == []


def test_cancelling_and_refunding_at_once_give_back_what_was_paid_and_no_more():
    order = a_completed_order(player=a_player(coins=100))

    with threads(2 * EACH) as start:
        calls = [
            call
            for _ in range(EACH)
            for call in (
                start(refund_order, order, amount=order.total, reason=Reason.FRAUD, by="staff:1"),
                start(cancel_order, order, how=HOW, by="staff:2"),
            )
        ]
        refusals = [call.exception() for call in calls]

    assert [type(refusal) for refusal in refusals if refusal] == [WrongState] * (2 * EACH - 1)
    assert Player.objects.get().coins == 100
    assert audit_all_ledgers(limit=10)["findings"] == []


def test_cancelling_meets_orders_that_are_being_placed_and_done(order):
    """The player's orders on inventory come in and are done while the loot is taken back."""
    item = ItemFactory()

    with threads(3) as start:
        placing = start(lambda: [place(order.player, create(item), wait=False) for _ in range(20)])
        doing = start(lambda: [fulfil_waiting(1) for _ in range(20)])
        refusal = start(cancel_order, order, how=HOW, by="staff:1").exception()
        placing.result()
        doing.result()

    while fulfil_waiting(100):
        pass
    if refusal:
        assert refusal.code == "orders_waiting"
        cancel_order(Order.objects.get(pk=order.pk), how=HOW, by="staff:1")
    assert audit_all_ledgers(limit=10)["findings"] == []
    assert Order.objects.get().status == "cancelled"


@pytest.fixture
def without_locks(monkeypatch):
    """Orders are read, not locked; all who cancel have planned it before one of them does it."""
    gate, plan = Gate(), cancelling.plan_cancelling

    def unlocked(order_id):
        found = Order.objects.select_related("player", "establishment", "product", "delivery")
        return found.get(pk=order_id)

    def plan_and_stop(order, how):
        planned = plan(order, how)
        gate.stop(order.pk)
        return planned

    monkeypatch.setattr(cancelling, "lock_order", unlocked)
    monkeypatch.setattr(cancelling, "plan_cancelling", plan_and_stop)
    yield gate
    gate.open()


def test_fences_alone_refuse_the_second_cancellation(without_locks):
    order = a_completed_order(player=a_player(coins=100))

    with threads(2) as start:
        calls = [start(cancel_order, order, how=HOW, by="staff:1") for _ in range(2)]
        wait_until(lambda: len(without_locks.came) == 2)
        without_locks.open()
        refusals = [call.exception() for call in calls]

    assert [type(refusal) for refusal in refusals if refusal] == [IntegrityError]
    assert Player.objects.get().coins == 100
    assert audit_all_ledgers(limit=10)["findings"] == []
