from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
import time_machine

from catalog.models import Product
from orders.errors import (
    DenominationNotOffered,
    NotEnoughCoins,
    ProductNotOffered,
    ProductOutOfStock,
    ReservationExists,
    TransactionIdTaken,
)
from orders.models import Order, OrderEvent, Payment, ReferenceSequence, WebhookMessage
from orders.models.deliveries import TRACK_TOKEN_ALPHABET
from orders.services.reserve_reward import Reservation, reserve_reward
from players.models import Player
from tests.factories import EstablishmentFactory, ProductFactory, SupplierFactory
from tests.orders import states
from tests.orders.looking import everything
from tests.orders.reserving import a_player, a_reservation

pytestmark = pytest.mark.django_db


def test_reservation_holds_a_unit_and_takes_the_coins():
    player, product = a_player(coins=150), ProductFactory(units=2, price=100)

    order = a_reservation(player=player, product=product)

    order = Order.objects.get(pk=order.pk)
    assert (order.status, order.display_status) == ("reserved", "pending")
    assert (order.total, order.charged, order.refunded) == (100, 100, 0)
    assert order.reference == "PROV-REF-000001"
    product = Product.objects.get()
    assert (product.stock, product.reserved, product.available) == (2, 1, 1)
    assert Player.objects.get().coins == Decimal(50)
    payment = Payment.objects.get()
    assert (payment.kind, payment.status, payment.amount) == ("charge", "completed", 100)
    assert OrderEvent.objects.get().kind == OrderEvent.Kind.RESERVATION
    assert WebhookMessage.objects.get().event == "order.created"


def test_events_and_messages_of_a_reservation_are_the_first_of_the_order():
    order = a_reservation(product=ProductFactory(name="Mug"), by="player:7")

    event = OrderEvent.objects.get()
    assert (event.number, event.by, event.after) == (
        1,
        "player:7",
        {"product": "Mug", "value": "100.00"},
    )
    assert (order.last_event, order.last_message) == (1, 1)
    line = order.lines.get()
    assert (line.quantity, line.unit_price, line.denomination) == (1, 100, None)
    assert (line.status, line.stock) == ("pending", "held")


def test_delivery_begins_with_what_is_known_of_the_player():
    player = a_player(first_name="Jane", last_name="Roe", email="jane@example.com")

    delivery = a_reservation(player=player).delivery

    assert (delivery.first_name, delivery.last_name, delivery.email) == (
        "Jane",
        "Roe",
        "jane@example.com",
    )
    assert len(delivery.track_token) == 22
    assert set(delivery.track_token) <= set(TRACK_TOKEN_ALPHABET)


def test_mail_address_of_the_reservation_comes_before_that_of_the_player():
    order = a_reservation(email="other@example.com")

    assert order.delivery.email == "other@example.com"


def test_hold_ends_after_its_time(settings):
    settings.RESERVATION_TTL = timedelta(hours=3)

    with time_machine.travel(datetime(2026, 3, 24, tzinfo=UTC), tick=False):
        order = a_reservation()

    assert order.expires_at == datetime(2026, 3, 24, 3, tzinfo=UTC)


@pytest.mark.parametrize(
    ("denominations", "chosen", "any_denomination", "value"),
    [
        ([], None, False, 100),
        ([25, 50], None, False, 100),
        ([25, 50], 50, False, 50),
        ([25, 50], 25, True, 25),
        ([], 70, True, 70),
        ([], 0, True, 0),
    ],
)
def test_value_is_the_denomination_if_there_is_one_else_the_price(
    denominations, chosen, any_denomination, value
):
    product = ProductFactory(price=100, denominations=denominations)

    order = a_reservation(product=product, denomination=chosen, any_denomination=any_denomination)

    assert (order.total, order.charged) == (value, value)
    assert order.lines.get().denomination == chosen
    assert Payment.objects.count() == (1 if value else 0)


@pytest.mark.parametrize(
    ("denominations", "chosen", "any_denomination"),
    [([], 100, False), ([25, 50], 30, False), ([25, 50], 30, True)],
)
def test_denomination_that_is_not_offered_is_refused(denominations, chosen, any_denomination):
    player, product = a_player(), ProductFactory(denominations=denominations)
    before = everything()

    with pytest.raises(DenominationNotOffered):
        a_reservation(
            player=player, product=product, denomination=chosen, any_denomination=any_denomination
        )

    assert everything() == before


