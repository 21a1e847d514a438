from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("inventory", "0004_whole_core"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="playerorder",
            options={
                "permissions": [
                    ("grant_inventory", "Can grant and correct inventory"),
                    ("undo_playerorder", "Can undo player orders"),
                ]
            },
        ),
    ]
