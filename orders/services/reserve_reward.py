from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID, uuid4

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from catalog.errors import StockShort
from catalog.models import Product, StockMovement
from catalog.services.lock_products import lock_products
from catalog.services.move_stock import move_stock
from inventory.services.database import ask
from orders.errors import (
    DenominationNotOffered,
    NotEnoughCoins,
    ProductNotOffered,
    ProductOutOfStock,
    ReservationExists,
    TransactionIdTaken,
)
from orders.models import Delivery, Order, OrderEvent, OrderLine
from orders.services.announce_order import announce_order
from orders.services.ask_one_line import ask_one_line
from orders.services.move_payment import charge_coins
from orders.services.record_event import record_event
from orders.vocabulary import Announced
from players.errors import CoinsShort
from players.models import Establishment, Player
from players.services.lock_player import refusing_to_wait, take_player

# The order is written last, in one statement: what belongs to it needs its id before.
NEXT_ID = """
    SELECT nextval(pg_get_serial_sequence('orders_order', 'id')), EXISTS (
        SELECT FROM orders_order
        WHERE player_id = %(player)s AND product_id = %(product)s AND status = 'reserved'
    )
"""
NEXT_REFERENCE = """
    INSERT INTO orders_referencesequence AS sequence (supplier_id, last) VALUES (%s, 1)
    ON CONFLICT (supplier_id) DO UPDATE SET last = sequence.last + 1
    RETURNING last
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reservation:
    """What is to be reserved. `denomination`: the face value, in coins, that was chosen.

    `any_denomination` is for callers that may set the price of what has no list of face values.
    """

    product_id: UUID
    establishment: Establishment
    email: str = ""
    denomination: int | None = None
    any_denomination: bool = False


@refusing_to_wait()
@transaction.atomic
def reserve_reward(
    *, player: Player, reservation: Reservation, by: str, transaction_id: UUID | None = None
) -> Order:
    """Hold one unit of a product for the player and take its coins (DOMAIN 1.4 #1, 1.6.1).

    Locks the player, then the product: refused with PlayerBusy where one is not free in time. A
    transaction id with which this player has reserved this product before gives the order as it is;
    that of another order is refused with TransactionIdTaken. Refused further, in this order:
    ProductNotOffered, DenominationNotOffered, ReservationExists, ProductOutOfStock, NotEnoughCoins;
    before all, with NotOneLine, a mail address that is none.
    The hold ends after RESERVATION_TTL unless delivery details are captured before.
    """
    ask_one_line(email=reservation.email)
    player = take_player(player.pk)
    if transaction_id and (made := Order.objects.filter(transaction_id=transaction_id).first()):
        if (made.player_id, made.product_id) != (player.pk, reservation.product_id):
            raise TransactionIdTaken("The transaction id is in use")
        return made
    product = _offered(reservation)
    value = _value(product, reservation)
    [(order_id, is_reserved)] = ask(NEXT_ID, {"player": player.pk, "product": product.pk})
    if is_reserved:
        raise ReservationExists("Reservation already exists for this player and product")
    now = timezone.now()
    order = Order(
        id=order_id,
        transaction_id=transaction_id or uuid4(),
        kind=Order.Kind.REWARD,
        establishment=reservation.establishment,
        player=player,
        product=product,
        total=value,
        created_at=now,
        expires_at=now + settings.RESERVATION_TTL if settings.RESERVATION_TTL else None,
    )
    line = OrderLine.objects.create(
        order=order, product=product, unit_price=value, denomination=reservation.denomination
    )
    Delivery.objects.create(
        order=order,
        first_name=player.first_name,
        last_name=player.last_name,
        email=reservation.email or player.email,
    )
    try:
        move_stock(product, StockMovement.Kind.HOLD, quantity=1, order_line_id=line.pk, by=by)
    except StockShort as short:
        raise ProductOutOfStock("Product out of stock") from short
    if settings.CHARGE_COINS_ON_RESERVATION:
        try:
            charge_coins(order, value, by=by)
        except CoinsShort as short:
            raise NotEnoughCoins("Not enough coins") from short
    record_event(
        order,
        OrderEvent.Kind.RESERVATION,
        by=by,
        after={"product": str(product), "value": str(value)},
    )
    announce_order(order, Announced.CREATED)
    order.reference = _next_reference(product)
    order.save(force_insert=True)
    return order


def _offered(reservation: Reservation) -> Product:
    """The product under its lock: what was withdrawn while we waited is not offered."""
    offered = Product.objects.offered_to(reservation.establishment)
    product = lock_products([reservation.product_id], among=offered).get(reservation.product_id)
    if product is None:
        raise ProductNotOffered("Product not found")
    return product


def _value(product: Product, reservation: Reservation) -> Decimal:
    """The face value where one was chosen, else the price (DOMAIN 1.3)."""
    chosen = reservation.denomination
    if chosen is None:
        return product.price
    if chosen not in product.denominations and not (
        reservation.any_denomination and not product.denominations
    ):
        raise DenominationNotOffered("Denomination is not offered for this product")
    return Decimal(chosen)


def _next_reference(product: Product) -> str:
    """Asked last: the supplier's sequence stays locked until the transaction ends."""
    [(number,)] = ask(NEXT_REFERENCE, [product.supplier_id])
    return f"PROV-REF-{number:06}"
