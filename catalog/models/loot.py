from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q

from catalog.models.buckets import Bucket
from catalog.models.items import Item
from catalog.models.price_points import PricePoint
from catalog.models.time_frames import TimeFrame
from catalog.models.vendors import Vendor


class Loot(models.Model):
    """An effect on a player's inventory: an item with an operation, or a whole sub-vendor."""

    class QuantityType(models.TextChoices):
        RELATIVE = "relative", "Relative: times the requested quantity"
        ABSOLUTE = "absolute", "Absolute: as it stands"

    class Selector(models.TextChoices):
        INVALID = "invalid", "Invalid: cannot be fulfilled"
        OWN = "own", "Own: persistent, without expiry"
        RENT = "rent", "Rent: persistent, the quantity is time"
        RENT_TIMEFRAME_LOCKED = (
            "rent_timeframe_locked",
            "Rent in time frame: persistent until the window of the time frame ends",
        )
        OWN_TRANSIENT = "own_transient", "Own, transient: for the session"
        INHERIT_ENTITLEMENT_INVENTORY = (
            "inherit_entitlement_inventory",
            "Inherit entitlement: for the session, until the entitlement expires",
        )

    class XpTransform(models.TextChoices):
        NONE = "none"
        TO_ADDITIONAL_LEVEL = "from_current_xp_to_target_additional_level_min_xp"
        OF_ADDITIONAL_LEVELS = "from_current_level_min_xp_to_target_additional_level_min_xp"
        TO_EXACT_LEVEL = "from_zero_to_target_exact_level_min_xp"

    class Operation(models.TextChoices):
        INVALID = "invalid"
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
    quantity = models.BigIntegerField(default=1, validators=[MinValueValidator(0)])
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
        default=0,
        validators=[MinValueValidator(0)],
        help_text="Applied after all other arithmetic; 0 is off.",
    )
    inventory_selector_type = models.CharField(
        max_length=64, choices=Selector, default=Selector.OWN
    )
    inventory_operation = models.CharField(
        max_length=64, choices=[(o, o) for o in Operation], default=Operation.ADD
    )
    sort_order = models.IntegerField(default=0)
    drop_weight = models.BigIntegerField(
        default=0,
        validators=[MinValueValidator(0)],
        help_text="In a randomly sampled vendor: its share of the sum of weights.",
    )
    active = models.BooleanField(default=True)
    effective_from = models.DateTimeField(null=True, blank=True)
    is_claimable_by_client = models.BooleanField(default=False)
    fill_in_new_order = models.BooleanField(
        default=False, help_text="Fulfilled by an order of its own; may so drop repeatedly."
    )
    allow_partial_bundles = models.BooleanField(
        default=True,
        help_text="Off: its sub-vendor only drops where all of it can be given.",
    )
    required_item = models.ForeignKey(
        Item,
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        help_text="Drops only for a player who has this.",
    )
    required_item_count = models.BigIntegerField(default=1, validators=[MinValueValidator(0)])
    stack_limit = models.BigIntegerField(
        default=0,
        validators=[MinValueValidator(0)],
        help_text="Drops only for a player who has fewer of its item; 0 is off.",
    )
    time_frame = models.ForeignKey(
        TimeFrame, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    xp_quantity_transform_type = models.CharField(
        max_length=64, choices=[(t, t) for t in XpTransform], default=XpTransform.NONE
    )
    current_price_point = models.ForeignKey(
        PricePoint, on_delete=models.PROTECT, related_name="loot", null=True, blank=True
    )
    pre_sale_price_point = models.ForeignKey(
        PricePoint,
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        help_text="Shown as the old price; never charged.",
    )
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
                violation_error_message="Choose an item or a sub-vendor.",
            ),
            models.CheckConstraint(
                condition=Q(quantity__gte=0),
                name="loot_quantity_never_negative",
                violation_error_message="The quantity is below 0.",
            ),
            models.CheckConstraint(
                condition=Q(hard_quantity_maximum__gte=0),
                name="loot_hard_maximum_never_negative",
                violation_error_message="The maximum is below 0.",
            ),
            models.CheckConstraint(
                condition=Q(drop_weight__gte=0, required_item_count__gte=0, stack_limit__gte=0),
                name="loot_drop_conditions_never_negative",
                violation_error_message="A weight, count or limit is below 0.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name or 'Loot'} ({self.pk})"
