from django.db import migrations, models

LABELS = {
    "people_min": "people, at least",
    "people_known": "people, as far as known",
    "people_max": "people, at most",
}


class Migration(migrations.Migration):
    dependencies = [
        ("incidents", "0029_causes"),
    ]

    operations = [
        migrations.AlterField(
            model_name=model,
            name=name,
            field=models.PositiveBigIntegerField(blank=True, null=True, verbose_name=label),
        )
        for model in ("exposure", "historicalexposure")
        for name, label in LABELS.items()
    ]
