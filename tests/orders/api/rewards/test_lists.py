"""POST /orders/list and the two player lists."""

from decimal import Decimal

import pytest

from orders.api.rewards.views import lists
from orders.models import Order
from orders.services.delay_order import delay_order
from orders.services.list_rewards import RewardPage
from orders.vocabulary import Reason
from tests.factories import EstablishmentFactory, ProductFactory
from tests.orders.api.rewards.states import an_order
from tests.orders.reserving import a_player, a_reservation

pytestmark = pytest.mark.django_db

LIST = "/orders/list"


def test_the_list_has_the_documented_shape(api, player, establishment):
    order = an_order("tracked", player=player)

    answer = api.post(LIST, {"search": "", "filters": {}, "pagination": {"page": 1, "limit": 25}})

    date = order.created_at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    assert answer.status_code == 200
    assert answer.json() == {
        "envelope": {"type": "paginated", "dataPath": "items"},
        "meta": {
            "pagination": {"total": 1, "page": 1, "limit": 25, "hasMore": False},
            "filters": {},
            "sort": {"field": "date", "direction": "desc"},
            "paginationControls": {"nextPage": None, "previousPage": None},
        },
        "items": [
            {
                "operationId": str(order.events.get(kind="reservation").operation_id),
                "transactionId": str(order.transaction_id),
                "playerId": str(player.uuid),
                "establishmentId": str(establishment.pk),
                "productId": str(order.product_id),
                "productName": order.product.name,
                "orderType": "Reservation",
                "orderStatus": "Pending",
                "orderDisplayStatus": "Sent",
                "value": 100,
                "trackingNumber": "1Z",
                "date": date,
            }
        ],
    }


def test_the_list_takes_the_documents_example(api, player):
    a_reservation(player=player)
    body = {
        "search": "string",
        "filters": {"status": ["string"], "price": {"min": 0, "max": 0}},
        "pagination": {"page": 1, "limit": 25},
    }

    answer = api.post(LIST, body)

    assert (answer.status_code, answer.json()["items"]) == (200, [])
    assert answer.json()["meta"]["filters"] == body["filters"]


def test_the_list_needs_no_body_and_pages_newest_first(api, player):
    orders = [a_reservation(player=player) for _ in range(5)]
    newest = [str(order.transaction_id) for order in reversed(orders)]

    pages = [
        api.post(LIST, {"pagination": {"page": page, "limit": 2}}).json() for page in (1, 2, 3, 4)
    ]

    assert [[item["transactionId"] for item in page["items"]] for page in pages] == [
        newest[:2],
        newest[2:4],
        newest[4:],
        [],
    ]
    assert [page["meta"]["pagination"] for page in pages] == [
        {"total": 5, "page": page, "limit": 2, "hasMore": page < 3} for page in (1, 2, 3, 4)
    ]
    assert [page["meta"]["paginationControls"] for page in pages] == [
        {"nextPage": 2, "previousPage": None},
        {"nextPage": 3, "previousPage": 1},
        {"nextPage": None, "previousPage": 2},
        {"nextPage": None, "previousPage": 3},
    ]
    assert api.post(LIST).json()["meta"]["pagination"]["total"] == 5


@pytest.fixture
def listed(api):
    def listing(**body):
        return {item["transactionId"] for item in api.post(LIST, body).json()["items"]}

    return listing


@pytest.mark.parametrize(
    ("words", "states"),
    [
        (["Pending"], {"reserved", "captured", "tracked", "delayed"}),
        (["sENT"], {"tracked"}),
        (["delayed"], {"delayed"}),
        (["Completed"], {"acquired", "acquired, tracked"}),
        (["acquired"], {"acquired", "acquired, tracked"}),
        (["Cancelled"], {"reservation cancelled", "acquisition cancelled", "refunded"}),
        (["sent", "delayed", "nothing"], {"tracked", "delayed"}),
        (["nothing"], set()),
        ([], None),
    ],
)
def test_the_list_filters_by_either_status(listed, player, words, states):
    names = [
        *("reserved", "captured", "tracked", "acquired", "acquired, tracked"),
        *("reservation cancelled", "acquisition cancelled", "refunded"),
    ]
    orders = {name: str(an_order(name, player=player).transaction_id) for name in names}
    delayed = an_order("captured", player=player)
    delay_order(order=delayed, reason=Reason.CUSTOMS, by="staff:1")
    orders["delayed"] = str(delayed.transaction_id)

    found = listed(filters={"status": words}, pagination={"limit": 100})

    expected = orders.keys() if states is None else states
    assert found == {orders[name] for name in expected}


@pytest.mark.parametrize(
    ("price", "found"),
    [
        ({}, {1, 20, 30}),
        ({"min": 20}, {20, 30}),
        ({"max": 20}, {1, 20}),
        ({"min": 20, "max": 20}, {20}),
        ({"min": 20.01}, {30}),
        ({"min": 30, "max": 1}, set()),
    ],
)
def test_the_list_filters_by_value(listed, player, price, found):
    orders = {
        value: str(a_reservation(player=player, product=ProductFactory(price=value)).transaction_id)
        for value in (1, 20, 30)
    }

    assert listed(filters={"price": price}) == {orders[value] for value in found}


