from decimal import Decimal

import pytest

from catalog.models import Product
from orders.errors import InventoryShort
from orders.models import Order
from orders.services.create_sale import create_sale
from tests.factories import OfferFactory
from tests.orders.looking import everything
from tests.orders.selling import BY, a_customer, a_sale, draft_of

pytestmark = pytest.mark.django_db


def test_sale_holds_all_units_and_waits_for_its_payment():
    offers = [OfferFactory(base_price=Decimal("10.01")), OfferFactory(base_price=Decimal("0.5"))]

    order = a_sale(*offers, quantity=3)

    order = Order.objects.get(pk=order.pk)
    assert (order.status, order.total, order.currency) == (
        "pending_payment",
        Decimal("31.53"),
        "USD",
    )
    for offer in offers:
        product = Product.objects.get(pk=offer.product_id)
        assert (product.stock, product.reserved) == (10, 3)


def test_sale_of_more_than_there_is_holds_nothing():
    offer, scarce = OfferFactory(), OfferFactory(product__units=2)
    customer = a_customer()
    before = everything()

    with pytest.raises(InventoryShort) as refused:
        create_sale(player=customer, draft=draft_of(offer, scarce, quantity=3), by=BY)

    assert refused.value.details == {"available": {scarce.pk: 2}}
    assert everything() == before


def test_sale_of_nothing_to_pay_is_processing_at_once():
    order = a_sale(OfferFactory(base_price=0))

    assert (order.status, order.payment_status) == ("processing", "completed")
    assert Order.objects.sales().get().expires_at is None
