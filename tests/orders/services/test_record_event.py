from uuid import uuid4

import pytest
from django.db import transaction
from structlog.contextvars import bound_contextvars

from orders.errors import OperationIdTaken, WrongState
from orders.models import Order, OrderEvent
from orders.services.add_note import add_note
from orders.services.delay_order import delay_order
from orders.services.record_event import attempt
from orders.services.update_details import update_details
from orders.vocabulary import Reason
from players.errors import PlayerBusy
from tests.orders import states
from tests.orders.looking import everything, last_event, timeline
from tests.orders.reserving import BY, a_reservation

pytestmark = pytest.mark.django_db
REFUSAL = WrongState("It is not the time.")


def change_and_fail(order, what, error, *, by):
    with attempt(order, what, by=by):
        Order.objects.filter(pk=order.pk).update(reference="changed")
        raise error


def try_to(order, what="Dance", *, by=BY, error=REFUSAL):
    with pytest.raises(type(error)):
        change_and_fail(order, what, error, by=by)


def test_refused_attempt_is_undone_and_told():
    order = a_reservation()
    before = everything()

    with bound_contextvars(request_id="r-1"):
        try_to(order)

    assert everything() == before
    event = last_event(order)
    assert (event.kind, event.by, event.note) == ("refused", BY, "Dance: It is not the time.")
    assert event.after == {"attempt": "Dance", "code": "order_state"}
    assert event.request_id == "r-1"


def test_attempts_that_repeat_are_told_once_after_each_change():
    order = a_reservation()

    for _ in range(2):
        try_to(order, "Dance")
        try_to(order, "Sing")
    try_to(order, "Dance", by="staff:1")
    add_note(order=order, note="Stop it.", by="staff:1")
    try_to(order, "Dance")

    assert timeline(order) == ["reservation", *["refused"] * 3, "note", "refused"]
    assert order.events.latest("number").number == Order.objects.get().last_event == 6


def test_lock_that_was_not_free_tells_nothing_of_the_order():
    order = a_reservation()

    try_to(order, error=PlayerBusy("Later."))

    assert timeline(order) == ["reservation"]


def test_fault_is_undone_and_is_no_refusal():
    order = a_reservation()

    try_to(order, error=ZeroDivisionError())

    assert Order.objects.get().reference == order.reference
    assert timeline(order) == ["reservation"]


def test_refusal_within_a_transaction_that_is_undone_is_told_by_who_undoes_it():
    order = a_reservation()

    with pytest.raises(WrongState), attempt(order, "Outer", by=BY), attempt(order, "Inner", by=BY):
        raise WrongState("No.")

    assert [*order.events.filter(kind="refused").values_list("note", flat=True)] == ["Outer: No."]


def test_operation_id_of_another_order_is_refused():
    operation_id = uuid4()
    add_note(order=a_reservation(), note="One", by=BY, operation_id=operation_id)
    order = a_reservation()
    before = everything()

    with pytest.raises(OperationIdTaken):
        add_note(order=order, note="Two", by=BY, operation_id=operation_id)

    assert everything() == before
    assert timeline(order) == ["reservation", "refused"]


def test_operation_id_of_something_else_that_was_done_with_the_order_is_refused():
    order, operation_id = states.captured(), uuid4()
    add_note(order=order, note="One", by=BY, operation_id=operation_id)

    with pytest.raises(OperationIdTaken):
        delay_order(order=order, reason=Reason.CUSTOMS, by=BY, operation_id=operation_id)

    assert Order.objects.get().display_status == "pending"


def test_events_are_numbered_from_one_in_each_order():
    orders = [a_reservation(), a_reservation()]

    for order in orders * 2:
        add_note(order=order, note="One more", by=BY)

    assert [*OrderEvent.objects.order_by("order", "number").values_list("number", flat=True)] == [
        *(1, 2, 3),
        *(1, 2, 3),
    ]


def test_details_that_repeat_under_one_operation_id_are_done_once():
    order, operation_id = a_reservation(), uuid4()
    update_details(order=order, changes={"city": "Rome"}, by=BY, operation_id=operation_id)
    update_details(order=order, changes={"city": "Milan"}, by=BY)

    again = update_details(order=order, changes={"city": "Rome"}, by=BY, operation_id=operation_id)

    assert again.delivery.city == "Milan"


@pytest.mark.django_db(transaction=True)
def test_refusal_is_kept_where_the_transaction_of_the_attempt_is_gone():
    order = states.cancelled()

    with pytest.raises(WrongState):
        delay_order(order=order, reason=Reason.CUSTOMS, by="staff:1")

    assert not transaction.get_connection().in_atomic_block
    assert timeline(order) == ["reservation", "cancellation", "refused"]
