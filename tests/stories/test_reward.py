"""A reward from the coins that pay for it to the refund of its cancellation."""

import re
from decimal import Decimal

import pytest
from django.test import Client

from inventory.models import InventoryRecord
from inventory.tasks import fulfil_player_orders
from orders.cancelling import Cancelling, LootPolicy, Stock
from orders.models import Order
from orders.services.audit_all_ledgers import audit_all_ledgers
from orders.services.cancel_order import cancel_order
from orders.services.complete_order import complete_order
from orders.services.delay_order import delay_order
from orders.services.register_tracking import register_tracking
from orders.services.reserve_reward import Reservation, reserve_reward
from orders.vocabulary import Reason
from players.models import CoinEntry, Player
from players.services.change_coins import change_coins
from players.services.move_coins import move_coins
from tests.factories import (
    EstablishmentFactory,
    ItemFactory,
    LootFactory,
    PlayerFactory,
    ProductFactory,
)

pytestmark = pytest.mark.django_db(transaction=True)
KEY, SUPPORT = "key:1", "staff:7"


@pytest.fixture
def casino():
    establishment = EstablishmentFactory(name="Casino")
    move_coins(establishment, Decimal(1_000), reason=CoinEntry.Reason.OPENING, by="system")
    return establishment


@pytest.fixture
def grace(casino):
    return PlayerFactory(establishment=casino, first_name="Grace", last_name="Hopper")


@pytest.fixture
def figurine(casino):
    """The last one, with a helmet for the player's inventory."""
    helmet = LootFactory(item=ItemFactory(name="helmet"))
    return ProductFactory(name="figurine", establishment=casino, price=100, loot=helmet, units=1)


def coins(player):
    return int(Player.objects.get(pk=player.pk).coins)


def stock(order):
    return Order.objects.values_list("product__stock", "product__reserved").get(pk=order.pk)


def owned(player):
    records = InventoryRecord.objects.filter(player=player).exclude(count=0)
    return dict(records.values_list("item__name", "count"))


def page(order):
    """What the player reads on the delivery page, whose address the mails tell."""
    text = Client().get(order.delivery.track_url).content.decode()
    return re.search(r"<h1[^>]*>(.*?)</h1>", text)[1], text


def test_reward(casino, grace, figurine):
    # The casino gives Grace coins, and she orders the last figurine for them.
    change_coins(grace, change=Decimal(150), by=KEY)
    order = reserve_reward(
        player=grace, reservation=Reservation(product_id=figurine.pk, establishment=casino), by=KEY
    )
    assert (coins(grace), stock(order)) == (50, (1, 1))

    # On the delivery page she types where it should go.
    heading, text = page(order)
    assert heading == "Where should it be sent?"
    typed = {
        "first_name": "Grace",
        "last_name": "Hopper",
        "address_line1": "Main St 1",
        "postal_code": "22201",
        "city": "Arlington",
        "country": "US",
        "email": "grace@example.com",
        "seen": re.search(r'name="seen" value="(\w+)"', text)[1],
    }
    assert Client().post(order.delivery.track_url, typed).status_code == 303
    assert (page(order)[0], stock(order)) == ("Thank you, all is confirmed", (0, 0))

    # Customs are in the way, then it is sent, and it arrives; the helmet is in the inventory.
    delay_order(order=order, reason=Reason.CUSTOMS, by=SUPPORT)
    assert page(order)[0] == "It takes longer than planned"
    register_tracking(order=order, tracking_number="1Z 999", by=SUPPORT)
    assert "1Z 999" in page(order)[1]
    complete_order(order=order, by=KEY)
    fulfil_player_orders()
    assert (page(order)[0], owned(grace)) == ("It is yours", {"helmet": 1})

    # But it arrives broken: Support gives the coins back, and writes the figurine off.
    order = cancel_order(
        order,
        how=Cancelling(
            reason=Reason.PRODUCT_UNAVAILABLE,
            note="arrived broken",
            stock=Stock.WRITE_OFF,
            loot=LootPolicy.TAKE_BACK,
        ),
        by=SUPPORT,
    )
    assert page(order)[0] == "This order was cancelled"
    assert (coins(grace), stock(order), owned(grace)) == (150, (0, 0), {})

    # Who did what is told in turn, and so it was told to Grace and to the casino.
    assert list(order.events.order_by("number").values_list("kind", "by")) == [
        ("reservation", KEY),
        ("capture", f"player:{grace.pk}"),
        ("delay", SUPPORT),
        ("tracking", SUPPORT),
        ("acquisition", KEY),
        ("cancellation", SUPPORT),
    ]
    told = ["order.delayed", "order.sent", "order.acquired", "order.cancelled"]
    messages = order.messages.order_by("number").values_list("event", flat=True)
    assert list(messages) == ["order.created", *told]
    assert list(order.mail.order_by("pk").values_list("event", "to")) == [
        (event, "grace@example.com") for event in told
    ]

    # And everything adds up.
    assert audit_all_ledgers(limit=10)["total"] == 0
