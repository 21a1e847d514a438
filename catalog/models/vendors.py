from django.db import models


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
