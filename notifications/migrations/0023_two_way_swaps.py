import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("notifications", "0022_daily_tests"),
    ]

    operations = [
        *(
            migrations.AddField(
                model_name=model,
                name=name,
                field=models.DateTimeField(blank=True, null=True),
            )
            for model in ("swap", "historicalswap")
            for name in ("back_starts_at", "back_ends_at")
        ),
        migrations.AddField(
            model_name="swap",
            name="back_override",
            field=models.OneToOneField(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="swap_back",
                to="notifications.override",
            ),
        ),
        migrations.AddField(
            model_name="historicalswap",
            name="back_override",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="notifications.override",
            ),
        ),
        migrations.AddConstraint(
            model_name="swap",
            constraint=models.CheckConstraint(
                condition=models.Q(back_starts_at=None, back_ends_at=None)
                | models.Q(
                    back_starts_at__isnull=False,
                    back_ends_at__isnull=False,
                    back_ends_at__gt=models.F("back_starts_at"),
                ),
                name="what_a_swap_gives_back_has_a_length",
            ),
        ),
    ]
