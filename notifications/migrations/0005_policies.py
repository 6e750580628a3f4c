import django.contrib.postgres.fields
import django.db.models.deletion
import simple_history.models
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("notifications", "0004_sealed_addresses"),
        ("programs", "0018_step_hooks"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="EscalationTarget",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("function", "Everybody with a function"),
                            ("person", "A person"),
                            ("role", "Who has a role in the incident"),
                            ("fallback", "Those on whom the policy falls back"),
                        ],
                        max_length=12,
                    ),
                ),
                ("name", models.CharField(blank=True, default="", max_length=40)),
                (
                    "methods",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=20),
                        blank=True,
                        default=list,
                        size=None,
                    ),
                ),
            ],
            options={
                "ordering": ["pk"],
            },
        ),
        migrations.CreateModel(
            name="HistoricalEscalationTarget",
            fields=[
                (
                    "id",
                    models.BigIntegerField(
                        auto_created=True, blank=True, db_index=True, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("function", "Everybody with a function"),
                            ("person", "A person"),
                            ("role", "Who has a role in the incident"),
                            ("fallback", "Those on whom the policy falls back"),
                        ],
                        max_length=12,
                    ),
                ),
                ("name", models.CharField(blank=True, default="", max_length=40)),
                (
                    "methods",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=20),
                        blank=True,
                        default=list,
                        size=None,
                    ),
                ),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                (
                    "history_type",
                    models.CharField(
                        choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1
                    ),
                ),
            ],
            options={
                "verbose_name": "historical escalation target",
                "verbose_name_plural": "historical escalation targets",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.AddField(
            model_name="escalation",
            name="asked_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="escalation",
            name="generation",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="escalation",
            name="offered_to",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="escalation",
            name="snoozed_until",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="escalation",
            name="reached",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="escalationpolicy",
            name="closes",
            field=models.TimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="escalationpolicy",
            name="days",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.PositiveSmallIntegerField(), blank=True, default=list, size=None
            ),
        ),
        migrations.AddField(
            model_name="escalationpolicy",
            name="fallback",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="falls_back_here",
                to="notifications.escalationpolicy",
            ),
        ),
        migrations.AddField(
            model_name="escalationpolicy",
            name="finding",
            field=models.CharField(blank=True, default="", max_length=500),
        ),
        migrations.AddField(
            model_name="escalationpolicy",
            name="looked_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="escalationpolicy",
            name="opens",
            field=models.TimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="escalationpolicy",
            name="zone",
            field=models.CharField(blank=True, default="", max_length=64),
        ),
        migrations.AddField(
            model_name="historicalescalation",
            name="asked_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="historicalescalation",
            name="generation",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="historicalescalation",
            name="offered_to",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="historicalescalation",
            name="snoozed_until",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="historicalescalation",
            name="reached",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="historicalescalationpolicy",
            name="closes",
            field=models.TimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="historicalescalationpolicy",
            name="days",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.PositiveSmallIntegerField(), blank=True, default=list, size=None
            ),
        ),
        migrations.AddField(
            model_name="historicalescalationpolicy",
            name="fallback",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="notifications.escalationpolicy",
            ),
        ),
        migrations.AddField(
            model_name="historicalescalationpolicy",
            name="opens",
            field=models.TimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="historicalescalationpolicy",
            name="zone",
            field=models.CharField(blank=True, default="", max_length=64),
        ),
        migrations.AddField(
            model_name="page",
            name="purpose",
            field=models.CharField(
                choices=[
                    ("step", "A step of the policy"),
                    ("by_hand", "Paged by somebody"),
                    ("still", "Still on it?"),
                    ("offer", "Handed over"),
                ],
                default="step",
                max_length=7,
            ),
        ),
        migrations.AddConstraint(
            model_name="escalationpolicy",
            constraint=models.CheckConstraint(
                condition=models.Q(("days", []), ("levels__contained_by", [4, 5]), _connector="OR"),
                name="hours_for_the_mild_levels_alone",
            ),
        ),
        migrations.AddConstraint(
            model_name="escalationpolicy",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("days", []),
                    models.Q(
                        ("closes__isnull", False),
                        ("opens__isnull", False),
                        models.Q(("zone", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="hours_are_whole",
            ),
        ),
        migrations.AddField(
            model_name="escalationtarget",
            name="person",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="escalationtarget",
            name="step",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="targets",
                to="notifications.escalationstep",
            ),
        ),
        migrations.AddField(
            model_name="historicalescalationtarget",
            name="history_user",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="historicalescalationtarget",
            name="person",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="historicalescalationtarget",
            name="step",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="notifications.escalationstep",
            ),
        ),
        migrations.AddConstraint(
            model_name="escalationtarget",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("kind", "function"),
                        (
                            "name__in",
                            [
                                "responder",
                                "commander",
                                "privacy_officer",
                                "legal",
                                "executive",
                                "program_owner",
                                "auditor",
                                "operator",
                                "security",
                                "data_steward",
                                "hr",
                            ],
                        ),
                        ("person", None),
                    ),
                    models.Q(
                        ("kind", "role"),
                        (
                            "name__in",
                            [
                                "commander",
                                "deputy",
                                "scribe",
                                "comms_lead",
                                "privacy_lead",
                                "legal",
                                "executive_sponsor",
                                "expert",
                                "custodian",
                            ],
                        ),
                        ("person", None),
                    ),
                    models.Q(("kind", "person"), ("name", ""), ("person__isnull", False)),
                    models.Q(("kind", "fallback"), ("name", ""), ("person", None)),
                    _connector="OR",
                ),
                name="target_names_what_its_kind_needs",
            ),
        ),
    ]
