"""`Idempotency-Key`: whatever changes something may be repeated, and is done once."""

from datetime import timedelta

import pytest
from django.utils import timezone

from catalog.models import Offer
from orders.models import Order, OrderEvent, SandboxTransaction
from players.models import IdempotentCall
from tests.factories import ProductFactory
from tests.orders.api.sales import calls
from tests.orders.api.sales.calls import refusal
from tests.orders.api.sales.states import a_sale_that_is
from tests.orders.looking import everything
from tests.orders.paying import settle_all

pytestmark = pytest.mark.django_db

KEY = {"Idempotency-Key": "k1"}
WELL = {200, 201}


@pytest.fixture
def calling(as_key, customer, establishment, new_offer):
    offer = new_offer(id="offer_456")
    api = as_key("orders:*", "offers:create")
    made = {}

    def making(name, **given):
        if name not in made:
            state = calls.STATE_FOR.get(name, "awaiting payment")
            order = a_sale_that_is(state, offer, customer=customer)
            made[name] = order, ProductFactory(establishment=establishment)
        order, product = made[name]
        return calls.call(api, name, order=order, product=product, **given)

    return making


def all_there_is():
    """All that a repetition could have done twice."""
    return (
        everything(),
        OrderEvent.objects.exclude(kind=OrderEvent.Kind.REFUSED).count(),
        SandboxTransaction.objects.count(),
        Offer.objects.count(),
    )


@pytest.mark.parametrize("name", calls.CHANGING)
def test_a_repetition_is_answered_alike_and_done_once(calling, name):
    first = calling(name, **KEY)
    after = all_there_is()

    again = calling(name, **KEY)

    assert first.status_code in WELL
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert all_there_is() == after


@pytest.mark.parametrize("name", calls.CHANGING)
def test_a_repetition_of_a_call_that_died_finds_what_it_did(calling, name):
    first = calling(name, **KEY)
    after = all_there_is()
    # Killed between its effect and its answer, long enough ago.
    IdempotentCall.objects.update(status=None, started_at=timezone.now() - timedelta(hours=1))

    again = calling(name, **KEY)

    assert (again.status_code, again.json()) == (first.status_code, first.json())
    assert all_there_is() == after


def test_a_call_that_still_runs_is_a_409(calling):
    calling(calls.CREATE, **KEY)
    IdempotentCall.objects.update(status=None, started_at=timezone.now())

    again = calling(calls.CREATE, **KEY)

    assert refusal(again)[:2] == (409, "CONFLICT")
    assert again["Retry-After"] == "1"


def test_the_key_of_another_call_is_a_409(calling):
    calling(calls.CREATE, **KEY)

    again = calling(calls.CREATE, body={**calls.CREATION, "paymentMethod": "cash"}, **KEY)

    assert refusal(again) == (
        409,
        "CONFLICT",
        "Idempotency-Key was used before for another request",
    )
    assert "Retry-After" not in again


def test_a_key_of_another_shape_is_a_400(calling):
    answer = calling(calls.CREATE, **{"Idempotency-Key": ""})

    assert refusal(answer)[:2] == (400, "INVALID_REQUEST")


def test_a_payment_that_was_refused_is_tried_again_under_the_same_key(calling):
    body = {"paymentDetails": {"token": "tok_chargeDeclined", "amount": 99.98}}
    order = Order.objects.get(code=calling(calls.CREATE).json()["orderId"])
    body |= {"orderId": order.code, "action": "process"}

    statuses = [calling(calls.PROCESS, body=body, **KEY).status_code for _ in range(2)]

    assert statuses == [402, 402]
    assert [*order.payments.values_list("status", flat=True)] == ["failed", "failed"]


def test_a_payment_in_flight_is_told_as_it_ends_under_the_same_key(calling):
    code = calling(calls.CREATE).json()["orderId"]
    body = {"paymentDetails": {"token": "tok_timeout", "amount": 99.98}}
    body |= {"orderId": code, "action": "process"}

    first = calling(calls.PROCESS, body=body, **KEY).json()
    settle_all(Order.objects.get(code=code))
    again, last = [calling(calls.PROCESS, body=body, **KEY) for _ in range(2)]

    assert first["paymentStatus"] == "pending"
    assert again.json() == {**first, "paymentStatus": "completed"}
    assert last.content == again.content
    assert IdempotentCall.objects.get().status == 200
    assert [*SandboxTransaction.objects.values_list("kind", "state")] == [("charge", "paid")]


def test_a_refund_in_flight_is_told_as_it_ends_under_the_same_key(calling):
    code = calling(calls.CREATE).json()["orderId"]
    details = {"token": "tok_refundPending", "amount": 99.98}
    body = {"orderId": code, "action": "process", "paymentDetails": details}
    calling(calls.PROCESS, body=body)
    body |= {"action": "refund", "paymentDetails": {"amount": 40}}

    first = calling(calls.REFUND, body=body, **KEY).json()
    settle_all(Order.objects.get(code=code))
    again = calling(calls.REFUND, body=body, **KEY).json()

    assert first["paymentStatus"] == "completed"
    assert again == {**first, "paymentStatus": "partially_refunded"}
    assert SandboxTransaction.objects.filter(kind="refund").count() == 1


def test_the_ids_under_a_key_look_like_all_others(calling):
    code = calling(calls.CREATE, **KEY).json()["orderId"]

    assert code.startswith("ord_")
    assert len(code) == 30
    assert code[4:].isalnum()


@pytest.mark.parametrize("name", [calls.GET, calls.LIST, calls.LIST_OFFERS])
def test_what_only_reads_keeps_no_key(calling, name):
    calling(name, **KEY)

    assert not IdempotentCall.objects.exists()
