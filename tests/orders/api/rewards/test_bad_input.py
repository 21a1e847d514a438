"""Whatever is sent, the answer is one of the documented ones, and nothing is done by halves."""

import pytest

from catalog.models import Product, StockMovement
from orders.models import Delivery, Order
from players.models import CoinEntry
from tests.factories import ProductFactory
from tests.orders.api.rewards import calls
from tests.orders.api.rewards.states import an_order

pytestmark = pytest.mark.django_db

BODIES = {
    "nothing": b"",
    "no json": b"{",
    "json cut off": b'{"a": "',
    "null": b"null",
    "a list": b"[]",
    "a number": b"1",
    "not a number": b'{"change": NaN}',
    "infinity": b'{"change": 1e999}',
    "lone surrogate": b'{"email": "\\ud800"}',
    "no utf-8": b'{"email": "\xff"}',
    "another encoding": '{"email": "a@b.c"}'.encode("utf-16"),
    "very deep": b'{"a":' * 5_000,
    "very deep list": b"[" * 5_000,
    "nul": b"\x00",
}
VALUES = [
    *(None, True, False, 0, -1, 1, 10**30, -(10**30), 1.5, 1e300, 5e-324),
    *(
        "",
        " ",
        "\x00",
        "a\x00b",
        "a" * 300,
        "a" * 100_000,
        "\U0001f600",
        "\u202e",
        "%00",
        "' OR 1=1",
    ),
    *("5", "NaN", "Infinity", "00000000-0000-0000-0000-000000000000", "٠" * 32),
    *([], [None], ["a"], [[]], {}, {"a": 1}, [{}], {"": None}),
]
# Of more fields than each takes, also such as are not its own.
FIELDS = {
    calls.RESERVE: ["productId", "establishmentId", "email", "denomination"],
    calls.UPDATE: ["email", "address", "country", "postalCode", "city"],
    calls.CAPTURE: list(calls.SEND),
    calls.TRACK: ["trackingNumber"],
    calls.CANCEL_ACQUISITION: ["refund"],
    calls.LIST: [
        *("search", "filters", "filters.status", "filters.price", "filters.price.min"),
        *("filters.price.max", "filters.nothing", "pagination", "pagination.page"),
        "pagination.limit",
    ],
    calls.COINS: ["establishmentId", "playerId", "change", "operation", "campaign"],
}
STATE_FOR = {
    calls.TRACK: "captured",
    calls.ACQUIRE: "captured",
    calls.CANCEL_ACQUISITION: "acquired",
}
STATUSES = {200, 400, 403, 404, 422}


def nested(name, value):
    for part in reversed(name.split(".")):
        value = {part: value}
    return value


def check(answer):
    """One of the documented answers, in the documented shape."""
    said = answer.json()
    assert answer.status_code in STATUSES, said
    if answer.status_code == 422:
        assert said
        assert all(
            isinstance(messages, list) and all(isinstance(message, str) for message in messages)
            for messages in said.values()
        )
    elif answer.status_code != 200:
        assert list(said) == ["message"]
        assert isinstance(said["message"], str)
        assert said["message"]


def sums_hold():
    """Coins and stock are what their ledgers say."""
    for product in Product.objects.all():
        moved = StockMovement.objects.filter(product=product).values_list(
            "stock_change", "reserved_change"
        )
        assert (product.stock, product.reserved) == tuple(map(sum, zip(*moved, strict=True)))
    last = CoinEntry.objects.exclude(player=None).order_by("-id").first()
    assert last.player.coins == last.balance


@pytest.fixture
def calling(api, player):
    order, product = None, ProductFactory()

    def making(name, body, **headers):
        nonlocal order
        order = order or an_order(STATE_FOR.get(name, "reserved"), player=player)
        return calls.call(
            api, name, player=player, order=order, product=product, body=body, **headers
        )

    return making


@pytest.mark.parametrize("name", FIELDS)
def test_a_body_that_is_no_json_object_is_a_400(calling, name):
    optional = {calls.CAPTURE, calls.CANCEL_ACQUISITION, calls.LIST}
    for what, body in BODIES.items():
        answer = calling(name, body)
        check(answer)
        assert (answer.status_code == 400) or (what == "nothing" and name in optional), what
    sums_hold()


@pytest.mark.parametrize("name", [calls.ACQUIRE, calls.CANCEL_RESERVATION])
def test_a_body_that_nobody_asked_for_is_an_object_or_a_400(calling, name):
    for what, body in BODIES.items():
        if what != "nothing":
            assert calling(name, body).status_code == 400, what
    sums_hold()

    assert calling(name, {"nothing": 1}).status_code == 200


@pytest.mark.parametrize("name", FIELDS)
def test_a_field_of_any_kind_is_taken_or_refused(calling, player, name):
    product = ProductFactory()
    good = calls.body_of(name, player=player, product=product)
    for field in FIELDS[name]:
        for value in VALUES:
            check(calling(name, {**good, **nested(field, value)}))
    sums_hold()


@pytest.mark.parametrize("name", FIELDS)
@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "application/xml",
    ],
)
def test_another_content_type_is_a_400(calling, name, content_type):
    answer = calling(name, b'{"trackingNumber": "1", "refund": true}', content_type=content_type)

    assert (answer.status_code, answer.json()) == (
        400,
        {"message": "Content-Type should be application/json"},
    )


def test_json_may_name_its_encoding(calling):
    answer = calling(calls.LIST, {}, content_type="Application/JSON; charset=utf-8")

    assert answer.status_code == 200


