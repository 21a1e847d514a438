from datetime import UTC, datetime
from uuid import uuid4

import pytest
import time_machine

from orders.models import Delivery, Order
from orders.services.delay_order import delay_order
from orders.services.register_tracking import register_tracking
from orders.vocabulary import Reason
from tests.orders import states
from tests.orders.looking import announced, everything, last_event, timeline
from tests.orders.reserving import BY

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 24, tzinfo=UTC)


def test_tracking_number_makes_the_order_sent_and_is_announced():
    order = states.captured()

    with time_machine.travel(NOW, tick=False):
        register_tracking(order=order, tracking_number="TRACK-1", by=BY)

    assert Delivery.objects.values_list("tracking_number", "sent_at").get() == ("TRACK-1", NOW)
    order = Order.objects.get()
    assert (order.status, order.display_status) == ("reserved", "sent")
    assert announced(order) == ["order.created", "order.sent"]
    event = last_event(order)
    assert (event.kind, event.by) == ("tracking", BY)
    assert event.before == {"tracking_number": "", "display_status": "pending"}
    assert event.after == {"tracking_number": "TRACK-1", "display_status": "sent"}


def test_same_number_again_does_nothing():
    order = states.sent()
    before, events = everything(), timeline(order)

    register_tracking(order=order, tracking_number="TRACK-1", by=BY)

    assert everything() == before
    assert timeline(order) == events


def test_another_number_replaces_it_and_is_announced_again():
    order = states.sent()

    with time_machine.travel(NOW, tick=False):
        register_tracking(order=order, tracking_number="TRACK-2", by=BY)

    assert Delivery.objects.values_list("tracking_number", "sent_at").get() == ("TRACK-2", NOW)
    assert announced(order) == ["order.created", "order.sent", "order.sent"]


@pytest.mark.parametrize("number", ["TRACK-1", "TRACK-2"])
def test_any_tracking_number_ends_a_delay(number):
    order = delay_order(order=states.sent(), reason=Reason.CUSTOMS, by="staff:3")

    register_tracking(order=order, tracking_number=number, by=BY)

    order = Order.objects.get()
    assert (order.display_status, order.delay_reason) == ("sent", "")
    assert announced(order) == ["order.created", "order.sent", "order.delayed", "order.sent"]


def test_operation_is_done_once():
    order, operation_id = states.captured(), uuid4()
    register_tracking(order=order, tracking_number="A", by=BY, operation_id=operation_id)
    register_tracking(order=order, tracking_number="B", by=BY)

    again = register_tracking(order=order, tracking_number="A", by=BY, operation_id=operation_id)

    assert again.delivery.tracking_number == "B"
    assert timeline(order) == ["reservation", "capture", "tracking", "tracking"]
