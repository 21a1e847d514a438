from uuid import uuid4

import pytest

from catalog.models import Product
from orders.errors import OrderNotFound, PaymentInFlight, WrongState
from orders.gateways.port import GatewaySilent
from orders.gateways.sandbox import SandboxGateway
from orders.models import Order
from orders.services import cancel_sale as cancelling
from orders.services import give_up_payment as giving_up
from orders.services.cancel_sales import cancel_sales
from orders.services.settle_payments import settle_payment
from tests.factories import OfferFactory
from tests.orders.api.sales.states import STATES
from tests.orders.looking import everything, last_event, timeline
from tests.orders.paying import a_paid_sale, money
from tests.orders.reserving import a_reservation
from tests.orders.selling import a_customer, a_sale

pytestmark = pytest.mark.django_db
BY = "key:7"


def cancel(*orders, establishment=None, **values):
    """The codes with what each was refused for."""
    results = cancel_sales(
        [getattr(order, "code", order) for order in orders],
        reason="Customer request",
        by=BY,
        establishment_id=establishment.pk if establishment else None,
        **values,
    )
    return [(each.code, each.refusal and type(each.refusal)) for each in results]


def test_each_is_cancelled_for_itself():
    unpaid, paid = a_sale(), a_paid_sale()
    completed = STATES["completed"](a_sale())
    cancelled = STATES["cancelled"](a_sale())

    assert cancel(unpaid, "ord_unknown", completed, paid, cancelled) == [
        (unpaid.code, None),
        ("ord_unknown", OrderNotFound),
        (completed.code, WrongState),
        (paid.code, None),
        (cancelled.code, WrongState),
    ]

    assert money(unpaid) == ("cancelled", "voided", 0, 0)
    assert money(paid) == ("cancelled", "completed", paid.total, paid.total)
    assert money(completed)[0] == "completed"
    event = last_event(unpaid)
    assert (event.kind, event.by, event.note, event.reason) == (
        "cancellation",
        BY,
        "Customer request",
        "",
    )
    assert sum(Product.objects.values_list("reserved", flat=True)) == 0


def test_order_named_twice_is_cancelled_once_in_the_order_of_its_first_name():
    first, second = a_sale(), a_sale()

    assert cancel(second, first, second) == [(second.code, None), (first.code, None)]

    assert timeline(second) == ["creation", "cancellation"]


def test_orders_of_others_and_of_the_other_kind_are_not_found():
    order, reward, other = a_sale(), a_reservation(), a_customer().establishment
    before = everything()

    assert cancel(order, reward, establishment=other) == [
        (order.code, OrderNotFound),
        (reward.code, OrderNotFound),
    ]
    assert cancel(reward) == [(reward.code, OrderNotFound)]

    assert everything() == before
    assert cancel(order, establishment=order.establishment) == [(order.code, None)]


def test_order_whose_payment_is_not_known_keeps_none_of_the_others(monkeypatch):
    monkeypatch.setattr(cancelling, "give_up_payment", lambda *_, **__: None)
    unknown, other = STATES["in flight"](a_sale()), a_sale()

    assert cancel(unknown, other) == [(unknown.code, PaymentInFlight), (other.code, None)]

    assert money(unknown) == ("pending_payment", "pending", 0, 0)


def silent(monkeypatch):
    """The gateway says nothing any more; what it was asked to give up."""
    asked = []

    def say_nothing(self, charge):
        asked.append(charge.key)
        raise GatewaySilent

    monkeypatch.setattr(SandboxGateway, "give_up", say_nothing)
    return asked


def test_silent_gateway_is_asked_once_and_keeps_only_what_is_in_flight_there(monkeypatch):
    unknown, other = [STATES["in flight"](a_sale()) for _ in range(3)], a_sale()
    with monkeypatch.context() as patch:
        asked = silent(patch)

        assert cancel(*unknown, other) == [
            *[(order.code, PaymentInFlight) for order in unknown],
            (other.code, None),
        ]

        assert len(asked) == 1
    # What was not asked is given up by the job, and can be cancelled then.
    for order in unknown:
        settle_payment(order.payments.get().pk)
    assert cancel(*unknown) == [(order.code, None) for order in unknown]
    assert [money(order) for order in unknown] == [("cancelled", "voided", 0, 0)] * 3


def test_gateway_is_not_asked_when_the_time_for_it_is_over(monkeypatch):
    monkeypatch.setattr(giving_up, "ASKING_SECONDS", 0)
    asked = silent(monkeypatch)
    unknown, other = STATES["in flight"](a_sale()), a_sale()

    assert cancel(unknown, other) == [(unknown.code, PaymentInFlight), (other.code, None)]

    assert asked == []


def test_open_payment_is_given_up_first():
    order = STATES["in flight"](a_sale())

    assert cancel(order) == [(order.code, None)]

    assert money(order) == ("cancelled", "voided", 0, 0)


def test_operation_is_told_again_and_done_once():
    orders, operation_id = [a_sale(), a_paid_sale()], uuid4()
    told = cancel(*orders, operation_id=operation_id)
    before = everything()

    assert cancel(*orders, operation_id=operation_id) == told

    assert everything() == before
    assert [timeline(each)[-1] for each in orders] == ["cancellation"] * 2


@pytest.mark.parametrize("count", [1, 3])
def test_orders_are_looked_up_at_once(count, django_assert_max_num_queries):
    offer = OfferFactory()
    orders = [a_sale(offer) for _ in range(count)]

    with django_assert_max_num_queries(1 + 24 * count):
        cancel(*orders)

    assert Order.objects.filter(status="cancelled").count() == count
