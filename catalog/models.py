"""What there is: items, and vendors with the loot that changes a player's inventory (DOMAIN 2.9).

A trigger on every table here raises `CatalogVersion` in the same transaction and keeps what was
written in `CatalogHistory`, whoever writes; the snapshot that fulfilment reads is built once per
version (catalog/services/take_snapshot.py). What holds between the rows is in catalog/rules.py.
"""

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Trim, Upper


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


class CatalogHistory(models.Model):
    """One row of the catalogue as it was from `version` on; None: it was deleted. By triggers.

    So any version that orders were fulfilled with can be built again. Append-only, but for the
    purge of what was superseded longer ago than orders are shown.
    """

    id = models.BigAutoField(primary_key=True)
    version = models.BigIntegerField()
    table = models.CharField(max_length=64)
    key = models.CharField(max_length=128)
    row = models.JSONField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "catalog history"
        indexes = [models.Index(fields=["table", "key", "-version"], name="catalog_history_of_row")]

    def __str__(self) -> str:
        return f"{self.table} {self.key} at {self.version}"


class XpTable(models.Model):
    """How much XP each level takes."""

    id = models.BigIntegerField(primary_key=True)
    name = models.CharField(max_length=200, blank=True)
    minimums = ArrayField(
        models.BigIntegerField(),
        help_text="The least XP of level 1, 2, …, ascending; equal ones skip a level.",
    )

    def __str__(self) -> str:
        return f"{self.name or 'XP table'} ({self.pk})"


class InventoryBucketUseRuleSet(models.Model):
    """Which buckets count, and are spent from, on which platform."""

    id = models.CharField(primary_key=True, max_length=64)
    name = models.CharField(max_length=200, blank=True)
    rules = models.JSONField(
        default=dict,
        help_text="By the bucket of the platform, the buckets usable there, first used first; "
        "`none` is for every platform without an entry.",
    )

    def __str__(self) -> str:
        return f"{self.name or 'Rule set'} ({self.pk})"


class TimeFrame(models.Model):
    """When rented goods run out together, such as a season."""

    id = models.BigIntegerField(primary_key=True)
    name = models.CharField(max_length=200, blank=True)
    active = models.BooleanField(default=True)
    start = models.DateTimeField()
    end = models.DateTimeField()
    hour_interval = models.PositiveIntegerField(
        default=0, help_text="Hours of each window, repeated from the start on; 0: only one window."
    )
    episode = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(end__gt=models.F("start")), name="time_frame_ends_after_its_start"
            )
        ]

    def __str__(self) -> str:
        return f"{self.name or 'Time frame'} ({self.pk})"


class PricePoint(models.Model):
    """What one unit costs, by quantity and currencies (DOMAIN 2.11).

    A breakpoint is `{"quantity": 1, "currencies": [{"price_item_id": 10, "price": 100}]}`.
    """

    id = models.CharField(primary_key=True, max_length=64)
    name = models.CharField(max_length=200, blank=True)
    strict_flag = models.BooleanField(
        default=False, help_text="Only the quantities of the breakpoints are sold."
    )
    cap_flag = models.BooleanField(
        default=False, help_text="No more than the largest breakpoint's quantity is sold."
    )
    current_breakpoints = models.JSONField(default=list, blank=True)
    pre_sale_breakpoints = models.JSONField(
        default=list, blank=True, help_text="Shown as the old price; never charged."
    )

    def __str__(self) -> str:
        return f"{self.name or 'Price point'} ({self.pk})"


class Item(models.Model):
    """A thing a player can own, or a recipe that stands for a vendor's loot."""

    class Type(models.TextChoices):
        UNIT = "unit", "Unit: stored"
        RECIPE = "recipe", "Recipe: never stored, fulfils a sub-vendor"
        RECIPE_WITH_PRICE_REDUCTION = (
            "recipe_with_price_reduction",
            "Recipe with price reduction: cheaper for who owns a part of it",
        )
        ENTITLEMENT = "entitlement", "Entitlement: stored, gives its loot at every session"
        DYNAMIC_BUNDLE = "dynamic_bundle", "Dynamic bundle: a selection made for each player"

    id = models.BigIntegerField(primary_key=True)
    type = models.CharField(max_length=32, choices=Type)
    name = models.CharField(max_length=200, blank=True)
    active = models.BooleanField(default=True)
    always_owned = models.BooleanField(
        default=False,
        help_text="Everyone has it; it has no records and cannot be modified.",
    )
    entitled_loot = models.ForeignKey(
        "catalog.Loot",
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        help_text="What an entitlement gives when it is granted and at every session.",
    )
    level_xp_table = models.ForeignKey(
        XpTable, on_delete=models.PROTECT, related_name="items", null=True, blank=True
    )
    level_vendor = models.ForeignKey(
        "catalog.Vendor",
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        help_text="Its loot whose sort order is the level is given when the level is reached.",
    )
    coupon_discount_currency_item = models.ForeignKey(
        "self", on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    coupon_discount_percentage = models.DecimalField(
        max_digits=5,
        decimal_places=4,
        default=0,
        help_text="A share from 0 to 1 of the price; with 0 the item is no coupon.",
    )
    coupon_discount_loot = ArrayField(
        models.BigIntegerField(), default=list, blank=True, help_text="The loot it is good for."
    )
    coupon_consume_on_use = models.BooleanField(default=False)
    inventory_bucket_use_rule_set = models.ForeignKey(
        InventoryBucketUseRuleSet,
        on_delete=models.PROTECT,
        related_name="items",
        null=True,
        blank=True,
    )
    item_portal_use_ruleset_id = models.BigIntegerField(
        null=True, blank=True, help_text="Deprecated; kept for clients, not read."
    )
    availability_flags = models.BigIntegerField(default=0, help_text="Kept for clients, not read.")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(coupon_discount_percentage__gte=0, coupon_discount_percentage__lte=1),
                name="coupon_discount_is_a_share",
            )
        ]

    def __str__(self) -> str:
        return f"{self.name or 'Item'} ({self.pk})"


