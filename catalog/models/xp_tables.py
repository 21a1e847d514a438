from django.contrib.postgres.fields import ArrayField
from django.db import models


class XpTable(models.Model):
    """How much XP each level takes."""

    id = models.BigIntegerField(primary_key=True)
    name = models.CharField(max_length=200, blank=True)
    minimums = ArrayField(
        models.BigIntegerField(),
        help_text="The least XP of level 1, 2, …, ascending; equal ones skip a level.",
    )

    class Meta:
        verbose_name = "XP table"

    def __str__(self) -> str:
        return f"{self.name or 'XP table'} ({self.pk})"
