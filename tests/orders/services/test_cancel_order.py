from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction

from catalog.models import Item, Product, StockMovement
from inventory.errors import OrdersWaiting
from inventory.models import InventoryRecord, PlayerOrder
from inventory.services.fulfil_player_orders import fulfil_waiting
from inventory.services.undo_player_order import Policy, undo_player_order, what_undoing_does
from orders.cancelling import Cancelling, Coins, LootPolicy, Stock, cancelling_by_api
from orders.errors import (
    AmountInvalid,
    LootNotTaken,
    OperationIdTaken,
    OrderMoved,
    RefundTooHigh,
    WrongState,
)
from orders.models import Mail, Order, OrderEvent, Payment
from orders.services.cancel_order import cancel_order
from orders.services.refund_order import refund_order
from orders.services.register_tracking import register_tracking
from orders.services.what_cancelling_does import what_cancelling_does
from orders.vocabulary import Reason
from players.models import Player
from tests.factories import ItemFactory, LootFactory, ProductFactory
from tests.orders.ordering import (
    a_captured_order,
    a_completed_order,
    a_loot_order,
    a_sent_and_completed_order,
    a_sent_order,
)
from tests.orders.reserving import a_player, a_reservation
from tests.placing import place, update

pytestmark = pytest.mark.django_db
BY = "staff:1"


def how(**values):
    return Cancelling(**{"reason": Reason.MISTAKE} | values)


def cancel(order, *, by=BY, operation_id=None, seen=None, **values):
    return cancel_order(order, how=how(**values), by=by, operation_id=operation_id, seen=seen)


def found(order):
    """All that cancelling may change, without the timeline."""
    order = Order.objects.select_related("product", "player").get(pk=order.pk)
    line = order.lines.get()
    return {
        "order": (order.status, order.display_status, order.charged, order.refunded),
        "line": (line.status, line.stock),
        "stock": (order.product.stock, order.product.reserved),
        "moved": list(StockMovement.objects.order_by("pk").values_list("kind", flat=True))[1:],
        "coins": order.player.coins,
        "messages": list(order.messages.order_by("number").values_list("event", "data__reason")),
        "records": sorted(order.player.inventory_records.values_list("item__name", "count")),
    }


def last_event(order):
    return OrderEvent.objects.filter(order=order).latest("number")


# --- Coins and stock, in each state -------------------------------------------------------------


def test_cancelled_reservation_is_as_if_it_had_not_been():
    order = a_reservation(player=a_player(coins=150))

    cancelled = cancel(order, note="Ticket 4711")

    assert found(order) == {
        "order": ("cancelled", "cancelled", 100, 100),
        "line": ("cancelled", "released"),
        "stock": (10, 0),
        "moved": ["hold", "release"],
        "coins": 150,
        "messages": [("order.created", None), ("order.cancelled", "MISTAKE")],
        "records": [],
    }
    stored = Order.objects.get(pk=order.pk)
    assert (stored.cancel_reason, stored.expires_at) == ("MISTAKE", None)
    assert stored.cancelled_at == cancelled.cancelled_at
    event = last_event(order)
    assert {
        name: getattr(event, name) for name in ("kind", "by", "reason", "note", "before", "after")
    } == {
        "kind": "cancellation",
        "by": "staff:1",
        "reason": "MISTAKE",
        "note": "Ticket 4711",
        "before": {"status": "reserved", "display_status": "pending"},
        "after": {
            "status": "cancelled",
            "display_status": "cancelled",
            "refunded": "100.00",
            "stock": ["released"],
            "loot_taken_by": [],
        },
    }
    payment = Payment.objects.latest("pk")
    assert (payment.kind, payment.amount, payment.coin_entry.by) == ("refund", 100, BY)


