import django.core.validators
from django.db import migrations, models

COUNT = models.PositiveBigIntegerField(
    blank=True, null=True, validators=[django.core.validators.MaxValueValidator(8_500_000_000)]
)


class Migration(migrations.Migration):
    dependencies = [
        ("programs", "0021_responders_read"),
    ]

    operations = [
        migrations.AlterField(model_name=model, name=name, field=COUNT)
        for model in ("program", "historicalprogram")
        for name in ("participants", "declared_audience_size")
    ]
