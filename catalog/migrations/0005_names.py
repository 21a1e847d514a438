from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("catalog", "0004_history")]

    operations = [
        migrations.AlterModelOptions(name="xptable", options={"verbose_name": "XP table"}),
        migrations.AlterModelOptions(
            name="inventorybucketuseruleset", options={"verbose_name": "rule set"}
        ),
    ]