@pytest.mark.parametrize(
    ("make", "stock", "line", "left", "moved"),
    [
        (a_reservation, Stock.RETURN, "released", (10, 0), "release"),
        (a_reservation, Stock.RETURN_UNLESS_SENT, "released", (10, 0), "release"),
        (a_reservation, Stock.WRITE_OFF, "written_off", (9, 0), "write_off"),
        (a_captured_order, Stock.RETURN, "returned", (10, 0), "return"),
        (a_captured_order, Stock.RETURN_UNLESS_SENT, "returned", (10, 0), "return"),
        (a_captured_order, Stock.WRITE_OFF, "written_off", (9, 0), None),
        (a_sent_order, Stock.RETURN, "returned", (10, 0), "return"),
        (a_sent_order, Stock.RETURN_UNLESS_SENT, "written_off", (9, 0), None),
        (a_sent_order, Stock.WRITE_OFF, "written_off", (9, 0), None),
        (a_completed_order, Stock.RETURN, "returned", (10, 0), "return"),
        (a_completed_order, Stock.RETURN_UNLESS_SENT, "returned", (10, 0), "return"),
        (a_completed_order, Stock.WRITE_OFF, "written_off", (9, 0), None),
        (a_sent_and_completed_order, Stock.RETURN, "returned", (10, 0), "return"),
        (a_sent_and_completed_order, Stock.RETURN_UNLESS_SENT, "written_off", (9, 0), None),
        (a_sent_and_completed_order, Stock.WRITE_OFF, "written_off", (9, 0), None),
    ],
)
def test_units_go_back_or_are_written_off(make, stock, line, left, moved):
    order = make()

    cancel(order, stock=stock)

    now = found(order)
    assert (now["line"], now["stock"]) == (("cancelled", line), left)
    assert now["moved"][-1] == moved or (moved is None and now["moved"] == ["hold", "take"])


@pytest.mark.parametrize("status", ["paused", "retired"])
@pytest.mark.parametrize("make", [a_reservation, a_completed_order])
def test_units_of_a_product_that_is_offered_no_more_go_back_too(make, status):
    order = make()
    Product.objects.update(status=status, visible=False)

    cancel(order)

    assert found(order)["stock"] == (10, 0)


@pytest.mark.parametrize(
    ("coins", "amount", "refunded"),
    [
        (Coins.ALL, None, 100),
        (Coins.NONE, None, 0),
        (Coins.PART, Decimal("30.5"), Decimal("30.5")),
        (Coins.PART, Decimal(100), 100),
    ],
)
@pytest.mark.parametrize("make", [a_reservation, a_completed_order])
def test_coins_go_back_wholly_partly_or_not(make, coins, amount, refunded):
    order = make(player=a_player(coins=100))

    cancel(order, coins=coins, amount=amount)

    now = found(order)
    assert now["order"] == ("cancelled", "cancelled", 100, refunded)
    assert now["coins"] == refunded


def test_coins_that_were_refunded_before_do_not_go_back_again():
    order = a_completed_order(player=a_player(coins=100))
    refund_order(order, amount=Decimal(30), reason=Reason.MISTAKE, by=BY)

    cancel(order)

    now = found(order)
    assert (now["order"], now["coins"]) == (("cancelled", "cancelled", 100, 100), 100)


@pytest.mark.parametrize(
    ("amount", "refusal"),
    [
        (None, AmountInvalid),
        (Decimal(0), AmountInvalid),
        (Decimal(-1), AmountInvalid),
        (Decimal("0.001"), AmountInvalid),
        (Decimal("NaN"), AmountInvalid),
        (Decimal("Infinity"), AmountInvalid),
        (Decimal("100.01"), RefundTooHigh),
    ],
)
def test_part_that_cannot_be_refunded_is_refused(amount, refusal):
    order = a_completed_order()
    before = found(order)

    with pytest.raises(refusal):
        cancel(order, coins=Coins.PART, amount=amount)

    assert found(order) == before


def test_order_that_cost_nothing_is_cancelled(settings):
    settings.CHARGE_COINS_ON_RESERVATION = False
    order = a_reservation()

    cancel(order)

    assert found(order)["order"] == ("cancelled", "cancelled", 0, 0)
    assert Payment.objects.count() == 0


# --- Loot ---------------------------------------------------------------------------------------


@pytest.fixture
def gems():
    return LootFactory(item=ItemFactory(id=10, name="gems"), quantity=5)


@pytest.fixture
def loot_order(gems):
    return a_loot_order(gems)


def spend(order, *, left):
    place(order.player, update(InventoryRecord.objects.get(), left))


@pytest.mark.parametrize(
    ("loot", "left"),
    [
        (LootPolicy.TAKE_BACK, 0),
        (LootPolicy.TAKE_WHAT_IS_LEFT, 0),
        (LootPolicy.LEAVE, 5),
    ],
)
def test_loot_is_taken_back_or_left(loot_order, loot, left):
    cancel(loot_order, loot=loot)

    now = found(loot_order)
    assert now["order"] == ("cancelled", "cancelled", 100, 100)
    assert now["records"] == [("gems", left)]


