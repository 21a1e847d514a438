"""A sale from the shop that creates it to the money that goes back, as the buyer sees it too."""

import re
from decimal import Decimal

import pytest
from django.test import Client

from inventory.models import InventoryRecord
from inventory.tasks import fulfil_player_orders
from orders.models import Order
from orders.services.audit_all_ledgers import audit_all_ledgers
from orders.services.change_sale_status import change_sale_status
from orders.services.create_sale import ItemDraft, SaleDraft, create_sale
from orders.services.refund_order import refund_order
from orders.services.settle_payments import settle_payments
from orders.vocabulary import Reason
from tests.factories import (
    EstablishmentFactory,
    ItemFactory,
    LootFactory,
    OfferFactory,
    PlayerFactory,
    ProductFactory,
)

pytestmark = pytest.mark.django_db(transaction=True)
KEY, SUPPORT = "key:1", "staff:7"


@pytest.fixture
def alan():
    return PlayerFactory(
        establishment=EstablishmentFactory(), customer_code="cust_123", email="alan@example.com"
    )


@pytest.fixture
def pack():
    """Five coins' worth of swords, of which there are three packs."""
    sword = LootFactory(item=ItemFactory(name="sword"))
    product = ProductFactory(name="pack", kind="digital", loot=sword, units=3)
    return OfferFactory(product=product, base_price=Decimal("9.99"))


def stands(order):
    order = Order.objects.select_related("delivery").get(pk=order.pk)
    return order.status, order.payment_status, order.refunded


def page(order):
    text = Client().get(order.payment_url).content.decode()
    return re.search(r"<h1[^>]*>(.*?)</h1>", text, re.DOTALL)[1].strip(), text


def owned(player):
    records = InventoryRecord.objects.filter(player=player).exclude(count=0)
    return dict(records.values_list("item__name", "count"))


def pay(order, choice):
    """As the buyer does: by a button of the payment page."""
    seen = re.search(r'name="amount" value="([^"]+)"', page(order)[1])[1]
    answer = Client().post(order.payment_url, {"choice": choice, "amount": seen})
    assert answer.status_code == 303


def refund(order, amount):
    refund_order(order, amount=Decimal(amount), reason=Reason.MISTAKE, by=SUPPORT)
    settle_payments(limit=10)


def test_sale(alan, pack):
    # The shop orders two packs for Alan, who is sent to the payment page.
    order = create_sale(
        player=alan,
        draft=SaleDraft(
            items=[ItemDraft(offer_id=pack.pk, quantity=2, price=Decimal("9.99"))],
            payment_method="credit_card",
            gateway_id="sandbox",
        ),
        by=KEY,
    )
    assert stands(order) == ("pending_payment", "pending", 0)
    assert "19.98" in page(order)[1]

    # His first card is declined, the second one pays.
    pay(order, "decline")
    assert stands(order) == ("payment_failed", "failed", 0)
    pay(order, "pay")
    assert stands(order) == ("processing", "completed", 0)

    # The shop completes the order, and the swords are in his inventory.
    change_sale_status(order, to=Order.Status.COMPLETED, note="", by=KEY)
    fulfil_player_orders()
    assert owned(alan) == {"sword": 2}

    # One pack was too many: Support gives its price back, and later the rest as well.
    refund(order, "9.99")
    assert stands(order) == ("completed", "partially_refunded", Decimal("9.99"))
    refund(order, "9.99")
    assert stands(order) == ("refunded", "refunded", Decimal("19.98"))

    # And everything adds up.
    assert audit_all_ledgers(limit=10)["total"] == 0
