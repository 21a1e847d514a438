"""Money of sales that goes back: requested, on its way, done or failed, tried again."""

from decimal import Decimal
from uuid import uuid4

import pytest

from catalog.models import Product
from orders.cancelling import Cancelling, Coins
from orders.errors import (
    AmountInvalid,
    OrderMoved,
    PaymentRefused,
    RefundTooHigh,
    WrongState,
)
from orders.gateways.port import Outcome, State
from orders.gateways.sandbox import SandboxGateway
from orders.models import Mail, Order, Payment, SandboxTransaction
from orders.services.cancel_order import cancel_order
from orders.services.change_sale_status import change_sale_status
from orders.services.complete_order import complete_order
from orders.services.record_outcome import record_outcome
from orders.services.refund_order import what_refunding_does, why_not_refunded
from orders.services.refund_payment import refund_payment
from orders.services.retry_refund import retry_refund, why_not_retried
from orders.services.settle_payments import settle_payment
from orders.services.what_cancelling_does import what_cancelling_does
from orders.vocabulary import Reason
from tests.factories import OfferFactory
from tests.orders.looking import announced, everything, last_event
from tests.orders.paying import a_paid_sale, books, money, payments, refund, settle_all
from tests.orders.selling import BY, a_sale

pytestmark = pytest.mark.django_db
PRICE = Decimal("99.99")


def a_completed_sale(**fields):
    return complete_order(order=a_paid_sale(**fields), by=BY)


def test_part_goes_back_and_then_the_rest():
    order = a_completed_sale()

    first = refund_payment(order, amount=Decimal("30.5"), by=BY)
    assert (first.status, first.of.kind, first.gateway) == ("completed", "charge", "sandbox")
    assert money(order) == ("completed", "partially_refunded", PRICE, Decimal("30.5"))
    refund_payment(order, amount=Decimal("69.49"), by=BY)

    assert money(order) == ("refunded", "refunded", PRICE, PRICE)
    assert payments(order) == [
        ("charge", "completed", PRICE),
        ("refund", "completed", Decimal("30.5")),
        ("refund", "completed", Decimal("69.49")),
    ]
    assert announced(order)[-2:] == ["order.refunded", "order.refunded"]
    product = Product.objects.get()
    assert (product.stock, product.reserved) == (9, 0)


def test_refund_is_only_requested_until_its_gateway_is_asked():
    order = a_completed_sale()

    refund(order, PRICE)

    assert money(order) == ("completed", "completed", PRICE, PRICE)
    assert payments(order)[1:] == [("refund", "requested", PRICE)]
    assert "order.refunded" not in announced(order)
    settle_all(order)
    assert money(order) == ("refunded", "refunded", PRICE, PRICE)


def test_paid_sale_that_is_refunded_stays_in_process():
    order = a_paid_sale()

    refund_payment(order, amount=PRICE, by=BY)

    assert money(order) == ("processing", "refunded", PRICE, PRICE)


def test_refund_that_takes_its_time_is_settled_later():
    order = a_completed_sale(token="tok_refundPending")

    payment = refund_payment(order, amount=PRICE, by=BY)

    assert (payment.status, payment.is_in_flight, payment.reference) == (
        "pending",
        True,
        f"sandbox_{payment.code}",
    )
    assert money(order) == ("completed", "completed", PRICE, PRICE)
    settle_all(order)
    assert money(order) == ("refunded", "refunded", PRICE, PRICE)


def test_refund_that_is_not_answered_goes_back_once():
    order = a_completed_sale(token="tok_refundTimeout")

    payment = refund_payment(order, amount=Decimal(40), by=BY)

    assert (payment.status, payment.is_in_flight) == ("pending", True)
    settle_all(order)
    assert money(order) == ("completed", "partially_refunded", PRICE, 40)
    assert books(order) == [("charge", "paid", PRICE), ("refund", "paid", 40)]


def test_refund_that_fails_takes_its_amount_back_and_is_tried_again_as_another():
    order = a_completed_sale(token="tok_refundFails")

    with pytest.raises(PaymentRefused):
        refund_payment(order, amount=PRICE, by=BY)

    assert money(order) == ("completed", "completed", PRICE, 0)
    failed = Payment.objects.get(kind="refund")
    assert (failed.status, failed.failure) == ("failed", "The refund was not accepted.")

    retry_refund(failed, by="staff:1")
    assert money(order) == ("completed", "completed", PRICE, PRICE)
    settle_all(order)

    assert money(order) == ("refunded", "refunded", PRICE, PRICE)
    assert books(order) == [
        ("charge", "paid", PRICE),
        ("refund", "declined", PRICE),
        ("refund", "paid", PRICE),
    ]


def test_refund_that_failed_is_not_tried_again_once_the_money_went_otherwise():
    order = a_completed_sale(token="tok_refundFails")
    with pytest.raises(PaymentRefused):
        refund_payment(order, amount=PRICE, by=BY)
    refund_payment(order, amount=Decimal("0.01"), by=BY)
    before = everything()

    with pytest.raises(RefundTooHigh):
        retry_refund(Payment.objects.get(status="failed"), by="staff:1")

    assert everything() == before


