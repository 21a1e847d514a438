import pytest

from orders.cancelling import Cancelling
from orders.errors import OrderMoved, WrongState
from orders.models import Order, OrderEvent
from orders.services.cancel_order import cancel_order
from orders.services.confirm_delivery import confirm_delivery, fingerprint, why_not_confirmed
from orders.services.register_tracking import register_tracking
from orders.vocabulary import Reason
from tests.orders.reserving import ADDRESS, BY, a_reservation

pytestmark = pytest.mark.django_db
PLAYER = "player:1"


def confirm(order, seen=None, **changes):
    typed = ADDRESS | changes
    return confirm_delivery(order=order, typed=typed, seen=seen or fingerprint(order), by=PLAYER)


def events(order):
    return list(order.events.order_by("number").values_list("kind", "by"))


def stored(order):
    return Order.objects.values("delivery__city", "last_event", "product__stock").get(pk=order.pk)


def test_first_time_captures():
    order = confirm(a_reservation())

    assert order.delivery.captured_at is not None
    assert {name: getattr(order.delivery, name) for name in ADDRESS} == ADDRESS
    assert events(order) == [("reservation", BY), ("capture", PLAYER)]
    assert stored(order)["product__stock"] == 9


def test_later_it_corrects():
    order = confirm(confirm(a_reservation()), city="Paris")

    assert order.delivery.city == "Paris"
    assert events(order)[1:] == [("capture", PLAYER), ("details", PLAYER)]
    assert order.events.get(kind="details").after == {"city": "Paris"}


@pytest.mark.parametrize("shown", ["before", "after"])
def test_sent_twice_is_done_once(shown):
    order = a_reservation()
    seen = fingerprint(order)
    once = confirm(order)

    again = confirm(order, seen=seen if shown == "before" else fingerprint(once))

    assert again.delivery.captured_at == once.delivery.captured_at
    assert stored(again) == stored(once)


def test_what_changed_meanwhile_is_not_overwritten():
    order = a_reservation()
    seen = fingerprint(order)
    confirm(order, city="Paris")

    with pytest.raises(OrderMoved):
        confirm(order, seen=seen, city="Rome")

    assert stored(order) == {"delivery__city": "Paris", "last_event": 3, "product__stock": 9}
    refused = order.events.get(kind=OrderEvent.Kind.REFUSED)
    assert (refused.by, refused.after["code"]) == (PLAYER, "order_moved")


def test_what_was_sent_keeps_its_address():
    order = confirm(a_reservation())
    order = register_tracking(order=order, tracking_number="1Z", by=BY)

    with pytest.raises(WrongState):
        confirm(order, city="Rome")

    assert order.delivery.city == ADDRESS["city"]
    assert why_not_confirmed(order) == "The order has been sent."


def test_cancelled_order_takes_no_address():
    order = a_reservation()
    order = cancel_order(order, how=Cancelling(reason=Reason.PLAYER_REQUEST), by=BY)

    with pytest.raises(WrongState):
        confirm(order)

    assert stored(order)["delivery__city"] == ""
    assert why_not_confirmed(order) == "The order is cancelled."
