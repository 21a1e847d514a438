"""PUT details, POST send, POST track."""

import re
from uuid import uuid4

import pytest

from catalog.models import Product
from config.one_line import NOT_ONE_LINE
from orders.models import Delivery, Order
from tests.factories import ProductFactory
from tests.orders.api.rewards.calls import DETAILS, SEND
from tests.orders.api.rewards.states import an_order

pytestmark = pytest.mark.django_db

REQUIRED = ["This field is required."]
MORE_THAN_A_LINE = [
    "A\r\nBcc: b@c.de",
    "A\nB",
    "A\x1b[31m",
    "A\x85B",
    "A\u2028B",
    "A\u2029B",
    "\u202eA",
    "\u2066A",
]


@pytest.fixture
def order(player):
    return an_order("reserved", player=player)


def test_details_change_what_is_sent(api, path, order):
    before = Delivery.objects.values().get()

    answer = api.put(path("details", order), DETAILS)

    assert (answer.status_code, answer.json()) == (
        200,
        {"success": True, "message": "Order details updated successfully"},
    )
    assert Delivery.objects.values().get() == {
        **before,
        "email": "jane@example.com",
        "address_line1": "High St 2",
        "country": "GB",
        "postal_code": "N1",
        "city": "London",
    }


def test_details_leave_what_is_not_sent(api, path, order):
    api.put(path("details", order), DETAILS)
    before = Delivery.objects.values().get()

    assert api.put(path("details", order), {"city": "York", "nothing": 1}).status_code == 200

    assert Delivery.objects.values().get() == {**before, "city": "York"}


@pytest.mark.parametrize("body", [{}, {"nothing": 1}])
@pytest.mark.parametrize("is_known", [True, False])
def test_details_that_are_empty_are_a_400_before_the_order_is_looked_up(
    api, path, order, body, is_known
):
    if not is_known:
        order.transaction_id = uuid4()

    answer = api.put(path("details", order), body)

    assert (answer.status_code, answer.json()) == (400, {"message": "No details were given"})


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({"email": "nobody"}, {"email": ["Enter a valid email address."]}),
        (
            {"city": 7, "country": None},
            {"city": ["Not a valid string."], "country": ["This field may not be null."]},
        ),
        (
            {"postalCode": "1" * 33},
            {"postalCode": ["Ensure this field has no more than 32 characters."]},
        ),
        (
            {"address": "a\x00"},
            {"address": [NOT_ONE_LINE, "Null characters are not allowed."]},
        ),
    ],
)
def test_details_that_are_wrong_are_a_422_by_field(api, path, order, body, fields):
    before = Delivery.objects.values().get()

    answer = api.put(path("details", order), {**body, "postalCode": body.get("postalCode", "N1")})

    assert (answer.status_code, answer.json()) == (422, fields)
    assert Delivery.objects.values().get() == before


@pytest.mark.parametrize("text", MORE_THAN_A_LINE)
@pytest.mark.parametrize("method", ["put", "post"])
def test_texts_that_are_more_than_a_line_are_a_422_by_field(api, path, order, method, text):
    word, body = {"put": ("details", DETAILS), "post": ("send", SEND)}[method]
    texts = dict.fromkeys(body.keys() - {"email"}, text)
    before = Delivery.objects.values().get()

    answer = getattr(api, method)(path(word, order), texts)

    said = {name: [NOT_ONE_LINE] for name in texts}
    assert (answer.status_code, answer.json()) == (422, said)
    assert Delivery.objects.values().get() == before


def test_mail_addresses_have_no_controls(api, path, order):
    before = Delivery.objects.values().get()

    answer = api.put(path("details", order), {"email": '"a\x07b"@example.com'})

    assert (answer.status_code, answer.json()) == (422, {"email": [NOT_ONE_LINE]})
    assert Delivery.objects.values().get() == before


def test_details_of_a_captured_order_cannot_be_emptied(api, path, player):
    order = an_order("captured", player=player)

    answer = api.put(path("details", order), {"address": "", "city": " ", "email": ""})

    assert (answer.status_code, answer.json()) == (422, {"address": REQUIRED, "city": REQUIRED})
    assert Delivery.objects.get().city == "Los Angeles"


def test_send_answers_the_14_fields(api, path, order, player):
    answer = api.post(path("send", order), SEND)

    assert answer.status_code == 200
    shown = answer.json()
    captured_at = shown.pop("deliveryDetailsCapturedAt")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", captured_at)
    assert shown == {
        "operationId": str(order.events.get(kind="reservation").operation_id),
        "transactionId": str(order.transaction_id),
        "orderType": "Reservation",
        "orderStatus": "Pending",
        "orderDisplayStatus": "Pending",
        "playerId": str(player.uuid),
        "productId": str(order.product_id),
        "establishmentId": str(order.establishment_id),
        "value": 100,
        "playerName": "John Doe",
        "playerEmail": "john@example.com",
        "address": {
            "firstName": "John",
            "lastName": "Doe",
            "addressLine1": "Main St 1",
            "addressLine2": "Apt 3",
            "city": "Los Angeles",
            "province": "CA",
            "country": "US",
            "postalCode": "90210",
            "email": "john@example.com",
        },
    }


