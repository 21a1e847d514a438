import re
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog.models import Product, StockMovement
from orders.errors import (
    CurrenciesMixed,
    GatewayNotOffered,
    InventoryShort,
    OfferNotSold,
    OrderCodeTaken,
    PriceWrong,
    TotalTooHigh,
)
from orders.models import Mail, Order, PaymentGateway, WebhookMessage
from orders.services.create_sale import ItemDraft, SaleDraft, create_sale
from tests.factories import OfferFactory
from tests.orders.looking import announced, everything, last_event, timeline
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


def test_sale_is_what_was_drafted():
    customer = a_customer(first_name="Ann", last_name="Lee", email="ann@example.com")
    offers = [OfferFactory(base_price=Decimal("10.01")), OfferFactory(base_price=Decimal("0.50"))]

    order = create_sale(player=customer, draft=draft_of(*offers, quantity=3), by=BY)

    order = Order.objects.get(pk=order.pk)
    assert (order.kind, order.establishment_id, order.player, order.product, order.gateway_id) == (
        "sale",
        customer.establishment_id,
        customer,
        None,
        "sandbox",
    )
    assert (order.display_status, order.payment_method, order.payment_status) == (
        "awaiting_payment",
        "credit_card",
        "pending",
    )
    assert order.expires_at == order.created_at + timedelta(hours=24)
    assert (order.charged, order.refunded) == (0, 0)
    assert re.fullmatch("ord_[0-9a-z]{16}", order.code)
    assert re.fullmatch("[0-9a-z]{22}", order.payment_token)
    assert order.payment_url == (
        f"http://127.0.0.1:8000/pay?token={order.payment_token}&orderId={order.code}"
    )
    assert [
        (line.code, line.offer, line.product, line.quantity, line.unit_price, line.status)
        for line in order.lines.order_by("position")
    ] == [
        (f"item_{order.code[4:]}_{number}", offer, offer.product, 3, offer.base_price, "pending")
        for number, offer in enumerate(offers, start=1)
    ]
    delivery = order.delivery
    assert (delivery.first_name, delivery.last_name, delivery.email) == (
        "Ann",
        "Lee",
        "ann@example.com",
    )
    assert [
        (each.kind, each.reserved_change, each.by)
        for each in StockMovement.objects.filter(kind="hold")
    ] == [("hold", 3, BY)] * 2
    event = last_event(order)
    assert (event.kind, event.by, event.after) == (
        "creation",
        BY,
        {
            "status": "pending_payment",
            "total": "31.53",
            "currency": "USD",
            "lines": [f"3 × {offer.product}" for offer in offers],
        },
    )
    assert WebhookMessage.objects.get().data == {
        "orderId": order.code,
        "customerId": customer.customer_code,
        "status": "pending_payment",
        "paymentStatus": "pending",
    }
    assert Mail.objects.count() == 0


def test_free_sale_is_told_as_paid():
    order = a_sale(OfferFactory(base_price=0), customer=a_customer(email="ann@example.com"))

    assert timeline(order) == ["creation", "status"]
    assert last_event(order).note == "There is nothing to pay"
    assert announced(order) == ["order.created", "order.paid"]
    assert "There is nothing to pay." in Mail.objects.get().body
    assert order.payments.count() == 0


def test_same_code_gives_the_order_as_it_is():
    customer, offer = a_customer(), OfferFactory()
    order = create_sale(player=customer, draft=draft_of(offer), by=BY, code="ord_same")
    before = everything()

    again = create_sale(player=customer, draft=draft_of(OfferFactory()), by=BY, code="ord_same")

    assert again == order
    assert everything()["Order"] == before["Order"]
    assert everything()["StockMovement"][:2] == before["StockMovement"][:2]


def test_code_of_another_customer_is_refused():
    create_sale(player=a_customer(), draft=draft_of(OfferFactory()), by=BY, code="ord_same")
    other, draft = a_customer(), draft_of(OfferFactory())
    before = everything()

    with pytest.raises(OrderCodeTaken):
        create_sale(player=other, draft=draft, by=BY, code="ord_same")

    assert everything() == before


