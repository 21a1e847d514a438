from decimal import Decimal
from uuid import uuid4

import pytest

from orders.cancelling import Cancelling, Coins
from orders.errors import AmountInvalid, OperationIdTaken, OrderMoved, RefundTooHigh, WrongState
from orders.models import Order, OrderEvent
from orders.services.cancel_order import cancel_order
from orders.services.refund_order import refund_order, what_refunding_does, why_not_refunded
from orders.vocabulary import Reason
from tests.orders.ordering import a_completed_order
from tests.orders.reserving import a_player, a_reservation

pytestmark = pytest.mark.django_db
BY = "staff:1"


def refund(order, amount, **values):
    amount = Decimal(amount)
    return refund_order(order, amount=amount, **{"reason": Reason.MISTAKE, "by": BY} | values)


def found(order):
    order = Order.objects.select_related("product", "player").get(pk=order.pk)
    line = order.lines.get()
    return {
        "order": (order.status, order.display_status, order.refunded),
        "line": (line.status, line.stock),
        "stock": (order.product.stock, order.product.reserved),
        "coins": order.player.coins,
        "messages": list(order.messages.order_by("number").values_list("event", flat=True)),
    }


def cancelled_without_coins():
    how = Cancelling(coins=Coins.NONE, reason=Reason.FRAUD)
    return cancel_order(a_completed_order(player=a_player(coins=100)), how=how, by=BY)


def test_part_of_a_completed_order_is_refunded_and_nothing_else_changes():
    order = a_completed_order(player=a_player(coins=100))

    refund(order, "30.5", note="Scratched")

    assert found(order) == {
        "order": ("completed", "acquired", Decimal("30.5")),
        "line": ("fulfilled", "taken"),
        "stock": (9, 0),
        "coins": Decimal("30.5"),
        "messages": ["order.created", "order.acquired"],
    }
    event = OrderEvent.objects.latest("pk")
    assert {
        name: getattr(event, name) for name in ("kind", "by", "reason", "note", "before", "after")
    } == {
        "kind": "refund",
        "by": "staff:1",
        "reason": "MISTAKE",
        "note": "Scratched",
        "before": {"status": "completed", "refunded": "0.00"},
        "after": {"status": "completed", "refunded": "30.50"},
    }


def test_completed_order_of_which_all_is_refunded_is_refunded():
    order = a_completed_order(player=a_player(coins=100))
    refund(order, 30)

    refund(order, 70)

    assert found(order) == {
        "order": ("refunded", "cancelled", 100),
        "line": ("fulfilled", "taken"),
        "stock": (9, 0),
        "coins": 100,
        "messages": ["order.created", "order.acquired", "order.cancelled"],
    }


def test_cancelled_order_stays_cancelled_when_it_is_refunded():
    order = cancelled_without_coins()
    before = found(order)

    refund(order, 100)

    assert found(order) == {
        **before,
        "order": ("cancelled", "cancelled", 100),
        "coins": 100,
    }


@pytest.mark.parametrize(
    ("amount", "refusal"),
    [
        (0, AmountInvalid),
        (-1, AmountInvalid),
        ("0.001", AmountInvalid),
        ("NaN", AmountInvalid),
        ("100.01", RefundTooHigh),
        ("1e20", RefundTooHigh),
    ],
)
def test_amount_that_cannot_be_refunded_is_refused(amount, refusal):
    order = a_completed_order()
    before = found(order)

    with pytest.raises(refusal):
        refund(order, amount)

    assert found(order) == before
    assert OrderEvent.objects.latest("pk").after == {"attempt": "Refund", "code": refusal.code}


def refunded():
    return refund(a_completed_order(), 100)


def cancelled():
    how = Cancelling(reason=Reason.FRAUD)
    return cancel_order(a_completed_order(), how=how, by=BY)


@pytest.mark.parametrize(
    ("make", "why_not"),
    [
        (a_reservation, "It is only reserved: cancel it, and the coins go back."),
        (refunded, "All that was paid is refunded already."),
        (cancelled, "All that was paid is refunded already."),
        (a_completed_order, ""),
        (cancelled_without_coins, ""),
    ],
)
def test_why_an_order_is_not_refunded(make, why_not):
    order = make()
    before = found(order)

    assert why_not_refunded(order) == why_not
    if why_not:
        with pytest.raises(WrongState) as refusal:
            refund(order, 1)
        assert refusal.value.message == why_not
        assert found(order) == before


def test_order_that_cost_nothing_is_not_refunded(settings):
    settings.CHARGE_COINS_ON_RESERVATION = False
    order = a_completed_order()

    assert why_not_refunded(order) == "Nothing was paid."


def test_operation_refunds_once():
    order, operation_id = a_completed_order(), uuid4()

    first = refund(order, 30, operation_id=operation_id)
    before = found(order)
    again = refund(order, 30, operation_id=operation_id, seen="as it was")

    assert (again.refunded, again.last_event) == (30, first.last_event)
    assert found(order) == before


def test_operation_of_another_order_is_refused():
    operation_id = uuid4()
    refund(a_completed_order(), 30, operation_id=operation_id)
    order = a_completed_order()

    with pytest.raises(OperationIdTaken):
        refund(order, 30, operation_id=operation_id)

    assert found(order)["order"] == ("completed", "acquired", 0)


def test_refund_is_what_was_shown_or_it_is_refused():
    order = a_completed_order()
    shown = what_refunding_does(order, Decimal(30))
    refund(order, 10)

    with pytest.raises(OrderMoved):
        refund(order, 30, seen=shown.seen)

    assert found(order)["order"] == ("completed", "acquired", 10)
    refund(order, 30, seen=what_refunding_does(Order.objects.get(), Decimal("30.00")).seen)


def test_what_refunding_does_is_told_before():
    order = a_completed_order()

    part = what_refunding_does(order, Decimal(30))
    everything = what_refunding_does(order, Decimal(100))
    too_much = what_refunding_does(order, Decimal(101))

    assert part.lines == [
        "30 of the 100 coins that were paid go back to the player; 70 can be refunded later.",
        "The goods stay with the player.",
        "The order stays as it is. Nobody is told, neither by mail nor by webhook.",
    ]
    assert everything.lines == [
        "All 100 coins that were paid go back to the player.",
        "The goods stay with the player.",
        "The order is refunded then, and told of as cancelled.",
        "The player is told by mail, the establishment by webhook.",
    ]
    assert (too_much.lines, too_much.refusal, too_much.seen) == (
        [],
        "101 coins are more than the 100 that can be refunded.",
        "",
    )
