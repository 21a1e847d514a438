from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction

from catalog.models import Product
from orders.errors import OperationIdTaken, PaymentInFlight, WrongState
from orders.models import Order, PaymentGateway
from orders.services import change_sale_status as changing
from orders.services.change_sale_status import change_sale_status, why_not_changed
from orders.services.settle_payments import settle_payments
from tests.factories import OfferFactory
from tests.orders.api.sales.states import STATES, a_sale_that_is
from tests.orders.looking import announced, everything, last_event, timeline
from tests.orders.paying import a_paid_sale, an_authorized_sale, money, pay, payments
from tests.orders.selling import a_sale

pytestmark = pytest.mark.django_db

STATUS = Order.Status
BY = "staff:1"
# Where each state is brought by a person; anything else is refused. The same status is left.
REACHED = {
    "awaiting payment": {"processing", "cancelled"},
    "in flight": {"processing", "cancelled"},
    "authorized": {"cancelled"},
    "payment failed": {"pending_payment", "processing", "cancelled"},
    "processing": {"completed", "cancelled"},
    "completed": set(),
    "partly refunded": set(),
    "refunded": set(),
    "cancelled": set(),
}


def change(order, to, **values):
    return change_sale_status(order, to=STATUS(to), **{"note": "Because", "by": BY} | values)


def now(order):
    return Order.objects.get(pk=order.pk)


def failed_sale():
    return STATES["payment failed"](a_sale())


@pytest.mark.parametrize("state", STATES)
def test_every_state_and_every_status(state):
    for to in STATUS:
        order = now(a_sale_that_is(state, OfferFactory(base_price=Decimal("99.98"))))
        before, told = everything(), timeline(order)

        if order.status == to:
            change(order, to)
            assert (everything(), timeline(order)) == (before, told)
        elif to in REACHED[state]:
            assert why_not_changed(order, to) == ""
            assert change(order, to).status == to
            assert now(order).status == to
        else:
            with pytest.raises(WrongState):
                change(order, to)
            assert everything() == before


def test_payment_outside_is_a_charge_of_the_whole():
    order = a_sale(OfferFactory(base_price=Decimal("10.50")), quantity=2)

    change(order, "processing", note="Paid by bank transfer")

    assert money(order) == ("processing", "completed", Decimal(21), 0)
    payment = order.payments.get()
    assert (payment.gateway, payment.kind, payment.status, payment.amount, payment.currency) == (
        "offline",
        "charge",
        "completed",
        Decimal(21),
        "USD",
    )
    gateway = PaymentGateway.objects.get(pk="offline")
    assert (gateway.kind, gateway.is_active) == ("offline", False)
    event = last_event(order)
    assert (event.kind, event.by, event.note) == ("status", BY, "Paid by bank transfer")
    assert (event.before, event.after) == (
        {"status": "pending_payment", "payment_status": "pending"},
        {"status": "processing", "payment_status": "completed"},
    )
    assert announced(order) == ["order.created", "order.paid"]
    assert now(order).expires_at is None


def test_payment_outside_of_what_failed_stands_beside_the_failure():
    order = failed_sale()

    change(order, "processing")

    assert payments(order) == [
        ("charge", "failed", order.total),
        ("charge", "completed", order.total),
    ]


def test_failed_payment_is_awaited_again():
    order = failed_sale()

    change(order, "pending_payment")

    assert money(order) == ("pending_payment", "pending", 0, 0)
    assert now(order).display_status == "awaiting_payment"
    assert announced(order) == ["order.created", "order.payment_failed"]
    pay(order)
    assert money(order)[0] == "processing"


def test_money_set_aside_after_a_failure_stays_so():
    order = failed_sale()
    pay(order, is_to_capture=False)

    change(order, "pending_payment")

    assert money(order) == ("pending_payment", "authorized", 0, 0)


def test_open_payment_is_given_up_before_one_outside_is_recorded():
    order = STATES["in flight"](a_sale())

    change(order, "processing")

    assert payments(order) == [
        ("charge", "voided", order.total),
        ("charge", "completed", order.total),
    ]
    assert [*order.payments.order_by("pk").values_list("gateway", flat=True)] == [
        "sandbox",
        "offline",
    ]


