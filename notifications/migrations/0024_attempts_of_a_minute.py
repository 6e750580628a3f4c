import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from audit import resumable


class Migration(migrations.Migration):
    # The table is large: its index is built beside what goes on. Safe to run again after a crash.
    atomic = False

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("notifications", "0023_two_way_swaps"),
    ]

    operations = [
        resumable.AddField(
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
        resumable.AddIndex(
            model_name="pageattempt",
            index=models.Index(
                condition=models.Q(("counts_for__isnull", False)),
                fields=["counts_for", "started_at"],
                name="attempts_of_a_minute",
            ),
        ),
    ]
