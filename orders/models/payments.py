import secrets
from datetime import datetime

from django.db import models
from django.db.models import F, Q
from django_fsm import FSMField, transition

from catalog.models.products import CODE_ALPHABET
from orders.models.lines import OrderLine
from orders.models.orders import Order
from orders.vocabulary import Dispute, Reason
from players.models import CoinEntry

COINS = "coins"


def new_payment_code() -> str:
    """An id of the sales API: `txn_` and 16 random characters (80 bits)."""
    return "txn_" + "".join(secrets.choice(CODE_ALPHABET) for _ in range(16))


class PaymentQuerySet(models.QuerySet["Payment"]):
    def charges(self) -> "PaymentQuerySet":
        return self.filter(kind=Payment.Kind.CHARGE)

    def live_charge(self) -> "PaymentQuerySet":
        """The one charge of an order that has taken money, or still may."""
        return self.charges().filter(status__in=Payment.LIVE)

    def open_charge(self) -> "PaymentQuerySet":
        """The one charge of an order that has taken nothing yet, and still may."""
        return self.charges().filter(status__in=(Payment.Status.PENDING, Payment.Status.AUTHORIZED))

    def failed_refunds(self) -> "PaymentQuerySet":
        """What staff are to try again, or to pay back in another way, and have not yet."""
        failed = self.filter(kind=Payment.Kind.REFUND, status=Payment.Status.FAILED)
        return failed.filter(order__charged__gte=F("order__refunded") + F("amount"))

    def to_be_asked(self, *, at: datetime) -> "PaymentQuerySet":
        """Payments in flight whose gateway is to be asked now, the longest waiting first."""
        return self.filter(ask_at__lte=at).order_by("ask_at", "pk")


