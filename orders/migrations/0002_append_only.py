from importlib import import_module

from django.db import migrations

append_only = import_module("players.migrations.0002_append_only").append_only


class Migration(migrations.Migration):
    dependencies = [("orders", "0001_initial"), ("players", "0002_append_only")]

    operations = [
        append_only("orders_orderevent"),
        append_only("orders_webhookmessage"),
        append_only("orders_webhookattempt"),
    ]
