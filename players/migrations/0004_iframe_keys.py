from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("players", "0003_coin_accounts")]

    operations = [
        migrations.AlterField(
            model_name="apikey",
            name="prefix",
            field=models.CharField(
                help_text="The first characters, by which people tell keys apart.", max_length=32
            ),
        ),
    ]
