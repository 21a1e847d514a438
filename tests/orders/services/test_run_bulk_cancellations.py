from datetime import timedelta
from types import SimpleNamespace
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from orders.cancelling import BY_STATUS, CancellingMany, Coins
from orders.errors import BulkCancellationMoved, TooManyOrders
from orders.gateways.port import GatewaySilent
from orders.gateways.sandbox import SandboxGateway
from orders.models import BulkCancellation, Order
from orders.services import freeze_bulk_cancellation as freezing
from orders.services import run_bulk_cancellations as running
from orders.services.add_note import add_note
from orders.services.capture_delivery import capture_delivery
from orders.services.freeze_bulk_cancellation import freeze_bulk_cancellation
from orders.services.open_charge import IN_FLIGHT
from orders.services.run_bulk_cancellations import run_bulk_cancellations
from orders.services.steer_bulk_cancellation import (
    confirm_bulk_cancellation,
    look_at_bulk_cancellation,
    stop_bulk_cancellation,
)
from orders.vocabulary import Reason
from tests.factories import OfferFactory, UserFactory
from tests.orders import states
from tests.orders.looking import everything, timeline
from tests.orders.paying import a_paid_sale, pay
from tests.orders.reserving import ADDRESS, BY
from tests.orders.selling import a_sale

pytestmark = pytest.mark.django_db

HOW = CancellingMany(coins=BY_STATUS, reason=Reason.DUPLICATE, note="Ticket 4711")


@pytest.fixture
def four():
    """In each state that cancelling has another word for."""
    return {
        "cancelled": states.cancelled(),
        "reserved": states.reserved(),
        "unpaid": a_sale(OfferFactory(base_price=12)),
        "paid": a_paid_sale(OfferFactory(base_price=24)),
    }


def freeze(orders=None, **given):
    orders = Order.objects.all() if orders is None else orders
    given = {"query": "", "owner": UserFactory(), "operation_id": uuid4()} | given
    return freeze_bulk_cancellation(orders=orders, **given)


def work():
    run_bulk_cancellations(seconds=60)


def looked_at(how=HOW, **given):
    bulk = freeze(**given)
    look_at_bulk_cancellation(bulk, how=how, looks=0)
    work()
    return BulkCancellation.objects.get(pk=bulk.pk)


def cancelled(bulk):
    confirm_bulk_cancellation(bulk, looks=bulk.looks)
    work()
    return BulkCancellation.objects.get(pk=bulk.pk)


def rows(bulk):
    return {row.order_id: row.state for row in bulk.rows.all()}


def by_name(bulk, named):
    found = rows(bulk)
    return {name: found[order.pk] for name, order in named.items()}


def test_looking_asks_no_more_for_many_paid_sales_than_for_one():
    mug = OfferFactory()
    counts = []
    for count in (1, 1, 5):
        sales = [a_paid_sale(mug) for _ in range(count)]
        bulk = freeze(orders=Order.objects.filter(pk__in=[order.pk for order in sales]))
        look_at_bulk_cancellation(bulk, how=HOW, looks=0)
        with CaptureQueriesContext(connection) as asked:
            work()
        assert set(rows(bulk).values()) == {"able"}
        counts.append(len(asked))

    assert counts[1] == counts[2]


def test_each_is_looked_at_then_cancelled_and_has_its_result(four):
    before = everything()

    bulk = looked_at()

    assert everything() == before
    assert bulk.state == "shown"
    assert by_name(bulk, four) == {
        "cancelled": "unable",
        "reserved": "able",
        "unpaid": "able",
        "paid": "able",
    }
    amounts = {row.order_id: row.back for row in bulk.rows.all()}
    assert [amounts[order.pk] for order in four.values()] == [0, 100, 0, 24]

    bulk = cancelled(bulk)

    assert (bulk.state, bulk.size, bulk.leased_until) == ("done", 4, None)
    assert by_name(bulk, four) == {
        "cancelled": "unable",
        "reserved": "cancelled",
        "unpaid": "cancelled",
        "paid": "cancelled",
    }
    assert set(Order.objects.values_list("status", flat=True)) == {"cancelled"}
    event = four["paid"].events.get(kind="cancellation")
    assert (event.by, event.reason, event.note) == (
        f"staff:{bulk.owner_id}",
        "DUPLICATE",
        "Ticket 4711",
    )
    assert Order.objects.get(pk=four["paid"].pk).refunded == 24


def test_orders_are_those_that_matched_when_it_began(four):
    unpaid = Order.objects.filter(status="pending_payment")
    bulk = freeze(orders=unpaid)
    late = a_sale()

    look_at_bulk_cancellation(bulk, how=HOW, looks=0)
    work()
    bulk = cancelled(BulkCancellation.objects.get(pk=bulk.pk))

    assert rows(bulk) == {four["unpaid"].pk: "cancelled"}
    assert Order.objects.get(pk=late.pk).status == "pending_payment"


def test_frozen_twice_it_is_one(four):
    given = {"owner": UserFactory(), "operation_id": uuid4()}

    assert freeze(**given) == freeze(**given)

    assert BulkCancellation.objects.get().rows.count() == 4


def test_too_many_are_refused_and_leave_nothing(four, monkeypatch):
    monkeypatch.setattr(freezing, "MOST", 3)

    with pytest.raises(TooManyOrders):
        freeze()

    assert not BulkCancellation.objects.exists()


