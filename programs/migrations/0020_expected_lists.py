from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("programs", "0019_watch"),
    ]

    operations = [
        migrations.AddField(
            model_name="historicalwatchsource",
            name="expected_days",
            field=models.PositiveSmallIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="watchsource",
            name="expected_days",
            field=models.PositiveSmallIntegerField(blank=True, null=True),
        ),
    ]
