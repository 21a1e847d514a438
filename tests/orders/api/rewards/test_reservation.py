"""POST and DELETE /orders/{playerId}/reservation."""

import re
from decimal import Decimal
from uuid import UUID

import pytest

from catalog.models import Product
from orders.models import Order, OrderEvent
from players.models import Establishment, Player
from tests.factories import EstablishmentFactory, ProductFactory, SupplierFactory
from tests.orders.reserving import a_player, a_reservation

pytestmark = pytest.mark.django_db


@pytest.fixture
def body(product, establishment):
    return {"productId": str(product.pk), "establishmentId": str(establishment.pk)}


def nothing_moved(player, product):
    player.refresh_from_db()
    product = Product.objects.get(pk=product.pk)
    return (Order.objects.count(), player.coins, product.reserved) == (0, 1_000, 0)


def test_reservation_answers_the_24_fields(api, path, body, player, product, establishment):
    product.supplier = SupplierFactory()
    product.save()

    answer = api.post(path("reservation"), {**body, "email": "user@user.com"})

    order = Order.objects.get()
    [event] = order.events.all()
    token = order.delivery.track_token
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/json"
    assert answer["Cache-Control"] == "no-store"
    shown = answer.json()
    date = shown.pop("date")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", date)
    assert order.created_at.isoformat().startswith(date[:-1])
    assert shown == {
        "operationId": str(event.operation_id),
        "orderType": "Reservation",
        "orderStatus": "Pending",
        "orderDisplayStatus": "Pending",
        "value": 100,
        "reference": "PROV-REF-000001",
        "playerId": str(player.uuid),
        "productId": str(product.pk),
        "playerEmail": "user@user.com",
        "firstName": "John",
        "lastName": "Doe",
        "establishmentId": str(establishment.pk),
        "establishmentName": establishment.name,
        "establishmentImage": "/icon.png",
        "establishmentThumbnailUrl": "/logo.png",
        "transactionId": str(order.transaction_id),
        "address": None,
        "country": None,
        "postalCode": None,
        "city": None,
        "province": None,
        "trackToken": token,
        "trackUrl": "http://127.0.0.1:8000/delivery"
        f"?token={token}&transactionId={order.transaction_id}",
    }
    assert re.fullmatch(r"[0-9a-z]{22}", token)
    assert (event.operation_id.version, order.transaction_id.version) == (4, 4)
    assert event.by == api.name


def test_reservation_that_knows_little_of_the_player_has_the_strings_that_are_required(
    api, path, body, player
):
    Player.objects.update(first_name="", last_name="", email="")
    Establishment.objects.update(image_url="", thumbnail_url="")

    shown = api.post(path("reservation"), body).json()

    required = ("firstName", "lastName", "establishmentImage", "establishmentThumbnailUrl")
    assert [shown[name] for name in required] == [""] * 4
    assert shown["playerEmail"] is None


@pytest.mark.parametrize(
    ("price", "sent", "value", "written"),
    [
        ("100", {}, "100", '"value":100,'),
        ("12.50", {}, "12.50", '"value":12.5,'),
        ("0", {}, "0", '"value":0,'),
        ("100", {"denomination": 0}, "0", '"value":0,'),
        ("100", {"denomination": 25}, "25", '"value":25,'),
        ("100", {"denomination": 25.0}, "25", '"value":25,'),
    ],
)
def test_reservation_costs_the_denomination_or_else_the_price(
    api, path, body, player, price, sent, value, written
):
    Product.objects.update(price=price)

    answer = api.post(path("reservation"), {**body, **sent})

    player.refresh_from_db()
    assert written in answer.content.decode()
    assert player.coins == 1_000 - Decimal(value)


def test_reservation_is_found_again_in_the_player_list(api, path, body):
    made = api.post(path("reservation"), body).json()

    again = api.post(path("reservation"), body)
    [listed] = api.get(path("players")).json()

    assert (again.status_code, again.json()) == (
        400,
        {"message": "Reservation already exists for this player and product"},
    )
    assert {name: listed[name] for name in made} == made
    assert Order.objects.count() == 1


WRONG_BODIES = [
    ({"productId": None}, "productId: This field may not be null."),
    ({"productId": "x"}, "productId: Must be a valid UUID."),
    ({"productId": 7}, "productId: Must be a valid UUID."),
    ({"productId": "{cd8ca7f8-550c-47cb-9563-e4d383aec965}"}, "productId: Must be a valid UUID."),
    ({"establishmentId": []}, "establishmentId: Must be a valid UUID."),
    ({"email": "nobody"}, "email: Enter a valid email address."),
    ({"email": ""}, "email: This field may not be blank."),
    (
        {"email": "a" * 250 + "@example.com"},
        "email: Ensure this field has no more than 254 characters.",
    ),
    ({"denomination": -1}, "denomination: Ensure this value is greater than or equal to 0."),
    ({"denomination": 1.5}, "denomination: A valid integer is required."),
    ({"denomination": "5"}, "denomination: A valid integer is required."),
    ({"denomination": True}, "denomination: A valid integer is required."),
    (
        {"denomination": 10**30},
        "denomination: Ensure this value is less than or equal to 2147483647.",
    ),
]


