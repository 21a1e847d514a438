from decimal import Decimal

import pytest

from catalog.models import Product
from inventory.models import InventoryRecord
from inventory.services.fulfil_player_orders import fulfil_waiting
from orders.cancelling import Cancelling, Coins, LootPolicy, Stock
from orders.models import Delivery, Order
from orders.services.add_note import add_note
from orders.services.cancel_order import cancel_order
from orders.services.delay_order import delay_order
from orders.services.refund_order import refund_order
from orders.services.register_tracking import register_tracking
from orders.services.what_cancelling_does import what_cancelling_does, why_not_cancelled
from orders.vocabulary import Reason
from players.models import Player
from tests.factories import ItemFactory, LootFactory, ProductFactory, VendorFactory
from tests.orders.ordering import (
    a_captured_order,
    a_completed_order,
    a_loot_order,
    a_sent_and_completed_order,
)
from tests.orders.reserving import ADDRESS, a_player, a_reservation
from tests.placing import place, update

pytestmark = pytest.mark.django_db
TOLD = "The player is told by mail, the establishment by webhook."


def effect(order, **values):
    order = Order.objects.get(pk=order.pk)
    return what_cancelling_does(order, Cancelling(**{"reason": Reason.MISTAKE} | values))


@pytest.fixture
def hat():
    return ProductFactory(name="Hat")


@pytest.fixture
def gems():
    return LootFactory(item=ItemFactory(id=10, name="gems"), quantity=5)


def test_effect_on_a_reservation(hat):
    assert effect(a_reservation(product=hat)).lines == [
        "All 100 coins that were paid go back to the player.",
        "1 × Hat is no longer held, and free for others.",
        TOLD,
    ]


def test_effect_of_writing_off_and_keeping_the_coins(hat):
    order = a_sent_and_completed_order(product=hat)
    choices = {"coins": Coins.NONE, "stock": Stock.RETURN_UNLESS_SENT, "notify": False}

    assert effect(order, **choices).lines == [
        "None of the 100 coins that were paid go back to the player.",
        "1 × Hat is written off: not returned to stock.",
        "The establishment is told by webhook, the player is not told.",
    ]


def test_effect_where_something_was_refunded_and_the_product_is_retired(hat):
    order = a_completed_order(product=hat)
    refund_order(order, amount=Decimal("0.5"), reason=Reason.MISTAKE, by="staff:1")
    Product.objects.update(status="retired")
    Delivery.objects.update(email="")
    Player.objects.update(email="")

    assert effect(order, coins=Coins.PART, amount=Decimal(9)).lines == [
        "9 of the 100 coins that were paid go back to the player; 0.5 went back before.",
        "1 × Hat is returned to stock. The product is retired.",
        "The establishment is told by webhook. The player has no e-mail address.",
    ]


@pytest.mark.parametrize(
    ("loot", "left", "line"),
    [
        (LootPolicy.TAKE_BACK, 5, "Taken from the player: 5 × gems (10)."),
        (
            LootPolicy.TAKE_WHAT_IS_LEFT,
            2,
            "Taken from the player: 2 × gems (10); 3 of 5 are gone already.",
        ),
        (
            LootPolicy.TAKE_WHAT_IS_LEFT,
            0,
            "gems (10): nothing is taken; 5 of 5 are gone already.",
        ),
        (LootPolicy.LEAVE, 2, "No loot is taken back. It is left to the player."),
    ],
)
def test_effect_on_loot(gems, loot, left, line):
    order = a_loot_order(gems)
    if left < 5:
        place(order.player, update(InventoryRecord.objects.get(), left))

    assert effect(order, loot=loot).lines[2] == line


def test_effect_tells_of_orders_that_the_loot_led_to(gems):
    shop = VendorFactory()
    LootFactory(vendor=shop, item=gems.item, quantity=5)
    LootFactory(vendor=shop, item=ItemFactory(id=11), fill_in_new_order=True)
    order = a_loot_order(LootFactory(item=None, sub_vendor=shop))

    assert effect(order).lines[2:4] == [
        "Taken from the player: 5 × gems (10).",
        "The loot led to further orders (1): what they did stays.",
    ]


def test_effect_where_there_is_no_loot_to_take(gems):
    gems.active = False
    gems.save()

    assert effect(a_loot_order(gems)).lines[2] == (
        "No loot is taken back. It changed nothing that the player has."
    )


def test_effect_that_would_be_refused_has_nothing_to_confirm(gems):
    order = a_loot_order(gems, fulfilled=False)

    shown = effect(order)

    assert (shown.lines, shown.seen) == ([], "")
    assert shown.refusal == "The loot is still being given to the player. Try again in a moment."


