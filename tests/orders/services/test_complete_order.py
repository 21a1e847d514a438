from datetime import UTC, datetime
from uuid import uuid4

import pytest
import time_machine
from celery import current_app

from catalog.models import Product
from inventory.models import InventoryRecord, PlayerOrder
from inventory.services import knock_for_fulfilment as knocking
from inventory.services.audit_ledgers import audit_ledgers
from inventory.services.fulfil_player_orders import fulfil_waiting
from orders.errors import WrongState
from orders.models import Order, OrderLine
from orders.services.act_on_items import ItemAction, act_on_items
from orders.services.complete_order import complete_order
from tests.factories import ItemFactory, LootFactory, OfferFactory, ProductFactory
from tests.orders import states
from tests.orders.looking import announced, everything, last_event, timeline
from tests.orders.paying import a_paid_sale, refund
from tests.orders.reserving import BY
from tests.orders.selling import a_sale

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 24, tzinfo=UTC)


@pytest.fixture
def knocks(monkeypatch):
    """The messages that workers were sent."""
    sent = []
    monkeypatch.setattr(current_app, "send_task", lambda *args, **_: sent.append(args))
    knocking.answer_knock()
    return sent


def test_order_is_completed_and_announced():
    order = states.sent()

    with time_machine.travel(NOW, tick=False):
        complete_order(order=order, by=BY)

    order = Order.objects.get()
    assert (order.status, order.display_status, order.completed_at) == (
        "completed",
        "acquired",
        NOW,
    )
    assert OrderLine.objects.values_list("status", "stock").get() == ("fulfilled", "taken")
    assert announced(order) == ["order.created", "order.sent", "order.acquired"]
    event = last_event(order)
    assert (event.kind, event.by) == ("acquisition", BY)
    assert event.before == {"status": "reserved", "display_status": "sent"}
    assert event.after == {"status": "completed", "display_status": "acquired"}


def test_unit_of_a_captured_order_is_taken_once():
    order = states.captured(product=ProductFactory(units=3))

    complete_order(order=order, by=BY)

    product = Product.objects.get()
    assert (product.stock, product.reserved) == (2, 0)
    assert [*product.movements.order_by("pk").values_list("kind", flat=True)] == [
        "correction",
        "hold",
        "take",
    ]


def test_loot_of_the_product_is_ordered_for_the_player(knocks, django_capture_on_commit_callbacks):
    loot = LootFactory(quantity=3)
    order = states.captured(product=ProductFactory(loot=loot))

    with django_capture_on_commit_callbacks(execute=True):
        complete_order(order=order, by=BY)

    placed = PlayerOrder.objects.get()
    assert OrderLine.objects.get().player_order == placed
    assert (placed.player_id, placed.state, placed.source) == (
        order.player_id,
        "accepted",
        "WEB_SITE",
    )
    assert (placed.placed_by, placed.permissions) == (BY, ["loot"])
    assert placed.reason == f"Order {order.transaction_id}"
    entry = placed.entries.get()
    assert (entry.type, entry.loot_id, entry.quantity) == ("fill_loot", loot.pk, 1)
    assert len(knocks) == 1


@pytest.mark.django_db(transaction=True)
def test_loot_is_given_by_the_workers(knocks):
    loot = LootFactory(quantity=3, is_claimable_by_client=False)
    order = complete_order(order=states.captured(product=ProductFactory(loot=loot)), by=BY)

    assert fulfil_waiting(10) == 1

    given = InventoryRecord.objects.get()
    assert (given.player_id, given.item_id, given.count) == (order.player_id, loot.item_id, 3)
    assert OrderLine.objects.get().player_order.outcome == "succeeded"
    assert audit_ledgers(limit=10)["findings"] == []


def test_product_without_loot_orders_nothing_for_the_inventory():
    states.completed()

    assert not PlayerOrder.objects.exists()


def test_second_call_is_refused_and_places_nothing():
    order = states.completed(product=ProductFactory(loot=LootFactory()))

    with pytest.raises(WrongState):
        complete_order(order=order, by=BY)

    assert PlayerOrder.objects.count() == 1
    assert timeline(order)[-2:] == ["acquisition", "refused"]


def test_same_operation_is_done_once():
    order = states.captured(product=ProductFactory(loot=LootFactory()))
    operation_id = uuid4()

    for _ in range(2):
        done = complete_order(order=order, by="staff:3", operation_id=operation_id)

    assert done.status == "completed"
    assert PlayerOrder.objects.count() == 1
    assert timeline(order) == ["reservation", "capture", "acquisition"]
    assert last_event(order).operation_id == operation_id


def test_physical_product_without_captured_details_is_refused():
    with pytest.raises(WrongState, match="must be captured before the order is completed"):
        complete_order(order=states.reserved(), by=BY)


# --- Sales -------------------------------------------------------------------------------------


def test_sale_is_completed_with_its_loot_and_announced():
    loot = LootFactory(item=ItemFactory(), quantity=5)
    with_loot, without = OfferFactory(product__loot=loot), OfferFactory()
    order = a_paid_sale(with_loot, without, quantity=2)

    complete_order(order=order, by=BY, note="Handed over")

    order = Order.objects.get(pk=order.pk)
    assert (order.status, order.display_status, order.payment_status) == (
        "completed",
        "completed",
        "completed",
    )
    assert order.completed_at is not None
    first, second = order.lines.order_by("position")
    assert [(each.status, each.stock) for each in (first, second)] == [("fulfilled", "taken")] * 2
    assert sorted(Product.objects.values_list("stock", "reserved")) == [(8, 0), (8, 0)]
    entry = first.player_order.entries.get()
    assert (entry.type, entry.quantity, entry.loot_id) == ("fill_loot", 2, loot.pk)
    assert second.player_order is None
    event = last_event(order)
    assert (event.kind, event.note) == ("completion", "Handed over")
    assert announced(order) == ["order.created", "order.paid", "order.completed"]


def test_cancelled_item_of_a_sale_is_not_handed_over():
    loot = LootFactory(item=ItemFactory(), quantity=5)
    order = a_paid_sale(OfferFactory(product__loot=loot), OfferFactory())
    line = order.lines.get(position=0)
    cancel = ItemAction(item_code=line.code, action="cancel", reason="Out of stock")
    act_on_items(order, actions=[cancel], by=BY)

    complete_order(order=order, by=BY)

    assert [*order.lines.order_by("position").values_list("status", "player_order")] == [
        ("cancelled", None),
        ("fulfilled", None),
    ]


def test_sale_whose_money_went_back_is_not_handed_over():
    order = a_paid_sale()
    refund(order, order.total)
    before = everything()

    with pytest.raises(WrongState, match="refunded: it can be cancelled"):
        complete_order(order=order, by=BY)

    assert everything() == before


def test_gift_that_is_left_of_a_refunded_sale_is_handed_over():
    order = a_paid_sale(OfferFactory(), OfferFactory(base_price=0))
    cancel = ItemAction(
        item_code=order.lines.get(position=0).code, action="cancel", reason="Out of stock"
    )
    act_on_items(order, actions=[cancel], by=BY)

    assert complete_order(order=order, by=BY).status == "completed"


def test_sale_that_is_not_paid_is_not_handed_over():
    order = a_sale()
    before = everything()

    with pytest.raises(WrongState):
        complete_order(order=order, by=BY)

    assert everything() == before


def test_sale_is_completed_once_under_one_operation():
    order, operation_id = a_paid_sale(), uuid4()
    complete_order(order=order, by=BY, operation_id=operation_id)
    before = everything()

    complete_order(order=order, by=BY, operation_id=operation_id)

    assert everything() == before