class Payment(models.Model):
    """Money or coins that moved for an order, or are about to: a charge, or a refund of one.

    Coins are a gateway of their own: they move in the same transaction, as the coin entry says
    (DOMAIN 4.2). Money moves elsewhere, while nothing is locked: the row is committed before the
    gateway is asked, and again with what it answered. In between the payment is *in flight*:
    `ask_at` says when a job asks what became of it. Written under the order's lock only.
    """

    class Kind(models.TextChoices):
        CHARGE = "charge", "Charge"
        REFUND = "refund", "Refund"

    class Status(models.TextChoices):
        REQUESTED = "requested", "Requested"
        PENDING = "pending", "Pending"
        AUTHORIZED = "authorized", "Authorized"
        COMPLETED = "completed", "Done"
        FAILED = "failed", "Failed"
        VOIDED = "voided", "Voided"

    class Intent(models.TextChoices):
        AUTHORIZE = "authorize", "To set the money aside"
        CAPTURE = "capture", "To take the money"
        VOID = "void", "To give it up"

    LIVE = (Status.PENDING, Status.AUTHORIZED, Status.COMPLETED)

    id = models.BigAutoField(primary_key=True)
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="payments")
    code = models.CharField(
        max_length=32,
        unique=True,
        default=new_payment_code,
        help_text="The transactionId of the sales API, and the gateway's idempotency key.",
    )
    gateway = models.CharField(max_length=32, help_text="Its id; `coins` has no row of its own.")
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
    of = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        related_name="refunds",
        null=True,
        blank=True,
        help_text="The charge that a refund gives back, where a gateway does.",
    )
    line = models.ForeignKey(
        OrderLine,
        on_delete=models.PROTECT,
        related_name="refunds",
        null=True,
        blank=True,
        help_text="The one line that a refund is for.",
    )
    reference = models.CharField(
        max_length=255, blank=True, db_default="", help_text="What the gateway calls it."
    )
    token_end = models.CharField(
        max_length=4, blank=True, db_default="", help_text="The last characters of the token."
    )
    intent = models.CharField(
        max_length=16,
        choices=Intent,
        default=Intent.CAPTURE,
        db_default=Intent.CAPTURE,
        help_text="What is to become of a charge; what is in flight is brought there.",
    )
    failure = models.CharField(
        max_length=500, blank=True, db_default="", help_text="Why it failed, in words for people."
    )
    ask_at = models.DateTimeField(
        null=True, blank=True, help_text="In flight: when the gateway is asked what became of it."
    )
    times_asked = models.PositiveIntegerField(default=0, db_default=0)
    tries = models.PositiveSmallIntegerField(
        default=1,
        db_default=1,
        help_text="How often a refund was requested; each is one of its own.",
    )
    reason = models.CharField(
        max_length=32, choices=Reason, blank=True, db_default="", help_text="Of a refund."
    )
    is_told = models.BooleanField(
        default=True, db_default=True, help_text="Whether the buyer is told when a refund is done."
    )
    dispute = models.CharField(
        max_length=8,
        choices=Dispute,
        blank=True,
        default="",
        db_default="",
        help_text="Of a charge: the buyer's bank wants, or wanted, the money back.",
    )
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField(null=True, auto_now=True)

    objects = PaymentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="payment_amount_is_positive"),
            models.CheckConstraint(
                condition=~Q(gateway=COINS) | Q(coin_entry__isnull=False, status="completed"),
                name="payment_in_coins_has_its_entry",
            ),
            models.UniqueConstraint(
                fields=["order"],
                condition=Q(kind="charge", status__in=["pending", "authorized", "completed"]),
                name="one_live_charge_per_order",
            ),
            models.CheckConstraint(
                condition=Q(ask_at=None) | Q(status__in=["requested", "pending", "authorized"]),
                name="payment_in_flight_is_open",
            ),
            models.CheckConstraint(
                condition=Q(gateway=COINS, of=None)
                | Q(kind="charge", of=None)
                | Q(kind="refund", of__isnull=False),
                name="payment_refund_names_its_charge",
            ),
            models.CheckConstraint(
                condition=Q(kind="charge") & ~Q(status="requested")
                | Q(kind="refund") & ~Q(status__in=["authorized", "voided"]),
                name="payment_status_fits_its_kind",
            ),
        ]
        indexes = [
            models.Index(
                fields=["ask_at"], name="payment_to_be_asked", condition=Q(ask_at__isnull=False)
            ),
            models.Index(
                fields=["reference"], name="payment_by_reference", condition=~Q(reference="")
            ),
            models.Index(
                fields=["-id"],
                name="payment_refund_failed",
                condition=Q(kind="refund", status="failed"),
            ),
            models.Index(
                fields=["order"],
                name="payment_disputed",
                condition=Q(dispute__in=[Dispute.OPEN, Dispute.LOST]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} of {self.amount} {self.currency}"

    @property
    def is_in_flight(self) -> bool:
        """Whether a gateway was, or is about to be, asked, and has not said what became of it."""
        return self.ask_at is not None

    @transition(field=status, source=Status.REQUESTED, target=Status.PENDING)
    def ask(self) -> None:
        """A refund is on its way to the gateway."""

    @transition(field=status, source=Status.PENDING, target=Status.AUTHORIZED)
    def authorize(self) -> None:
        """The money is set aside for us."""
        self.ask_at = None

    @transition(
        field=status,
        source=[Status.REQUESTED, Status.PENDING, Status.AUTHORIZED],
        target=Status.COMPLETED,
    )
    def complete(self) -> None:
        """It has moved."""
        self.ask_at = None

    @transition(
        field=status,
        source=[Status.REQUESTED, Status.PENDING, Status.AUTHORIZED],
        target=Status.FAILED,
    )
    def fail(self, *, why: str) -> None:
        """It has not moved, and will not."""
        self.failure = why[:500]
        self.ask_at = None

    @transition(field=status, source=[Status.PENDING, Status.AUTHORIZED], target=Status.VOIDED)
    def void(self) -> None:
        """It was given up before any money moved."""
        self.ask_at = None

    @transition(field=status, source=Status.FAILED, target=Status.REQUESTED)
    def request_again(self) -> None:
        """A refund that failed is tried once more: the gateway takes it for another one."""
        self.failure = ""
        self.reference = ""
        self.tries += 1
        self.times_asked = 0

    @transition(field=status, source=[Status.FAILED, Status.VOIDED], target=Status.COMPLETED)
    def turn_up(self) -> None:
        """Money was taken after all, by a charge that was taken for over."""
        self.failure = ""

    @transition(field=status, source=Status.COMPLETED, target=Status.FAILED)
    def bounce(self, *, why: str) -> None:
        """A refund that was done came back: the buyer's bank did not take it."""
        self.failure = why[:500]
