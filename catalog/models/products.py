import secrets
import uuid

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator, RegexValidator
from django.db import models
from django.db.models import F, Q
from django_fsm import FSMField, transition

from catalog.attributes import why_not_kept
from catalog.models.loot import Loot
from players.models import Establishment

CODE_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


class Supplier(models.Model):
    """The company that ships products; the rewards API says provider."""

    id = models.CharField(primary_key=True, max_length=64)
    name = models.CharField(max_length=200)

    def __str__(self) -> str:
        return self.name


class Offered(models.Model):
    """What is put on offer, rests, and is withdrawn for good: products, and offers of them."""

    class Status(models.TextChoices):
        DRAFT = "draft", "Draft: not offered yet"
        ACTIVE = "active", "Active"
        PAUSED = "paused", "Paused: not offered for now"
        RETIRED = "retired", "Retired: never offered again"

    status = FSMField(choices=Status.choices, default=Status.DRAFT, protected=True)

    class Meta:
        abstract = True

    @transition(field=status, source=[Status.DRAFT, Status.PAUSED], target=Status.ACTIVE)
    def activate(self) -> None:
        """Offer it."""

    @transition(field=status, source=Status.ACTIVE, target=Status.PAUSED)
    def pause(self) -> None:
        """Offer it no more for now. What is reserved or ordered stays so."""

    @transition(
        field=status,
        source=[Status.DRAFT, Status.ACTIVE, Status.PAUSED],
        target=Status.RETIRED,
    )
    def retire(self) -> None:
        """Never offer it again. What is reserved or ordered stays so."""


class ProductQuerySet(models.QuerySet["Product"]):
    def offered_to(self, establishment: Establishment) -> "ProductQuerySet":
        """Its own products, and those of the shared catalogue, that can be acquired now."""
        return self.filter(
            Q(establishment=establishment) | Q(establishment=None),
            visible=True,
            status=Product.Status.ACTIVE,
        )


class Product(Offered):
    """A thing that is acquired: shipped, or digital, or loot for the player's inventory.

    `stock` are the units that are there, `reserved` those of them that are held for orders. Both
    are written only with a `StockMovement`, under the lock of the product's row.
    """

    class Kind(models.TextChoices):
        PHYSICAL = "physical", "Physical: shipped to an address"
        DIGITAL = "digital", "Digital: nothing is shipped"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    establishment = models.ForeignKey(
        Establishment,
        on_delete=models.PROTECT,
        related_name="products",
        null=True,
        blank=True,
        help_text="Whose product it is; none: offered to all.",
    )
    supplier = models.ForeignKey(
        Supplier, on_delete=models.PROTECT, related_name="products", null=True, blank=True
    )
    name = models.CharField(max_length=200)
    description = models.TextField(max_length=5_000, blank=True)
    image_url = models.CharField(max_length=500, blank=True)
    kind = models.CharField(max_length=16, choices=Kind, default=Kind.PHYSICAL)
    price = models.DecimalField(
        max_digits=12, decimal_places=2, validators=[MinValueValidator(0)], help_text="In coins."
    )
    denominations = ArrayField(
        models.PositiveIntegerField(),
        default=list,
        blank=True,
        help_text="Face values to choose from, in coins; the one chosen is the price.",
    )
    stock = models.PositiveIntegerField(default=0, editable=False)
    reserved = models.PositiveIntegerField(default=0, editable=False)
    visible = models.BooleanField(default=True)
    loot = models.ForeignKey(
        Loot,
        on_delete=models.PROTECT,
        related_name="products",
        null=True,
        blank=True,
        help_text="What the player's inventory is given when the product is acquired.",
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ProductQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(reserved__lte=F("stock")), name="product_reserved_within_stock"
            ),
            models.CheckConstraint(condition=Q(price__gte=0), name="product_price_never_negative"),
        ]
        permissions = [("adjust_stock", "Can adjust the stock of products")]

    def __str__(self) -> str:
        return self.name

    @property
    def available(self) -> int:
        """Units that can still be reserved."""
        return self.stock - self.reserved


def new_offer_id() -> str:
    """An id of the sales API: `offer_` and 16 random characters (80 bits)."""
    return "offer_" + "".join(secrets.choice(CODE_ALPHABET) for _ in range(16))


