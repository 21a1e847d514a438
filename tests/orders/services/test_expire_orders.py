from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone
from structlog.testing import capture_logs

from catalog.models import Product
from orders import tasks
from orders.models import Order, Payment, WebhookMessage
from orders.services import expire_orders as expiring
from orders.services.expire_orders import expire_orders
from players.models import Player
from tests.factories import ProductFactory
from tests.orders import states
from tests.orders.looking import everything, last_event, timeline
from tests.orders.reserving import a_player, a_reservation

pytestmark = pytest.mark.django_db


def overdue(order=None, *, hours=1):
    """The order, as if its time had been over for so long."""
    order = order or a_reservation()
    order.expires_at = timezone.now() - timedelta(hours=hours)
    order.save()
    return order


def spoil(order):
    """Make that it cannot be cancelled: nothing is held for it, as if the books were wrong."""
    Product.objects.filter(pk=order.product_id).update(reserved=0)
    return order


def ended():
    return {*Order.objects.filter(status="cancelled").values_list("pk", flat=True)}


def test_reservation_that_ran_out_gives_everything_back_and_says_why():
    order = overdue(a_reservation(player=a_player(coins=150), product=ProductFactory(units=1)))

    assert expire_orders(10) == 1

    order = Order.objects.get()
    assert (order.status, order.display_status, order.cancel_reason, order.expires_at) == (
        "cancelled",
        "cancelled",
        "EXPIRED",
        None,
    )
    assert Player.objects.get().coins == 150
    assert Payment.objects.latest("pk").kind == "refund"
    product = Product.objects.get()
    assert (product.stock, product.reserved) == (1, 0)
    event = last_event(order)
    assert (event.kind, event.by, event.reason) == ("cancellation", "system", "EXPIRED")
    message = WebhookMessage.objects.latest("number")
    assert (message.event, message.data["reason"]) == ("order.cancelled", "EXPIRED")


def test_reservation_whose_time_has_not_come_or_does_not_come_is_left(settings):
    a_reservation()
    settings.RESERVATION_TTL = timedelta(0)
    assert a_reservation().expires_at is None
    before = everything()

    assert expire_orders(10) == 0

    assert everything() == before


@pytest.mark.parametrize(
    "state", [state for state in states.STATES if state is not states.reserved]
)
def test_order_that_went_on_does_not_run_out(state):
    assert state().expires_at is None


def test_captured_after_its_time_but_before_the_job_is_kept():
    order = overdue(a_reservation())
    captured = states.capture_delivery(order=order, overrides=states.ADDRESS, by="player:7")

    assert expire_orders(10) == 0

    assert captured.expires_at is None
    assert Order.objects.get().status == "reserved"


def test_batch_takes_those_that_wait_for_longest():
    orders = [overdue(hours=hours) for hours in (1, 3, 2)]

    assert expire_orders(2) == 2

    assert ended() == {orders[1].pk, orders[2].pk}


def test_order_that_cannot_be_cancelled_keeps_none_of_the_others(monkeypatch):
    monkeypatch.setattr(expiring, "PAGE", 2)
    bad = [spoil(overdue(hours=9)) for _ in range(3)]
    good = [overdue(hours=hours) for hours in (8, 1, 1)]
    before = Order.objects.filter(pk__in=[order.pk for order in bad]).values_list("status")

    with capture_logs() as logs:
        assert expire_orders(2) == 2
        assert expire_orders(2) == 1

    assert ended() == {order.pk for order in good}
    assert [*before] == [("reserved",)] * 3
    assert {(each["event"], each["code"]) for each in logs} == {
        ("order_not_released", "stock_short")
    }
    assert {each["order"] for each in logs} == {str(order) for order in bad}
    # However often it is tried, the timeline says so once.
    assert timeline(bad[0]) == ["reservation", "refused"]
    assert last_event(bad[0]).note.startswith("Release what ran out: ")


def test_fault_in_one_order_keeps_none_of_the_others(monkeypatch):
    bad, good = overdue(hours=9), overdue()
    cancel = expiring.cancel_order

    def fail(order, **how):
        if order.pk == bad.pk:
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1 / 0")
        return cancel(order, **how)

    monkeypatch.setattr(expiring, "cancel_order", fail)

    with capture_logs() as logs:
        assert expire_orders(10) == 1

    assert ended() == {good.pk}
    assert [(each["log_level"], each["order"]) for each in logs] == [("error", str(bad))]
    assert timeline(bad) == ["reservation"]


def test_task_goes_on_until_nothing_is_left(monkeypatch):
    monkeypatch.setattr(tasks, "EXPIRE_BATCH", 2)
    orders = {overdue().pk for _ in range(5)}

    tasks.expire_orders()

    assert ended() == orders


def test_task_ends_with_its_shift(monkeypatch):
    monkeypatch.setattr(tasks, "EXPIRE_BATCH", 2)
    monkeypatch.setattr(tasks, "SHIFT_SECONDS", 0)
    for _ in range(3):
        overdue()

    tasks.expire_orders()

    assert len(ended()) == 2


def test_clock_releases_what_ran_out(settings):
    entry = settings.CELERY_BEAT_SCHEDULE["release orders that ran out"]

    assert entry["task"] == tasks.expire_orders.name