def test_same_offer_in_two_lines_is_held_together():
    offer = OfferFactory(product__units=3)
    twice = draft_of(offer, offer, quantity=2)
    customer = a_customer()

    with pytest.raises(InventoryShort) as refused:
        create_sale(player=customer, draft=twice, by=BY)
    order = create_sale(player=customer, draft=draft_of(offer, offer), by=BY)

    assert refused.value.details == {"available": {offer.pk: 3}}
    assert [line.quantity for line in order.lines.all()] == [1, 1]
    assert Product.objects.get().reserved == 2


def test_two_offers_of_one_product_share_its_stock():
    offer = OfferFactory(product__units=3)
    other = OfferFactory(product=offer.product, base_price=5)
    customer = a_customer()
    before = everything()

    with pytest.raises(InventoryShort) as refused:
        create_sale(player=customer, draft=draft_of(offer, other, quantity=2), by=BY)

    assert refused.value.details == {"available": {offer.pk: 3, other.pk: 3}}
    assert everything() == before


def test_price_that_is_not_the_offers_is_refused_unless_it_may_be_set():
    offer, customer = OfferFactory(base_price=Decimal("99.99")), a_customer()
    cheap = ItemDraft(offer_id=offer.pk, quantity=2, price=Decimal("1.50"))
    draft = SaleDraft(items=[cheap], payment_method="invoice", gateway_id="sandbox")
    before = everything()

    with pytest.raises(PriceWrong, match=r"99\.99, not 1\.50"):
        create_sale(player=customer, draft=draft, by=BY)

    assert everything() == before
    order = create_sale(player=customer, draft=replace(draft, sets_prices=True), by=BY)
    assert order.total == 3
    assert last_event(order).after["prices"] == "set by the client"


def test_offers_price_under_the_right_to_set_others_is_nothing_special():
    order = a_sale(sets_prices=True)

    assert "prices" not in last_event(order).after


@pytest.mark.parametrize(
    ("fields", "refusal"),
    [
        ({"status": "draft"}, OfferNotSold),
        ({"status": "paused"}, OfferNotSold),
        ({"status": "retired"}, OfferNotSold),
        ({"product__status": "paused"}, OfferNotSold),
        ({"product__visible": False}, OfferNotSold),
        ({"currency": "EUR"}, CurrenciesMixed),
        ({"base_price": Decimal("9999999999.99")}, TotalTooHigh),
    ],
)
def test_offer_that_cannot_be_sold_is_refused_with_all(fields, refusal):
    good, bad, customer = OfferFactory(), OfferFactory(**fields), a_customer()
    before = everything()

    with pytest.raises(refusal):
        create_sale(player=customer, draft=draft_of(good, bad), by=BY)

    assert everything() == before


def test_offer_of_another_establishment_or_of_none_is_not_sold():
    customer = a_customer()
    others = OfferFactory(product__establishment=a_customer().establishment)
    own = OfferFactory(product__establishment=customer.establishment)
    unknown = replace(draft_of(own), items=[ItemDraft(offer_id="offer_x", quantity=1, price=1)])
    before = everything()

    for draft in (draft_of(own, others), unknown):
        with pytest.raises(OfferNotSold):
            create_sale(player=customer, draft=draft, by=BY)

    assert everything() == before
    assert create_sale(player=customer, draft=draft_of(own), by=BY).total == own.base_price


@pytest.mark.parametrize("gateway", ["stripe_9", "asleep", "sandbox"])
def test_gateway_that_takes_no_payments_is_refused(gateway, settings):
    settings.SANDBOX_GATEWAY = False
    PaymentGateway.objects.create(id="asleep", name="Asleep", kind="offline", is_active=False)
    customer, offer = a_customer(), OfferFactory()
    before = everything()

    with pytest.raises(GatewayNotOffered):
        create_sale(player=customer, draft=draft_of(offer, gateway_id=gateway), by=BY)

    assert everything() == before


def test_sale_asks_so_often():
    counts = []
    for lines in (1, 3):
        customer, offers = a_customer(), [OfferFactory() for _ in range(lines)]
        with CaptureQueriesContext(connection) as asked:
            create_sale(player=customer, draft=draft_of(*offers), by=BY)
        counts.append(len(asked))

    # Each further line holds the units of one more product, with its movement.
    assert counts == [15, 15 + 2 * 2]
