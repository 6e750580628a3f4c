"""All tables of audit, and the triggers that chain entries: their text is in audit.triggers."""

import django.db.models.deletion
import django.utils.timezone
import uuid
from django.conf import settings
from django.db import migrations, models

from audit import guards, triggers


def tie(apps, schema_editor):
    guards.put(schema_editor.connection, triggers.CHAIN)


def untie(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        for table, name in triggers.CHAIN:
            cursor.execute(f"DROP TRIGGER {name} ON {table}")
            cursor.execute(f"DROP FUNCTION {name}()")


class Migration(migrations.Migration):
    replaces = [("audit", "0001_initial"), ("audit", "0002_chain"), ("audit", "0003_findings")]

    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="EngineBeat",
            fields=[
                ("name", models.CharField(max_length=120, primary_key=True, serialize=False)),
                ("run", models.UUIDField(default=uuid.uuid4)),
                ("started_at", models.DateTimeField()),
                ("ticked_at", models.DateTimeField(db_index=True)),
                ("ticks", models.BigIntegerField(default=0)),
                ("checked_at", models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name="Entry",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("stream", models.CharField(max_length=80)),
                ("seq", models.BigIntegerField(default=0)),
                ("at", models.DateTimeField(db_index=True, default=django.utils.timezone.now)),
                ("prev", models.CharField(default="", max_length=64)),
                ("hash", models.CharField(default="", max_length=64)),
                ("action", models.CharField(max_length=60)),
                ("subject", models.CharField(db_index=True, max_length=80)),
                ("body", models.TextField()),
                (
                    "actor",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("stream", "seq"), name="one_link_per_place")
                ],
            },
        ),
        migrations.CreateModel(
            name="Head",
            fields=[
                ("stream", models.CharField(max_length=80, primary_key=True, serialize=False)),
                ("seq", models.BigIntegerField()),
                ("hash", models.CharField(max_length=64)),
            ],
        ),
        migrations.CreateModel(
            name="Mark",
            fields=[
                ("name", models.CharField(max_length=40, primary_key=True, serialize=False)),
                ("reached", models.BigIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name="OutboxEvent",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("topic", models.CharField(db_index=True, max_length=60)),
                ("payload", models.JSONField()),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
        ),
        migrations.CreateModel(
            name="Due",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("kind", models.CharField(max_length=60)),
                ("key", models.CharField(max_length=160, unique=True)),
                ("payload", models.JSONField(default=dict)),
                ("priority", models.PositiveSmallIntegerField(default=5)),
                ("due_at", models.DateTimeField()),
                ("planned_at", models.DateTimeField(blank=True, null=True)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("scheduled", "Scheduled"),
                            ("enqueued", "Enqueued"),
                            ("done", "Done"),
                            ("cancelled", "Cancelled"),
                            ("dead", "Dead"),
                        ],
                        default="scheduled",
                        max_length=9,
                    ),
                ),
                ("token", models.UUIDField(blank=True, null=True)),
                ("lease_until", models.DateTimeField(blank=True, null=True)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("hand_overs", models.PositiveIntegerField(default=0)),
                ("last_error", models.TextField(blank=True, default="")),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "scheduled")),
                        fields=["priority", "due_at"],
                        name="due_scheduled",
                    ),
                    models.Index(
                        condition=models.Q(("state", "enqueued")),
                        fields=["lease_until"],
                        name="due_enqueued",
                    ),
                    models.Index(
                        condition=models.Q(("state", "scheduled")),
                        fields=["due_at"],
                        name="due_by_time",
                    ),
                    models.Index(
                        condition=models.Q(("state", "dead")), fields=["due_at"], name="due_dead"
                    ),
                    models.Index(
                        condition=models.Q(("state__in", ["done", "dead"])),
                        fields=["finished_at"],
                        name="due_finished",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "enqueued"), _negated=True),
                            models.Q(("lease_until__isnull", False), ("token__isnull", False)),
                            _connector="OR",
                        ),
                        name="due_enqueued_is_leased",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Remark",
            fields=[
                (
                    "entry",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="remark",
                        serialize=False,
                        to="audit.entry",
                    ),
                ),
                ("salt", models.CharField(max_length=32)),
                ("text", models.TextField()),
            ],
        ),
        migrations.CreateModel(
            name="Finding",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("check_name", models.CharField(max_length=60)),
                ("key", models.CharField(max_length=120)),
                ("says", models.CharField(max_length=300)),
                ("count", models.PositiveIntegerField(default=1)),
                ("mended", models.BooleanField(default=False)),
                ("found_at", models.DateTimeField(db_index=True)),
                ("seen_at", models.DateTimeField()),
                ("told_at", models.DateTimeField(blank=True, null=True)),
                ("over_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("over_at", None)),
                        fields=("check_name", "key"),
                        name="finding_open_once",
                    )
                ],
            },
        ),
        migrations.RunPython(tie, untie),
    ]
