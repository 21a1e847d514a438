"""A few sales whose fields are known, as rows and as plain values."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from django.utils import timezone

from orders.models import Order, OrderLine, PaymentGateway
from tests.factories import OfferFactory, PlayerFactory, ProductFactory

ENDED = ("cancelled", "refunded")
SHOWN = {"pending_payment": "awaiting_payment"}


@dataclass(frozen=True)
class Item:
    offer: str | None
    quantity: int
    price: str
    status: str = "pending"


@dataclass(frozen=True)
class Sale:
    """As the API names its fields; `name` without `ord_`."""

    name: str
    customer: str
    status: str
    payment: str
    method: str
    total: str
    created: str
    updated: str
    items: list[Item] = field(default_factory=list)

    @property
    def id(self):
        return f"ord_{self.name}"

    def values(self):
        """What filters see, times in whole seconds; null for what is not there."""
        return {
            "id": self.id,
            "customerId": self.customer,
            "status": self.status,
            "paymentStatus": self.payment,
            "paymentMethod": self.method or None,
            "totalAmount": Decimal(self.total),
            "createdAt": datetime.fromisoformat(self.created).replace(microsecond=0),
            "updatedAt": datetime.fromisoformat(self.updated).replace(microsecond=0),
            "items": [
                {
                    "id": f"item_{self.name}_{number}",
                    "offerId": item.offer,
                    "quantity": Decimal(item.quantity),
                    "price": Decimal(item.price),
                    "status": item.status,
                }
                for number, item in enumerate(self.items, 1)
            ],
        }


def write_sales(sales, *, establishment):
    """The sales as rows of an establishment; their customers and offers are made with them."""
    product = ProductFactory()
    for offer in {item.offer for sale in sales for item in sale.items} - {None}:
        OfferFactory(id=offer, product=product)
    players = {
        code: PlayerFactory(customer_code=code, establishment=establishment)
        for code in {sale.customer for sale in sales}
    }
    gateway = PaymentGateway.objects.get(pk="sandbox")
    orders = [_order(sale, players[sale.customer], gateway) for sale in sales]
    Order.objects.bulk_create(orders)
    for order, sale in zip(orders, sales, strict=True):
        Order.objects.filter(pk=order.pk).update(updated_at=sale.updated)
    OrderLine.objects.bulk_create(
        OrderLine(
            order=order,
            position=position,
            product=product,
            offer_id=item.offer,
            quantity=item.quantity,
            unit_price=item.price,
            status=item.status,
        )
        for order, sale in zip(orders, sales, strict=True)
        for position, item in enumerate(sale.items)
    )


def _order(sale, player, gateway):
    return Order(
        code=sale.id,
        kind=Order.Kind.SALE,
        establishment=player.establishment,
        player=player,
        status=sale.status,
        display_status=SHOWN.get(sale.status, sale.status),
        total=sale.total,
        currency="USD",
        gateway=gateway,
        payment_method=sale.method,
        payment_status=sale.payment,
        payment_token="0" * 22,
        created_at=sale.created,
        completed_at=sale.created if sale.status in ("completed", "refunded") else None,
        cancelled_at=timezone.now() if sale.status in ENDED else None,
    )