def test_only_a_refund_that_failed_is_tried_again():
    order = a_completed_sale()
    refund_payment(order, amount=Decimal(1), by=BY)
    before = everything()

    for payment in Payment.objects.order_by("pk"):
        assert why_not_retried(payment)
        with pytest.raises(WrongState):
            retry_refund(payment, by="staff:1")

    assert everything() == before


def test_refund_that_comes_back_is_failed():
    order = a_completed_sale()
    payment = refund_payment(order, amount=PRICE, by=BY)
    SandboxTransaction.objects.filter(kind="refund").update(state="declined")

    record_outcome(payment, Outcome(state=State.DECLINED, why="The account is closed."))

    assert money(order) == ("refunded", "completed", PRICE, 0)
    assert last_event(order).note == "The account is closed."
    retry_refund(Payment.objects.get(pk=payment.pk), by="staff:1")
    settle_all(order)
    assert money(order) == ("refunded", "refunded", PRICE, PRICE)


def test_operation_refunds_once_and_gives_the_same_refund():
    order, operation_id = a_completed_sale(), uuid4()

    first = refund_payment(order, amount=Decimal(30), by=BY, operation_id=operation_id)
    again = refund_payment(order, amount=Decimal(30), by=BY, operation_id=operation_id)

    assert again.pk == first.pk
    assert money(order) == ("completed", "partially_refunded", PRICE, 30)


@pytest.mark.parametrize(
    ("amount", "refusal"),
    [
        (0, AmountInvalid),
        (-1, AmountInvalid),
        ("0.001", AmountInvalid),
        ("NaN", AmountInvalid),
        ("100", RefundTooHigh),
    ],
)
def test_amount_that_cannot_be_refunded_is_refused(amount, refusal):
    order = a_completed_sale()
    before = everything()

    with pytest.raises(refusal):
        refund_payment(order, amount=Decimal(amount), by=BY)

    assert everything() == before


def test_refunds_that_are_not_done_yet_count():
    order = a_completed_sale(token="tok_refundPending")
    refund_payment(order, amount=Decimal(60), by=BY)

    with pytest.raises(RefundTooHigh) as refused:
        refund_payment(order, amount=Decimal(40), by=BY)

    assert refused.value.message == "40.00 USD is more than the 39.99 USD that can be refunded."
    assert money(order) == ("completed", "completed", PRICE, 60)


@pytest.mark.parametrize("make", [a_sale, lambda: a_sale(OfferFactory(base_price=0))])
def test_what_was_not_paid_is_not_refunded(make):
    order = make()

    assert why_not_refunded(order) == "Nothing was paid."
    with pytest.raises(WrongState):
        refund_payment(order, amount=Decimal(1), by=BY)


def test_line_is_refunded_up_to_what_it_cost():
    order = a_paid_sale(OfferFactory(base_price=10), OfferFactory(base_price=5))
    first, second = order.lines.order_by("position")

    payment = refund_payment(order, amount=Decimal(6), line=first, by=BY)
    assert payment.line == first
    for line, amount in ((first, "4.01"), (second, "5.01")):
        with pytest.raises(RefundTooHigh):
            refund_payment(order, amount=Decimal(amount), line=line, by=BY)
    refund_payment(order, amount=Decimal(4), line=first, by=BY)

    assert money(order) == ("processing", "partially_refunded", 15, 10)


def test_who_refunds_says_whether_the_buyer_is_told():
    for notify, mails in ((True, 1), (False, 0)):
        order = a_completed_sale()
        Mail.objects.all().delete()
        refund(order, PRICE, notify=notify, reason=Reason.MISTAKE)
        settle_all(order)
        assert Mail.objects.filter(event="order.refunded").count() == mails
        assert Order.objects.get(pk=order.pk).cancel_reason == "MISTAKE"


def test_what_refunding_does_is_told_before():
    order = a_completed_sale()
    line = order.lines.get()

    part = what_refunding_does(order, Decimal(30), line=line)
    everything_back = what_refunding_does(order, PRICE, notify=False)
    too_much = what_refunding_does(order, Decimal(100))

    assert part.lines == [
        (
            "30.00 USD of the 99.99 USD that was paid goes back to the buyer through Sandbox;"
            " 69.99 USD can be refunded later."
        ),
        f"It is for {line}.",
        "The goods stay with the buyer.",
        "When it has gone, the buyer is told by mail, the establishment by webhook.",
    ]
    assert everything_back.lines == [
        "All 99.99 USD that was paid goes back to the buyer through Sandbox.",
        "The goods stay with the buyer.",
        "The order is refunded when the money has gone back.",
        "When it has gone, the establishment is told by webhook, the buyer is not told.",
    ]
    assert too_much.refusal == "100.00 USD is more than the 99.99 USD that can be refunded."
    refund(order, 1)
    with pytest.raises(OrderMoved):
        refund(order, 30, seen=part.seen)


