import pytest

from orders.models import Order
from orders.services.change_sale_status import change_sale_status
from tests.orders.looking import announced, timeline
from tests.orders.selling import a_sale

pytestmark = pytest.mark.django_db


def test_sale_is_confirmed_and_completed_by_hand():
    order = a_sale()

    order = change_sale_status(order, to=Order.Status.PROCESSING, note="Paid", by="staff:1")
    order = change_sale_status(order, to=Order.Status.COMPLETED, note="Done", by="staff:1")

    order = Order.objects.get(pk=order.pk)
    assert (order.status, order.payment_status) == ("completed", "completed")
    assert timeline(order) == ["creation", "status", "completion"]
    assert announced(order) == ["order.created", "order.paid", "order.completed"]
