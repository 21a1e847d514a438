"""Every endpoint of the rewards API, each with a body that it takes."""

from datetime import timedelta

from django.utils import timezone

from tests.orders.reserving import ADDRESS

SEND = {
    "firstName": ADDRESS["first_name"],
    "lastName": ADDRESS["last_name"],
    "addressLine1": ADDRESS["address_line1"],
    "addressLine2": ADDRESS["address_line2"],
    "city": ADDRESS["city"],
    "province": ADDRESS["province"],
    "country": ADDRESS["country"],
    "postalCode": ADDRESS["postal_code"],
    "email": ADDRESS["email"],
}
DETAILS = {
    "email": "jane@example.com",
    "address": "High St 2",
    "country": "GB",
    "postalCode": "N1",
    "city": "London",
}
YESTERDAY = (timezone.now() - timedelta(days=1)).isoformat()
RESERVE, CANCEL_RESERVATION = "reserve", "cancel reservation"
UPDATE, CAPTURE, TRACK = "details", "send", "track"
ACQUIRE, CANCEL_ACQUISITION = "acquire", "cancel acquisition"
LIST, PLAYER_LIST, GET, COINS = "list", "player list", "get", "coins"
REPLAY = "replay"

# Method, path, and the body.
CALLS = {
    RESERVE: ("POST", "/orders/{player}/reservation", None),
    UPDATE: ("PUT", "/orders/{player}/details/{order}", DETAILS),
    CAPTURE: ("POST", "/orders/{player}/send/{order}", SEND),
    TRACK: ("POST", "/orders/{player}/track/{order}", {"trackingNumber": "1Z"}),
    ACQUIRE: ("POST", "/orders/{player}/acquisition/{order}", None),
    CANCEL_RESERVATION: ("DELETE", "/orders/{player}/reservation/{order}", None),
    CANCEL_ACQUISITION: ("DELETE", "/orders/{player}/acquisition/{order}", {"refund": True}),
    LIST: ("POST", "/orders/list", {}),
    PLAYER_LIST: ("GET", "/players/{player}/orders", None),
    GET: ("GET", "/players/{player}/orders/{order}", None),
    COINS: ("PUT", "/coins", None),
    REPLAY: ("POST", "/webhooks/replay", None),
}
OF_AN_ORDER = [name for name, (_, path, _) in CALLS.items() if "{order}" in path]
CHANGING = [name for name in CALLS if name not in {LIST, PLAYER_LIST, GET}]


def body_of(name, *, player, product):
    """The body of a call, with the ids that it names."""
    establishment_id = str(player.establishment_id)
    if name == RESERVE:
        return {"productId": str(product.pk), "establishmentId": establishment_id}
    if name == COINS:
        return {
            "establishmentId": establishment_id,
            "playerId": str(player.uuid),
            "change": 5,
            "operation": "subtract",
        }
    if name == REPLAY:
        return {"establishmentId": establishment_id, "since": YESTERDAY}
    return CALLS[name][2]


def call(api, name, *, player, order, product, body=..., **headers):
    """Make the call, about this player and this order; `body` instead of its own if given."""
    method, path, _ = CALLS[name]
    if body is ...:
        body = body_of(name, player=player, product=product)
    path = path.format(player=player.uuid, order=order and order.transaction_id)
    return api.send(method, path, body, **headers)
