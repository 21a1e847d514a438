from decimal import Decimal

from django.db import models
from django.db.models import Q
from django_fsm import FSMField, transition

from catalog.models import Offer, Product
from inventory.models import PlayerOrder
from orders.models.orders import Order


def line_code(order_code: str, position: int) -> str:
    return f"item_{order_code.removeprefix('ord_')}_{position + 1}"


class OrderLine(models.Model):
    """So many units of a product at a price. A reward has exactly one line, of one unit."""

    class Status(models.TextChoices):
        PENDING = "pending", "Pending"
        VERIFIED = "verified", "Verified"
        FULFILLED = "fulfilled", "Fulfilled"
        CANCELLED = "cancelled", "Cancelled"

    class Stock(models.TextChoices):
        HELD = "held", "Held"
        TAKEN = "taken", "Taken out of stock"
        RELEASED = "released", "No longer held"
        RETURNED = "returned", "Returned to stock"
        WRITTEN_OFF = "written_off", "Written off"

    id = models.BigAutoField(primary_key=True)
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="lines", db_index=False)
    position = models.PositiveSmallIntegerField(default=0)
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="lines")
    offer = models.ForeignKey(
        Offer, on_delete=models.PROTECT, related_name="lines", null=True, blank=True
    )
    quantity = models.PositiveIntegerField(default=1)
    unit_price = models.DecimalField(max_digits=12, decimal_places=2)
    denomination = models.PositiveIntegerField(
        null=True, blank=True, help_text="The face value that was chosen."
    )
    status = FSMField(choices=Status.choices, default=Status.PENDING, protected=True)
    stock = models.CharField(
        max_length=16,
        choices=Stock,
        default=Stock.HELD,
        editable=False,
        help_text="Where its units are: as its stock movements left them.",
    )
    player_order = models.OneToOneField(
        PlayerOrder,
        on_delete=models.PROTECT,
        related_name="order_line",
        null=True,
        blank=True,
        help_text="The order that gave the product's loot to the player.",
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["order", "position"], name="one_order_line_per_position"
            ),
            models.CheckConstraint(condition=Q(quantity__gte=1), name="order_line_has_a_quantity"),
            models.CheckConstraint(
                condition=Q(unit_price__gte=0), name="order_line_price_never_negative"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.product}"

    @property
    def code(self) -> str:
        """The id in the sales API: derived, and unique over all orders. The order is at hand."""
        return line_code(self.order.code, self.position)

    @property
    def amount(self) -> Decimal:
        return self.quantity * self.unit_price

    @property
    def is_open(self) -> bool:
        """Whether it can still be cancelled in the sales API."""
        return self.status in (self.Status.PENDING, self.Status.VERIFIED)

    @transition(field=status, source=Status.PENDING, target=Status.VERIFIED)
    def verify(self) -> None:
        """Stock and offer are confirmed (DOMAIN 3.7)."""

    @transition(field=status, source=[Status.PENDING, Status.VERIFIED], target=Status.FULFILLED)
    def fulfil(self) -> None:
        """The player has got it."""

    @transition(
        field=status,
        source=[Status.PENDING, Status.VERIFIED, Status.FULFILLED],
        target=Status.CANCELLED,
    )
    def cancel(self) -> None:
        """The player does not get it, or must give it back."""