def test_payment_that_had_come_through_is_not_taken_twice():
    order = a_sale()
    pay(order, "tok_timeout")
    assert order.payments.get().is_in_flight

    change(order, "processing")

    assert payments(order) == [("charge", "completed", order.total)]
    assert money(order) == ("processing", "completed", order.total, 0)
    assert timeline(order)[-1] == "payment"


def test_money_set_aside_is_neither_voided_nor_doubled_by_a_payment_outside():
    order = an_authorized_sale()
    before = everything()

    with pytest.raises(WrongState, match="capture it, or void it"):
        change(order, "processing")

    assert everything() == before
    assert last_event(order).note.startswith("Change to processing: ")


@pytest.mark.parametrize("to", ["processing", "cancelled"])
def test_nothing_is_changed_while_the_fate_of_a_payment_is_unknown(to, monkeypatch):
    order = STATES["in flight"](a_sale())
    for name in ("give_up_payment", "give_up_pending"):
        monkeypatch.setattr(changing, name, lambda *_, **__: None)
    before = everything()

    with pytest.raises(PaymentInFlight):
        change(order, to)

    assert everything() == before


def test_paid_sale_is_cancelled_and_all_money_asked_back():
    order = a_paid_sale(OfferFactory(base_price=50), quantity=2)

    change(order, "cancelled", note="Customer request")

    assert money(order) == ("cancelled", "completed", 100, 100)
    assert payments(order)[1:] == [("refund", "requested", 100)]
    assert last_event(order).note == "Customer request"
    product = Product.objects.get()
    assert (product.stock, product.reserved) == (10, 0)
    settle_payments(10)
    assert money(order) == ("cancelled", "refunded", 100, 100)
    assert announced(order) == ["order.created", "order.paid", "order.cancelled", "order.refunded"]


def test_sale_that_money_is_set_aside_for_is_cancelled_and_the_money_set_free():
    order = an_authorized_sale()

    change(order, "cancelled")

    assert money(order) == ("cancelled", "voided", 0, 0)
    assert payments(order) == [("charge", "voided", order.total)]


@pytest.mark.parametrize(
    ("state", "to"),
    [
        ("payment failed", "pending_payment"),
        ("awaiting payment", "processing"),
        ("processing", "completed"),
        ("processing", "cancelled"),
    ],
)
def test_operation_is_done_once(state, to):
    order, operation_id = STATES[state](a_sale()), uuid4()
    change(order, to, operation_id=operation_id)
    before, told = everything(), timeline(order)

    assert change(order, to, operation_id=operation_id).status == to

    assert (everything(), timeline(order)) == (before, told)


def test_repetition_of_what_has_gone_on_is_no_refusal():
    order, operation_id = a_sale(), uuid4()
    change(order, "processing", operation_id=operation_id)
    change(order, "completed")

    assert change(order, "processing", operation_id=operation_id).status == "completed"

    assert timeline(order) == ["creation", "status", "completion"]


def test_operation_id_of_something_else_is_refused():
    order, other, operation_id = a_sale(), a_sale(), uuid4()
    change(other, "processing", operation_id=operation_id)

    with pytest.raises(OperationIdTaken):
        change(order, "processing", operation_id=operation_id)

    assert money(order) == ("pending_payment", "pending", 0, 0)


def test_refusal_is_told_once_in_the_timeline():
    order = a_sale()

    for _ in range(2):
        with pytest.raises(WrongState) as refused:
            change(order, "completed")

    assert refused.value.message == "A sale that is pending payment cannot be made completed."
    assert timeline(order) == ["creation", "refused"]


def test_payment_outside_is_of_the_orders_own_gateway_where_that_is_offline():
    PaymentGateway.objects.create(id="invoice_1", name="Invoices", kind="offline")
    order = a_sale(gateway_id="invoice_1")

    change(order, "processing")

    assert order.payments.get().gateway == "invoice_1"
    assert not PaymentGateway.objects.filter(pk="offline").exists()


def test_gateway_of_another_kind_does_not_pass_for_offline():
    PaymentGateway.objects.create(id="offline", name="Not so", kind="sandbox")
    order = a_sale()

    with pytest.raises(IntegrityError), transaction.atomic():
        change(order, "processing")

    assert money(order) == ("pending_payment", "pending", 0, 0)
