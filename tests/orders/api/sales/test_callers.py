"""Every endpoint and every caller: who may, and what is there for whom (DOMAIN 4.6)."""

import pytest
from django.urls import resolve
from django.utils import timezone

from orders.api.sales import endpoints
from orders.models import Order
from players.models import ApiKey
from players.services.issue_api_key import issue_api_key
from players.tokens import issue_player_token
from tests.factories import EstablishmentFactory, ProductFactory
from tests.orders.api.sales import calls
from tests.orders.api.sales.calls import Api, refusal
from tests.orders.api.sales.states import a_sale_that_is
from tests.orders.looking import everything
from tests.orders.reserving import a_reservation

pytestmark = pytest.mark.django_db

UNAUTHORIZED = (401, "UNAUTHORIZED", "Unauthorized")
FORBIDDEN = (403, "FORBIDDEN", "Forbidden")
NOT_THERE = (404, "ORDER_NOT_FOUND", "Order does not exist")
SCOPE = {
    calls.CREATE: "orders:create",
    calls.GET: "orders:read",
    calls.PROCESS_STATUS: "orders:fulfil",
    calls.COMPLETE_STATUS: "orders:fulfil",
    calls.CANCEL_STATUS: "orders:fulfil",
    calls.AWAIT_STATUS: "orders:fulfil",
    calls.BULK_CANCEL: "orders:cancel",
    calls.CANCEL_ITEM: "orders:fulfil",
    calls.VERIFY_ITEM: "orders:fulfil",
    calls.PROCESS: "orders:create",
    calls.AUTHORIZE: "orders:create",
    calls.CAPTURE: "orders:create",
    calls.VOID: "orders:cancel",
    calls.REFUND: "orders:refund",
    calls.LIST: "orders:read",
    calls.METRICS: "orders:read",
    calls.LIST_OFFERS: None,
    calls.GET_OFFER: None,
    calls.CREATE_OFFER: "offers:create",
}
PUBLIC = {calls.LIST_OFFERS, calls.GET_OFFER}
CLOSED = [name for name in calls.CALLS if name not in PUBLIC]
EVERYTHING = ("orders:*", "offers:create", "prices:set")
WELL = {200, 201}


@pytest.fixture
def calling(customer, establishment, new_offer):
    """Makes a call that would be done for who may; tells whether anything was done."""

    def making(api, name):
        offer = new_offer(id="offer_456")
        order = a_sale_that_is(
            calls.STATE_FOR.get(name, "awaiting payment"), offer, customer=customer
        )
        product = ProductFactory(establishment=establishment)
        before = everything()
        answer = calls.call(api, name, order=order, product=product)
        is_done = everything() != before or product.offers.exists()
        return answer, is_done

    return making


def endpoint_of(name):
    """The endpoint that answers the call."""
    method, path = calls.CALLS[name]
    door = resolve(path.format(order="ord_1")).func
    return door.cls.endpoints[door.actions[method.lower()]]


def test_every_endpoint_is_called():
    there_are = [each for each in vars(endpoints).values() if isinstance(each, endpoints.Endpoint)]

    assert {endpoint_of(name).title for name in calls.CALLS} == {
        each.title
        for each in there_are
        if each.scope != "orders:export"  # they have tests of their own
    }


@pytest.mark.parametrize("name", CLOSED)
def test_nobody_may(calling, name):
    answer, is_done = calling(Api(), name)

    assert (refusal(answer), is_done) == (UNAUTHORIZED, False)
    assert answer["WWW-Authenticate"].startswith('Bearer realm="sales", Basic')


@pytest.mark.parametrize("name", PUBLIC)
def test_anybody_may_read_offers_but_not_with_a_key_that_opens_nothing(calling, name):
    answer, _ = calling(Api(), name)

    assert answer.status_code == 200
    method, path = calls.CALLS[name]
    assert refusal(Api("Bearer tpp_none").send(method, path)) == UNAUTHORIZED


@pytest.mark.parametrize("name", CLOSED)
def test_a_key_with_just_the_scope_may(as_key, calling, name):
    answer, is_done = calling(as_key(SCOPE[name]), name)

    assert answer.status_code in WELL
    assert is_done == (name in calls.CHANGING)


@pytest.mark.parametrize("name", CLOSED)
def test_a_key_with_all_but_the_scope_may_not(as_key, calling, name):
    others = {*SCOPE.values(), "prices:set", "inv:*", "coins:change"} - {SCOPE[name], None}

    answer, is_done = calling(as_key(*others), name)

    assert (refusal(answer), is_done) == (FORBIDDEN, False)


@pytest.mark.parametrize("name", CLOSED)
def test_a_key_of_no_establishment_may(as_key, calling, name):
    answer, _ = calling(as_key(*EVERYTHING, of=None), name)

    assert answer.status_code in WELL


@pytest.mark.parametrize("name", calls.CALLS)
@pytest.mark.parametrize("by", ["token", "iframe key"])
def test_players_and_frames_may_not(customer, establishment, calling, name, by):
    if by == "token":
        api = Api(f"Bearer {issue_player_token(customer, EVERYTHING, now=timezone.now())}")
    else:
        _, text = issue_api_key(
            name="frame", scopes=["orders:create"], establishment=establishment, player=customer
        )
        ApiKey.objects.update(scopes=list(EVERYTHING))  # it has not, but if it had
        api = Api(f"Bearer {text}")

    answer, is_done = calling(api, name)

    assert (refusal(answer), is_done) == (FORBIDDEN, False)


@pytest.mark.parametrize("name", CLOSED)
def test_a_key_of_another_establishment_finds_nothing(as_key, calling, name):
    answer, is_done = calling(as_key(*EVERYTHING, of=EstablishmentFactory()), name)

    assert not is_done
    said = answer.json()
    if name == calls.LIST:
        assert said == {"value": [], "count": 0}
    elif name == calls.METRICS:
        assert said["totalOrders"] == 0
    elif name == calls.BULK_CANCEL:
        assert (said["cancelled"], said["failed"]) == (0, 1)
        assert said["results"][0]["error"]["code"] == "ORDER_NOT_FOUND"
    elif name == calls.CREATE:
        assert refusal(answer) == (400, "INVALID_REQUEST", "There is no customer cust_123")
    elif name == calls.CREATE_OFFER:
        assert refusal(answer)[:2] == (400, "INVALID_REQUEST")
    else:
        assert refusal(answer) == NOT_THERE


def test_rewards_are_not_there(as_key):
    reward = a_reservation()
    api = as_key("orders:*", of=None)

    for name in calls.OF_AN_ORDER:
        answer = calls.call(api, name, order=reward)
        if name != calls.BULK_CANCEL:
            assert refusal(answer) == NOT_THERE
    assert Order.objects.get().status == "reserved"
