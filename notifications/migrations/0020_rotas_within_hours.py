from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("notifications", "0001_squashed_0019_broadcasts"),
    ]

    operations = [
        migrations.AddField(
            model_name="historicalrota",
            name="within_hours",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="rota",
            name="within_hours",
            field=models.BooleanField(default=False),
        ),
    ]
