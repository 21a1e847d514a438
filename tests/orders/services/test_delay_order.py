from uuid import uuid4

import pytest

from orders.errors import ReasonNotOffered
from orders.models import Order, WebhookMessage
from orders.services.delay_order import delay_order
from orders.vocabulary import DELAY_REASONS, Reason
from tests.orders import states
from tests.orders.looking import announced, everything, last_event, timeline

pytestmark = pytest.mark.django_db
STAFF = "staff:3"


@pytest.mark.parametrize("reason", DELAY_REASONS)
def test_delay_is_shown_and_announced_with_its_reason(reason):
    order = states.sent()

    delay_order(order=order, reason=reason, note="Ticket 4711", by=STAFF)

    order = Order.objects.get()
    assert (order.status, order.display_status, order.delay_reason) == (
        "reserved",
        "delayed",
        reason,
    )
    message = WebhookMessage.objects.latest("number")
    assert (message.event, message.data["reason"]) == ("order.delayed", reason)
    event = last_event(order)
    assert (event.kind, event.by, event.reason, event.note) == (
        "delay",
        STAFF,
        reason,
        "Ticket 4711",
    )
    assert event.before == {"display_status": "sent", "delay_reason": ""}
    assert event.after == {"display_status": "delayed", "delay_reason": reason}


@pytest.mark.parametrize("reason", [reason for reason in Reason if reason not in DELAY_REASONS])
def test_reason_that_is_none_of_a_delay_is_refused(reason):
    order = states.captured()
    before = everything()

    with pytest.raises(ReasonNotOffered):
        delay_order(order=order, reason=reason, by=STAFF)

    assert everything() == before
    assert timeline(order) == ["reservation", "capture", "refused"]


def test_delay_that_goes_on_is_announced_again():
    order = states.delayed()

    delay_order(order=order, reason=Reason.PACKAGE_LOST, by=STAFF)

    assert Order.objects.get().delay_reason == Reason.PACKAGE_LOST
    assert announced(order) == ["order.created", "order.delayed", "order.delayed"]


def test_operation_is_done_once():
    order, operation_id = states.captured(), uuid4()

    for _ in range(2):
        delay_order(order=order, reason=Reason.CUSTOMS, by=STAFF, operation_id=operation_id)

    assert announced(order) == ["order.created", "order.delayed"]
    assert last_event(order).operation_id == operation_id


def test_delay_does_not_stop_the_clock_of_a_reservation():
    order = states.reserved()

    delay_order(order=order, reason=Reason.CUSTOMS, by=STAFF)

    assert Order.objects.get().expires_at == order.expires_at
