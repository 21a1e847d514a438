import secrets
import string
from urllib.parse import urlencode

from django.conf import settings
from django.db import models

from orders.models.orders import Order

TRACK_TOKEN_ALPHABET = string.digits + string.ascii_lowercase
TRACK_TOKEN_LENGTH = 22

# Who receives it and where: what callers may change, in the order in which people write it.
RECIPIENT = (
    "first_name",
    "last_name",
    "address_line1",
    "address_line2",
    "city",
    "province",
    "country",
    "postal_code",
    "email",
)
NEEDED_TO_SHIP = (
    "first_name",
    "last_name",
    "address_line1",
    "city",
    "country",
    "postal_code",
)


def new_track_token() -> str:
    """The token of the hosted delivery page: 22 random characters (DOMAIN 1.3), 113 bits."""
    return "".join(secrets.choice(TRACK_TOKEN_ALPHABET) for _ in range(TRACK_TOKEN_LENGTH))


def shown_field(name: str) -> str:
    """`address_line1` as `Address line 1`."""
    return name.replace("_line", " line ").replace("_", " ").capitalize()


class Delivery(models.Model):
    """Where an order goes, and how far it is. All of it is personal data.

    `captured_at` is set by the first `capture_delivery`: from then on the units are out of stock.
    """

    order = models.OneToOneField(Order, on_delete=models.PROTECT, related_name="delivery")
    first_name = models.CharField(max_length=150, blank=True)
    last_name = models.CharField(max_length=150, blank=True)
    email = models.EmailField(blank=True)
    address_line1 = models.CharField(max_length=255, blank=True)
    address_line2 = models.CharField(max_length=255, blank=True)
    city = models.CharField(max_length=100, blank=True)
    province = models.CharField(max_length=100, blank=True)
    country = models.CharField(max_length=100, blank=True)
    postal_code = models.CharField(max_length=32, blank=True)
    track_token = models.CharField(
        max_length=TRACK_TOKEN_LENGTH, unique=True, default=new_track_token, editable=False
    )
    captured_at = models.DateTimeField(null=True, blank=True, editable=False)
    tracking_number = models.CharField(max_length=100, blank=True, editable=False)
    sent_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="When the tracking number was registered."
    )

    class Meta:
        verbose_name_plural = "deliveries"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(sent_at=None) ^ ~models.Q(tracking_number=""),
                name="delivery_sent_has_a_tracking_number",
            ),
            models.CheckConstraint(
                condition=models.Q(sent_at=None) | models.Q(captured_at__isnull=False),
                name="delivery_captured_before_it_is_sent",
            ),
        ]
        indexes = [
            # Of all: the planner makes no use of what it knows of a part.
            models.Index(models.functions.Lower("tracking_number"), name="delivery_by_number"),
            models.Index(models.functions.Lower("email"), name="delivery_by_email"),
        ]

    def __str__(self) -> str:
        return f"Delivery of {self.order_id}"

    @property
    def missing(self) -> list[str]:
        """The fields without which nothing can be shipped, as far as they are empty."""
        return [name for name in NEEDED_TO_SHIP if not getattr(self, name)]

    @property
    def track_url(self) -> str:
        """The hosted delivery page of this order; who knows it may read and correct the address."""
        named = {"token": self.track_token, "transactionId": self.order.transaction_id}
        return f"{settings.PUBLIC_URL}/delivery?{urlencode(named)}"
