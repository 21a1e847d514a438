"""Every state and every call about an order (DOMAIN 3.2, 3.7, 3.9), and what it leads to."""

import pytest

from catalog.models import Product
from orders.models import Order
from tests.orders.api.sales import calls
from tests.orders.api.sales.calls import refusal
from tests.orders.api.sales.states import STATES, a_sale_that_is
from tests.orders.looking import everything

pytestmark = pytest.mark.django_db

# The status of the order, its payment, its item; of ten units: stock and reserved; refunded.
FACTS = {
    "awaiting payment": ("pending_payment", "pending", "pending", 10, 1, 0),
    "in flight": ("pending_payment", "pending", "pending", 10, 1, 0),
    "authorized": ("pending_payment", "authorized", "pending", 10, 1, 0),
    "payment failed": ("payment_failed", "failed", "pending", 10, 1, 0),
    "processing": ("processing", "completed", "pending", 10, 1, 0),
    "completed": ("completed", "completed", "fulfilled", 9, 0, 0),
    "partly refunded": ("completed", "partially_refunded", "fulfilled", 9, 0, 49.99),
    "refunded": ("refunded", "refunded", "fulfilled", 9, 0, 99.98),
    "cancelled": ("cancelled", "voided", "cancelled", 10, 0, 0),
}
SAME = "as it was"
INVALID_STATUS = (400, "INVALID_STATUS")
PAID = FACTS["processing"]
CANCELLED = FACTS["cancelled"]
# Its money is asked back from the gateway after that.
GIVEN_BACK = ("cancelled", "completed", "cancelled", 10, 0, 99.98)
WAITING = ("awaiting payment", "in flight", "authorized")
OPEN = (*WAITING, "payment failed", "processing")


def verified(state):
    order, payment, _, *stock = FACTS[state]
    return (order, payment, "verified", *stock)


# By state: what each call leads to. What is not here is refused with INVALID_STATUS.
LEADS_TO = {
    **{(state, calls.GET): SAME for state in STATES},
    **{(state, calls.VERIFY_ITEM): verified(state) for state in OPEN},
    **{(state, calls.VOID): CANCELLED for state in WAITING},
    **{(state, calls.CANCEL_STATUS): CANCELLED for state in WAITING},
    **{(state, calls.BULK_CANCEL): CANCELLED for state in WAITING},
    **{(state, calls.PROCESS_STATUS): PAID for state in ("awaiting payment", "payment failed")},
    ("in flight", calls.PROCESS_STATUS): PAID,
    **{(state, calls.PROCESS): PAID for state in ("awaiting payment", "payment failed")},
    ("awaiting payment", calls.AUTHORIZE): FACTS["authorized"],
    # The order is as it was until the money is captured.
    ("payment failed", calls.AUTHORIZE): ("payment_failed", *FACTS["authorized"][1:]),
    ("awaiting payment", calls.AWAIT_STATUS): SAME,
    ("in flight", calls.AWAIT_STATUS): SAME,
    ("authorized", calls.AWAIT_STATUS): SAME,
    ("payment failed", calls.AWAIT_STATUS): FACTS["awaiting payment"],
    # On its way already: nothing new is done, and the answer is the payment that there is.
    ("in flight", calls.PROCESS): SAME,
    ("in flight", calls.AUTHORIZE): SAME,
    ("authorized", calls.AUTHORIZE): SAME,
    ("authorized", calls.CAPTURE): PAID,
    ("processing", calls.CAPTURE): SAME,
    ("processing", calls.PROCESS): SAME,
    ("processing", calls.PROCESS_STATUS): SAME,
    ("processing", calls.COMPLETE_STATUS): FACTS["completed"],
    ("processing", calls.CANCEL_STATUS): GIVEN_BACK,
    ("processing", calls.BULK_CANCEL): GIVEN_BACK,
    ("processing", calls.CANCEL_ITEM): GIVEN_BACK,
    ("processing", calls.REFUND): ("processing", "refunded", "pending", 10, 1, 99.98),
    ("completed", calls.COMPLETE_STATUS): SAME,
    ("partly refunded", calls.COMPLETE_STATUS): SAME,
    ("completed", calls.REFUND): FACTS["refunded"],
    ("cancelled", calls.CANCEL_STATUS): SAME,
    ("awaiting payment", calls.CANCEL_ITEM): CANCELLED,
    ("in flight", calls.CANCEL_ITEM): CANCELLED,
    **{
        ("payment failed", name): ("cancelled", "failed", "cancelled", 10, 0, 0)
        for name in (calls.CANCEL_STATUS, calls.BULK_CANCEL, calls.CANCEL_ITEM)
    },
}
REFUSED = {("partly refunded", calls.REFUND): (400, "INVALID_AMOUNT")}


def facts(order):
    order = Order.objects.get(pk=order.pk)
    line = order.lines.get()
    product = Product.objects.get(pk=line.product_id)
    return (
        *(order.status, order.payment_status, line.status),
        *(product.stock, product.reserved, float(order.refunded)),
    )


@pytest.mark.parametrize("state", STATES)
def test_every_call_in_a_state(api, customer, new_offer, state):
    wrong = {}
    for name in calls.OF_AN_ORDER:
        order = a_sale_that_is(state, new_offer(), customer=customer)
        assert facts(order) == FACTS[state]
        before = everything()

        answer = calls.call(api, name, order=order)

        becomes = LEADS_TO.get((state, name))
        refused = REFUSED.get((state, name), INVALID_STATUS)
        if becomes:
            expected = (200, None, FACTS[state] if becomes is SAME else becomes)
        elif name == calls.BULK_CANCEL:
            expected = (200, refused[1], FACTS[state])
        else:
            expected = (*refused, FACTS[state])
        if (found := (answer.status_code, said_of(answer), facts(order))) != expected:
            wrong[name] = (found, expected)
        if becomes is None:
            assert everything() == before
    assert wrong == {}


def said_of(answer):
    """The word of the refusal, if it is one."""
    said = answer.json()
    if answer.status_code != 200:
        return refusal(answer)[1]
    if "results" in said:
        return said["results"][0].get("error", {}).get("code")
    return None