@pytest.mark.parametrize(("wrong", "message"), WRONG_BODIES)
def test_reservation_with_a_wrong_field_is_a_400(api, path, body, player, product, wrong, message):
    answer = api.post(path("reservation"), {**body, **wrong})

    assert (answer.status_code, answer.json()) == (400, {"message": message})
    assert nothing_moved(player, product)


@pytest.mark.parametrize("missing", ["productId", "establishmentId"])
def test_reservation_without_a_required_field_is_a_400(api, path, body, missing):
    del body[missing]

    answer = api.post(path("reservation"), body)

    assert (answer.status_code, answer.json()) == (
        400,
        {"message": f"{missing}: This field is required."},
    )


def product_gone():
    Product.objects.update(visible=False)


def product_paused():
    Product.objects.update(status="paused")


def product_of_another():
    Product.objects.update(establishment=EstablishmentFactory())


def player_poor():
    Player.objects.update(coins=99)


@pytest.mark.parametrize(
    ("arrange", "message"),
    [
        (product_gone, "Product not found"),
        (product_paused, "Product not found"),
        (product_of_another, "Product not found"),
        (player_poor, "Not enough coins"),
    ],
)
def test_reservation_that_is_refused_is_a_400(api, path, body, arrange, message):
    arrange()

    answer = api.post(path("reservation"), body)

    assert (answer.status_code, answer.json()) == (400, {"message": message})
    assert (Order.objects.count(), Product.objects.get().reserved) == (0, 0)


def test_reservation_of_what_is_sold_out_is_a_400(api, path, body, player):
    body["productId"] = str(ProductFactory(units=0).pk)

    answer = api.post(path("reservation"), body)

    assert (answer.status_code, answer.json()) == (400, {"message": "Product out of stock"})
    assert not Order.objects.exists()


@pytest.mark.parametrize("of", ["nobody", "no id", "another establishment"])
def test_reservation_for_a_player_who_is_not_there_is_a_400(api, body, product, of):
    who = {"nobody": UUID(int=1), "no id": "player-1", "another establishment": a_player().uuid}

    answer = api.post(f"/orders/{who[of]}/reservation", body)

    assert (answer.status_code, answer.json()) == (400, {"message": "Player not found"})
    assert not Order.objects.exists()


def test_reservation_in_another_establishment_is_forbidden(api, path, body, player, product):
    answer = api.post(
        path("reservation"), {**body, "establishmentId": str(EstablishmentFactory().pk)}
    )

    assert (answer.status_code, answer.json()) == (403, {"message": "Forbidden"})
    assert nothing_moved(player, product)


def test_a_key_of_no_establishment_reserves_in_that_of_the_player(
    as_key, path, body, player, product
):
    api = as_key("orders:create", of=None)

    elsewhere = {**body, "establishmentId": str(EstablishmentFactory().pk)}
    refused = api.post(path("reservation"), elsewhere)
    assert (refused.status_code, refused.json()) == (400, {"message": "Player not found"})
    assert nothing_moved(player, product)
    assert api.post(path("reservation"), body).status_code == 200


@pytest.mark.parametrize("by", ["token", "iframe"])
def test_players_choose_only_among_the_face_values(as_key, as_player, path, body, player, by):
    api = as_player("orders:*") if by == "token" else as_key("orders:create", player=player)

    refused = api.post(path("reservation"), {**body, "denomination": 1})
    Product.objects.update(denominations=[25, 50])
    other = api.post(path("reservation"), {**body, "denomination": 30})
    chosen = api.post(path("reservation"), {**body, "denomination": 50})

    said = {"message": "Denomination is not offered for this product"}
    assert (refused.status_code, refused.json()) == (400, said)
    assert (other.status_code, other.json()) == (400, said)
    assert (chosen.status_code, chosen.json()["value"]) == (200, 50)


def test_cancelled_reservation_answers_the_operation_record(api, path, player):
    order = a_reservation(player=player)

    answer = api.delete(path("reservation", order))

    player.refresh_from_db()
    reserved = order.events.get(kind=OrderEvent.Kind.RESERVATION)
    assert answer.status_code == 200
    assert answer.json() == {
        "operationId": str(reserved.operation_id),
        "transactionId": str(order.transaction_id),
        "orderType": "Reservation",
        "orderStatus": "Cancelled",
        "playerId": str(player.uuid),
        "productId": str(order.product_id),
        "date": order.created_at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
    }
    assert (player.coins, Product.objects.get().reserved) == (1_000, 0)
