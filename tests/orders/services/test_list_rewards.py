from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from django.core.cache import cache

from catalog.models import Product
from orders.models import Delivery, Order
from orders.services import find_rewards, list_rewards, reward_streams
from orders.services.list_rewards import list_rewards as ask
from tests.factories import EstablishmentFactory, PlayerFactory, ProductFactory
from tests.orders.selling import a_sale

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
STATUS = {"acquired": "completed", "cancelled": "cancelled"}


@pytest.fixture(autouse=True)
def _fresh_cache():
    cache.clear()


@pytest.fixture
def shop():
    return EstablishmentFactory()


@pytest.fixture
def reward(shop):
    """Write a reward as it would be listed: each a minute older than the one before."""
    made = []

    def write(*, number=None, product=None, display_status="acquired", total=100, **fields):
        moment = fields.pop("created_at", NOON - timedelta(minutes=len(made)))
        establishment = fields.pop("establishment", shop)
        order = Order.objects.create(
            transaction_id=UUID(int=number)
            if number
            else fields.pop("transaction_id", None) or UUID(int=(0xFFFF << 112) + len(made)),
            kind="reward",
            establishment=establishment,
            player=PlayerFactory(establishment=establishment),
            product=product or ProductFactory(),
            status=STATUS.get(display_status, "reserved"),
            display_status=display_status,
            total=total,
            created_at=moment,
            cancelled_at=moment if display_status == "cancelled" else None,
        )
        Delivery.objects.create(order=order)
        made.append(order)
        return order

    return write


def listed(shop, **asked):
    page = ask(establishment_id=shop and shop.pk, **asked)
    return page.rows


def test_list_has_the_establishments_rewards_newest_first(shop, reward):
    new, old = reward(), reward()
    reward(establishment=EstablishmentFactory())

    page = ask(establishment_id=shop.pk)

    assert page == list_rewards.RewardPage(
        rows=[new, old], total=2, total_is_estimate=False, has_more=False
    )


def test_list_of_all_establishments_is_one_list(shop, reward):
    first = reward()
    second = reward(establishment=EstablishmentFactory())
    third = reward()

    assert listed(None) == [first, second, third]


def test_list_without_any_establishment_is_empty():
    assert ask(establishment_id=None).rows == []


def test_list_orders_what_is_of_one_moment_by_transaction_id(shop, reward):
    late, early = reward(number=7, created_at=NOON), reward(number=3, created_at=NOON)

    assert listed(shop) == [early, late]
    assert listed(shop, limit=1, page=2) == [late]


def test_list_pages_show_each_order_once(shop, reward):
    orders = [reward() for _ in range(5)]

    pages = [ask(establishment_id=shop.pk, page=number, limit=2) for number in (1, 2, 3, 4)]

    assert [page.rows for page in pages] == [orders[:2], orders[2:4], orders[4:], []]
    assert [page.has_more for page in pages] == [True, True, False, False]
    assert [page.total for page in pages] == [5, 5, 5, 5]
    assert not any(page.total_is_estimate for page in pages)


@pytest.mark.parametrize("length", [1, 2, 3, 8, 9, 13, 14, 24, 36])
def test_search_finds_what_begins_so_whatever_the_case(shop, reward, length):
    found = reward(transaction_id=UUID("abcdef01-2345-4678-9abc-def012345678"))
    reward(transaction_id=UUID("bbcdef01-2345-4678-9abc-def012345678"))

    assert listed(shop, search=str(found.transaction_id)[:length].upper()) == [found]


@pytest.mark.parametrize(
    "search",
    [
        "-",
        "abcdef0-1",
        "abcdef012",
        "xyz",
        "ab%",
        "__",
        "ß",
        "'",
        "abcdef01-2345-4678-9abc-def0123456789",
    ],
)
def test_search_of_what_begins_no_id_finds_nothing(shop, reward, search):
    reward(transaction_id=UUID("abcdef01-2345-4678-9abc-def012345678"))

    assert ask(establishment_id=shop.pk, search=search) == list_rewards.RewardPage(
        rows=[], total=0, total_is_estimate=False, has_more=False
    )


