from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone
from structlog.testing import capture_logs

from catalog.models import Product
from orders import tasks
from orders.errors import PaymentRefused
from orders.gateways.port import GatewaySilent
from orders.gateways.sandbox import SandboxGateway
from orders.models import Order, Payment, WebhookMessage
from orders.services import expire_orders as expiring
from orders.services.expire_orders import expire_orders
from players.models import Player
from tests.factories import ProductFactory
from tests.orders import states
from tests.orders.looking import everything, last_event, timeline
from tests.orders.paying import a_paid_sale, pay
from tests.orders.reserving import a_player, a_reservation
from tests.orders.selling import a_sale

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


# --- Sales -------------------------------------------------------------------------------------


def found(order):
    """The order, its payment and the units that are held."""
    order = Order.objects.get(pk=order.pk)
    held = Product.objects.get(pk=order.lines.get().product_id).reserved
    return order.status, order.payment_status, held


@pytest.mark.parametrize("token", [None, "tok_chargeDeclined"])
def test_sale_that_nobody_paid_is_cancelled_and_says_why(token):
    order = a_sale()
    if token:
        with pytest.raises(PaymentRefused):
            pay(order, token)
    order = overdue(Order.objects.get(pk=order.pk))

    assert expire_orders(10) == 1

    assert found(order) == ("cancelled", "failed" if token else "voided", 0)
    order = Order.objects.get(pk=order.pk)
    assert (order.cancel_reason, order.expires_at) == ("PAYMENT_EXPIRED", None)
    event = last_event(order)
    assert (event.kind, event.by, event.reason) == ("cancellation", "system", "PAYMENT_EXPIRED")
    message = WebhookMessage.objects.latest("number")
    assert (message.event, message.data) == (
        "order.cancelled",
        {
            "orderId": order.code,
            "customerId": order.player.customer_code,
            "status": "cancelled",
            "paymentStatus": "failed" if token else "voided",
            "reason": "PAYMENT_EXPIRED",
        },
    )


def test_sale_that_was_paid_or_does_not_run_out_is_left(settings):
    a_paid_sale()
    settings.PAYMENT_TTL = timedelta(0)
    assert a_sale().expires_at is None
    before = everything()

    assert expire_orders(10) == 0

    assert everything() == before


@pytest.mark.parametrize(
    ("token", "values"), [("tok_timeoutBefore", {}), ("tok_visa", {"is_to_capture": False})]
)
def test_payment_on_its_way_is_given_up_before_the_units(token, values):
    order = a_sale()
    pay(order, token, **values)
    overdue(Order.objects.get(pk=order.pk))

    assert expire_orders(10) == 1

    assert found(order) == ("cancelled", "voided", 0)
    assert order.payments.get().status == "voided"


def test_payment_that_had_come_through_keeps_the_order():
    order = a_sale()
    pay(order, "tok_timeout")
    overdue(Order.objects.get(pk=order.pk))

    assert expire_orders(10) == 0

    assert found(order) == ("processing", "completed", 1)


def test_units_are_held_while_the_fate_of_a_payment_is_unknown(monkeypatch):
    order, other = a_sale(), a_sale()
    pay(order, "tok_timeoutBefore")
    for each in (order, other):
        overdue(Order.objects.get(pk=each.pk), hours=2 if each == order else 1)
    asked = []

    def stay_silent(_gateway, charge):
        asked.append(charge.key)
        raise GatewaySilent

    monkeypatch.setattr(SandboxGateway, "give_up", stay_silent)

    with capture_logs() as logs:
        assert [expire_orders(10), expire_orders(10)] == [1, 0]

    assert found(order) == ("pending_payment", "pending", 1)
    assert found(other) == ("cancelled", "voided", 0)
    payment = order.payments.get()
    # From then on it is for the job that settles payments, whose waits grow.
    assert (asked, payment.intent, payment.is_in_flight) == ([payment.code], "void", True)
    assert ("order_not_released_yet", "payment_in_flight") in {
        (each["event"], each.get("code")) for each in logs
    }


def test_gateways_are_asked_for_some_time_only(monkeypatch):
    monkeypatch.setattr(expiring, "ASKING_SECONDS", 0)
    order, other = a_sale(), a_sale()
    pay(order, "tok_timeoutBefore")
    for each in (order, other):
        overdue(Order.objects.get(pk=each.pk), hours=2 if each == order else 1)

    assert expire_orders(10) == 1

    assert found(order) == ("pending_payment", "pending", 1)
    assert found(other) == ("cancelled", "voided", 0)


def test_payment_begun_meanwhile_keeps_the_units(monkeypatch):
    order = overdue(a_sale())
    check = expiring._is_unpaid_for_good

    def pay_in_between(order, **values):
        is_unpaid = check(order, **values)
        pay(order, "tok_timeoutBefore")
        return is_unpaid

    monkeypatch.setattr(expiring, "_is_unpaid_for_good", pay_in_between)

    assert expire_orders(10) == 0

    assert found(order) == ("pending_payment", "pending", 1)
