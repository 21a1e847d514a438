"""What there is: items, and vendors with the loot that changes a player's inventory (DOMAIN 2.9).

A trigger on every table here raises `CatalogVersion` in the same transaction, whoever writes; the
snapshot that fulfilment reads is built once per version (catalog/services/take_snapshot.py).
"""

from django.db import models
from django.db.models import Q


class Bucket(models.TextChoices):
    """Where an inventory record counts; mostly a platform (seed 001, `use_inventory_bucket`)."""

    FREE = "free"
    SWEAT = "sweat"
    NONE = "none"
    ANON = "anon"
    AMAZON = "amazon"
    STEAM = "steam"
    PSN = "psn"
    XBOX_LIVE = "xbox_live"
    GOOGLE = "google"
    TWITCH = "twitch"
    NINTENDO_SWITCH = "nintendo_switch"
    APPLE = "apple"
    NINTENDO = "nintendo"
    EPIC = "epic"
    GOOGLE_PLAY = "google_play"
    NINTENDO_PPID = "nintendo_ppid"


class CatalogVersion(models.Model):
    """The one row that says which version of the catalogue is in force. Written by triggers.

    There is none before the first write: then the version is 0 and the catalogue is empty.
    """

    version = models.BigIntegerField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="catalog_version_is_one_row")]

    def __str__(self) -> str:
        return str(self.version)


class Item(models.Model):
    """A thing a player can own, or a recipe that stands for a vendor's loot."""

    class Type(models.TextChoices):
        UNIT = "unit", "Unit: stored"
        RECIPE = "recipe", "Recipe: never stored, fulfils a sub-vendor"

    id = models.BigIntegerField(primary_key=True)
    type = models.CharField(max_length=32, choices=Type)
    name = models.CharField(max_length=200, blank=True)
    active = models.BooleanField(default=True)
    always_owned = models.BooleanField(
        default=False,
        help_text="Everyone has it; it has no records and cannot be modified.",
    )

    def __str__(self) -> str:
        return f"{self.name or 'Item'} ({self.pk})"


class Vendor(models.Model):
    """A group of loot, fulfilled together. Not a company: that is a supplier (DOMAIN 4.1)."""

    class Type(models.TextChoices):
        RECIPE = "recipe", "Recipe: all of its loot"

    id = models.BigIntegerField(primary_key=True)
    type = models.CharField(max_length=32, choices=Type, default=Type.RECIPE)
    name = models.CharField(max_length=200, blank=True)
    active = models.BooleanField(default=True)
    legacy_config_version = models.BigIntegerField(
        null=True,
        blank=True,
        help_text="Compared with an entry's deprecated `vendor_version`.",
    )

    def __str__(self) -> str:
        return f"{self.name or 'Vendor'} ({self.pk})"


class Loot(models.Model):
    """An effect on a player's inventory: an item with an operation, or a whole sub-vendor."""

    class QuantityType(models.TextChoices):
        RELATIVE = "relative", "Relative: times the requested quantity"
        ABSOLUTE = "absolute", "Absolute: as it stands"

    class Selector(models.TextChoices):
        OWN = "own", "Own: persistent, without expiry"

    class Operation(models.TextChoices):
        ADD = "add"
        SUBTRACT = "subtract"
        SET = "set"
        CHECK_GREATER_THAN_OR_EQUAL = "check_greater_than_or_equal"
        CHECK_LESS_THAN = "check_less_than"
        CHECK_GREATER_THAN_OR_EQUAL_AND_SUBTRACT = "check_greater_than_or_equal_and_subtract"

    id = models.BigIntegerField(primary_key=True)
    vendor = models.ForeignKey(Vendor, on_delete=models.CASCADE, related_name="loot")
    name = models.CharField(max_length=200, blank=True)
    item = models.ForeignKey(
        Item, on_delete=models.PROTECT, related_name="loot", null=True, blank=True
    )
    sub_vendor = models.ForeignKey(
        Vendor,
        on_delete=models.PROTECT,
        related_name="parent_loot",
        null=True,
        blank=True,
        help_text="Wins over the item.",
    )
    quantity = models.BigIntegerField(default=1)
    quantity_type = models.CharField(
        max_length=16, choices=QuantityType, default=QuantityType.RELATIVE
    )
    quantity_mult_inventory_item = models.ForeignKey(
        Item,
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        help_text="The quantity is multiplied with the player's count of this item.",
    )
    hard_quantity_maximum = models.BigIntegerField(
        default=0, help_text="Applied after all other arithmetic; 0 is off."
    )
    inventory_selector_type = models.CharField(
        max_length=64, choices=Selector, default=Selector.OWN
    )
    inventory_operation = models.CharField(
        max_length=64, choices=[(o, o) for o in Operation], default=Operation.ADD
    )
    sort_order = models.IntegerField(default=0)
    active = models.BooleanField(default=True)
    effective_from = models.DateTimeField(null=True, blank=True)
    is_claimable_by_client = models.BooleanField(default=False)
    use_inventory_bucket = models.CharField(
        max_length=16,
        choices=[(b, b) for b in Bucket],
        null=True,
        blank=True,
    )

    class Meta:
        verbose_name_plural = "loot"
        constraints = [
            models.CheckConstraint(
                condition=Q(item__isnull=False) | Q(sub_vendor__isnull=False),
                name="loot_gives_an_item_or_a_sub_vendor",
            ),
            models.CheckConstraint(
                condition=Q(quantity__gte=0), name="loot_quantity_never_negative"
            ),
            models.CheckConstraint(
                condition=Q(hard_quantity_maximum__gte=0),
                name="loot_hard_maximum_never_negative",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name or 'Loot'} ({self.pk})"
