from django.db import models


class InventoryBucketUseRuleSet(models.Model):
    """Which buckets count, and are spent from, on which platform."""

    id = models.CharField(primary_key=True, max_length=64)
    name = models.CharField(max_length=200, blank=True)
    rules = models.JSONField(
        default=dict,
        help_text="By the bucket of the platform, the buckets usable there, first used first; "
        "`none` is for every platform without an entry.",
    )

    class Meta:
        verbose_name = "rule set"

    def __str__(self) -> str:
        return f"{self.name or 'Rule set'} ({self.pk})"
