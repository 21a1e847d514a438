from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from catalog.models.bucket_rules import InventoryBucketUseRuleSet
from catalog.models.xp_tables import XpTable


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
        help_text="0.25 for 25 % of the price; with 0 the item is no coupon.",
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
                violation_error_message="The discount is a share from 0 to 1: 0.25 for 25 %%.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.name or 'Item'} ({self.pk})"
