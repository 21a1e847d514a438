from django.db import models

from catalog.models import Supplier


class ReferenceSequence(models.Model):
    """The last number of the references of a supplier (DOMAIN 1.3); null: of none."""

    supplier = models.ForeignKey(
        Supplier, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    last = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["supplier"],
                name="one_reference_sequence_per_supplier",
                nulls_distinct=False,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.supplier}: {self.last}"