def test_staff_are_told_that_a_sale_that_is_paid_back_goes_on():
    order = a_paid_sale()

    part = what_refunding_does(order, Decimal(30))
    everything_back = what_refunding_does(order, PRICE)

    goes_on = "The order stays processing: cancel it, unless the goods are to be given away."
    assert goes_on not in part.lines
    assert everything_back.lines == [
        "All 99.99 USD that was paid goes back to the buyer through Sandbox.",
        goes_on,
        "When it has gone, the buyer is told by mail, the establishment by webhook.",
    ]
    refund(order, PRICE)
    settle_all(order)
    assert money(order) == ("processing", "refunded", PRICE, PRICE)


@pytest.mark.parametrize(
    ("coins", "amount", "given"),
    [(Coins.ALL, None, PRICE), (Coins.PART, Decimal(20), 20), (Coins.NONE, None, 0)],
)
def test_paid_sale_that_is_cancelled_has_its_money_requested_back(coins, amount, given):
    order = a_paid_sale()
    how = Cancelling(coins=coins, amount=amount, reason=Reason.MISTAKE)
    said = what_cancelling_does(order, how)

    cancel_order(order, how=how, by="staff:1", seen=said.seen)

    assert money(order) == ("cancelled", "completed", PRICE, given)
    settle_all(order)
    status = {PRICE: "refunded", 20: "partially_refunded", 0: "completed"}[given]
    assert money(order) == ("cancelled", status, PRICE, given)
    product = Product.objects.get()
    assert (product.stock, product.reserved) == (10, 0)


def test_what_cancelling_a_sale_does_is_told_before():
    unpaid, paid = Order.objects.get(pk=a_sale().pk), a_paid_sale()

    assert what_cancelling_does(unpaid, Cancelling()).lines[0] == (
        "No money goes back: nothing was paid."
    )
    assert what_cancelling_does(paid, Cancelling()).lines[0] == (
        "All 99.99 USD that was paid goes back to the buyer through Sandbox."
    )
    assert what_cancelling_does(paid, Cancelling(coins=Coins.NONE)).lines[0] == (
        "Nothing of the 99.99 USD that was paid goes back to the buyer."
    )


def test_completed_sale_is_not_cancelled():
    order = a_completed_sale()
    before = everything()

    with pytest.raises(WrongState):
        cancel_order(order, how=Cancelling(), by=BY)

    assert everything() == before


def test_money_that_came_by_hand_is_to_be_paid_back_by_hand():
    order = a_sale()
    change_sale_status(order, to=Order.Status.PROCESSING, note="In cash", by="staff:1")
    said = what_refunding_does(Order.objects.get(), Decimal(9))

    refund_payment(order, amount=Decimal(9), by="staff:1")

    assert said.lines[0].startswith(
        "9.00 USD of the 99.99 USD that was paid is to be paid back to the buyer by hand"
    )
    assert money(order) == ("processing", "partially_refunded", PRICE, 9)
    assert last_event(order).note == "To be paid back by hand."


def test_late_answer_to_the_first_try_says_nothing_of_the_second(monkeypatch):
    order = a_completed_sale(token="tok_refundFails")
    refund(order, 40)
    payment = Payment.objects.get(kind="refund")
    ask, late = SandboxGateway.refund, []

    def answer_late(self, of):
        said = ask(self, of)
        if not late:
            late.append(said)
            # Meanwhile another asks, staff try again, and that is done.
            settle_payment(payment.pk)
            retry_refund(Payment.objects.get(pk=payment.pk), by="staff:1")
            settle_payment(payment.pk)
        return said

    monkeypatch.setattr(SandboxGateway, "refund", answer_late)
    settle_payment(payment.pk)

    assert [said.state for said in late] == [State.DECLINED]
    assert money(order) == ("completed", "partially_refunded", PRICE, 40)
    again = Payment.objects.get(pk=payment.pk)
    assert (again.status, again.tries, again.reference) == (
        "completed",
        2,
        f"sandbox_{payment.code}_2",
    )
    assert why_not_retried(again)
    assert books(order) == [
        ("charge", "paid", PRICE),
        ("refund", "declined", 40),
        ("refund", "paid", 40),
    ]


def test_money_that_an_earlier_try_gave_back_after_all_is_told_once():
    order = a_completed_sale(token="tok_refundFails")
    with pytest.raises(PaymentRefused):
        refund_payment(order, amount=Decimal(40), by=BY)
    first = Payment.objects.get(kind="refund")
    retry_refund(first, by="staff:1")
    settle_all(order)
    before = money(order)

    for _ in range(2):
        record_outcome(first, Outcome(state=State.PAID, reference="re_1"))

    assert money(order) == before
    told = order.events.filter(note__startswith="The gateway gave money back that")
    assert [event.after for event in told] == [{"payment": first.code, "reference": "re_1"}]