def test_search_of_blanks_is_none(shop, reward):
    order = reward()

    assert listed(shop, search="  ") == [order]


def test_search_of_three_characters_finds_names_of_products(shop, reward):
    mug = ProductFactory(name="Signed Mug, 100 % brass")
    found = [reward(product=mug), reward(product=ProductFactory(name="a smug poster"))]
    reward(product=ProductFactory(name="globe"))

    assert listed(shop, search="MUG") == found
    assert listed(shop, search="0 %") == found[:1]
    assert listed(shop, search="mu") == []


def test_search_finds_the_union_of_names_and_ids_each_once(shop, reward):
    cafe = ProductFactory(name="cafe voucher")
    both = reward(product=cafe, transaction_id=UUID("cafe0000-0000-4000-8000-000000000001"))
    by_id = reward(transaction_id=UUID("cafe0000-0000-4000-8000-000000000002"))
    by_name = reward(product=cafe)

    page = ask(establishment_id=shop.pk, search="cafe")

    assert (page.rows, page.total) == ([both, by_id, by_name], 3)
    assert ask(establishment_id=shop.pk, search="cafe", page=2, limit=2).rows == [by_name]
    assert ask(establishment_id=shop.pk, search="cafe", page=1, limit=2).total == 3


def test_search_knows_no_names_of_another_establishments_products(shop, reward):
    other = EstablishmentFactory()
    own = reward(product=ProductFactory(name="mug", establishment=shop))
    theirs = ProductFactory(name="mug", establishment=other)
    unlikely = reward(product=theirs)
    elsewhere = reward(product=theirs, establishment=other)

    assert listed(shop, search="mug") == [own]
    assert listed(None, search="mug") == [own, unlikely, elsewhere]


SHOWN = ("pending", "sent", "delayed", "acquired", "cancelled")


def test_list_is_narrowed_by_any_of_the_statuses(shop, reward):
    orders = {status: reward(display_status=status) for status in SHOWN}

    found = listed(shop, display_statuses=["sent", "pending", "delayed"])

    assert found == [orders["pending"], orders["sent"], orders["delayed"]]
    assert listed(shop, display_statuses=["cancelled"]) == [orders["cancelled"]]


@pytest.mark.parametrize(
    ("minimum", "maximum", "found"),
    [
        (None, None, [5, 10, 10, 20]),
        (10, None, [10, 10, 20]),
        (None, 10, [5, 10, 10]),
        (10, 10, [10, 10]),
        (Decimal("5.01"), Decimal("9.99"), []),
        (0, 0, []),
        (20, 10, []),
        (Decimal("1e30"), Decimal("1e40"), []),
    ],
)
def test_list_is_narrowed_by_the_value_bounds_included(shop, reward, minimum, maximum, found):
    for total in (5, 10, 10, 20):
        reward(total=total)

    page = ask(establishment_id=shop.pk, minimum=minimum, maximum=maximum)

    assert ([order.total for order in page.rows], page.total) == (found, len(found))


@pytest.fixture(params=["merged", "all are read", "walked"])
def found_by(request, monkeypatch):
    """Each of the ways that the size of a search decides between."""
    if request.param != "merged":
        monkeypatch.setattr(reward_streams, "MAX_STREAMS", 0)
    if request.param == "walked":
        monkeypatch.setattr(find_rewards, "COUNTED", 0)
    return request.param


