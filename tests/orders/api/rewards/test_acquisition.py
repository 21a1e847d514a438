"""POST and DELETE /orders/{playerId}/acquisition/{transactionId}, and the history they leave."""

from decimal import Decimal

import pytest

from inventory.services.fulfil_player_orders import fulfil_waiting
from orders.models import Order
from orders.services.refund_order import refund_order
from orders.vocabulary import Reason
from tests.factories import LootFactory, ProductFactory
from tests.orders.api.rewards.states import an_order

pytestmark = pytest.mark.django_db


def record(order, kind, status, of):
    """The operation record that an event is."""
    event = order.events.get(kind=of)
    at = order.created_at if of == "reservation" else event.created_at
    return {
        "operationId": str(event.operation_id),
        "transactionId": str(order.transaction_id),
        "orderType": kind,
        "orderStatus": status,
        "playerId": str(order.player.uuid),
        "productId": str(order.product_id),
        "date": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
    }


def test_acquisition_answers_the_operation_record(api, path, player):
    order = an_order("captured", player=player)

    answer = api.post(path("acquisition", order))

    assert (answer.status_code, answer.json()) == (
        200,
        record(order, "Acquisition", "Completed", "acquisition"),
    )


@pytest.mark.parametrize("body", [b"", b"{}", b'{"nothing": 1}'])
def test_acquisition_needs_no_body(api, path, player, body):
    order = an_order("captured", player=player)

    assert api.post(path("acquisition", order), body).status_code == 200


@pytest.mark.parametrize(
    ("body", "coins"), [(None, 900), ({}, 900), ({"refund": False}, 900), ({"refund": True}, 1_000)]
)
def test_cancelled_acquisition_refunds_only_if_asked(api, path, player, body, coins):
    order = an_order("acquired", player=player)

    answer = api.delete(path("acquisition", order), body)

    player.refresh_from_db()
    assert (answer.status_code, answer.json()) == (
        200,
        record(order, "Acquisition", "Cancelled", "acquisition"),
    )
    assert player.coins == coins
    assert Order.objects.get().cancel_reason == ""
    assert api.get(path("players", order)).json()["reason"] == "PRODUCT_UNAVAILABLE"


@pytest.mark.parametrize("refund", ["true", 1, 0, None, "", []])
def test_a_refund_that_is_neither_true_nor_false_is_a_400(api, path, player, refund):
    order = an_order("acquired", player=player)

    answer = api.delete(path("acquisition", order), {"refund": refund})

    assert answer.status_code == 400
    assert answer.json()["message"].startswith("refund: ")
    assert Order.objects.get().status == "completed"


def history(api, path, order):
    return [
        (one["orderType"], one["orderStatus"], one["reason"], one["refunded"])
        for one in api.get(path("players", order)).json()["operations"]
    ]


def test_the_history_has_every_operation(api, path, player):
    order = an_order("captured", player=player)
    api.post(path("acquisition", order))
    api.delete(path("acquisition", order), {"refund": True})

    operations = api.get(path("players", order)).json()["operations"]

    assert operations == [
        {**record(order, *said), "reason": None, "refunded": None}
        for said in [
            ("Reservation", "Completed", "reservation"),
            ("Acquisition", "Cancelled", "acquisition"),
        ]
    ] + [
        {
            **record(order, "Cancellation", "Completed", "cancellation"),
            "reason": "PRODUCT_UNAVAILABLE",
            "refunded": 100,
        }
    ]


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("reserved", [("Reservation", "Pending", None, None)]),
        (
            "reservation cancelled",
            [
                ("Reservation", "Cancelled", None, None),
                ("Cancellation", "Completed", "PRODUCT_UNAVAILABLE", 100),
            ],
        ),
        (
            "acquisition cancelled",
            [
                ("Reservation", "Completed", None, None),
                ("Acquisition", "Cancelled", None, None),
                ("Cancellation", "Completed", "PRODUCT_UNAVAILABLE", 0),
            ],
        ),
        (
            "refunded",
            [
                ("Reservation", "Completed", None, None),
                ("Acquisition", "Cancelled", None, None),
                ("Cancellation", "Completed", "MISTAKE", 100),
            ],
        ),
    ],
)
def test_the_history_tells_what_became_of_each(api, path, player, state, said):
    assert history(api, path, an_order(state, player=player)) == said


def test_a_refund_of_a_part_is_no_operation(api, path, player):
    order = an_order("acquired", player=player)
    refund_order(order, amount=Decimal("12.50"), reason=Reason.MISTAKE, by="staff:1")

    shown = api.get(path("players", order)).json()

    assert (shown["orderType"], shown["orderStatus"]) == ("Acquisition", "Completed")
    assert shown["refunded"] == 12.5
    assert len(shown["operations"]) == 2


def test_loot_that_is_still_being_granted_makes_a_cancellation_wait(api, path, player):
    product = ProductFactory(loot=LootFactory())
    order = an_order("acquired", player=player, product=product)

    waiting = api.delete(path("acquisition", order), {"refund": True})

    assert waiting.status_code == 409
    assert list(waiting.json()) == ["message"]
    assert waiting["Retry-After"] == "1"
    assert Order.objects.get().status == "completed"

    fulfil_waiting(limit=10)
    assert api.delete(path("acquisition", order), {"refund": True}).status_code == 200
