from datetime import UTC, datetime
from uuid import uuid4

import pytest
import time_machine

from catalog.models import Product, StockMovement
from orders.errors import DeliveryIncomplete, OperationIdTaken, WrongState
from orders.models import Delivery, Order, OrderLine
from orders.models.deliveries import RECIPIENT
from orders.services.capture_delivery import capture_delivery
from orders.services.complete_order import complete_order
from tests.factories import ProductFactory
from tests.orders import states
from tests.orders.looking import announced, everything, last_event, timeline
from tests.orders.reserving import ADDRESS, BY, a_player, a_reservation

pytestmark = pytest.mark.django_db


@pytest.fixture
def order():
    player = a_player(first_name="Jane", last_name="Roe", email="jane@example.com")
    return a_reservation(player=player)


def test_capturing_takes_the_unit_out_of_stock_and_ends_the_wait(order):
    with time_machine.travel(datetime(2026, 3, 24, tzinfo=UTC), tick=False):
        captured = capture_delivery(order=order, overrides=ADDRESS, by="player:7")

    assert captured.delivery.captured_at == datetime(2026, 3, 24, tzinfo=UTC)
    order = Order.objects.get()
    assert (order.status, order.display_status, order.expires_at) == ("reserved", "pending", None)
    product = Product.objects.get()
    assert (product.stock, product.reserved) == (9, 0)
    assert OrderLine.objects.get().stock == "taken"
    taken = StockMovement.objects.latest("pk")
    assert (taken.kind, taken.stock_change, taken.reserved_change) == ("take", -1, -1)
    assert taken.by == "player:7"
    assert announced(order) == ["order.created"]


def test_overrides_replace_what_is_stored_and_the_rest_stays(order):
    overrides = {name: ADDRESS[name] for name in ADDRESS if name not in ("first_name", "email")}

    capture_delivery(order=order, overrides=overrides, by=BY)

    [delivery] = Delivery.objects.values(*RECIPIENT)
    assert delivery == {**ADDRESS, "first_name": "Jane", "email": "jane@example.com"}
    event = last_event(order)
    assert event.kind == "capture"
    assert event.before == {name: {"last_name": "Roe"}.get(name, "") for name in overrides}
    assert event.after == overrides


@pytest.mark.parametrize("state", [states.captured, states.delayed, states.sent])
def test_repetition_is_as_it_is_and_its_overrides_are_ignored(state):
    order = state()
    before, events = everything(), timeline(order)

    again = capture_delivery(order=order, overrides={"city": "Rome", "country": ""}, by=BY)

    assert everything() == before
    assert timeline(order) == events
    assert again.delivery.city == "Los Angeles"
    assert again.delivery.captured_at == order.delivery.captured_at


def test_operation_is_done_once_also_when_the_order_has_moved_on(order):
    operation_id = uuid4()
    capture_delivery(order=order, overrides=ADDRESS, by=BY, operation_id=operation_id)
    complete_order(order=order, by=BY)
    before, events = everything(), timeline(order)

    again = capture_delivery(order=order, overrides=ADDRESS, by=BY, operation_id=operation_id)

    assert again.status == "completed"
    assert (everything(), timeline(order)) == (before, events)
    assert order.events.get(kind="capture").operation_id == operation_id


def test_operation_of_another_order_is_refused(order):
    operation_id = uuid4()
    capture_delivery(order=a_reservation(), overrides=ADDRESS, by=BY, operation_id=operation_id)
    before = everything()

    with pytest.raises(OperationIdTaken):
        capture_delivery(order=order, overrides=ADDRESS, by=BY, operation_id=operation_id)

    assert everything() == before


def test_incomplete_address_is_refused_by_field_and_nothing_moves(order):
    before = everything()

    with pytest.raises(DeliveryIncomplete) as refusal:
        capture_delivery(order=order, overrides={"city": "Rome", "last_name": ""}, by=BY)

    missing = ["last_name", "address_line1", "country", "postal_code"]
    assert refusal.value.details == {name: ["This field is required."] for name in missing}
    assert everything() == before
    event = last_event(order)
    assert (event.kind, event.by) == ("refused", BY)
    assert event.note == (
        "Capture the delivery details: The delivery details are incomplete:"
        " last name, address line 1, country, postal code"
    )


def test_second_line_province_and_mail_are_not_needed():
    order = a_reservation(player=a_player(email=""))
    needless = {"address_line2": "", "province": "", "email": ""}

    captured = capture_delivery(order=order, overrides=ADDRESS | needless, by=BY)

    assert captured.delivery.captured_at


def test_digital_product_needs_no_address():
    product = ProductFactory(kind=Product.Kind.DIGITAL, units=2)
    order = a_reservation(product=product, player=a_player(first_name="", last_name=""))

    captured = capture_delivery(order=order, overrides={"email": "jane@example.com"}, by=BY)

    assert captured.delivery.captured_at
    product = Product.objects.get(pk=product.pk)
    assert (product.stock, product.reserved) == (1, 0)


def test_product_that_was_paused_meanwhile_is_delivered(order):
    product = Product.objects.get()
    product.pause()
    product.save()

    assert capture_delivery(order=order, overrides=ADDRESS, by=BY).delivery.captured_at


def test_refused_repetitions_are_told_once(order):
    order = states.cancelled()

    for by in (BY, BY, "staff:1", BY):
        with pytest.raises(WrongState):
            capture_delivery(order=order, overrides=ADDRESS, by=by)

    assert timeline(order) == ["reservation", "cancellation", "refused", "refused"]
