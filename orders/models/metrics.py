from django.db import models

from players.models import Establishment


class SaleTotal(models.Model):
    """What the sales of a day or a month come to, in one currency, by one of their properties.

    Written only by `fold_sales`, from a count of the orders. The rows of a month are the sums of
    those of its days. What they say of a day holds unless a `SaleChange` names it.
    """

    class Period(models.TextChoices):
        DAY = "day", "Day"
        MONTH = "month", "Month"

    class Dimension(models.TextChoices):
        STATUS = "status", "Status"
        PAYMENT_METHOD = "payment_method", "Payment method"
        OFFER = "offer", "Offer"

    period = models.CharField(max_length=8, choices=Period)
    begins = models.DateField(help_text="The day, or the first of the month (UTC).")
    establishment = models.ForeignKey(
        Establishment,
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        db_index=False,
        help_text="Null: of all sales together, also of those without one.",
    )
    dimension = models.CharField(max_length=16, choices=Dimension)
    key = models.CharField(max_length=64)
    currency = models.CharField(max_length=4)
    orders = models.BigIntegerField()
    revenue = models.DecimalField(max_digits=20, decimal_places=2)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["dimension", "period", "establishment", "begins", "key", "currency"],
                include=["orders", "revenue"],
                name="one_sale_total_per_cell",
                nulls_distinct=False,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.begins}, {self.key}: {self.orders}"


class SaleChange(models.Model):
    """Sales of this day were made or changed since its totals were counted, if ever they were.

    Written by triggers of orders and their lines, in the transaction of the change, whatever
    statement makes it. Taken away by the fold that counts the day again.
    """

    id = models.BigAutoField(primary_key=True)
    day = models.DateField(help_text="The day on which the sale was made (UTC).")

    class Meta:
        indexes = [models.Index(fields=["day", "id"], name="sale_change_by_day")]

    def __str__(self) -> str:
        return str(self.day)
