import secrets

from django.db import models
from django.db.models import Q
from django_fsm import FSMField, transition

from orders.models.orders import CODE_ALPHABET, Order
from players.models import CoinEntry

COINS = "coins"


def new_payment_code() -> str:
    """An id of the sales API: `txn_` and 16 random characters (80 bits)."""
    return "txn_" + "".join(secrets.choice(CODE_ALPHABET) for _ in range(16))


class Payment(models.Model):
    """Money or coins that moved for an order: a charge, or a refund of one (DOMAIN 4.2).

    Coins are a gateway of their own: they move in the same transaction, as the coin entry says.
    """

    class Kind(models.TextChoices):
        CHARGE = "charge", "Charge"
        REFUND = "refund", "Refund"

    class Status(models.TextChoices):
        PENDING = "pending", "Pending"
        COMPLETED = "completed", "Completed"

    id = models.BigAutoField(primary_key=True)
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="payments")
    code = models.CharField(max_length=32, unique=True, default=new_payment_code)
    gateway = models.CharField(max_length=32)
    kind = models.CharField(max_length=8, choices=Kind)
    status = FSMField(choices=Status.choices, default=Status.PENDING, protected=True)
    amount = models.DecimalField(max_digits=12, decimal_places=2)
    currency = models.CharField(max_length=4)
    coin_entry = models.OneToOneField(
        CoinEntry,
        on_delete=models.PROTECT,
        related_name="payment",
        null=True,
        blank=True,
    )
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="payment_amount_is_positive"),
            models.CheckConstraint(
                condition=~Q(gateway=COINS) | Q(coin_entry__isnull=False, status="completed"),
                name="payment_in_coins_has_its_entry",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} of {self.amount} {self.currency}"

    @transition(field=status, source=Status.PENDING, target=Status.COMPLETED)
    def complete(self) -> None:
        """It has moved."""
