"""Every endpoint and every caller: who may, and what is there for whom (DOMAIN 1.2, 4.6)."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.urls import resolve
from django.utils import timezone

from catalog.models import Product
from orders.api.rewards import endpoints
from orders.models import Order
from players.models import ApiKey
from players.scopes import IFRAME_SCOPES
from tests.factories import EstablishmentFactory, PlayerFactory, ProductFactory
from tests.orders.api.rewards import calls
from tests.orders.api.rewards.conftest import Api, basic
from tests.orders.api.rewards.states import an_order
from tests.orders.reserving import a_player

pytestmark = pytest.mark.django_db

UNAUTHORIZED = (401, {"message": "Unauthorized"})
FORBIDDEN = (403, {"message": "Forbidden"})
WRONG = (400, {"message": "Invalid operation or record status/type"})
NOT_FOUND = (404, {"message": "Transaction not found"})
STATE_FOR = {
    calls.TRACK: "captured",
    calls.ACQUIRE: "captured",
    calls.CANCEL_ACQUISITION: "acquired",
}
SCOPE = {
    calls.RESERVE: ["orders:create"],
    calls.UPDATE: ["orders:fulfil"],
    calls.CAPTURE: ["orders:fulfil"],
    calls.TRACK: ["orders:fulfil"],
    calls.ACQUIRE: ["orders:fulfil"],
    calls.CANCEL_RESERVATION: ["orders:cancel"],
    calls.CANCEL_ACQUISITION: ["orders:cancel", "orders:refund"],
    calls.LIST: ["orders:read"],
    calls.PLAYER_LIST: ["orders:read"],
    calls.GET: ["orders:read"],
    calls.COINS: ["coins:change"],
    calls.REPLAY: ["webhooks:replay"],
}
FOR_PLAYERS = {
    *(calls.RESERVE, calls.UPDATE, calls.CAPTURE),
    *(calls.PLAYER_LIST, calls.GET),
}
FOR_FRAMES = {calls.RESERVE, calls.UPDATE, calls.CAPTURE}
EVERYTHING = ("orders:*", "coins:change")


@pytest.fixture
def calling(player):
    """Makes a call that would be done for who may; tells whether anything was done."""

    def making(api, name):
        order = an_order(STATE_FOR.get(name, "reserved"), player=player)
        product = ProductFactory()

        def state():
            player.refresh_from_db()
            order = Order.objects.prefetch_related("events").get()
            return (order.last_event, player.coins, order.status)

        before = state()
        answer = calls.call(api, name, player=player, order=order, product=product)
        done = Order.objects.count() > 1 or state() != before
        return (answer.status_code, answer.json()), done

    return making


def endpoint_of(name):
    """The endpoint that answers the call."""
    method, path, _ = calls.CALLS[name]
    door = resolve(path.format(player=uuid4(), order=uuid4())).func
    return door.cls.endpoints[door.actions[method.lower()]]


def test_every_endpoint_is_called_and_has_a_scope():
    there_are = [each for each in vars(endpoints).values() if isinstance(each, endpoints.Endpoint)]
    called = {name: endpoint_of(name) for name in calls.CALLS}

    assert sorted(each.title for each in called.values()) == sorted(
        each.title for each in there_are
    )
    assert {name: scopes[0] for name, scopes in SCOPE.items()} == {
        name: each.scope for name, each in called.items()
    }


@pytest.mark.parametrize("name", calls.CALLS)
def test_nobody_may(calling, name):
    assert calling(Api(), name) == (UNAUTHORIZED, False)


@pytest.mark.parametrize("name", calls.CALLS)
def test_a_key_with_just_the_scope_may(as_key, calling, name):
    (status, _), _ = calling(as_key(*SCOPE[name]), name)

    assert status == 200


@pytest.mark.parametrize("name", calls.CALLS)
def test_a_key_with_all_but_one_of_the_scopes_may_not(as_key, calling, name):
    others = {scope for scopes in SCOPE.values() for scope in scopes} - {SCOPE[name][-1]}

    assert calling(as_key(*others, "inv:*"), name) == (FORBIDDEN, False)


@pytest.mark.parametrize("name", calls.CALLS)
def test_a_key_for_everything_and_of_no_establishment_may(as_key, calling, name):
    (status, _), _ = calling(as_key(*EVERYTHING, of=None), name)

    assert status == 200


@pytest.mark.parametrize("name", calls.CALLS)
def test_a_player_may_only_reserve_deliver_and_read(as_player, calling, name):
    (status, said), done = calling(as_player(*EVERYTHING), name)

    if name in FOR_PLAYERS:
        assert status == 200
    else:
        assert ((status, said), done) == (FORBIDDEN, False)


@pytest.mark.parametrize("name", calls.CALLS)
def test_a_player_needs_the_scope_too(as_player, calling, name):
    assert calling(as_player("inv:*"), name) == (FORBIDDEN, False)


@pytest.mark.parametrize("name", calls.CALLS)
def test_an_iframe_key_may_only_reserve_and_deliver(as_key, player, calling, name):
    api = as_key(*IFRAME_SCOPES, player=player)
    ApiKey.objects.update(scopes=list(EVERYTHING))  # it has not, but if it had

    (status, said), done = calling(api, name)

    if name in FOR_FRAMES:
        assert status == 200
    else:
        assert ((status, said), done) == (FORBIDDEN, False)


@pytest.mark.parametrize("name", calls.CALLS)
@pytest.mark.parametrize("by", ["token", "iframe key"])
def test_a_player_does_not_reach_another_one(as_key, as_player, establishment, calling, name, by):
    other = a_player(establishment=establishment)
    if by == "token":
        api = as_player(*EVERYTHING, of=other)
    else:
        api = as_key(*IFRAME_SCOPES, player=other)

    assert calling(api, name) == (FORBIDDEN, False)


@pytest.mark.parametrize("name", calls.CALLS)
def test_a_key_of_another_establishment_finds_nothing(as_key, calling, name):
    api = as_key(*EVERYTHING, of=EstablishmentFactory())

    (status, said), done = calling(api, name)

    assert not done
    if name == calls.LIST:
        assert (status, said["items"]) == (200, [])
    else:
        assert (status, said) == {
            calls.RESERVE: FORBIDDEN,  # the body names the establishment
            calls.COINS: FORBIDDEN,
            calls.REPLAY: FORBIDDEN,
            calls.UPDATE: NOT_FOUND,
            calls.CAPTURE: NOT_FOUND,
            calls.GET: NOT_FOUND,
            calls.PLAYER_LIST: (400, {"message": "Invalid player ID"}),
        }.get(name, WRONG)


def test_a_player_of_no_establishment_has_nothing_to_reserve(as_player, product):
    player = PlayerFactory()
    api = as_player("orders:*", of=player)
    body = {"productId": str(product.pk), "establishmentId": str(EstablishmentFactory().pk)}

    answer = api.post(f"/orders/{player.uuid}/reservation", body)

    assert (answer.status_code, answer.json()) == FORBIDDEN
    assert api.get(f"/players/{player.uuid}/orders").json() == []


def test_without_a_refund_the_scope_for_cancelling_is_enough(as_key, path, player):
    order = an_order("acquired", player=player)
    api = as_key("orders:cancel")

    refused = api.delete(path("acquisition", order), {"refund": True})
    done = api.delete(path("acquisition", order), {"refund": False})

    assert (refused.status_code, refused.json()) == FORBIDDEN
    assert done.status_code == 200


@pytest.fixture
def listing(as_key, player):
    """The answer to a call with what is made of a key that works."""
    text = as_key("orders:read").authorization.removeprefix("Bearer ")

    def calling(authorization):
        answer = Api(authorization(text)).get(f"/players/{player.uuid}/orders")
        return answer.status_code, answer.json()

    return calling


@pytest.mark.parametrize(
    "authorization",
    [
        basic,
        lambda key: basic(key).replace("Basic", "bAsIc"),
        "Bearer {}".format,
        "BEARER {}".format,
        "Bearer  {}".format,
    ],
)
def test_a_key_comes_by_basic_or_bearer(listing, authorization):
    assert listing(authorization) == (200, [])


@pytest.mark.parametrize(
    "authorization",
    [
        lambda key: basic(key, "password"),
        lambda key: basic("", key),
        lambda key: basic(key[:-1]),
        lambda _: "Basic",
        lambda _: "Basic !!!",
        lambda _: "Basic 77+9",
        lambda _: "Basic /w==",
        lambda _: "Basic é",
        lambda _: "Bearer",
        lambda _: "Bearer a.b.c",
        lambda _: "Bearer é.é.é",
        lambda _: "Bearer tpp_\udcff",
        lambda key: "Bearer " + key.swapcase(),
        lambda key: key,
        lambda key: f"Token {key}",
        lambda key: f"Bearer {key} {key}",
    ],
)
def test_a_credential_that_opens_nothing_is_a_401(listing, authorization):
    assert listing(authorization) == UNAUTHORIZED


def test_a_401_says_how_to_do_it(player):
    answer = Api().get(f"/players/{player.uuid}/orders")

    assert answer["WWW-Authenticate"] == (
        'Basic realm="rewards", charset="UTF-8", Bearer realm="rewards"'
    )


@pytest.mark.parametrize("condition", ["revoked", "expired"])
def test_a_key_that_is_over_is_a_401(listing, condition):
    now = timezone.now()
    fields = {
        "revoked": {"state": "revoked", "revoked_at": now},
        "expired": {"expires_at": now - timedelta(seconds=1)},
    }
    ApiKey.objects.update(**fields[condition])

    assert listing("Bearer {}".format) == UNAUTHORIZED


def test_a_rotated_key_and_its_successor_both_open(as_key, player):
    first, second = as_key("orders:read"), as_key("orders:read")

    answers = [api.get(f"/players/{player.uuid}/orders").status_code for api in (first, second)]

    assert answers == [200, 200]


def test_a_token_of_a_player_who_is_gone_is_a_401(as_player):
    player = PlayerFactory()
    api = as_player("orders:*", of=player)
    path = f"/players/{player.uuid}/orders"
    player.delete()

    answer = api.get(path)

    assert (answer.status_code, answer.json()) == UNAUTHORIZED


def test_the_products_of_another_establishment_are_not_there(api, path, player):
    product = ProductFactory(establishment=EstablishmentFactory())

    answer = calls.call(api, calls.RESERVE, player=player, order=None, product=product)

    assert (answer.status_code, answer.json()) == (400, {"message": "Product not found"})
    assert Product.objects.get(pk=product.pk).reserved == 0