def test_one_that_moved_is_refused_and_the_others_are_done(four):
    bulk = looked_at()
    capture_delivery(order=four["reserved"], overrides=ADDRESS, by=BY)

    bulk = cancelled(bulk)

    assert by_name(bulk, four)["reserved"] == "refused"
    assert "has changed meanwhile" in bulk.rows.get(order=four["reserved"]).said
    assert Order.objects.get(pk=four["reserved"].pk).status == "reserved"
    assert by_name(bulk, four)["paid"] == "cancelled"


def test_payment_whose_fate_is_unknown_keeps_only_its_own_order():
    silent = a_paid_sale(token="tok_timeoutBefore")
    other = a_sale()

    bulk = cancelled(looked_at())

    assert rows(bulk)[other.pk] == "cancelled"
    assert rows(bulk)[silent.pk] in ("cancelled", "refused")
    assert bulk.state == "done"


def test_silent_gateway_is_asked_once_and_the_others_are_done(monkeypatch):
    unknown, asked = [a_sale() for _ in range(3)], []
    for order in unknown:
        pay(order, "tok_timeoutBefore")
    other = a_sale()

    def say_nothing(self, charge):
        asked.append(charge.key)
        raise GatewaySilent

    monkeypatch.setattr(SandboxGateway, "give_up", say_nothing)
    bulk = cancelled(looked_at())

    assert len(asked) == 1
    refused = {order.pk: "refused" for order in unknown}
    assert rows(bulk) == refused | {other.pk: "cancelled"}
    assert {row.said for row in bulk.rows.filter(state="refused")} == {IN_FLIGHT}


def test_no_order_is_begun_when_the_time_is_over(four, monkeypatch):
    bulk = looked_at()
    confirm_bulk_cancellation(bulk, looks=bulk.looks)
    clock = {"now": 0}
    monkeypatch.setattr(running, "time", SimpleNamespace(monotonic=lambda: clock["now"]))
    real = running.cancel_order

    def take_long(*args, **values):
        clock["now"] += 20
        return real(*args, **values)

    monkeypatch.setattr(running, "cancel_order", take_long)
    run_bulk_cancellations(seconds=30)

    ended = [*rows(bulk).values()]
    assert (ended.count("cancelled"), ended.count("able")) == (2, len(ended) - 3)
    assert BulkCancellation.objects.filter(pk=bulk.pk, state="running", leased_until=None).exists()


def test_worker_that_died_is_followed_by_another_and_nothing_is_done_twice(four, monkeypatch):
    bulk = looked_at()
    confirm_bulk_cancellation(bulk, looks=bulk.looks)
    cancel_order, calls = running.cancel_order, []

    def killed(order, **given):
        cancel_order(order, **given)
        calls.append(order)
        if len(calls) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(running, "cancel_order", killed)
    with pytest.raises(KeyboardInterrupt):
        work()
    assert sorted(rows(bulk).values()) == ["able", "able", "cancelled", "unable"]

    work()  # its lease is not over
    assert len(calls) == 2
    BulkCancellation.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
    work()

    bulk = BulkCancellation.objects.get()
    assert (bulk.state, bulk.leased_until) == ("done", None)
    for order in four.values():
        assert timeline(order).count("cancellation") == 1


def test_what_is_unexpected_is_told_of_one_and_keeps_none_of_the_others(four, monkeypatch):
    bulk = looked_at()
    cancel_order = running.cancel_order

    def broken(order, **given):
        if order.pk == four["unpaid"].pk:
            raise ZeroDivisionError
        return cancel_order(order, **given)

    monkeypatch.setattr(running, "cancel_order", broken)
    bulk = cancelled(bulk)

    assert bulk.rows.get(order=four["unpaid"]).said == running.UNEXPECTED
    assert by_name(bulk, four)["paid"] == "cancelled"


def test_stopped_it_cancels_no_more(four):
    bulk = looked_at()
    confirm_bulk_cancellation(bulk, looks=bulk.looks)
    before = everything()

    stop_bulk_cancellation(bulk)
    work()

    assert everything() == before
    assert BulkCancellation.objects.get().state == "stopped"


def test_other_choice_is_looked_at_anew_and_an_old_look_confirms_nothing(four):
    first = looked_at()
    look_at_bulk_cancellation(
        first, how=CancellingMany(coins=Coins.NONE, reason=Reason.FRAUD), looks=first.looks
    )
    work()
    before = everything()

    with pytest.raises(BulkCancellationMoved):
        confirm_bulk_cancellation(first, looks=first.looks)
    work()

    assert everything() == before
    second = BulkCancellation.objects.get()
    assert (second.state, second.looks) == ("shown", 2)
    assert {row.back for row in second.rows.all()} == {0}


def test_confirmed_twice_it_is_done_once(four):
    bulk = cancelled(looked_at())

    assert cancelled(bulk).state == "done"

    assert timeline(four["paid"]).count("cancellation") == 1


def test_note_meanwhile_keeps_nothing_from_being_cancelled(four):
    bulk = looked_at()
    add_note(order=four["reserved"], note="Called.", by="staff:1")

    assert by_name(cancelled(bulk), four)["reserved"] == "cancelled"


def test_choice_is_stored_whole():
    how = CancellingMany(coins=Coins.PART, amount=12.5, reason=None, note="Ünïcode", notify=False)

    assert CancellingMany.from_json(how.as_json()) == how