@pytest.mark.parametrize("name", FIELDS)
def test_a_body_that_is_too_long_is_a_400(calling, settings, name):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 20

    answer = calling(name, b'{"trackingNumber": "1"' + b" " * 20 + b"}")

    said = {"message": "The body should have at most 20 bytes"}
    assert (answer.status_code, answer.json()) == (400, said)


PATHS = ["1", "x", "me", "%00", "%ff", "%ed%a0%80", "a" * 2_000, "{}", "..%2f", "٠" * 36]


@pytest.mark.parametrize(
    "name", [name for name, (_, path, _) in calls.CALLS.items() if "{" in path]
)
def test_an_id_of_any_kind_names_nothing(api, player, name):
    order = an_order("reserved", player=player)
    method, path, body = calls.CALLS[name]
    for wrong in PATHS:
        for part in ("{player}", "{order}"):
            if part in path:
                ids = {"{player}": str(player.uuid), "{order}": str(order.transaction_id)}
                asked = path
                for placeholder, text in {**ids, part: wrong}.items():
                    asked = asked.replace(placeholder, text)
                answer = api.send(method, asked, body)
                if answer.status_code != 405:  # of a path that is another endpoint's
                    check(answer)
                    assert answer.status_code >= 400
    assert Order.objects.get().last_event == 1


@pytest.mark.parametrize("name", calls.CALLS)
@pytest.mark.parametrize("method", ["PATCH", "OPTIONS", "TRACE", "HEAD", "POST", "PUT", "DELETE"])
def test_another_method_is_a_405(api, player, name, method):
    order = an_order("reserved", player=player)
    _, path, _ = calls.CALLS[name]
    path = path.format(player=player.uuid, order=order.transaction_id)
    offered = {
        calls.CALLS[other][0]
        for other in calls.CALLS
        if calls.CALLS[other][1] == calls.CALLS[name][1]
    }
    offered |= {"HEAD"} if "GET" in offered else set()
    if method in offered:
        pytest.skip("it is offered")

    answer = api.send(method, path, {})

    assert answer.status_code == 405
    assert set(answer["Allow"].split(", ")) == offered
    if method != "HEAD":
        assert answer.json() == {"message": f'Method "{method}" not allowed'}
    assert Order.objects.get().last_event == 1


@pytest.mark.parametrize("name", [calls.PLAYER_LIST, calls.GET])
def test_head_answers_as_get_without_a_body(api, player, name):
    order = an_order("reserved", player=player)
    path = calls.CALLS[name][1].format(player=player.uuid, order=order.transaction_id)

    answer = api.send("HEAD", path)

    assert (answer.status_code, answer.content) == (200, b"")


@pytest.mark.parametrize(
    "path",
    [
        "/orders",
        "/orders/",
        "/orders/list/",
        "/orders/1/nothing",
        "/players",
        "/players/1",
        "/coins/",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "OPTIONS"])
def test_a_path_that_is_no_endpoint_is_a_404_of_the_dialect(api, path, method):
    answer = api.send(method, path)

    assert (answer.status_code, answer.json()) == (404, {"message": "Not found"})


@pytest.mark.parametrize("page", ["0", "-1", "x", "", "1e3", "9" * 400, "%00", "1.5"])
def test_a_page_that_is_none_is_a_400(api, path, page):
    answer = api.get(f"{path('players')}?page={page}")

    assert answer.status_code == 400
    assert answer.json()["message"].startswith("page: ")


def test_many_parameters_are_no_fault(api, path):
    answer = api.get(f"{path('players')}?" + "&".join(f"a{n}=1" for n in range(2_000)))

    assert answer.status_code == 400


@pytest.mark.parametrize("name", calls.CALLS)
def test_a_fault_of_ours_is_a_500_that_names_the_request(api, player, monkeypatch, name):
    def fail(*_arguments, **_named):
        raise RuntimeError("secret")

    for place in (
        "orders.api.rewards.doors.RewardsApi.find_order",
        "orders.api.rewards.views.orders.OrderViewSet.find_player",
        "orders.api.rewards.views.lists.list_rewards",
        "orders.api.rewards.views.lists.PlayerOrderListViewSet.find_player",
        "orders.api.rewards.views.coins.change_coins",
        "orders.api.rewards.views.webhooks.replay_webhooks",
    ):
        monkeypatch.setattr(place, fail)
    order = an_order("reserved", player=player)

    answer = calls.call(api, name, player=player, order=order, product=order.product)

    assert (answer.status_code, answer.json()) == (
        500,
        {"message": FAILURES[name], "requestId": answer["X-Request-ID"]},
    )


FAILURES = {
    calls.RESERVE: "Failed to reserve product.",
    calls.UPDATE: "Internal server error",
    calls.CAPTURE: "Failed to update product stock",
    calls.TRACK: "Failed to register tracking number.",
    calls.ACQUIRE: "Server error during acquisition.",
    calls.CANCEL_RESERVATION: "Server error while cancelling reservation.",
    calls.CANCEL_ACQUISITION: "Server error during cancellation.",
    calls.LIST: "Server error while retrieving orders.",
    calls.PLAYER_LIST: "Server error while fetching orders.",
    calls.GET: "Failed to retrieve transaction.",
    calls.COINS: "Failed to change the coin balance.",
    calls.REPLAY: "Failed to replay webhooks.",
}


def test_texts_are_stored_as_they_are_sent(api, path, player):
    order = an_order("reserved", player=player)
    text = "Ⅷ <b>'; DROP TABLE\u200f 😀"

    api.put(path("details", order), {"city": text, "address": f"  {text}\n"})

    delivery = Delivery.objects.get()
    assert (delivery.city, delivery.address_line1) == (text, text)
