from uuid import uuid4

import pytest

from catalog.models import Product
from orders.errors import OrderNotFound, PaymentInFlight, WrongState
from orders.models import Order
from orders.services import cancel_sale as cancelling
from orders.services.cancel_sales import cancel_sales
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
