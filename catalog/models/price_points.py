from django.db import models


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