class OfferQuerySet(models.QuerySet["Offer"]):
    def sold_to(self, establishment_id: uuid.UUID | None) -> "OfferQuerySet":
        """What players of this establishment can buy now: the offer and its product are active."""
        own = Q(product__establishment=None) | Q(product__establishment=establishment_id)
        return self.filter(
            own,
            status=Offer.Status.ACTIVE,
            product__status=Product.Status.ACTIVE,
            product__visible=True,
        )


class Offer(Offered):
    """A product at a price in money; what the sales API sells (DOMAIN 3.3, 4.1)."""

    class BillingCycle(models.TextChoices):
        ONCE = "one_time", "Once"
        MONTHLY = "monthly", "Monthly"
        YEARLY = "yearly", "Yearly"

    id = models.CharField(primary_key=True, max_length=64, default=new_offer_id)
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="offers")
    name = models.CharField(max_length=200)
    description = models.TextField(max_length=5_000, blank=True)
    base_price = models.DecimalField(
        max_digits=12,
        decimal_places=2,
        validators=[MinValueValidator(0)],
        help_text="Of one unit, in its currency.",
    )
    currency = models.CharField(
        max_length=3,
        default="USD",
        validators=[RegexValidator(r"^[A-Z]{3}$", "Three capital letters, as in EUR.")],
        help_text="ISO 4217.",
    )
    billing_cycle = models.CharField(max_length=16, choices=BillingCycle, default=BillingCycle.ONCE)
    group_id = models.CharField(
        max_length=64, blank=True, db_index=True, help_text="Offers of one group belong together."
    )
    attributes = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = OfferQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(base_price__gte=0), name="offer_price_never_negative"
            ),
            models.CheckConstraint(
                condition=Q(currency__regex=r"^[A-Z]{3}$"), name="offer_currency_is_a_code"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        self.attributes = {} if self.attributes is None else self.attributes
        if why := why_not_kept(self.attributes):
            raise ValidationError({"attributes": f"This cannot be kept: {why}."})


class StockMovement(models.Model):
    """One change of a product's stock. Append-only: a trigger refuses anything else.

    A product's `stock` and `reserved` are the sums of its movements.
    """

    class Kind(models.TextChoices):
        HOLD = "hold", "Held for an order"
        RELEASE = "release", "No longer held"
        TAKE = "take", "Taken for an order"
        RETURN = "return", "Returned"
        WRITE_OFF = "write_off", "Written off while held"
        CORRECTION = "correction", "Corrected"

    product = models.ForeignKey(
        Product, on_delete=models.PROTECT, related_name="movements", db_index=False
    )
    kind = models.CharField(max_length=16, choices=Kind)
    stock_change = models.IntegerField()
    reserved_change = models.IntegerField()
    stock = models.PositiveIntegerField(help_text="After this movement.")
    reserved = models.PositiveIntegerField(help_text="After this movement.")
    # No foreign key: orders stand above the catalogue, and know it, not the other way round.
    order_line_id = models.BigIntegerField(
        null=True, blank=True, help_text="The line of an order that it was for."
    )
    operation_id = models.UUIDField(
        unique=True,
        null=True,
        blank=True,
        editable=False,
        help_text="Given by whoever asked: what was asked twice is done once.",
    )
    by = models.CharField(
        max_length=80, help_text="Who: `player:12`, `key:7`, `staff:3`, `system`."
    )
    note = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(stock_change=0) | ~Q(reserved_change=0),
                name="stock_movement_moves_something",
            ),
            models.CheckConstraint(
                condition=Q(reserved__lte=F("stock")), name="stock_movement_within_stock"
            ),
            models.CheckConstraint(
                condition=Q(kind="correction") ^ Q(order_line_id__isnull=False),
                name="stock_movement_is_for_an_order_or_a_correction",
            ),
            models.UniqueConstraint(
                fields=["order_line_id", "kind"], name="one_stock_movement_of_a_kind_per_line"
            ),
        ]
        indexes = [models.Index(fields=["product", "-id"], name="stock_movement_by_product")]

    def __str__(self) -> str:
        return (
            f"{self.get_kind_display()}: {self.stock_change:+}, reserved {self.reserved_change:+}"
        )
