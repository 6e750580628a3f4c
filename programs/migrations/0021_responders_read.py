"""A program may say that its responders read its incidents; until it does they do not."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("programs", "0020_expected_lists")]

    operations = [
        migrations.AddField(
            model_name="historicalprogram",
            name="responders_read",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name="program",
            name="responders_read",
            field=models.BooleanField(db_default=False, default=False),
        ),
    ]
