from importlib import import_module

from django.db import migrations

append_only = import_module("players.migrations.0002_append_only").append_only


class Migration(migrations.Migration):
    dependencies = [("catalog", "0007_products"), ("players", "0002_append_only")]

    operations = [append_only("catalog_stockmovement")]