def test_loot_is_taken_back_by_an_order_that_names_this_one(loot_order):
    cancel(loot_order)

    given = loot_order.lines.get().player_order
    taken = PlayerOrder.objects.get(undoes=given)
    assert (taken.source, taken.placed_by, taken.outcome, taken.reason) == (
        "REFUND",
        "staff:1",
        "succeeded",
        f"Order {loot_order} was cancelled: Ordered by mistake",
    )
    assert last_event(loot_order).after["loot_taken_by"] == [taken.order_id]


def test_loot_that_is_partly_gone_is_not_taken_back_wholly(loot_order):
    spend(loot_order, left=2)
    before = found(loot_order)

    with pytest.raises(LootNotTaken) as refusal:
        cancel(loot_order)

    assert refusal.value.message == (
        f"{InventoryRecord.objects.get().item}: 3 of 5 are gone already. Take back what is left,"
        " or leave the loot to the player."
    )

    assert found(loot_order) == before
    assert PlayerOrder.objects.filter(source="REFUND").count() == 0
    assert (last_event(loot_order).kind, last_event(loot_order).after) == (
        "refused",
        {"attempt": "Cancel", "code": "loot_not_taken"},
    )


@pytest.mark.parametrize("left", [2, 0])
def test_what_is_left_of_loot_is_taken_back(loot_order, left):
    spend(loot_order, left=left)

    cancel(loot_order, loot=LootPolicy.TAKE_WHAT_IS_LEFT)

    now = found(loot_order)
    assert (now["order"][0], now["records"]) == ("cancelled", [("gems", 0)])


def test_loot_that_expired_keeps_nobody_from_cancelling(loot_order):
    record = InventoryRecord.objects.get()
    InventoryRecord.objects.update(expires=record.acquired - timedelta(hours=1))

    with pytest.raises(LootNotTaken, match="it has expired"):
        cancel(loot_order)
    cancel(loot_order, loot=LootPolicy.TAKE_WHAT_IS_LEFT)

    assert found(loot_order)["order"][0] == "cancelled"


@pytest.mark.parametrize("loot", LootPolicy)
def test_loot_that_staff_have_taken_back_already_is_not_taken_twice(loot_order, loot):
    given = loot_order.lines.get().player_order
    undo_player_order(
        order=given,
        policy=Policy.REFUSE,
        seen=what_undoing_does(given, Policy.REFUSE).seen,
        placed_by=BY,
        reason="Ticket",
        order_id=uuid4(),
    )

    cancel(loot_order, loot=loot)

    assert found(loot_order)["records"] == [("gems", 0)]
    assert PlayerOrder.objects.filter(source="REFUND").count() == 1


@pytest.mark.parametrize("loot", LootPolicy)
def test_loot_that_could_not_be_given_is_not_taken(gems, loot):
    gems.active = False
    gems.save()
    order = a_loot_order(gems)

    cancel(order, loot=loot)

    now = found(order)
    assert (now["order"][0], now["records"]) == ("cancelled", [])


@pytest.mark.parametrize("loot", [LootPolicy.TAKE_BACK, LootPolicy.TAKE_WHAT_IS_LEFT])
def test_cancelling_waits_for_loot_that_is_still_being_given(gems, loot):
    order = a_loot_order(gems, fulfilled=False)
    before = found(order)

    with pytest.raises(OrdersWaiting):
        cancel(order, loot=loot)
    assert found(order) == before

    fulfil_waiting(10)
    cancel(order, loot=loot)
    assert found(order)["records"] == [("gems", 0)]


def test_loot_that_is_still_being_given_may_be_left_to_the_player(gems):
    order = a_loot_order(gems, fulfilled=False)

    cancel(order, loot=LootPolicy.LEAVE)
    fulfil_waiting(10)

    now = found(order)
    assert (now["order"][0], now["records"]) == ("cancelled", [("gems", 5)])


def test_nothing_is_cancelled_where_the_inventory_refuses(loot_order):
    Item.objects.update(always_owned=True)
    before = found(loot_order)

    with pytest.raises(LootNotTaken, match="always_owned_inventory_cannot_be_modified"):
        cancel(loot_order, loot=LootPolicy.TAKE_WHAT_IS_LEFT)

    assert found(loot_order) == before


# --- Twice, and meanwhile -----------------------------------------------------------------------


@pytest.mark.parametrize("make", [a_reservation, a_captured_order, a_completed_order])
def test_order_is_cancelled_once(make):
    order = make()
    cancel(order)
    before = found(order)

    with pytest.raises(WrongState, match="cancelled already"):
        cancel(order)

    assert found(order) == before
    assert (last_event(order).kind, last_event(order).note) == (
        "refused",
        "Cancel: It is cancelled already.",
    )


