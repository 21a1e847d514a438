import django.db.models.deletion
from django.db import migrations, models

WATCH = """
CREATE FUNCTION note_change_of_sale() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO orders_salechange (day)
    SELECT DISTINCT (changed.created_at AT TIME ZONE 'UTC')::date
    FROM (VALUES (OLD.kind, OLD.created_at), (NEW.kind, NEW.created_at))
        AS changed (kind, created_at)
    WHERE changed.kind = 'sale';
    RETURN NULL;
END
$$;
CREATE FUNCTION note_change_of_sale_line() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO orders_salechange (day)
    SELECT DISTINCT (created_at AT TIME ZONE 'UTC')::date
    FROM orders_order WHERE id IN (OLD.order_id, NEW.order_id) AND kind = 'sale';
    RETURN NULL;
END
$$;

CREATE TRIGGER sale_made AFTER INSERT ON orders_order
    FOR EACH ROW WHEN (NEW.kind = 'sale') EXECUTE FUNCTION note_change_of_sale();
CREATE TRIGGER sale_changed AFTER UPDATE ON orders_order
    FOR EACH ROW WHEN (
        (OLD.kind = 'sale' OR NEW.kind = 'sale')
        AND (OLD.kind, OLD.created_at, OLD.establishment_id, OLD.player_id, OLD.status, OLD.total,
            OLD.currency, OLD.payment_method, OLD.payment_status)
        IS DISTINCT FROM (NEW.kind, NEW.created_at, NEW.establishment_id, NEW.player_id, NEW.status,
            NEW.total, NEW.currency, NEW.payment_method, NEW.payment_status)
    ) EXECUTE FUNCTION note_change_of_sale();
CREATE TRIGGER sale_deleted AFTER DELETE ON orders_order
    FOR EACH ROW WHEN (OLD.kind = 'sale') EXECUTE FUNCTION note_change_of_sale();
CREATE TRIGGER sale_line_made AFTER INSERT ON orders_orderline
    FOR EACH ROW WHEN (NEW.offer_id IS NOT NULL) EXECUTE FUNCTION note_change_of_sale_line();
CREATE TRIGGER sale_line_changed AFTER UPDATE ON orders_orderline
    FOR EACH ROW WHEN (
        (OLD.offer_id, NEW.offer_id) IS DISTINCT FROM (NULL, NULL)
        AND (OLD.order_id, OLD.offer_id, OLD.quantity, OLD.unit_price, OLD.status)
        IS DISTINCT FROM (NEW.order_id, NEW.offer_id, NEW.quantity, NEW.unit_price, NEW.status)
    ) EXECUTE FUNCTION note_change_of_sale_line();
CREATE TRIGGER sale_line_deleted AFTER DELETE ON orders_orderline
    FOR EACH ROW WHEN (OLD.offer_id IS NOT NULL) EXECUTE FUNCTION note_change_of_sale_line();

INSERT INTO orders_salechange (day)
SELECT DISTINCT (created_at AT TIME ZONE 'UTC')::date FROM orders_order WHERE kind = 'sale';
"""
FORGET = """
DROP TRIGGER sale_line_deleted ON orders_orderline;
DROP TRIGGER sale_line_changed ON orders_orderline;
DROP TRIGGER sale_line_made ON orders_orderline;
DROP TRIGGER sale_deleted ON orders_order;
DROP TRIGGER sale_changed ON orders_order;
DROP TRIGGER sale_made ON orders_order;
DROP FUNCTION note_change_of_sale_line();
DROP FUNCTION note_change_of_sale();
"""


class Migration(migrations.Migration):
    dependencies = [("orders", "0011_exports"), ("players", "0004_iframe_keys")]

    operations = [
        migrations.CreateModel(
            name="SaleChange",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("day", models.DateField(help_text="The day on which the sale was made (UTC).")),
            ],
            options={
                "indexes": [models.Index(fields=["day", "id"], name="sale_change_by_day")],
            },
        ),
        migrations.CreateModel(
            name="SaleTotal",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "period",
                    models.CharField(choices=[("day", "Day"), ("month", "Month")], max_length=8),
                ),
                (
                    "begins",
                    models.DateField(help_text="The day, or the first of the month (UTC)."),
                ),
                (
                    "dimension",
                    models.CharField(
                        choices=[
                            ("status", "Status"),
                            ("payment_method", "Payment method"),
                            ("offer", "Offer"),
                        ],
                        max_length=16,
                    ),
                ),
                ("key", models.CharField(max_length=64)),
                ("currency", models.CharField(max_length=4)),
                ("orders", models.BigIntegerField()),
                ("revenue", models.DecimalField(decimal_places=2, max_digits=20)),
                (
                    "establishment",
                    models.ForeignKey(
                        db_index=False,
                        help_text="Null: of all sales together, also of those without one.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="players.establishment",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=(
                            "dimension",
                            "period",
                            "establishment",
                            "begins",
                            "key",
                            "currency",
                        ),
                        include=("orders", "revenue"),
                        name="one_sale_total_per_cell",
                        nulls_distinct=False,
                    )
                ],
            },
        ),
        migrations.RunSQL(WATCH, FORGET),
    ]
