from django.db import models

from catalog.models.loot import Loot


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
                fields=["platform", "sku"],
                name="one_entry_per_sku_of_a_platform",
                violation_error_message="This SKU of the platform is there already.",
                # An import may exchange two of them.
                deferrable=models.Deferrable.DEFERRED,
            )
        ]

    def __str__(self) -> str:
        return f"{self.platform} {self.sku}"
