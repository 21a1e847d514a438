from django.contrib.postgres.fields import ArrayField
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q

from catalog.models.buckets import Bucket
from catalog.models.loot import Loot

# Printable ASCII without small letters, and no space around it.
CODE_PATTERN = r"^[!-`{-~]([ -`{-~]*[!-`{-~])?$"


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
                condition=Q(code__regex=CODE_PATTERN),
                name="promotion_code_is_in_capitals",
                violation_error_message="The code is not of letters, digits and signs.",
            ),
            models.CheckConstraint(
                condition=Q(max_uses=None) | Q(max_uses__gte=0),
                name="promotion_max_uses_never_negative",
                violation_error_message="The number of uses is below 0.",
            ),
        ]

    def __str__(self) -> str:
        return self.code
