from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from catalog.errors import StockShort
from catalog.models import Offer, Product, StockMovement
from catalog.services.lock_products import lock_products
from catalog.services.move_stock import move_stock
from orders.errors import (
    CurrenciesMixed,
    GatewayNotOffered,
    InventoryShort,
    OfferNotSold,
    OrderCodeTaken,
    PriceWrong,
    TotalTooHigh,
)
from orders.models import Delivery, Order, OrderEvent, OrderLine, PaymentGateway
from orders.models.orders import new_order_code, new_payment_token, next_order_id
from orders.services.announce_order import announce_order
from orders.services.process_free_sale import process_free_sale
from orders.services.record_event import record_event
from orders.vocabulary import Announced, PaymentStatus
from players.models import Player
from players.services.lock_player import refusing_to_wait, take_player

MAX_TOTAL = Decimal(10) ** 10


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemDraft:
    """So many units of an offer, at the price that the client believes is asked of one."""

    offer_id: str
    quantity: int
    price: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class SaleDraft:
    """What is to be sold. `sets_prices`: the prices are the client's to say (DOMAIN 3.3)."""

    items: Sequence[ItemDraft]
    payment_method: str
    gateway_id: str
    sets_prices: bool = False


@refusing_to_wait()
@transaction.atomic
def create_sale(*, player: Player, draft: SaleDraft, by: str, code: str | None = None) -> Order:
    """Order offers for the player, and hold all units or none (DOMAIN 3.3).

    Locks the player, then the products in the order of their ids: refused with PlayerBusy where one
    is not free in time. A code with which this player has ordered gives the order as it is; that of
    another order is refused with OrderCodeTaken. Refused further, in this order: GatewayNotOffered,
    OfferNotSold, PriceWrong, CurrenciesMixed, TotalTooHigh, InventoryShort. The hold ends after
    PAYMENT_TTL unless it is paid before. What costs nothing is processing at once, and told as
    paid.
    """
    take_player(player.pk)
    if code and (made := Order.objects.filter(code=code).first()):
        if (made.kind, made.player_id) != (Order.Kind.SALE, player.pk):
            raise OrderCodeTaken("The order id is in use")
        return made
    gateway = PaymentGateway.objects.filter(pk=draft.gateway_id).first()
    if gateway is None or not gateway.is_offered:
        raise GatewayNotOffered(f"There is no payment gateway {draft.gateway_id}")
    offers = _offers(player, draft)
    currency = _currency(offers.values())
    total = sum((item.quantity * item.price for item in draft.items), Decimal(0))
    if total >= MAX_TOTAL:
        raise TotalTooHigh("The order costs more than an order can")
    now = timezone.now()
    order = Order(
        id=next_order_id(),
        code=code or new_order_code(),
        kind=Order.Kind.SALE,
        establishment_id=player.establishment_id,
        player=player,
        status=Order.Status.PENDING_PAYMENT,
        display_status=Order.DisplayStatus.AWAITING_PAYMENT,
        total=total,
        currency=currency,
        gateway=gateway,
        payment_method=draft.payment_method,
        payment_status=PaymentStatus.PENDING,
        payment_token=new_payment_token(),
        created_at=now,
        expires_at=now + settings.PAYMENT_TTL if settings.PAYMENT_TTL else None,
    )
    Delivery.objects.create(
        order=order,
        first_name=player.first_name,
        last_name=player.last_name,
        email=player.email,
    )
    lines = OrderLine.objects.bulk_create(
        OrderLine(
            order=order,
            position=position,
            product=offers[item.offer_id].product,
            offer=offers[item.offer_id],
            quantity=item.quantity,
            unit_price=item.price,
        )
        for position, item in enumerate(draft.items)
    )
    _hold(lines, by=by)
    record_event(
        order,
        OrderEvent.Kind.CREATION,
        by=by,
        after={
            "status": order.status,
            "total": f"{total:.2f}",
            "currency": currency,
            "lines": [str(line) for line in lines],
            **({"prices": "set by the client"} if _are_set(draft, offers) else {}),
        },
    )
    announce_order(order, Announced.CREATED)
    if not total:
        process_free_sale(order, by=by)
    order.save(force_insert=True)
    return order


def _offers(player: Player, draft: SaleDraft) -> dict[str, Offer]:
    """The offers by their ids, with their products locked: what is sold is asked under the lock."""
    ids = {item.offer_id for item in draft.items}
    named = Offer.objects.filter(pk__in=ids).values_list("product_id", flat=True)
    products = lock_products(named)
    offers = Offer.objects.sold_to(player.establishment_id).in_bulk(ids)
    for item in draft.items:
        offer = offers.get(item.offer_id)
        if offer is None or offer.product_id not in products:
            raise OfferNotSold(f"Offer {item.offer_id} is not sold")
        if item.price != offer.base_price and not draft.sets_prices:
            raise PriceWrong(
                f"The price of offer {offer.pk} is {offer.base_price}, not {item.price}"
            )
        offer.product = products[offer.product_id]
    return offers


def _are_set(draft: SaleDraft, offers: dict[str, Offer]) -> bool:
    return any(item.price != offers[item.offer_id].base_price for item in draft.items)


def _currency(offers: Iterable[Offer]) -> str:
    currencies = sorted({offer.currency for offer in offers})
    if len(currencies) > 1:
        raise CurrenciesMixed(f"The offers have different currencies: {', '.join(currencies)}")
    return currencies[0]


def _hold(lines: Sequence[OrderLine], *, by: str) -> None:
    """All of it, or nothing: whoever refuses undoes what came before."""
    wanted: dict[UUID, int] = {}
    for line in lines:
        wanted[line.product_id] = wanted.get(line.product_id, 0) + line.quantity
    products: dict[UUID, Product] = {line.product_id: line.product for line in lines}
    short = {
        str(line.offer_id): products[line.product_id].available
        for line in lines
        if wanted[line.product_id] > products[line.product_id].available
    }
    if short:
        raise InventoryShort(
            "Not enough stock",
            available=short,
        )
    for line in lines:
        try:
            move_stock(
                products[line.product_id],
                StockMovement.Kind.HOLD,
                quantity=line.quantity,
                order_line_id=line.pk,
                by=by,
            )
        except StockShort as error:
            raise InventoryShort("Not enough stock") from error