def test_the_list_is_searched_by_id_and_by_product(listed, player):
    hat = a_reservation(player=player, product=ProductFactory(name="A red HAT"))
    mug = a_reservation(player=player, product=ProductFactory(name="A mug"))
    hat_id, mug_id = str(hat.transaction_id), str(mug.transaction_id)

    assert listed(search="red h") == {hat_id}
    assert listed(search=mug_id.upper()) == {mug_id}
    assert listed(search=mug_id[:13]) == {mug_id}
    assert listed(search="ug") == set()


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"filters": {"state": []}}, "filters.state: Unknown filter."),
        ({"filters": {"price": {"most": 1}}}, "filters.price.most: Unknown filter."),
        ({"filters": {"price": {"min": "1"}}}, "filters.price.min: A valid number is required."),
        (
            {"filters": {"price": {"min": 1e11}}},
            "filters.price.min: Ensure this value is between -10000000000 and 10000000000.",
        ),
        ({"filters": {"status": ["a", 1]}}, "filters.status.1: Not a valid string."),
        (
            {"pagination": {"limit": 101}},
            "pagination.limit: Ensure this value is less than or equal to 100.",
        ),
        (
            {"pagination": {"page": 0}},
            "pagination.page: Ensure this value is greater than or equal to 1.",
        ),
        ({"search": 1}, "search: Not a valid string."),
    ],
)
def test_a_list_that_is_asked_wrongly_is_a_400(api, body, message):
    answer = api.post(LIST, body)

    assert (answer.status_code, answer.json()) == (400, {"message": message})


def test_the_list_shows_only_the_establishments_own(as_key, api, listed, player):
    own, other = a_reservation(player=player), a_reservation()

    assert listed() == {str(own.transaction_id)}
    everywhere = as_key("orders:read", of=None).post(LIST).json()["items"]
    assert {item["transactionId"] for item in everywhere} == {
        str(own.transaction_id),
        str(other.transaction_id),
    }


def test_the_list_says_where_its_total_is_an_estimate(api, monkeypatch):
    page = RewardPage(rows=[], total=12_000, total_is_estimate=True, has_more=True)
    monkeypatch.setattr(lists, "list_rewards", lambda **_: page)

    assert api.post(LIST).json()["meta"]["pagination"] == {
        "total": 12_000,
        "page": 1,
        "limit": 25,
        "hasMore": True,
        "totalIsEstimate": True,
    }


@pytest.mark.parametrize("rows", [1, 3])
def test_the_lists_ask_the_same_number_of_questions_however_long(
    api, path, player, rows, django_assert_num_queries
):
    for _ in range(rows):
        a_reservation(player=player)
    api.post(LIST)  # the use of the key is noted once a minute

    # The key; the orders' places, and the orders; their operations.
    with django_assert_num_queries(4):
        assert len(api.post(LIST).json()["items"]) == rows
    # The key; the player; the orders; their operations.
    with django_assert_num_queries(4):
        assert len(api.get(path("players")).json()) == rows
    # The key; the order; its operations.
    order = Order.objects.first()
    with django_assert_num_queries(3):
        api.get(path("players", order))


def test_the_player_list_has_whole_orders_newest_first(api, path, player):
    first, second = an_order("acquired", player=player), a_reservation(player=player)
    a_reservation()

    shown = api.get(path("players")).json()

    assert [one["transactionId"] for one in shown] == [
        str(second.transaction_id),
        str(first.transaction_id),
    ]
    assert [one["orderType"] for one in shown] == ["Reservation", "Acquisition"]
    assert {name: shown[1][name] for name in ("productName", "addressLine2", "refunded")} == {
        "productName": first.product.name,
        "addressLine2": "Apt 3",
        "refunded": 0,
    }
    one = api.get(path("players", first)).json()
    assert len(one.pop("operations")) == 2
    assert one == shown[1]


def test_the_player_list_goes_on_where_link_says(api, path, player, monkeypatch):
    monkeypatch.setattr(lists, "PLAYER_PAGE", 2)
    orders = [a_reservation(player=player) for _ in range(3)]

    first = api.get(path("players"))
    link = f'<{path("players")}?page=2>; rel="next"'
    assert (len(first.json()), first["Link"]) == (2, link)

    last = api.get(f"{path('players')}?page=2")
    assert [one["transactionId"] for one in last.json()] == [str(orders[0].transaction_id)]
    assert "Link" not in last


@pytest.mark.parametrize("who", ["nobody", "no id", "of another establishment"])
def test_the_list_of_a_player_who_is_not_there_is_a_400(api, who):
    ids = {
        "nobody": "00000000-0000-4000-8000-000000000000",
        "no id": "player-1",
        "of another establishment": a_player(establishment=EstablishmentFactory()).uuid,
    }

    answer = api.get(f"/players/{ids[who]}/orders")

    assert (answer.status_code, answer.json()) == (400, {"message": "Invalid player ID"})


def test_amounts_have_two_decimals_at_most(api, path, player):
    a_reservation(player=player, product=ProductFactory(price=Decimal("0.10")))

    assert '"value":0.1,' in api.get(path("players")).content.decode()
