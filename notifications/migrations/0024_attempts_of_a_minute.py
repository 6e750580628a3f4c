import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("notifications", "0023_two_way_swaps"),
    ]

    operations = [
        migrations.AddField(
            model_name="pageattempt",
            name="counts_for",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddIndex(
            model_name="pageattempt",
            index=models.Index(
                condition=models.Q(("counts_for__isnull", False)),
                fields=["counts_for", "started_at"],
                name="attempts_of_a_minute",
            ),
        ),
    ]
