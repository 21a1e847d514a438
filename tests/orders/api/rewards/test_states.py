"""Every state and every endpoint of an order (DOMAIN 1.4): the answer, and what it is then."""

import pytest

from catalog.models import Product
from orders.models import Order
from tests.factories import ProductFactory
from tests.orders.api.rewards import calls
from tests.orders.api.rewards.states import STATES, an_order
from tests.orders.looking import timeline

pytestmark = pytest.mark.django_db

WRONG = (400, {"message": "Invalid operation or record status/type"})
SAME = "as it was"
# By state: what each call leads to. Type, status, display status; stock and reserved of ten units;
# the player's coins, of a thousand. What is not here is refused with WRONG.
FACTS = {
    "reserved": ("Reservation", "Pending", "Pending", 10, 1, 900),
    "captured": ("Reservation", "Pending", "Pending", 9, 0, 900),
    "tracked": ("Reservation", "Pending", "Sent", 9, 0, 900),
    "acquired": ("Acquisition", "Completed", "Acquired", 9, 0, 900),
    "acquired, tracked": ("Acquisition", "Completed", "Acquired", 9, 0, 900),
    "reservation cancelled": ("Reservation", "Cancelled", "Cancelled", 10, 0, 1_000),
    "acquisition cancelled": ("Acquisition", "Cancelled", "Cancelled", 10, 0, 900),
    "refunded": ("Acquisition", "Cancelled", "Cancelled", 9, 0, 1_000),
}
BACK = ("Reservation", "Cancelled", "Cancelled", 10, 0, 1_000)
LEADS_TO = {
    ("reserved", calls.UPDATE): SAME,
    ("reserved", calls.CAPTURE): FACTS["captured"],
    ("reserved", calls.CANCEL_RESERVATION): BACK,
    ("captured", calls.UPDATE): SAME,
    ("captured", calls.CAPTURE): SAME,
    ("captured", calls.TRACK): FACTS["tracked"],
    ("captured", calls.ACQUIRE): FACTS["acquired"],
    ("captured", calls.CANCEL_RESERVATION): BACK,
    ("tracked", calls.UPDATE): SAME,
    ("tracked", calls.CAPTURE): SAME,
    ("tracked", calls.TRACK): SAME,
    ("tracked", calls.ACQUIRE): FACTS["acquired, tracked"],
    ("acquired", calls.CANCEL_ACQUISITION): (
        *("Acquisition", "Cancelled", "Cancelled"),
        *(10, 0, 1_000),
    ),
    ("acquired, tracked", calls.CANCEL_ACQUISITION): (
        *("Acquisition", "Cancelled", "Cancelled"),
        *(9, 0, 1_000),
    ),
    **{(state, calls.GET): SAME for state in STATES},
}
# A parcel that is on its way comes back, or is written off, by staff's judgement; the API's call
# puts the unit back to stock, as the table has it.
LEADS_TO["tracked", calls.CANCEL_RESERVATION] = BACK


def facts(api, player, order):
    shown = api.get(f"/players/{player.uuid}/orders/{order.transaction_id}").json()
    player.refresh_from_db()
    product = Product.objects.get(pk=order.product_id)
    return (
        *(shown[name] for name in ("orderType", "orderStatus", "orderDisplayStatus")),
        *(product.stock, product.reserved, player.coins),
    )


@pytest.mark.parametrize("name", calls.OF_AN_ORDER)
@pytest.mark.parametrize("state", STATES)
def test_endpoint_in_every_state(api, player, state, name):
    order = an_order(state, player=player)
    assert facts(api, player, order) == FACTS[state]
    before = timeline(order)

    answer = calls.call(api, name, player=player, order=order, product=order.product)

    becomes = LEADS_TO.get((state, name), WRONG)
    if becomes is WRONG:
        assert (answer.status_code, answer.json()) == WRONG
        assert timeline(order) == [*before, "refused"]
        becomes = SAME
    else:
        assert answer.status_code == 200
    assert facts(api, player, order) == (FACTS[state] if becomes is SAME else becomes)


def test_a_digital_product_is_acquired_without_delivery_details(api, player):
    order = an_order("reserved", player=player, product=ProductFactory(kind="digital"))

    answer = calls.call(api, calls.ACQUIRE, player=player, order=order, product=order.product)

    assert answer.status_code == 200
    assert facts(api, player, order) == FACTS["acquired"]


@pytest.mark.parametrize("who", ["unknown", "no id", "of another player"])
@pytest.mark.parametrize("name", calls.OF_AN_ORDER)
def test_a_transaction_that_is_not_there(api, player, name, who):
    order = an_order("reserved")
    if who != "of another player":
        order.transaction_id = "00000000-0000-4000-8000-000000000000" if who == "unknown" else "1"

    answer = calls.call(api, name, player=player, order=order, product=order.product)

    if name not in {calls.UPDATE, calls.CAPTURE, calls.GET}:
        assert (answer.status_code, answer.json()) == WRONG
    elif who == "no id" and name != calls.GET:
        said = {"transactionId": ["Must be a valid UUID."]}
        assert (answer.status_code, answer.json()) == (422, said)
    else:
        assert (answer.status_code, answer.json()) == (404, {"message": "Transaction not found"})
    assert Order.objects.get().status == "reserved"
