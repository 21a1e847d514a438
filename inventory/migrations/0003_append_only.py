from importlib import import_module

from django.db import migrations

append_only = import_module("players.migrations.0002_append_only").append_only


class Migration(migrations.Migration):
    dependencies = [("inventory", "0002_initial"), ("players", "0002_append_only")]

    operations = [
        append_only("inventory_inventorychange"),
        # A record is rewritten often: leave room on the page for HOT updates.
        migrations.RunSQL(
            "ALTER TABLE inventory_inventoryrecord SET (fillfactor = 80);",
            "ALTER TABLE inventory_inventoryrecord RESET (fillfactor);",
        ),
    ]
