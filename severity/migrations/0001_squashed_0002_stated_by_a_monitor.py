import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    replaces = [("severity", "0001_initial"), ("severity", "0002_stated_by_a_monitor")]

    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Assessment",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("subject", models.CharField(db_index=True, max_length=80)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("triage", "Triage from the report"),
                            ("full", "Full assessment"),
                            ("override", "Set by a person"),
                            ("monitor", "Stated by a monitor"),
                        ],
                        max_length=8,
                    ),
                ),
                ("rules_version", models.CharField(max_length=20)),
                ("rules_sha256", models.CharField(max_length=64)),
                ("facts", models.JSONField()),
                ("trace", models.JSONField()),
                (
                    "score",
                    models.DecimalField(blank=True, decimal_places=2, max_digits=4, null=True),
                ),
                (
                    "index",
                    models.DecimalField(blank=True, decimal_places=2, max_digits=4, null=True),
                ),
                ("level", models.PositiveSmallIntegerField()),
                ("undetermined", models.BooleanField(default=False)),
                ("reason", models.TextField(blank=True, max_length=2000)),
                ("assessed_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "assessor",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "supersedes",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="superseded_by",
                        to="severity.assessment",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("level__gte", 0), ("level__lte", 5)),
                        name="assessment_on_ladder",
                    )
                ],
            },
        ),
    ]