def test_refunded_order_is_not_cancelled():
    order = a_completed_order()
    refund_order(order, amount=order.refundable, reason=Reason.MISTAKE, by=BY)
    before = found(order)

    with pytest.raises(WrongState, match="refunded already"):
        cancel(order)

    assert found(order) == before


def test_operation_cancels_once():
    order, operation_id = a_reservation(), uuid4()

    first = cancel(order, operation_id=operation_id)
    before = found(order)
    again = cancel(order, operation_id=operation_id, seen="as it was")

    assert (again, again.status, again.last_event) == (first, "cancelled", first.last_event)
    assert found(order) == before


def test_operation_of_something_else_is_refused():
    order, other, operation_id = a_completed_order(), a_reservation(), uuid4()
    refund_order(order, amount=Decimal(1), reason=Reason.MISTAKE, by=BY, operation_id=operation_id)

    for each in (order, other):
        with pytest.raises(OperationIdTaken):
            cancel(each, operation_id=operation_id)

    assert set(Order.objects.values_list("status", flat=True)) == {"completed", "reserved"}


def test_order_that_changed_its_status_meanwhile_is_not_cancelled_as_what_it_was():
    order = a_completed_order()

    with pytest.raises(WrongState, match="It is completed, not reserved"):
        cancel(order, of=Order.Status.RESERVED)

    assert found(order)["order"][0] == "completed"


def test_what_was_shown_is_what_is_done_or_it_is_refused():
    order = a_captured_order()
    seen = what_cancelling_does(order, how()).seen
    register_tracking(order=order, tracking_number="T", by=BY)
    before = found(order)

    with pytest.raises(OrderMoved):
        cancel(order, seen=seen)

    assert found(order) == before
    cancel(order, seen=what_cancelling_does(Order.objects.get(), how()).seen)


# --- What is told -------------------------------------------------------------------------------


@pytest.mark.parametrize(("notify", "mails"), [(True, 1), (False, 0)])
def test_player_is_told_if_wanted_and_the_establishment_always(notify, mails):
    order = a_reservation()

    cancel(order, notify=notify)

    assert found(order)["messages"][-1] == ("order.cancelled", "MISTAKE")
    assert Mail.objects.filter(event="order.cancelled").count() == mails


# --- As the API cancels -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "refund", "expected"),
    [
        (a_reservation, False, (100, "released")),
        (a_captured_order, False, (100, "returned")),
        (a_sent_order, False, (100, "returned")),
        (a_completed_order, False, (0, "returned")),
        (a_completed_order, True, (100, "returned")),
        (a_sent_and_completed_order, True, (100, "written_off")),
    ],
)
def test_api_cancels_as_the_table_of_transitions_says(make, refund, expected):
    order = make()

    how = cancelling_by_api(Order.Status(order.status), refund=refund)
    cancel_order(order, how=how, by="key:1")

    now = found(order)
    assert (now["order"][3], now["line"][1]) == expected
    assert now["messages"][-1] == ("order.cancelled", "PRODUCT_UNAVAILABLE")
    assert Order.objects.get().cancel_reason == ""
    assert OrderEvent.objects.latest("pk").reason == ""
    assert "no longer available" not in Mail.objects.latest("pk").body


def test_api_decides_on_the_stock_under_the_lock():
    order = a_completed_order()
    how = cancelling_by_api(Order.Status.COMPLETED, refund=False)
    order.delivery.tracking_number, order.delivery.sent_at = "T", order.created_at
    order.delivery.save()

    cancel_order(order, how=how, by="key:1")

    assert found(order)["line"] == ("cancelled", "written_off")


def test_api_takes_what_is_left_of_loot(loot_order):
    spend(loot_order, left=1)

    how = cancelling_by_api(Order.Status.COMPLETED, refund=True)
    cancel_order(loot_order, how=how, by="key:1")

    assert found(loot_order)["records"] == [("gems", 0)]


# --- The last fence -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        {"refunded": 101},
        {"refunded": -1},
        {"charged": 101},
        {"status": "cancelled"},
        {"display_status": "cancelled"},
    ],
)
def test_database_refuses_what_no_service_does(change):
    order = a_reservation()

    with pytest.raises(IntegrityError), transaction.atomic():
        Order.objects.filter(pk=order.pk).update(**change)

    assert Player.objects.get().coins == 900


def test_database_refuses_to_return_a_unit_twice():
    order = a_completed_order(product=ProductFactory())
    cancel(order)
    movement = StockMovement.objects.latest("pk")

    movement.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        movement.save(force_insert=True)

    assert found(order)["stock"] == (10, 0)
