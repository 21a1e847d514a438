"""How often the hot paths ask the database, from the key to the answer."""

import pytest

from players.services.issue_api_key import issue_api_key
from tests.factories import ProductFactory
from tests.orders.reserving import a_player, a_reservation

pytestmark = pytest.mark.django_db

ADDRESS = {
    "firstName": "John",
    "lastName": "Doe",
    "addressLine1": "Main St 1",
    "city": "Los Angeles",
    "country": "US",
    "postalCode": "90210",
}


@pytest.fixture
def player():
    return a_player()


@pytest.fixture
def ask(client, player):
    """Call as the player's establishment, whose key has been used a moment ago."""
    _, key = issue_api_key(name="test", scopes=["orders:*"], establishment=player.establishment)

    def call(path, body):
        answer = client.post(
            path,
            body,
            content_type="application/json",
            headers={"authorization": f"Bearer {key}"},
        )
        assert answer.status_code == 200, answer.content
        return answer.json()

    call("/orders/list", {})
    return call


def test_reservation_asks_so_often(ask, player, django_assert_num_queries):
    body = {
        "productId": str(ProductFactory().pk),
        "establishmentId": str(player.establishment_id),
    }

    # Two are of the test's own transaction. Ten rows are written, and two changed.
    with django_assert_num_queries(20):
        ask(f"/orders/{player.uuid}/reservation", body)


def test_send_asks_so_often(ask, player, django_assert_num_queries):
    order = a_reservation(player=player)

    with django_assert_num_queries(16):
        ask(f"/orders/{player.uuid}/send/{order.transaction_id}", ADDRESS)


@pytest.mark.parametrize("rows", [1, 3])
def test_list_asks_as_often_for_many_as_for_one(ask, player, rows, django_assert_num_queries):
    for _ in range(rows):
        a_reservation(player=player)

    with django_assert_num_queries(4):  # the key, the places, their orders, their operations
        assert len(ask("/orders/list", {})["items"]) == rows
