from django.contrib.postgres.fields import ArrayField
from django.db import migrations, models

COLUMNS = [
    ("id", "Order"),
    ("customerId", "Customer"),
    ("status", "Status"),
    ("items", "Items, as JSON"),
    ("totalAmount", "Total"),
    ("createdAt", "Ordered at"),
    ("updatedAt", "Changed at"),
    ("paymentMethod", "Payment method"),
    ("paymentStatus", "Payment status"),
    ("itemCount", "Number of items"),
]


class Migration(migrations.Migration):
    dependencies = [
        ("orders", "0018_payment_disputes"),
    ]

    operations = [
        migrations.AddField(
            model_name="reportschedule",
            name="columns",
            field=ArrayField(
                models.CharField(max_length=16, choices=COLUMNS),
                blank=True,
                db_default=[],
                default=list,
                help_text="Of an export; none: those of one that asks for none.",
            ),
        ),
    ]