def test_send_keeps_what_is_stored_and_omitted(api, path, order, player):
    api.put(path("details", order), DETAILS)

    shown = api.post(path("send", order), {"city": "York", "lastName": "Roe"}).json()

    assert shown["playerName"] == "John Roe"
    assert shown["address"] == {
        "firstName": "John",
        "lastName": "Roe",
        "addressLine1": "High St 2",
        "addressLine2": "",
        "city": "York",
        "province": "",
        "country": "GB",
        "postalCode": "N1",
        "email": "jane@example.com",
    }


def test_send_again_answers_the_same_and_changes_nothing(api, path, order):
    first = api.post(path("send", order), SEND)

    again = api.post(path("send", order), {**SEND, "city": "York", "email": "x@example.com"})

    assert (again.status_code, again.json()) == (200, first.json())
    product = Product.objects.get()
    assert (product.stock, product.reserved) == (9, 0)
    assert Delivery.objects.get().city == "Los Angeles"


def test_send_without_a_body_takes_what_is_stored(api, path, order):
    incomplete = api.post(path("send", order))
    api.put(path("details", order), DETAILS)

    assert incomplete.status_code == 422
    assert api.post(path("send", order)).status_code == 200


def test_send_of_an_incomplete_address_is_a_422_by_field(api, path, order):
    answer = api.post(path("send", order), {"city": "", "lastName": " ", "province": "CA"})

    assert (answer.status_code, answer.json()) == (
        422,
        dict.fromkeys(("lastName", "addressLine1", "city", "country", "postalCode"), REQUIRED),
    )
    assert (Product.objects.get().stock, Delivery.objects.get().captured_at) == (10, None)
    assert Delivery.objects.get().province == ""


def test_send_of_what_is_digital_needs_no_address(api, path, player):
    order = an_order("reserved", player=player, product=ProductFactory(kind="digital"))

    shown = api.post(path("send", order), {"firstName": "", "lastName": "", "email": ""}).json()

    assert (shown["playerName"], shown["playerEmail"]) == (None, None)
    assert shown["address"] == dict.fromkeys(SEND, "")


def test_send_names_every_wrong_field_of_path_and_body(api, order, player):
    bad_path = api.post("/orders/player-1/send/x", SEND)
    bad_body = api.post(
        f"/orders/{player.uuid}/send/{order.transaction_id}", {"email": "x", "city": []}
    )

    uuid = ["Must be a valid UUID."]
    assert (bad_path.status_code, bad_path.json()) == (
        422,
        {"playerId": uuid, "transactionId": uuid},
    )
    assert (bad_body.status_code, bad_body.json()) == (
        422,
        {"email": ["Enter a valid email address."], "city": ["Not a valid string."]},
    )


def test_track_saves_the_number_and_shows_it(api, path, player):
    order = an_order("captured", player=player)

    answer = api.post(path("track", order), {"trackingNumber": " 1Z 999 "})

    shown = api.get(path("players", order)).json()
    assert (answer.status_code, answer.json()) == (
        200,
        {"message": "Tracking number saved successfully."},
    )
    assert (shown["trackingNumber"], shown["orderDisplayStatus"]) == ("1Z 999", "Sent")


def test_track_replaces_the_number_and_repeats_nothing(api, path, player):
    order = an_order("tracked", player=player)
    told = Order.objects.get().last_message

    same = api.post(path("track", order), {"trackingNumber": "1Z"})
    assert (same.status_code, Order.objects.get().last_message) == (200, told)

    other = api.post(path("track", order), {"trackingNumber": "2Z"})
    assert (other.status_code, Order.objects.get().last_message) == (200, told + 1)
    assert Delivery.objects.get().tracking_number == "2Z"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, "This field is required."),
        ({"trackingNumber": ""}, "This field may not be blank."),
        ({"trackingNumber": "  "}, "This field may not be blank."),
        ({"trackingNumber": 5}, "Not a valid string."),
        ({"trackingNumber": "1" * 101}, "Ensure this field has no more than 100 characters."),
        *(({"trackingNumber": text}, NOT_ONE_LINE) for text in MORE_THAN_A_LINE),
    ],
)
def test_track_of_no_number_is_a_400(api, path, player, body, message):
    order = an_order("captured", player=player)

    answer = api.post(path("track", order), body)

    assert (answer.status_code, answer.json()) == (400, {"message": f"trackingNumber: {message}"})
    assert Delivery.objects.get().sent_at is None