def test_looking_changes_nothing(gems):
    order = a_loot_order(gems)
    events = order.events.count()

    effect(order)

    order = Order.objects.get(pk=order.pk)
    assert (order.status, order.last_event, order.events.count()) == ("completed", events, events)
    assert InventoryRecord.objects.get().count == 5


# --- What was seen ------------------------------------------------------------------------------


def refund(order):
    refund_order(order, amount=Decimal(1), reason=Reason.MISTAKE, by="staff:1")


def track(order):
    register_tracking(order=order, tracking_number="T-1", by="staff:1")


def track_again(order):
    Delivery.objects.update(tracking_number="T-2")


def delay(order):
    delay_order(order=order, reason=Reason.CUSTOMS, by="staff:1")


def retire(order):
    Product.objects.update(status="retired")


def forget_mail(order):
    Delivery.objects.update(email="")
    Player.objects.update(email="")


def test_what_was_seen_changes_with_all_that_counts():
    order = a_captured_order()
    seen = [effect(order).seen]

    for change in (delay, track, track_again, retire, forget_mail):
        change(order)
        seen.append(effect(order).seen)
    order = a_completed_order()
    seen.append(effect(order).seen)
    refund(order)
    seen.append(effect(order).seen)

    assert len(set(seen)) == len(seen)


def test_what_was_seen_changes_with_the_loot(gems):
    order = a_loot_order(gems, fulfilled=False)
    seen = [effect(order).seen]
    fulfil_waiting(10)
    seen.append(effect(order, loot=LootPolicy.TAKE_WHAT_IS_LEFT).seen)
    place(order.player, update(InventoryRecord.objects.get(), 4))
    seen.append(effect(order, loot=LootPolicy.TAKE_WHAT_IS_LEFT).seen)

    assert len(set(seen)) == len(seen)


def test_what_was_seen_changes_with_every_choice():
    order = a_captured_order()

    seen = [
        effect(order, **choices).seen
        for choices in (
            {},
            {"coins": Coins.NONE},
            {"coins": Coins.PART, "amount": Decimal(1)},
            {"coins": Coins.PART, "amount": Decimal(100)},
            {"stock": Stock.WRITE_OFF},
            {"stock": Stock.RETURN_UNLESS_SENT},
            {"loot": LootPolicy.LEAVE},
            {"notify": False},
        )
    ]

    assert len(set(seen)) == len(seen)


def test_what_was_seen_stays_while_nothing_of_it_changes(hat):
    player = a_player()
    order = a_captured_order(product=hat, player=player)
    seen = effect(order).seen

    a_reservation(product=hat)
    a_reservation(player=player)
    add_note(order=order, note="Looked at it", by="staff:2")

    assert effect(order).seen == seen


def test_orders_of_one_player_and_product_are_cancelled_as_they_were_all_shown(gems):
    product = ProductFactory(kind="digital", loot=gems)
    orders = []
    for _ in range(3):
        orders.append(a_loot_order(gems, player=orders[0].player if orders else None))
    how = Cancelling(reason=Reason.MISTAKE)
    shown = [effect(order).seen for order in orders]

    for order, seen in zip(orders, shown, strict=True):
        cancel_order(order, how=how, by="staff:1", seen=seen)

    assert list(InventoryRecord.objects.values_list("count", flat=True)) == [0]
    assert product.stock == 10


def test_looking_at_prefetched_orders_asks_nothing(django_assert_num_queries):
    for _ in range(3):
        a_captured_order()
    orders = list(
        Order.objects.select_related("player", "delivery", "product").prefetch_related(
            "lines__product", "lines__player_order"
        )
    )

    with django_assert_num_queries(0):
        shown = [what_cancelling_does(order, Cancelling(reason=Reason.FRAUD)) for order in orders]

    assert [each.refusal for each in shown] == ["", "", ""]


def test_why_not_cancelled():
    reserved, completed, cancelled, refunded = (
        a_reservation(),
        a_completed_order(),
        a_reservation(),
        a_completed_order(),
    )
    cancelled = cancel_order(cancelled, how=Cancelling(reason=Reason.FRAUD), by="staff:1")
    refunded = refund_order(refunded, amount=Decimal(100), reason=Reason.FRAUD, by="staff:1")

    assert [why_not_cancelled(each) for each in (reserved, completed, cancelled, refunded)] == [
        "",
        "",
        "It is cancelled already.",
        "It is refunded already.",
    ]


def test_effect_names_nobody():
    order = a_captured_order()

    told = " ".join(effect(order).lines)

    assert not any(value in told for value in ADDRESS.values())
