import secrets
import uuid
from datetime import datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.db import connection, models
from django_fsm import FSMField, transition

from catalog.models import Product
from catalog.models.products import CODE_ALPHABET
from orders.models.gateways import PaymentGateway
from orders.models.order_table import CONSTRAINTS, INDEXES
from orders.vocabulary import PaymentStatus, Reason
from players.models import Establishment, Player

PAYMENT_TOKEN_LENGTH = 22


def new_order_code() -> str:
    """An id of the sales API: `ord_` and 16 random characters (80 bits)."""
    return "ord_" + "".join(secrets.choice(CODE_ALPHABET) for _ in range(16))


def next_order_id() -> int:
    """The id of an order that is inserted once all of it is known, after what belongs to it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence('orders_order', 'id'))")
        return int(cursor.fetchone()[0])


def new_payment_token() -> str:
    """The token of the hosted payment page: 22 random characters, 110 bits."""
    return "".join(secrets.choice(CODE_ALPHABET) for _ in range(PAYMENT_TOKEN_LENGTH))


def is_no_completed_sale(order: Any) -> bool:
    """Of what was sold and delivered only the money can be given back (DOMAIN 3.2)."""
    return not (order.is_sale and order.completed_at)


class OrderQuerySet(models.QuerySet["Order"]):
    def rewards(self) -> "OrderQuerySet":
        """What the rewards API sees."""
        return self.filter(kind=Order.Kind.REWARD)

    def sales(self) -> "OrderQuerySet":
        """What the sales API sees."""
        return self.filter(kind=Order.Kind.SALE)

    def ran_out(self, *, at: datetime) -> "OrderQuerySet":
        """Orders whose hold has not been used in time, the one that waits longest first."""
        return self.filter(expires_at__lte=at).order_by("expires_at", "pk")


class Order(models.Model):
    """Something that is held, paid for, perhaps delivered, completed, cancelled, refunded.

    Its row is locked after that of its player and before those of its products (DOMAIN 4.4);
    `orders.services.lock_order` does it. Every change is told by an `OrderEvent`. What it holds,
    costs and sends is written by services only, under that lock.
    """

    class Kind(models.TextChoices):
        REWARD = "reward", "Reward: paid in coins"
        SALE = "sale", "Sale: paid in money"

    class Status(models.TextChoices):
        RESERVED = "reserved", "Reserved"
        PENDING_PAYMENT = "pending_payment", "Pending payment"
        PAYMENT_FAILED = "payment_failed", "Payment failed"
        PROCESSING = "processing", "Processing"
        COMPLETED = "completed", "Completed"
        CANCELLED = "cancelled", "Cancelled"
        REFUNDED = "refunded", "Refunded"

    # What the sales API reports as PENDING.
    UNENDED = (Status.PENDING_PAYMENT, Status.PAYMENT_FAILED, Status.PROCESSING)

    class DisplayStatus(models.TextChoices):
        PENDING = "pending", "Pending"
        SENT = "sent", "Sent"
        DELAYED = "delayed", "Delayed"
        ACQUIRED = "acquired", "Acquired"
        CANCELLED = "cancelled", "Cancelled"
        # Of sales only.
        AWAITING_PAYMENT = "awaiting_payment", "Awaiting payment"
        PAYMENT_FAILED = "payment_failed", "Payment failed"
        PROCESSING = "processing", "Processing"
        COMPLETED = "completed", "Completed"
        REFUNDED = "refunded", "Refunded"

    id = models.BigAutoField(primary_key=True)
    transaction_id = models.UUIDField(
        unique=True, default=uuid.uuid4, help_text="The id in the rewards API."
    )
    code = models.CharField(
        max_length=32,
        unique=True,
        default=new_order_code,
        # In one order everywhere: it ends that of every list of the sales API.
        db_collation="C",
        help_text="The id in the sales API.",
    )
    kind = models.CharField(max_length=8, choices=Kind)
    establishment = models.ForeignKey(
        Establishment,
        on_delete=models.PROTECT,
        related_name="orders",
        null=True,
        blank=True,
        db_index=False,
    )
    player = models.ForeignKey(
        Player, on_delete=models.PROTECT, related_name="orders", db_index=False
    )
    product = models.ForeignKey(
        Product,
        on_delete=models.PROTECT,
        related_name="orders",
        null=True,
        blank=True,
        db_index=False,
        help_text="Of a reward: the product of its one line.",
    )
    status = FSMField(choices=Status.choices, default=Status.RESERVED, protected=True)
    display_status = models.CharField(
        max_length=16,
        choices=DisplayStatus,
        default=DisplayStatus.PENDING,
        editable=False,
        help_text="What people are shown; it follows from the status and the delivery.",
    )
    total = models.DecimalField(max_digits=12, decimal_places=2)
    currency = models.CharField(max_length=4, default="COIN")
    charged = models.DecimalField(
        max_digits=12, decimal_places=2, default=0, help_text="Sum of the charges."
    )
    refunded = models.DecimalField(
        max_digits=12, decimal_places=2, default=0, help_text="Sum of the refunds, also pending."
    )
    gateway = models.ForeignKey(
        PaymentGateway,
        on_delete=models.PROTECT,
        related_name="orders",
        null=True,
        blank=True,
        db_index=False,
        help_text="Through which a sale is paid.",
    )
    payment_method = models.CharField(max_length=32, blank=True, db_default="")
    payment_status = models.CharField(
        max_length=20, choices=PaymentStatus, blank=True, db_default="", editable=False
    )
    payment_token = models.CharField(
        max_length=PAYMENT_TOKEN_LENGTH, blank=True, db_default="", editable=False
    )
    reference = models.CharField(max_length=40, blank=True, db_index=True)
    expires_at = models.DateTimeField(
        null=True, blank=True, help_text="When the hold is given up, unless it is used before."
    )
    delay_reason = models.CharField(max_length=32, choices=Reason, blank=True)
    cancel_reason = models.CharField(max_length=32, choices=Reason, blank=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField(auto_now=True)
    completed_at = models.DateTimeField(null=True, blank=True)
    cancelled_at = models.DateTimeField(null=True, blank=True)
    last_event = models.PositiveIntegerField(
        default=0, editable=False, help_text="The number of its last event."
    )
    last_message = models.PositiveIntegerField(
        default=0, editable=False, help_text="The number of its last webhook message."
    )

    objects = OrderQuerySet.as_manager()

    class Meta:
        permissions = [
            ("cancel_order", "Can cancel orders"),
            ("refund_order", "Can refund orders, also while cancelling"),
            ("fulfil_order", "Can capture delivery, register tracking, delay and complete orders"),
            ("note_order", "Can add notes to orders"),
            ("resend_order", "Can send mail and webhooks of orders again"),
            ("view_personal_data", "Can see names, addresses and mail of players"),
        ]
        constraints = CONSTRAINTS
        indexes = INDEXES

    def __str__(self) -> str:
        return self.code if self.is_sale else str(self.transaction_id)

    @property
    def refundable(self) -> Decimal:
        """What can still be given back."""
        return self.charged - self.refunded

    @property
    def is_digital(self) -> bool:
        """Whether nothing of it goes to an address. Of an order without a product it asks lines."""
        goods = [self.product] if self.product else [line.product for line in self.lines.all()]
        return all(product.kind == Product.Kind.DIGITAL for product in goods)

    @property
    def is_sale(self) -> bool:
        return self.kind == self.Kind.SALE

    @property
    def is_unpaid(self) -> bool:
        """Whether it waits for a payment, for the first time or again."""
        return self.status in (self.Status.PENDING_PAYMENT, self.Status.PAYMENT_FAILED)

    @property
    def payment_url(self) -> str:
        """The hosted payment page of a sale; who knows it may pay, and sees what is paid for."""
        named = {"token": self.payment_token, "orderId": self.code}
        return f"{settings.PUBLIC_URL}/pay?{urlencode(named)}"

    @transition(
        field=status,
        source=[Status.PENDING_PAYMENT, Status.PAYMENT_FAILED],
        target=Status.PROCESSING,
    )
    def process(self) -> None:
        """It is paid, or there was nothing to pay."""
        self.expires_at = None
        self.display_status = self.DisplayStatus.PROCESSING

    @transition(field=status, source=Status.PENDING_PAYMENT, target=Status.PAYMENT_FAILED)
    def fail_payment(self) -> None:
        """The payment was refused; it can be tried again until the order expires."""
        self.display_status = self.DisplayStatus.PAYMENT_FAILED

    @transition(field=status, source=Status.PAYMENT_FAILED, target=Status.PENDING_PAYMENT)
    def await_payment(self) -> None:
        """It is to be paid after all."""
        self.display_status = self.DisplayStatus.AWAITING_PAYMENT

    @transition(field=status, source=[Status.RESERVED, Status.PROCESSING], target=Status.COMPLETED)
    def complete(self, *, at: datetime) -> None:
        self.completed_at = at
        self.expires_at = None
        shown = self.DisplayStatus
        self.display_status = shown.COMPLETED if self.is_sale else shown.ACQUIRED

    @transition(
        field=status,
        source=[
            Status.RESERVED,
            Status.PENDING_PAYMENT,
            Status.PAYMENT_FAILED,
            Status.PROCESSING,
            Status.COMPLETED,
        ],
        target=Status.CANCELLED,
        conditions=[is_no_completed_sale],
    )
    def cancel(self, *, reason: Reason | None, at: datetime) -> None:
        """Also what a player has; of what was sold only the money can be given back then."""
        self._end(reason, at)
        self.display_status = self.DisplayStatus.CANCELLED

    @transition(field=status, source=Status.COMPLETED, target=Status.REFUNDED)
    def refund(self, *, reason: Reason | None, at: datetime) -> None:
        """All that was paid is given back; the goods are not."""
        self._end(reason, at)
        shown = self.DisplayStatus
        self.display_status = shown.REFUNDED if self.is_sale else shown.CANCELLED

    def _end(self, reason: Reason | None, at: datetime) -> None:
        self.cancel_reason = reason or ""
        self.cancelled_at = at
        self.expires_at = None
