"""Every state and everything that can be asked of the delivery side in it."""

import pytest

from catalog.models import Product
from config.errors import Refusal
from orders.models import Order
from orders.services.add_note import add_note
from orders.services.capture_delivery import capture_delivery, why_not_captured
from orders.services.complete_order import complete_order, why_not_completed
from orders.services.delay_order import delay_order, why_not_delayed
from orders.services.register_tracking import register_tracking, why_not_tracked
from orders.services.update_details import update_details, why_not_updated
from orders.vocabulary import Reason
from tests.factories import ProductFactory
from tests.orders import states
from tests.orders.looking import everything, last_event
from tests.orders.reserving import ADDRESS, BY

pytestmark = pytest.mark.django_db


def details(order):
    return update_details(order=order, changes={"city": "Rome"}, by=BY)


def capture(order):
    return capture_delivery(order=order, overrides=ADDRESS, by=BY)


def track(order):
    return register_tracking(order=order, tracking_number="TRACK-2", by=BY)


def delay(order):
    return delay_order(order=order, reason=Reason.PACKAGE_LOST, by=BY)


def complete(order):
    return complete_order(order=order, by=BY)


def note(order):
    return add_note(order=order, note="The player called.", by=BY)


ACTIONS = (details, capture, track, delay, complete, note)
WHY_NOT = {
    details: why_not_updated,
    capture: why_not_captured,
    track: why_not_tracked,
    delay: why_not_delayed,
    complete: why_not_completed,
}
# What people are shown afterwards; None: refused.
OUTCOMES = {
    #             details      capture      track   delay      complete    note
    "reserved": ("pending", "pending", None, "delayed", None, "pending"),
    "captured": ("pending", "pending", "sent", "delayed", "acquired", "pending"),
    "delayed": ("delayed", "delayed", "sent", "delayed", "acquired", "delayed"),
    "sent": ("sent", "sent", "sent", "delayed", "acquired", "sent"),
    "completed": (None, None, None, None, None, "acquired"),
    "cancelled": (None, None, None, None, None, "cancelled"),
    "refunded": (None, None, None, None, None, "cancelled"),
}
TABLE = [
    (state, action, outcome)
    for state, outcomes in OUTCOMES.items()
    for action, outcome in zip(ACTIONS, outcomes, strict=True)
]


def test_table_has_every_state():
    assert [*OUTCOMES] == [state.__name__ for state in states.STATES]


@pytest.mark.parametrize(("state", "action", "outcome"), TABLE)
def test_action_in_state(state, action, outcome):
    order = getattr(states, state)()
    before = everything()

    if outcome is None:
        with pytest.raises(Refusal) as refusal:
            action(order)

        assert refusal.value.code == "order_state"
        assert everything() == before
        assert last_event(order).note.endswith(f": {refusal.value.message}")
        assert WHY_NOT[action](order) == refusal.value.message
    else:
        done = action(order)

        order = Order.objects.get(pk=order.pk)
        assert (order.display_status, done.display_status) == (outcome, outcome)


@pytest.mark.parametrize(
    ("state", "action", "why_not"),
    [
        ("captured", capture, "The delivery details are captured already."),
        ("reserved", delay, ""),
        ("captured", track, ""),
        ("captured", complete, ""),
        ("reserved", details, ""),
        ("reserved", capture, ""),
    ],
)
def test_button_says_why_not_where_asking_again_would_do_nothing(state, action, why_not):
    assert WHY_NOT[action](getattr(states, state)()) == why_not


@pytest.mark.parametrize("state", ["reserved", "captured"])
def test_digital_product_is_completed_without_delivery_details(state):
    product = ProductFactory(kind=Product.Kind.DIGITAL, units=3)

    order = complete(getattr(states, state)(product=product))

    assert order.display_status == "acquired"
    product = Product.objects.get(pk=product.pk)
    assert (product.stock, product.reserved) == (2, 0)
