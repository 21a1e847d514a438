from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("orders", "0013_sales_list"),
    ]

    operations = [
        migrations.AddField(
            model_name="payment",
            name="is_told",
            field=models.BooleanField(
                db_default=True,
                default=True,
                help_text="Whether the buyer is told when a refund is done.",
            ),
        ),
        migrations.AddField(
            model_name="payment",
            name="reason",
            field=models.CharField(
                blank=True,
                choices=[
                    ("PRODUCT_UNAVAILABLE", "The product is unavailable"),
                    ("CUSTOMS", "Held by customs"),
                    ("PACKAGE_LOST", "The package was lost"),
                    ("DUPLICATE", "Ordered twice"),
                    ("PLAYER_REQUEST", "The player asked for it"),
                    ("MISTAKE", "Ordered by mistake"),
                    ("FRAUD", "Fraud"),
                    ("EXPIRED", "The reservation ran out"),
                    ("PAYMENT_EXPIRED", "Payment window expired"),
                ],
                db_default="",
                help_text="Of a refund.",
                max_length=32,
            ),
        ),
        migrations.AddField(
            model_name="payment",
            name="tries",
            field=models.PositiveSmallIntegerField(
                db_default=1,
                default=1,
                help_text="How often a refund was requested; each is one of its own.",
            ),
        ),
        migrations.AlterField(
            model_name="sandboxtransaction",
            name="key",
            field=models.CharField(
                help_text="The txn_… that it is for.",
                max_length=40,
                primary_key=True,
                serialize=False,
            ),
        ),
        migrations.AddIndex(
            model_name="payment",
            index=models.Index(
                condition=models.Q(("kind", "refund"), ("status", "failed")),
                fields=["-id"],
                name="payment_refund_failed",
            ),
        ),
    ]
