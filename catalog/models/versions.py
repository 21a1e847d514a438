from django.db import models
from django.db.models import Q


class CatalogVersion(models.Model):
    """The one row that says which version of the catalogue is in force. Written by triggers.

    There is none before the first write: then the version is 0 and the catalogue is empty.
    """

    version = models.BigIntegerField()
    kept_from = models.BigIntegerField(
        db_default=0, help_text="The oldest version that the history can still build."
    )

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