def draft():
    return ProductFactory(status="draft")


def paused():
    return ProductFactory(status="paused")


def retired():
    return ProductFactory(status="retired")


def hidden():
    return ProductFactory(visible=False)


def of_another_establishment():
    return ProductFactory(establishment=EstablishmentFactory())


def never_stored():
    return ProductFactory.build(units=0)


@pytest.mark.parametrize(
    "make", [draft, paused, retired, hidden, of_another_establishment, never_stored]
)
def test_product_that_is_not_offered_is_refused(make):
    player, product = a_player(), make()
    before = everything()

    with pytest.raises(ProductNotOffered):
        a_reservation(player=player, product=product)

    assert everything() == before


def test_product_of_the_players_establishment_is_offered():
    player = a_player()

    order = a_reservation(player=player, product=ProductFactory(establishment=player.establishment))

    assert order.status == "reserved"


def test_second_open_reservation_of_a_product_is_refused():
    player, product = a_player(), ProductFactory()
    a_reservation(player=player, product=product)
    before = everything()

    with pytest.raises(ReservationExists):
        a_reservation(player=player, product=product)

    assert everything() == before


@pytest.mark.parametrize("state", [states.completed, states.cancelled, states.refunded])
def test_product_can_be_reserved_again_once_the_order_is_over(state):
    player, product = a_player(), ProductFactory()
    first = state(player=player, product=product)

    second = a_reservation(player=player, product=product)

    assert (second.status, second.pk == first.pk) == ("reserved", False)


def test_product_without_a_free_unit_is_refused():
    product = ProductFactory(units=1)
    a_reservation(product=product)
    player = a_player()
    before = everything()

    with pytest.raises(ProductOutOfStock, match="Product out of stock"):
        a_reservation(player=player, product=product)

    assert everything() == before


def test_player_with_too_few_coins_is_refused_and_nothing_is_held():
    player, product = a_player(coins=99), ProductFactory(price=100)
    before = everything()

    with pytest.raises(NotEnoughCoins, match="Not enough coins"):
        a_reservation(player=player, product=product)

    assert everything() == before


def test_nothing_is_charged_where_reservations_cost_nothing(settings):
    settings.CHARGE_COINS_ON_RESERVATION = False

    order = a_reservation(player=a_player(coins=0))

    assert (order.total, order.charged) == (100, 0)
    assert not Payment.objects.exists()


def test_references_are_counted_for_each_supplier_and_grow_past_six_digits():
    supplier = SupplierFactory()
    a_reservation(product=ProductFactory(supplier=supplier))
    ReferenceSequence.objects.filter(supplier=supplier).update(last=999_999)

    orders = [
        a_reservation(product=ProductFactory(supplier=supplier)),
        a_reservation(product=ProductFactory(supplier=SupplierFactory())),
        a_reservation(product=ProductFactory(supplier=None)),
        a_reservation(product=ProductFactory(supplier=None)),
    ]

    assert [order.reference for order in orders] == [
        "PROV-REF-1000000",
        "PROV-REF-000001",
        "PROV-REF-000001",
        "PROV-REF-000002",
    ]


def reserve(player, product, transaction_id):
    reservation = Reservation(product_id=product.pk, establishment=player.establishment)
    return reserve_reward(
        player=player, reservation=reservation, by="key:1", transaction_id=transaction_id
    )


def test_transaction_id_is_reserved_once():
    player, product, transaction_id = a_player(), ProductFactory(), uuid4()
    order = reserve(player, product, transaction_id)
    before = everything()

    assert reserve(player, product, transaction_id) == order
    assert order.transaction_id == transaction_id
    assert everything() == before


@pytest.mark.parametrize("other", ["player", "product"])
def test_transaction_id_of_another_order_is_refused(other):
    player, product, transaction_id = a_player(), ProductFactory(), uuid4()
    reserve(player, product, transaction_id)
    player = a_player() if other == "player" else player
    product = ProductFactory() if other == "product" else product
    before = everything()

    with pytest.raises(TransactionIdTaken):
        reserve(player, product, transaction_id)

    assert everything() == before