class Vendor(models.Model):
    """A group of loot, fulfilled together. Not a company: that is a supplier (DOMAIN 4.1)."""

    class Type(models.TextChoices):
        RECIPE = "recipe", "Recipe: all of its loot"
        RANDOMLY_SAMPLED = "randomly_sampled", "Randomly sampled: one of its loot, by weight"

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
    drop_weight = models.BigIntegerField(
        default=0, help_text="In a randomly sampled vendor: its share of the sum of weights."
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
    required_item_count = models.BigIntegerField(default=1)
    stack_limit = models.BigIntegerField(
        default=0, help_text="Drops only for a player who has fewer of its item; 0 is off."
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
            ),
            models.CheckConstraint(
                condition=Q(quantity__gte=0), name="loot_quantity_never_negative"
            ),
            models.CheckConstraint(
                condition=Q(hard_quantity_maximum__gte=0),
                name="loot_hard_maximum_never_negative",
            ),
            models.CheckConstraint(
                condition=Q(drop_weight__gte=0, required_item_count__gte=0, stack_limit__gte=0),
                name="loot_drop_conditions_never_negative",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name or 'Loot'} ({self.pk})"


class Promotion(models.Model):
    """A code that gives loot. Its uses are in `inventory.PromotionUse`: they change all day."""

    code = models.CharField(
        primary_key=True, max_length=64, help_text="In capitals; typed in any way."
    )
    loot = models.ForeignKey(Loot, on_delete=models.PROTECT, related_name="promotions")
    active = models.BooleanField(default=True)
    starts_at = models.DateTimeField(null=True, blank=True)
    ends_at = models.DateTimeField(null=True, blank=True)
    max_uses = models.BigIntegerField(
        null=True, blank=True, validators=[MinValueValidator(0)], help_text="By all players."
    )
    per_player_limit = models.PositiveIntegerField(default=1)
    portals = ArrayField(
        models.CharField(max_length=16, choices=[(b, b) for b in Bucket]),
        default=list,
        blank=True,
        help_text="The platform buckets it is for; none: all.",
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(code=Upper(Trim("code"))) & ~Q(code=""),
                name="promotion_code_is_in_capitals",
            ),
            models.CheckConstraint(
                condition=Q(max_uses=None) | Q(max_uses__gte=0),
                name="promotion_max_uses_never_negative",
            ),
        ]

    def __str__(self) -> str:
        return self.code


class PlatformSku(models.Model):
    """What a platform's store sells, and the loot that stands for it."""

    class Type(models.TextChoices):
        CONSUMABLE = "consumable", "Consumable"
        DURABLE = "durable", "Durable: given at every session"
        DURABLE_SINGLE_USE = "durable_single_use", "Durable, used once"

    id = models.CharField(primary_key=True, max_length=128)
    platform = models.CharField(max_length=64)
    sku = models.CharField(max_length=255)
    type = models.CharField(max_length=32, choices=Type)
    loot = models.ForeignKey(Loot, on_delete=models.PROTECT, related_name="skus")
    refund_loot = models.ForeignKey(
        Loot, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    chargeback_loot = models.ForeignKey(
        Loot, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    chargeback_reversal_loot = models.ForeignKey(
        Loot, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )

    class Meta:
        verbose_name = "platform SKU"
        constraints = [
            models.UniqueConstraint(
                fields=["platform", "sku"], name="one_entry_per_sku_of_a_platform"
            )
        ]

    def __str__(self) -> str:
        return f"{self.platform} {self.sku}"