def test_all_that_narrows_the_list_narrows_it_together(shop, reward, found_by):
    mug = ProductFactory(name="mug")
    asked = {"display_statuses": ["sent", "acquired"], "minimum": 50, "maximum": 100}
    found = [
        reward(product=mug, display_status="sent", total=50),
        reward(product=mug, total=100),
    ]
    by_id = UUID("abc00000-0000-4000-8000-000000000000")
    reward(product=mug, total=101)
    reward(product=mug, total=50, display_status="pending")
    reward(total=50)
    other = reward(total=50, transaction_id=by_id)
    reward(total=49, transaction_id=UUID(int=by_id.int + 1))
    reward(total=50, display_status="cancelled", transaction_id=UUID(int=by_id.int + 2))

    page = ask(establishment_id=shop.pk, search="mug", **asked)

    assert page == list_rewards.RewardPage(
        rows=found, total=2, total_is_estimate=False, has_more=False
    )
    assert listed(shop, search="mug", limit=1, page=2, **asked) == found[1:]
    assert listed(shop, search="abc", **asked) == [other]
    assert listed(shop, search="ab", **asked) == [other]


def test_sales_are_not_listed(shop, reward):
    order = reward()
    a_sale(customer=order.player)

    assert listed(shop) == [order]
    assert listed(shop, minimum=1) == [order]


@pytest.fixture
def counted_to_two(monkeypatch):
    """What lies beyond the second order is far down."""
    monkeypatch.setattr(find_rewards, "COUNTED", 2)
    monkeypatch.setattr(list_rewards, "COUNTED", 2)


def test_total_of_many_is_an_estimate_and_never_less_than_what_is_known(
    shop, reward, counted_to_two
):
    orders = [reward() for _ in range(5)]

    pages = [ask(establishment_id=shop.pk, page=number, limit=2) for number in (1, 2, 3, 4)]

    assert [page.rows for page in pages] == [orders[:2], orders[2:4], orders[4:], []]
    assert [page.total for page in pages] == [3, 5, 5, 3]
    assert [page.total_is_estimate for page in pages] == [True, True, True, True]
    assert [page.has_more for page in pages] == [True, True, False, False]


def test_total_of_a_short_search_is_estimated_where_much_would_be_read(
    shop, reward, counted_to_two
):
    for number in range(3):
        reward(transaction_id=UUID(int=(0xA << 124) + number))

    page = ask(establishment_id=shop.pk, search="a", limit=1)

    assert (page.total, page.total_is_estimate, page.has_more) == (3, True, True)
    assert ask(establishment_id=shop.pk, search="b") == list_rewards.RewardPage(
        rows=[], total=0, total_is_estimate=False, has_more=False
    )


def test_page_far_down_goes_on_where_the_one_before_ended(shop, reward, counted_to_two):
    orders = [reward() for _ in range(6)]
    assert listed(shop, limit=2, page=2) == orders[2:4]

    newest = reward(created_at=NOON + timedelta(hours=1))

    assert listed(shop, limit=2, page=3) == orders[4:]
    assert listed(shop, limit=2, page=1) == [newest, orders[0]]


def test_page_far_down_of_one_list_says_nothing_of_another(shop, reward, counted_to_two):
    orders = [reward(total=1 + number % 2) for number in range(8)]
    listed(shop, limit=2, page=2)

    assert listed(shop, limit=2, page=2, minimum=2) == [orders[5], orders[7]]


def test_page_far_down_is_counted_where_the_cache_is_away(shop, reward, counted_to_two, settings):
    settings.CACHES = settings.CACHES | {
        "default": settings.CACHES["default"] | {"LOCATION": "redis://127.0.0.1:1/0"}
    }
    orders = [reward() for _ in range(6)]

    assert [listed(shop, limit=2, page=number) for number in (2, 3)] == [orders[2:4], orders[4:]]


@pytest.mark.parametrize("rows", [1, 3])
def test_list_asks_as_often_for_many_as_for_one(shop, reward, rows, django_assert_num_queries):
    for _ in range(rows):
        reward(product=ProductFactory(name="mug"))

    with django_assert_num_queries(4):  # products, prices, the places, their orders
        page = ask(establishment_id=shop.pk, search="mug", minimum=1)
        for order in page.rows:
            assert order.player.uuid
            assert order.product.name == "mug"
            assert order.delivery.tracking_number == ""


def test_list_of_products_that_are_not_offered_any_more(shop, reward):
    order = reward(product=ProductFactory(name="mug", status=Product.Status.RETIRED))

    assert listed(shop, search="mug") == [order]
