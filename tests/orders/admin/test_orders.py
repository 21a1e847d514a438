import pytest

from tests.orders.reserving import a_reservation
from tests.staff import staff, superuser

pytestmark = pytest.mark.django_db

ORDERS = "/admin/orders/order/"
PERSONAL = "orders.view_personal_data"


def found(client, term):
    page = client.get(ORDERS, {"q": term})
    return [row.pk for row in page.context["cl"].result_list]


def page_of(client, order):
    return client.get(f"{ORDERS}{order.pk}/change/")


@pytest.mark.parametrize(
    "name",
    ["transaction_id", "reference", "code", "delivery.track_token", "player.pk", "player.uuid"],
)
def test_order_is_found_by_what_people_quote(name):
    order, _ = a_reservation(), a_reservation()
    term = order
    for part in name.split("."):
        term = getattr(term, part)

    assert found(staff("view"), str(term)) == ([order.pk])


def test_page_opens():
    order = a_reservation()
    page = page_of(superuser(), order)
    assert page.status_code == 200
