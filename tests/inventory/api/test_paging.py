"""Pages of orders, as DOMAIN 2.8 has them."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.signing import Signer
from django.utils import timezone

from inventory.models import PlayerOrder
from tests.factories import PlayerFactory

ME = "/inventory/v2/player/me/order"


@pytest.fixture
def noon():
    return timezone.now().replace(microsecond=0) - timedelta(days=1)


@pytest.fixture
def orders(place, noon):
    """Orders `0` to `4` from noon on; the middle three were accepted in one microsecond."""
    for name, minutes in [("0", 0), ("1", 5), ("2", 5), ("3", 5), ("4", 9)]:
        order = place(order_id=name, wait=False)
        PlayerOrder.objects.filter(pk=order.pk).update(
            created_time=noon + timedelta(minutes=minutes)
        )


def names(page):
    return "".join(order["order_id"] for order in page["data"])


def walk(api, **query):
    """The names on every page, following the cursor until a page is not full."""
    pages = []
    while True:
        page = api.get(ME, query).json()
        pages.append(names(page))
        if len(page["data"]) < page["page"]["limit"]:
            return pages
        query = {"cursor": page["page"]["cursor"], "limit": page["page"]["limit"]}


@pytest.mark.parametrize(
    ("sort", "limit", "pages"),
    [
        ("asc", 1, ["0", "1", "2", "3", "4", ""]),
        ("asc", 2, ["01", "23", "4"]),
        ("asc", 3, ["012", "34"]),
        ("asc", 5, ["01234", ""]),
        ("asc", 50, ["01234"]),
        ("desc", 1, ["4", "3", "2", "1", "0", ""]),
        ("desc", 2, ["43", "21", "0"]),
        ("desc", 3, ["432", "10"]),
        ("desc", 50, ["43210"]),
    ],
)
def test_pages_show_every_order_once_also_those_of_one_moment(api, orders, sort, limit, pages):
    assert walk(api, sort=sort, limit=limit) == pages


@pytest.mark.parametrize(
    ("sort", "minutes", "found"),
    [
        ("asc", 0, "01234"),
        ("asc", 1, "1234"),
        ("asc", 5, "1234"),
        ("asc", 6, "4"),
        ("asc", 9, "4"),
        ("asc", 10, ""),
        ("desc", 10, "43210"),
        ("desc", 9, "43210"),
        ("desc", 6, "3210"),
        ("desc", 5, "3210"),
        ("desc", 0, "0"),
        ("desc", -1, ""),
    ],
)
@pytest.mark.usefixtures("orders")
def test_starting_position_is_inclusive(api, noon, sort, minutes, found):
    start = noon + timedelta(minutes=minutes)

    for position in (start.isoformat(), int(start.timestamp()), f"{start.timestamp():.1f}"):
        page = api.get(ME, {"sort": sort, "starting_position": position}).json()

        assert names(page) == found
        assert page["page"] == {
            "starting_position": start.isoformat(timespec="microseconds"),
            "cursor": page["page"]["cursor"],
            "sort": sort,
            "limit": 10,
        }
        assert bool(page["page"]["cursor"]) is bool(found)


@pytest.mark.usefixtures("orders")
def test_starting_position_beside_a_cursor_is_not_looked_at(api):
    cursor = api.get(ME, {"limit": 2}).json()["page"]["cursor"]

    page = api.get(ME, {"cursor": cursor, "starting_position": "garbage"})

    assert (page.status_code, names(page.json())) == (200, "234")
    assert page.json()["page"]["starting_position"] is None


def test_page_defaults_are_echoed(api):
    assert api.get(ME).json() == {
        "data": [],
        "page": {"starting_position": None, "cursor": None, "sort": "asc", "limit": 10},
    }


def test_page_holds_ten_orders_unless_told_otherwise(api, place):
    for number in range(11):
        place(order_id=str(number), wait=False)

    assert len(api.get(ME).json()["data"]) == 10
    assert len(api.get(ME, {"limit": 50}).json()["data"]) == 11


def test_cursor_wins_over_starting_position(api, orders, noon):
    first = api.get(ME, {"limit": 2}).json()["page"]
    query = {"limit": 2, "starting_position": noon.isoformat(), "cursor": first["cursor"]}

    second = api.get(ME, query).json()

    assert names(second) == "23"
    assert (second["page"]["starting_position"], second["page"]["limit"]) == (None, 2)


@pytest.mark.parametrize(
    ("made_for", "sent", "found"), [("asc", "desc", "23"), ("desc", "asc", "21")]
)
def test_cursor_direction_wins_over_sort(api, orders, made_for, sent, found):
    cursor = api.get(ME, {"limit": 2, "sort": made_for}).json()["page"]["cursor"]

    page = api.get(ME, {"limit": 2, "sort": sent, "cursor": cursor}).json()

    assert (names(page), page["page"]["sort"]) == (found, made_for)


def test_cursor_of_the_last_page_finds_what_comes_later(api, orders, place):
    last = api.get(ME).json()["page"]
    assert last["cursor"] is not None

    empty = api.get(ME, {"cursor": last["cursor"]}).json()
    assert empty == {"data": [], "page": last}

    place(order_id="5", wait=False)
    assert names(api.get(ME, {"cursor": last["cursor"]}).json()) == "5"


def test_page_may_be_stored_and_sent_back_whole(api, orders, noon):
    start = noon + timedelta(minutes=10)
    page = api.get(ME, {"starting_position": start.isoformat()}).json()["page"]
    assert page == {
        "starting_position": start.isoformat(timespec="microseconds"),
        "cursor": None,
        "sort": "asc",
        "limit": 10,
    }

    again = {name: value for name, value in page.items() if value is not None}

    assert api.get(ME, again).json() == {"data": [], "page": page}


def forged(text):
    return f"{text[:-1]}{'A' if text[-1] != 'A' else 'B'}"


@pytest.mark.parametrize(
    "change",
    [
        forged,
        lambda cursor: cursor[1:],
        lambda cursor: cursor + "x",
        lambda _: Signer(salt="elsewhere").sign_object(["asc", "2026-01-01T00:00:00+00:00", 1]),
    ],
)
def test_cursor_that_we_did_not_make_is_refused(api, orders, change):
    cursor = api.get(ME).json()["page"]["cursor"]

    response = api.get(ME, {"cursor": change(cursor)})

    assert (response.status_code, response.json()) == (
        422,
        {
            "detail": [
                {
                    "loc": ["query", "cursor"],
                    "msg": "Input should be a cursor that an earlier page gave",
                    "type": "cursor_invalid",
                }
            ]
        },
    )


def test_cursor_is_the_same_for_the_same_place(api, orders):
    assert api.get(ME).json()["page"]["cursor"] == api.get(ME).json()["page"]["cursor"]


def test_list_forgets_what_is_not_recent(api, orders, noon, settings):
    settings.PLAYER_ORDER_RECENT = timezone.now() - noon - timedelta(minutes=1)

    assert names(api.get(ME).json()) == "1234"
    assert names(api.get(ME, {"sort": "desc"}).json()) == "4321"
    assert names(api.get(ME, {"starting_position": 0}).json()) == "1234"


def test_list_shows_unfinished_orders_too(api, place):
    place(order_id="done")
    place(order_id="accepted", wait=False)

    data = api.get(ME).json()["data"]

    assert [(order["order_id"], "result" in order["entries"][0]) for order in data] == [
        ("done", True),
        ("accepted", False),
    ]


def test_list_shows_the_orders_of_one_player_only(api, orders, place):
    place(by=PlayerFactory(), order_id="theirs", wait=False)

    assert names(api.get(ME).json()) == "01234"


@pytest.mark.parametrize("sort", ["asc", "desc"])
def test_list_starts_anywhere_in_time(api, orders, sort):
    for position in (datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)):
        assert (
            api.get(ME, {"sort": sort, "starting_position": position.isoformat()}).status_code
            == 200
        )


def test_list_needs_no_sort_and_no_count(api, orders, django_assert_num_queries):
    """The index of a player's orders is in the order of the page."""
    cursor = api.get(ME, {"limit": 1}).json()["page"]["cursor"]

    with django_assert_num_queries(4) as queries:
        api.get(ME, {"limit": 1, "cursor": cursor})

    assert not any("COUNT(" in query["sql"] for query in queries)
