import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.comparison
import django.utils.timezone
import incidents.models.evidence
import simple_history.models
import uuid
from django.conf import settings
from django.db import migrations, models


# Punctuation inside a word is a space, in what is written and in what is asked for alike: so
# "lake-7", "s3://lake/keys" and "a.obi@demo.example" are found by each of their parts.
# Nor is anything a tag, which the parser would leave out with all that stands in it.
_PARTS = r"""regexp_replace(translate({text}, '<>', '  '), '(\w)[^\w\s"]+(?=\w)', '\1 ', 'g')"""
# As English, so that "recording" finds "recordings"; and as written, for what English leaves out.
_VECTOR = f"to_tsvector('english', {_PARTS}) || to_tsvector('simple', {_PARTS})"
_REPORT = "(codename || ' ' || title || ' ' || detail || ' ' || reference || ' ' || found_how)"

# No fields of the models: nobody reads them, and they are long.
_ADD = """
ALTER TABLE {table} ADD COLUMN words tsvector GENERATED ALWAYS AS ({vector}) STORED;
CREATE INDEX {table}_words ON {table} USING gin (words);
"""
_REMOVE = "ALTER TABLE {table} DROP COLUMN words;"


def _adds(table: str, text: str) -> migrations.RunSQL:
    return migrations.RunSQL(
        _ADD.format(table=table, vector=_VECTOR.format(text=text)), _REMOVE.format(table=table)
    )


class Migration(migrations.Migration):
    replaces = [
        ("incidents", "0001_initial"),
        ("incidents", "0002_initial"),
        ("incidents", "0003_grants_by_rule"),
        ("incidents", "0004_drills"),
        ("incidents", "0005_who_asked_and_who_looked"),
        ("incidents", "0006_evidence"),
        ("incidents", "0007_exposures"),
        ("incidents", "0008_runbook_steps"),
        ("incidents", "0009_what_a_page_reads"),
        ("incidents", "0010_step_hooks"),
        ("incidents", "0011_runbook_versions"),
        ("incidents", "0012_relations_and_tasks"),
        ("incidents", "0013_pins"),
        ("incidents", "0014_words"),
        ("incidents", "0015_saved_views"),
        ("incidents", "0016_reviews"),
        ("incidents", "0017_review_counts_from"),
        ("incidents", "0018_inbound"),
        ("incidents", "0019_timeline_of_period"),
        ("incidents", "0020_legal_clocks"),
    ]

    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("programs", "0001_squashed_0018_step_hooks"),
        ("severity", "0001_squashed_0002_stated_by_a_monitor"),
    ]

    operations = [
        migrations.CreateModel(
            name="Counter",
            fields=[
                ("name", models.CharField(max_length=20, primary_key=True, serialize=False)),
                ("last", models.PositiveIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name="AccessGrant",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "level",
                    models.CharField(
                        choices=[
                            ("view", "Read"),
                            ("contribute", "Contribute"),
                            ("manage", "Manage"),
                            ("close", "Close"),
                        ],
                        max_length=10,
                    ),
                ),
                ("reason", models.CharField(max_length=300)),
                ("granted_by", models.CharField(max_length=150)),
                ("granted_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("by_rule", models.BooleanField(default=False)),
                ("expires_at", models.DateTimeField(blank=True, null=True)),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                (
                    "person",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="auth.group",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Evidence",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=150)),
                ("note", models.CharField(blank=True, max_length=500)),
                ("family", models.CharField(max_length=10)),
                ("type", models.CharField(max_length=60)),
                ("size", models.PositiveBigIntegerField()),
                ("sha256", models.CharField(max_length=64)),
                (
                    "file",
                    models.FileField(
                        storage=incidents.models.evidence.storage, unique=True, upload_to=""
                    ),
                ),
                ("added_as", models.CharField(max_length=150)),
                ("added_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "scan",
                    models.CharField(
                        choices=[
                            ("off", "Not scanned"),
                            ("waiting", "In quarantine until scanned"),
                            ("clean", "Scanned, nothing found"),
                            ("found", "In quarantine, malware found"),
                        ],
                        default="off",
                        max_length=7,
                    ),
                ),
                ("scan_said", models.CharField(blank=True, max_length=200)),
                ("held_at", models.DateTimeField(blank=True, null=True)),
                ("hold_reason", models.CharField(blank=True, max_length=500)),
                ("damaged_at", models.DateTimeField(blank=True, null=True)),
                (
                    "added_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "held_by",
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
                "ordering": ["-pk"],
            },
        ),
        migrations.CreateModel(
            name="Custody",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "act",
                    models.CharField(
                        choices=[
                            ("added", "Added"),
                            ("scanned", "Scanned"),
                            ("downloaded", "Downloaded"),
                            ("verified", "Verified"),
                            ("damaged", "Found changed"),
                            ("held", "Legal hold set"),
                            ("released", "Legal hold lifted"),
                        ],
                        max_length=10,
                    ),
                ),
                ("actor_name", models.CharField(max_length=150)),
                ("via", models.CharField(max_length=20)),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                ("note", models.CharField(blank=True, max_length=500)),
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
                (
                    "evidence",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="custody",
                        to="incidents.evidence",
                    ),
                ),
            ],
            options={
                "ordering": ["-pk"],
            },
        ),
        migrations.CreateModel(
            name="HistoricalRunbookVersion",
            fields=[
                (
                    "id",
                    models.BigIntegerField(
                        auto_created=True, blank=True, db_index=True, verbose_name="ID"
                    ),
                ),
                ("runbook", models.CharField(max_length=20)),
                ("number", models.PositiveIntegerField()),
                ("document", models.JSONField()),
                ("retires", models.BooleanField(default=False)),
                ("reason", models.CharField(max_length=500)),
                ("written_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "Waits for a second person"),
                            ("published", "Published"),
                            ("withdrawn", "Withdrawn"),
                        ],
                        default="waiting",
                        max_length=9,
                    ),
                ),
                ("decided_at", models.DateTimeField(blank=True, null=True)),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                (
                    "history_type",
                    models.CharField(
                        choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1
                    ),
                ),
                (
                    "author",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "decided_by",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "history_user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "historical runbook version",
                "verbose_name_plural": "historical runbook versions",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalSource",
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
                            ("any", "Any of these, told by what it looks like"),
                            ("alertmanager", "Prometheus Alertmanager"),
                            ("standard", "Standard Webhooks"),
                            ("cloudevents", "CloudEvents 1.0"),
                            ("mapped", "JSON of another form, read by paths"),
                        ],
                        default="any",
                        max_length=12,
                    ),
                ),
                ("must_sign", models.BooleanField(default=False)),
                ("mapping", models.JSONField(blank=True, default=dict)),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                (
                    "history_type",
                    models.CharField(
                        choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1
                    ),
                ),
                (
                    "history_user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "key",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="programs.programkey",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical source",
                "verbose_name_plural": "historical sources",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="Incident",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveIntegerField(unique=True)),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("codename", models.CharField(max_length=40, unique=True)),
                ("title", models.CharField(max_length=200)),
                ("detail", models.TextField(blank=True, max_length=10000)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("exposure", "Exposure"),
                            ("loss", "Loss"),
                            ("misuse", "Misuse"),
                            ("near_miss", "Near miss"),
                        ],
                        default="exposure",
                        max_length=10,
                    ),
                ),
                ("reference", models.CharField(blank=True, max_length=200)),
                ("found_how", models.CharField(blank=True, max_length=200)),
                (
                    "audience",
                    models.CharField(
                        choices=[
                            ("few_inside", "A few people inside"),
                            ("everyone_inside", "Everyone inside"),
                            ("outside", "People outside"),
                            ("unknown", "I do not know"),
                        ],
                        default="unknown",
                        max_length=15,
                    ),
                ),
                (
                    "still_open",
                    models.CharField(
                        choices=[("yes", "Yes"), ("no", "No"), ("unknown", "I do not know")],
                        default="unknown",
                        max_length=7,
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("reported", "Reported"),
                            ("triaging", "Triaging"),
                            ("active", "Active"),
                            ("contained", "Contained"),
                            ("recovered", "Recovered"),
                            ("in_review", "In review"),
                            ("closed", "Closed"),
                            ("dismissed", "Dismissed"),
                            ("merged", "Merged"),
                        ],
                        default="reported",
                        max_length=9,
                    ),
                ),
                ("sev", models.PositiveSmallIntegerField(blank=True, null=True)),
                ("counts_as", models.PositiveSmallIntegerField()),
                ("peak_sev", models.PositiveSmallIntegerField()),
                ("restricted", models.BooleanField(default=True)),
                ("is_drill", models.BooleanField(default=False)),
                (
                    "drill_scope",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("collectors", "Its drill collectors only"),
                            ("whole", "The whole program"),
                        ],
                        max_length=10,
                    ),
                ),
                ("occurred_from", models.DateTimeField(blank=True, null=True)),
                ("occurred_to", models.DateTimeField(blank=True, null=True)),
                ("reported_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("acknowledged_at", models.DateTimeField(blank=True, null=True)),
                ("declared_at", models.DateTimeField(blank=True, null=True)),
                ("aware_at", models.DateTimeField(blank=True, null=True)),
                ("aware_rationale", models.TextField(blank=True, max_length=2000)),
                ("contained_at", models.DateTimeField(blank=True, null=True)),
                ("recovered_at", models.DateTimeField(blank=True, null=True)),
                ("closed_at", models.DateTimeField(blank=True, null=True)),
                ("next_update_at", models.DateTimeField(blank=True, null=True)),
                (
                    "assessment",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="severity.assessment",
                    ),
                ),
                (
                    "dataset",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="incidents",
                        to="programs.dataset",
                    ),
                ),
                (
                    "duplicate_of",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="duplicates",
                        to="incidents.incident",
                    ),
                ),
                (
                    "program",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="incidents",
                        to="programs.program",
                    ),
                ),
                (
                    "reporter",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reported_incidents",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-number"],
                "permissions": [
                    ("contribute_incident", "May add to the incident"),
                    ("manage_incident", "May run the incident and let people in"),
                    ("close_incident", "May close the incident"),
                ],
                "indexes": [
                    models.Index(
                        condition=models.Q(
                            ("status__in", ["closed", "dismissed", "merged"]), _negated=True
                        ),
                        fields=["counts_as", "-number"],
                        name="incident_open",
                    ),
                    models.Index(fields=["program", "-number"], name="incident_program"),
                    models.Index(
                        condition=models.Q(("restricted", False)),
                        fields=["program", "-id"],
                        name="incident_unrestricted",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "status__in",
                                [
                                    "reported",
                                    "triaging",
                                    "active",
                                    "contained",
                                    "recovered",
                                    "in_review",
                                    "closed",
                                    "dismissed",
                                    "merged",
                                ],
                            )
                        ),
                        name="incident_status_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("counts_as__lte", 5),
                            ("peak_sev__lte", 5),
                            models.Q(
                                ("sev", None), ("sev", models.F("counts_as")), _connector="OR"
                            ),
                        ),
                        name="incident_on_ladder",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("peak_sev__lte", models.F("counts_as"))),
                        name="incident_peak_kept",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="HistoricalTask",
            fields=[
                (
                    "id",
                    models.BigIntegerField(
                        auto_created=True, blank=True, db_index=True, verbose_name="ID"
                    ),
                ),
                ("title", models.CharField(max_length=200)),
                ("due_at", models.DateTimeField(blank=True, null=True)),
                (
                    "state",
                    models.CharField(
                        choices=[("open", "Open"), ("done", "Done"), ("dropped", "Dropped")],
                        default="open",
                        max_length=7,
                    ),
                ),
                ("note", models.CharField(blank=True, max_length=500)),
                ("settled_at", models.DateTimeField(blank=True, null=True)),
                ("reminded_of", models.DateTimeField(blank=True, null=True)),
                ("added_by", models.CharField(max_length=150)),
                ("added_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                (
                    "history_type",
                    models.CharField(
                        choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1
                    ),
                ),
                (
                    "history_user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "settled_by",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "incident",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="incidents.incident",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical task",
                "verbose_name_plural": "historical tasks",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalSeverityProposal",
            fields=[
                (
                    "id",
                    models.BigIntegerField(
                        auto_created=True, blank=True, db_index=True, verbose_name="ID"
                    ),
                ),
                ("level", models.PositiveSmallIntegerField()),
                ("reason", models.TextField(max_length=2000)),
                ("proposed_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "Open"),
                            ("confirmed", "Confirmed"),
                            ("withdrawn", "Withdrawn"),
                        ],
                        default="open",
                        max_length=9,
                    ),
                ),
                ("decided_at", models.DateTimeField(blank=True, null=True)),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                (
                    "history_type",
                    models.CharField(
                        choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1
                    ),
                ),
                (
                    "decided_by",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "history_user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "proposed_by",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "incident",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="incidents.incident",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical severity proposal",
                "verbose_name_plural": "historical severity proposals",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalRunbookRun",
            fields=[
                (
                    "id",
                    models.BigIntegerField(
                        auto_created=True, blank=True, db_index=True, verbose_name="ID"
                    ),
                ),
                ("runbook", models.CharField(max_length=20)),
                ("version", models.CharField(max_length=20)),
                ("title", models.CharField(max_length=200)),
                ("attached_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("attached_by", models.CharField(max_length=150)),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                (
                    "history_type",
                    models.CharField(
                        choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1
                    ),
                ),
                (
                    "history_user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "incident",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="incidents.incident",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical runbook run",
                "verbose_name_plural": "historical runbook runs",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalRuleFiring",
            fields=[
                (
                    "id",
                    models.BigIntegerField(
                        auto_created=True, blank=True, db_index=True, verbose_name="ID"
                    ),
                ),
                ("rule", models.CharField(max_length=40)),
                ("rules_version", models.CharField(max_length=20)),
                ("action", models.CharField(max_length=30)),
                ("scope", models.CharField(blank=True, max_length=40)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "Waiting"),
                            ("fired", "Fired"),
                            ("vetoed", "Vetoed"),
                            ("void", "No longer due"),
                        ],
                        default="waiting",
                        max_length=7,
                    ),
                ),
                ("why", models.CharField(max_length=300)),
                ("facts", models.JSONField(default=dict)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("due_at", models.DateTimeField(blank=True, null=True)),
                ("fired_at", models.DateTimeField(blank=True, null=True)),
                ("veto_reason", models.CharField(blank=True, max_length=300)),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                (
                    "history_type",
                    models.CharField(
                        choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1
                    ),
                ),
                (
                    "assessment",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="severity.assessment",
                    ),
                ),
                (
                    "dataset",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="programs.dataset",
                    ),
                ),
                (
                    "history_user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "program",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="programs.program",
                    ),
                ),
                (
                    "vetoed_by",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "incident",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="incidents.incident",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical rule firing",
                "verbose_name_plural": "historical rule firings",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalRoleAssignment",
            fields=[
                (
                    "id",
                    models.BigIntegerField(
                        auto_created=True, blank=True, db_index=True, verbose_name="ID"
                    ),
                ),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("commander", "Incident commander"),
                            ("deputy", "Deputy"),
                            ("scribe", "Scribe"),
                            ("comms_lead", "Communications lead"),
                            ("privacy_lead", "Privacy lead"),
                            ("legal", "Legal counsel"),
                            ("executive_sponsor", "Executive sponsor"),
                            ("expert", "Subject-matter expert"),
                            ("custodian", "Custodian"),
                        ],
                        max_length=20,
                    ),
                ),
                ("since", models.DateTimeField(default=django.utils.timezone.now)),
                ("until", models.DateTimeField(blank=True, null=True)),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                (
                    "history_type",
                    models.CharField(
                        choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1
                    ),
                ),
                (
                    "history_user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "incident",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="incidents.incident",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical role assignment",
                "verbose_name_plural": "historical role assignments",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalRelation",
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
                            ("same_cause", "Same cause"),
                            ("follow_up", "Follow-up of"),
                            ("related", "Related"),
                        ],
                        max_length=10,
                    ),
                ),
                ("made_by", models.CharField(max_length=150)),
                ("made_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                (
                    "history_type",
                    models.CharField(
                        choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1
                    ),
                ),
                (
                    "history_user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "one",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="incidents.incident",
                        verbose_name="incident",
                    ),
                ),
                (
                    "other",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="incidents.incident",
                        verbose_name="and incident",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical relation",
                "verbose_name_plural": "historical relations",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalIncident",
            fields=[
                (
                    "id",
                    models.BigIntegerField(
                        auto_created=True, blank=True, db_index=True, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveIntegerField(db_index=True)),
                ("uuid", models.UUIDField(db_index=True, default=uuid.uuid4, editable=False)),
                ("codename", models.CharField(db_index=True, max_length=40)),
                ("title", models.CharField(max_length=200)),
                ("detail", models.TextField(blank=True, max_length=10000)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("exposure", "Exposure"),
                            ("loss", "Loss"),
                            ("misuse", "Misuse"),
                            ("near_miss", "Near miss"),
                        ],
                        default="exposure",
                        max_length=10,
                    ),
                ),
                ("reference", models.CharField(blank=True, max_length=200)),
                ("found_how", models.CharField(blank=True, max_length=200)),
                (
                    "audience",
                    models.CharField(
                        choices=[
                            ("few_inside", "A few people inside"),
                            ("everyone_inside", "Everyone inside"),
                            ("outside", "People outside"),
                            ("unknown", "I do not know"),
                        ],
                        default="unknown",
                        max_length=15,
                    ),
                ),
                (
                    "still_open",
                    models.CharField(
                        choices=[("yes", "Yes"), ("no", "No"), ("unknown", "I do not know")],
                        default="unknown",
                        max_length=7,
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("reported", "Reported"),
                            ("triaging", "Triaging"),
                            ("active", "Active"),
                            ("contained", "Contained"),
                            ("recovered", "Recovered"),
                            ("in_review", "In review"),
                            ("closed", "Closed"),
                            ("dismissed", "Dismissed"),
                            ("merged", "Merged"),
                        ],
                        default="reported",
                        max_length=9,
                    ),
                ),
                ("sev", models.PositiveSmallIntegerField(blank=True, null=True)),
                ("counts_as", models.PositiveSmallIntegerField()),
                ("peak_sev", models.PositiveSmallIntegerField()),
                ("restricted", models.BooleanField(default=True)),
                ("is_drill", models.BooleanField(default=False)),
                (
                    "drill_scope",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("collectors", "Its drill collectors only"),
                            ("whole", "The whole program"),
                        ],
                        max_length=10,
                    ),
                ),
                ("occurred_from", models.DateTimeField(blank=True, null=True)),
                ("occurred_to", models.DateTimeField(blank=True, null=True)),
                ("reported_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("acknowledged_at", models.DateTimeField(blank=True, null=True)),
                ("declared_at", models.DateTimeField(blank=True, null=True)),
                ("aware_at", models.DateTimeField(blank=True, null=True)),
                ("aware_rationale", models.TextField(blank=True, max_length=2000)),
                ("contained_at", models.DateTimeField(blank=True, null=True)),
                ("recovered_at", models.DateTimeField(blank=True, null=True)),
                ("closed_at", models.DateTimeField(blank=True, null=True)),
                ("next_update_at", models.DateTimeField(blank=True, null=True)),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                (
                    "history_type",
                    models.CharField(
                        choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1
                    ),
                ),
                (
                    "assessment",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="severity.assessment",
                    ),
                ),
                (
                    "dataset",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="programs.dataset",
                    ),
                ),
                (
                    "history_user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "program",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="programs.program",
                    ),
                ),
                (
                    "reporter",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "duplicate_of",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="incidents.incident",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical incident",
                "verbose_name_plural": "historical incidents",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalGlassBreak",
            fields=[
                (
                    "id",
                    models.BigIntegerField(
                        auto_created=True, blank=True, db_index=True, verbose_name="ID"
                    ),
                ),
                ("reason", models.CharField(max_length=300)),
                ("broken_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "verdict",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", "Not looked at"),
                            ("justified", "Justified"),
                            ("unjustified", "Not justified"),
                        ],
                        default="",
                        max_length=11,
                    ),
                ),
                ("reviewed_at", models.DateTimeField(blank=True, null=True)),
                ("note", models.CharField(blank=True, max_length=300)),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                (
                    "history_type",
                    models.CharField(
                        choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1
                    ),
                ),
                (
                    "grant",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="incidents.accessgrant",
                    ),
                ),
                (
                    "history_user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "reviewed_by",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "incident",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="incidents.incident",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical glass break",
                "verbose_name_plural": "historical glass breaks",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalExposure",
            fields=[
                (
                    "id",
                    models.BigIntegerField(
                        auto_created=True, blank=True, db_index=True, verbose_name="ID"
                    ),
                ),
                ("what", models.CharField(blank=True, max_length=300)),
                ("kinds", models.JSONField(blank=True, default=list, verbose_name="kinds of data")),
                (
                    "whose",
                    models.CharField(
                        choices=[
                            ("employees", "Employees"),
                            ("contractors", "Contractors"),
                            ("applicants", "Applicants"),
                            ("customers", "Customers or users"),
                            ("children", "Children"),
                            ("others", "Others"),
                            ("unknown", "I do not know"),
                        ],
                        default="unknown",
                        max_length=11,
                    ),
                ),
                (
                    "people_min",
                    models.PositiveIntegerField(
                        blank=True, null=True, verbose_name="people, at least"
                    ),
                ),
                (
                    "people_known",
                    models.PositiveIntegerField(
                        blank=True, null=True, verbose_name="people, as far as known"
                    ),
                ),
                (
                    "people_max",
                    models.PositiveIntegerField(
                        blank=True, null=True, verbose_name="people, at most"
                    ),
                ),
                ("declared_audience", models.CharField(blank=True, max_length=200)),
                (
                    "effective_audience",
                    models.CharField(
                        choices=[
                            ("few_inside", "A few people inside"),
                            ("everyone_inside", "Everyone inside"),
                            ("outside", "People outside"),
                            ("unknown", "I do not know"),
                        ],
                        default="unknown",
                        max_length=15,
                    ),
                ),
                ("since", models.DateTimeField(blank=True, null=True, verbose_name="exposed from")),
                (
                    "since_is_estimate",
                    models.BooleanField(default=False, verbose_name="the beginning is an estimate"),
                ),
                ("until", models.DateTimeField(blank=True, null=True, verbose_name="closed at")),
                (
                    "until_is_estimate",
                    models.BooleanField(default=False, verbose_name="the end is an estimate"),
                ),
                (
                    "accessed",
                    models.CharField(
                        choices=[
                            ("none_known", "No access is known"),
                            ("none_logged", "No access, and the logs are complete"),
                            ("accessed", "They were accessed"),
                            ("unknown", "I do not know"),
                        ],
                        default="unknown",
                        max_length=11,
                        verbose_name="evidence of access",
                    ),
                ),
                (
                    "accessed_source",
                    models.CharField(blank=True, max_length=300, verbose_name="source"),
                ),
                ("files", models.JSONField(blank=True, default=list, verbose_name="evidence")),
                ("location", models.CharField(blank=True, max_length=500)),
                ("verified_at", models.DateTimeField(blank=True, null=True)),
                ("verified_how", models.CharField(blank=True, max_length=500)),
                ("added_by", models.CharField(max_length=150)),
                ("added_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                (
                    "history_type",
                    models.CharField(
                        choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1
                    ),
                ),
                (
                    "dataset",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="programs.dataset",
                    ),
                ),
                (
                    "history_user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "located_by",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "verified_by",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "incident",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="incidents.incident",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical exposure",
                "verbose_name_plural": "historical exposures",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalEvidence",
            fields=[
                (
                    "id",
                    models.BigIntegerField(
                        auto_created=True, blank=True, db_index=True, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=150)),
                ("note", models.CharField(blank=True, max_length=500)),
                ("family", models.CharField(max_length=10)),
                ("type", models.CharField(max_length=60)),
                ("size", models.PositiveBigIntegerField()),
                ("sha256", models.CharField(max_length=64)),
                ("file", models.TextField(db_index=True, max_length=100)),
                ("added_as", models.CharField(max_length=150)),
                ("added_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "scan",
                    models.CharField(
                        choices=[
                            ("off", "Not scanned"),
                            ("waiting", "In quarantine until scanned"),
                            ("clean", "Scanned, nothing found"),
                            ("found", "In quarantine, malware found"),
                        ],
                        default="off",
                        max_length=7,
                    ),
                ),
                ("scan_said", models.CharField(blank=True, max_length=200)),
                ("held_at", models.DateTimeField(blank=True, null=True)),
                ("hold_reason", models.CharField(blank=True, max_length=500)),
                ("damaged_at", models.DateTimeField(blank=True, null=True)),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                (
                    "history_type",
                    models.CharField(
                        choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1
                    ),
                ),
                (
                    "added_by",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "held_by",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "history_user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "incident",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="incidents.incident",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical evidence",
                "verbose_name_plural": "historical evidences",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalDrill",
            fields=[
                (
                    "id",
                    models.BigIntegerField(
                        auto_created=True, blank=True, db_index=True, verbose_name="ID"
                    ),
                ),
                (
                    "scope",
                    models.CharField(
                        choices=[
                            ("collectors", "Its drill collectors only"),
                            ("whole", "The whole program"),
                        ],
                        max_length=10,
                    ),
                ),
                ("planned_for", models.DateTimeField()),
                ("window_minutes", models.PositiveSmallIntegerField()),
                ("planned_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("planned", "Planned"),
                            ("running", "Running"),
                            ("passed", "Passed"),
                            ("failed", "Failed"),
                            ("missed", "Did not begin"),
                            ("cancelled", "Called off"),
                        ],
                        default="planned",
                        max_length=9,
                    ),
                ),
                ("began_at", models.DateTimeField(blank=True, null=True)),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                ("finding", models.CharField(blank=True, max_length=500)),
                ("report", models.JSONField(blank=True, default=dict)),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                (
                    "history_type",
                    models.CharField(
                        choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1
                    ),
                ),
                (
                    "history_user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "order",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="programs.stoporder",
                    ),
                ),
                (
                    "planned_by",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "program",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="programs.program",
                    ),
                ),
                (
                    "incident",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="incidents.incident",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical drill",
                "verbose_name_plural": "historical drills",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalActionItem",
            fields=[
                (
                    "id",
                    models.BigIntegerField(
                        auto_created=True, blank=True, db_index=True, verbose_name="ID"
                    ),
                ),
                ("what", models.CharField(max_length=500)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("prevent", "Prevent"),
                            ("detect", "Detect"),
                            ("limit", "Limit"),
                            ("respond", "Respond"),
                        ],
                        max_length=7,
                    ),
                ),
                ("due_on", models.DateField()),
                ("control", models.CharField(blank=True, max_length=3)),
                (
                    "test",
                    models.CharField(blank=True, max_length=500, verbose_name="verification test"),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "Open"),
                            ("done", "Done, to be verified"),
                            ("verified", "Verified"),
                            ("dropped", "Dropped"),
                        ],
                        default="open",
                        max_length=8,
                    ),
                ),
                ("added_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("said", models.CharField(blank=True, max_length=1000)),
                ("done_at", models.DateTimeField(blank=True, null=True)),
                ("settled_at", models.DateTimeField(blank=True, null=True)),
                ("reminders", models.PositiveIntegerField(default=0)),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                (
                    "history_type",
                    models.CharField(
                        choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1
                    ),
                ),
                (
                    "added_by",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "done_by",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "history_user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "settled_by",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "incident",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="incidents.incident",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical action item",
                "verbose_name_plural": "historical action items",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalAccessRequest",
            fields=[
                (
                    "id",
                    models.BigIntegerField(
                        auto_created=True, blank=True, db_index=True, verbose_name="ID"
                    ),
                ),
                ("reason", models.CharField(max_length=300)),
                ("asked_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "Open"),
                            ("admitted", "Let in"),
                            ("declined", "Declined"),
                        ],
                        default="open",
                        max_length=8,
                    ),
                ),
                ("decided_at", models.DateTimeField(blank=True, null=True)),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                (
                    "history_type",
                    models.CharField(
                        choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1
                    ),
                ),
                (
                    "history_user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "incident",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="incidents.incident",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical access request",
                "verbose_name_plural": "historical access requests",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalAccessGrant",
            fields=[
                (
                    "id",
                    models.BigIntegerField(
                        auto_created=True, blank=True, db_index=True, verbose_name="ID"
                    ),
                ),
                (
                    "level",
                    models.CharField(
                        choices=[
                            ("view", "Read"),
                            ("contribute", "Contribute"),
                            ("manage", "Manage"),
                            ("close", "Close"),
                        ],
                        max_length=10,
                    ),
                ),
                ("reason", models.CharField(max_length=300)),
                ("granted_by", models.CharField(max_length=150)),
                ("granted_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("by_rule", models.BooleanField(default=False)),
                ("expires_at", models.DateTimeField(blank=True, null=True)),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                (
                    "history_type",
                    models.CharField(
                        choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1
                    ),
                ),
                (
                    "history_user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="auth.group",
                    ),
                ),
                (
                    "incident",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="incidents.incident",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical access grant",
                "verbose_name_plural": "historical access grants",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="GlassBreak",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("reason", models.CharField(max_length=300)),
                ("broken_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "verdict",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", "Not looked at"),
                            ("justified", "Justified"),
                            ("unjustified", "Not justified"),
                        ],
                        default="",
                        max_length=11,
                    ),
                ),
                ("reviewed_at", models.DateTimeField(blank=True, null=True)),
                ("note", models.CharField(blank=True, max_length=300)),
                (
                    "grant",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="glass_break",
                        to="incidents.accessgrant",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "reviewed_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "incident",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="glass_breaks",
                        to="incidents.incident",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Exposure",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("what", models.CharField(blank=True, max_length=300)),
                ("kinds", models.JSONField(blank=True, default=list, verbose_name="kinds of data")),
                (
                    "whose",
                    models.CharField(
                        choices=[
                            ("employees", "Employees"),
                            ("contractors", "Contractors"),
                            ("applicants", "Applicants"),
                            ("customers", "Customers or users"),
                            ("children", "Children"),
                            ("others", "Others"),
                            ("unknown", "I do not know"),
                        ],
                        default="unknown",
                        max_length=11,
                    ),
                ),
                (
                    "people_min",
                    models.PositiveIntegerField(
                        blank=True, null=True, verbose_name="people, at least"
                    ),
                ),
                (
                    "people_known",
                    models.PositiveIntegerField(
                        blank=True, null=True, verbose_name="people, as far as known"
                    ),
                ),
                (
                    "people_max",
                    models.PositiveIntegerField(
                        blank=True, null=True, verbose_name="people, at most"
                    ),
                ),
                ("declared_audience", models.CharField(blank=True, max_length=200)),
                (
                    "effective_audience",
                    models.CharField(
                        choices=[
                            ("few_inside", "A few people inside"),
                            ("everyone_inside", "Everyone inside"),
                            ("outside", "People outside"),
                            ("unknown", "I do not know"),
                        ],
                        default="unknown",
                        max_length=15,
                    ),
                ),
                ("since", models.DateTimeField(blank=True, null=True, verbose_name="exposed from")),
                (
                    "since_is_estimate",
                    models.BooleanField(default=False, verbose_name="the beginning is an estimate"),
                ),
                ("until", models.DateTimeField(blank=True, null=True, verbose_name="closed at")),
                (
                    "until_is_estimate",
                    models.BooleanField(default=False, verbose_name="the end is an estimate"),
                ),
                (
                    "accessed",
                    models.CharField(
                        choices=[
                            ("none_known", "No access is known"),
                            ("none_logged", "No access, and the logs are complete"),
                            ("accessed", "They were accessed"),
                            ("unknown", "I do not know"),
                        ],
                        default="unknown",
                        max_length=11,
                        verbose_name="evidence of access",
                    ),
                ),
                (
                    "accessed_source",
                    models.CharField(blank=True, max_length=300, verbose_name="source"),
                ),
                ("files", models.JSONField(blank=True, default=list, verbose_name="evidence")),
                ("location", models.CharField(blank=True, max_length=500)),
                ("verified_at", models.DateTimeField(blank=True, null=True)),
                ("verified_how", models.CharField(blank=True, max_length=500)),
                ("added_by", models.CharField(max_length=150)),
                ("added_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "dataset",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="exposures",
                        to="programs.dataset",
                    ),
                ),
                (
                    "located_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "verified_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "incident",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="exposures",
                        to="incidents.incident",
                    ),
                ),
            ],
            options={
                "ordering": ["pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("dataset", None), ("what", ""), _negated=True),
                        name="exposure_names_data",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("people_min", None),
                                ("people_known", None),
                                ("people_known__gte", models.F("people_min")),
                                _connector="OR",
                            ),
                            models.Q(
                                ("people_known", None),
                                ("people_max", None),
                                ("people_max__gte", models.F("people_known")),
                                _connector="OR",
                            ),
                            models.Q(
                                ("people_min", None),
                                ("people_max", None),
                                ("people_max__gte", models.F("people_min")),
                                _connector="OR",
                            ),
                        ),
                        name="exposure_counts_in_order",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("since", None),
                            ("until", None),
                            ("until__gte", models.F("since")),
                            _connector="OR",
                        ),
                        name="exposure_ends_after_it_began",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("verified_at", None), ("verified_by", None), ("verified_how", "")
                            ),
                            models.Q(
                                ("until__isnull", False),
                                ("verified_at__isnull", False),
                                ("verified_by__isnull", False),
                                models.Q(("verified_how", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="exposure_verified_when_closed",
                    ),
                ],
            },
        ),
        migrations.AddField(
            model_name="evidence",
            name="incident",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="evidence",
                to="incidents.incident",
            ),
        ),
        migrations.CreateModel(
            name="Drill",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "scope",
                    models.CharField(
                        choices=[
                            ("collectors", "Its drill collectors only"),
                            ("whole", "The whole program"),
                        ],
                        max_length=10,
                    ),
                ),
                ("planned_for", models.DateTimeField()),
                ("window_minutes", models.PositiveSmallIntegerField()),
                ("planned_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("planned", "Planned"),
                            ("running", "Running"),
                            ("passed", "Passed"),
                            ("failed", "Failed"),
                            ("missed", "Did not begin"),
                            ("cancelled", "Called off"),
                        ],
                        default="planned",
                        max_length=9,
                    ),
                ),
                ("began_at", models.DateTimeField(blank=True, null=True)),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                ("finding", models.CharField(blank=True, max_length=500)),
                ("report", models.JSONField(blank=True, default=dict)),
                (
                    "order",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="programs.stoporder",
                    ),
                ),
                (
                    "planned_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "program",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="drills",
                        to="programs.program",
                    ),
                ),
                (
                    "incident",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="drill",
                        to="incidents.incident",
                    ),
                ),
            ],
            options={
                "ordering": ["-planned_for"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state__in", ["planned", "running"])),
                        fields=("program",),
                        name="one_drill_ahead_per_program",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("window_minutes__range", (1, 240))),
                        name="drill_window_known",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ActionItem",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("what", models.CharField(max_length=500)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("prevent", "Prevent"),
                            ("detect", "Detect"),
                            ("limit", "Limit"),
                            ("respond", "Respond"),
                        ],
                        max_length=7,
                    ),
                ),
                ("due_on", models.DateField()),
                ("control", models.CharField(blank=True, max_length=3)),
                (
                    "test",
                    models.CharField(blank=True, max_length=500, verbose_name="verification test"),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "Open"),
                            ("done", "Done, to be verified"),
                            ("verified", "Verified"),
                            ("dropped", "Dropped"),
                        ],
                        default="open",
                        max_length=8,
                    ),
                ),
                ("added_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("said", models.CharField(blank=True, max_length=1000)),
                ("done_at", models.DateTimeField(blank=True, null=True)),
                ("settled_at", models.DateTimeField(blank=True, null=True)),
                ("reminders", models.PositiveIntegerField(default=0)),
                (
                    "added_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "done_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "settled_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "incident",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="action_items",
                        to="incidents.incident",
                    ),
                ),
            ],
            options={
                "ordering": ["due_on", "pk"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "open")),
                        fields=["owner", "due_on"],
                        name="item_open",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "verified"), _negated=True),
                            models.Q(
                                ("settled_by__isnull", False),
                                models.Q(("settled_by", models.F("owner")), _negated=True),
                                models.Q(("settled_by", models.F("done_by")), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="item_verified_by_another",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="AccessRequest",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("reason", models.CharField(max_length=300)),
                ("asked_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "Open"),
                            ("admitted", "Let in"),
                            ("declined", "Declined"),
                        ],
                        default="open",
                        max_length=8,
                    ),
                ),
                ("decided_at", models.DateTimeField(blank=True, null=True)),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "incident",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="access_requests",
                        to="incidents.incident",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "open")),
                        fields=("incident", "person"),
                        name="one_open_access_request",
                    )
                ],
            },
        ),
        migrations.AddField(
            model_name="accessgrant",
            name="incident",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="grants",
                to="incidents.incident",
            ),
        ),
        migrations.CreateModel(
            name="IncidentGroupPermission",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "content_object",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, to="incidents.incident"
                    ),
                ),
                (
                    "group",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="auth.group"),
                ),
                (
                    "permission",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, to="auth.permission"
                    ),
                ),
            ],
            options={
                "abstract": False,
                "unique_together": {("group", "permission", "content_object")},
            },
        ),
        migrations.CreateModel(
            name="IncidentUserPermission",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "content_object",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, to="incidents.incident"
                    ),
                ),
                (
                    "permission",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, to="auth.permission"
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "abstract": False,
                "unique_together": {("user", "permission", "content_object")},
            },
        ),
        migrations.CreateModel(
            name="LegalEvent",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("kind", models.CharField(max_length=30)),
                ("at", models.DateTimeField(blank=True, null=True)),
                ("rationale", models.TextField(max_length=2000)),
                ("set_as", models.CharField(max_length=150)),
                ("recorded_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "incident",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="legal_events",
                        to="incidents.incident",
                    ),
                ),
                (
                    "set_by",
                    models.ForeignKey(
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
                        to="incidents.legalevent",
                    ),
                ),
            ],
            options={
                "ordering": ["-pk"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("supersedes", None)),
                        fields=("incident", "kind"),
                        name="legal_event_begins_once",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="LegalFacts",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("facts", models.JSONField(default=dict)),
                ("reason", models.CharField(max_length=1000)),
                ("set_as", models.CharField(max_length=150)),
                ("recorded_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "incident",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="legal_facts",
                        to="incidents.incident",
                    ),
                ),
                (
                    "set_by",
                    models.ForeignKey(
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
                        to="incidents.legalfacts",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "legal facts",
                "ordering": ["-pk"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("supersedes", None)),
                        fields=("incident",),
                        name="legal_facts_begin_once",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Look",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("hour", models.DateTimeField()),
                ("first_at", models.DateTimeField()),
                ("last_at", models.DateTimeField()),
                ("times", models.PositiveIntegerField(default=1)),
                ("via", models.CharField(max_length=20)),
                (
                    "incident",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="looks",
                        to="incidents.incident",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("incident", "person", "hour", "via"), name="one_look_per_hour"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Obligation",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("rule", models.CharField(max_length=40)),
                ("rules_version", models.CharField(max_length=20)),
                ("phase", models.PositiveSmallIntegerField(default=1)),
                ("cited", models.CharField(max_length=300)),
                ("recipient", models.CharField(max_length=300)),
                ("verified", models.CharField(max_length=10)),
                (
                    "clock",
                    models.CharField(
                        choices=[
                            ("running", "Running"),
                            ("waiting", "Waits for its event"),
                            ("no_fixed_term", "No fixed term"),
                            ("undetermined", "May apply"),
                            ("not_applicable", "Does not apply"),
                        ],
                        max_length=14,
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("to_be_determined", "To be determined"),
                            ("reportable", "Reportable"),
                            ("not_reportable", "Not reportable"),
                            ("drafted", "Drafted"),
                            ("approved", "Approved"),
                            ("submitted", "Submitted"),
                            ("confirmed", "Receipt confirmed"),
                        ],
                        default="to_be_determined",
                        max_length=16,
                    ),
                ),
                ("started_at", models.DateTimeField(blank=True, null=True)),
                ("due_at", models.DateTimeField(blank=True, null=True)),
                ("calendar", models.CharField(blank=True, max_length=30)),
                ("why", models.TextField()),
                ("opened_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("told_percent", models.PositiveSmallIntegerField(default=0)),
                ("decided_at", models.DateTimeField(blank=True, null=True)),
                ("decision", models.TextField(blank=True, max_length=2000, verbose_name="reasons")),
                ("draft", models.CharField(blank=True, max_length=500)),
                ("submitted_at", models.DateTimeField(blank=True, null=True)),
                (
                    "proof_sha256",
                    models.CharField(blank=True, max_length=64, verbose_name="hash of the proof"),
                ),
                ("reference", models.CharField(blank=True, max_length=200)),
                (
                    "lateness",
                    models.CharField(blank=True, max_length=1000, verbose_name="why it was late"),
                ),
                ("confirmed_at", models.DateTimeField(blank=True, null=True)),
                ("receipt", models.CharField(blank=True, max_length=200)),
                (
                    "approved_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "confirmed_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "decided_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "drafted_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "follows",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="followed_by",
                        to="incidents.obligation",
                    ),
                ),
                (
                    "incident",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="obligations",
                        to="incidents.incident",
                    ),
                ),
                (
                    "proof",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="proves",
                        to="incidents.evidence",
                    ),
                ),
                (
                    "submitted_by",
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
                "ordering": [models.OrderBy(models.F("due_at"), nulls_last=True), "pk"],
                "indexes": [models.Index(fields=["due_at"], name="obligation_by_due_time")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("incident", "rule", "phase"),
                        name="obligation_once_per_rule_and_phase",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("state", "to_be_determined"),
                            models.Q(
                                ("decided_at__isnull", False),
                                models.Q(("decision", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="obligation_decided_with_reasons",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state__in", ["submitted", "confirmed"]), _negated=True),
                            models.Q(
                                ("approved_by__isnull", False),
                                ("submitted_at__isnull", False),
                                models.Q(("proof", None), ("reference", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="obligation_submitted_with_proof",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="HistoricalObligation",
            fields=[
                (
                    "id",
                    models.BigIntegerField(
                        auto_created=True, blank=True, db_index=True, verbose_name="ID"
                    ),
                ),
                ("rule", models.CharField(max_length=40)),
                ("rules_version", models.CharField(max_length=20)),
                ("phase", models.PositiveSmallIntegerField(default=1)),
                ("cited", models.CharField(max_length=300)),
                ("recipient", models.CharField(max_length=300)),
                ("verified", models.CharField(max_length=10)),
                (
                    "clock",
                    models.CharField(
                        choices=[
                            ("running", "Running"),
                            ("waiting", "Waits for its event"),
                            ("no_fixed_term", "No fixed term"),
                            ("undetermined", "May apply"),
                            ("not_applicable", "Does not apply"),
                        ],
                        max_length=14,
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("to_be_determined", "To be determined"),
                            ("reportable", "Reportable"),
                            ("not_reportable", "Not reportable"),
                            ("drafted", "Drafted"),
                            ("approved", "Approved"),
                            ("submitted", "Submitted"),
                            ("confirmed", "Receipt confirmed"),
                        ],
                        default="to_be_determined",
                        max_length=16,
                    ),
                ),
                ("started_at", models.DateTimeField(blank=True, null=True)),
                ("due_at", models.DateTimeField(blank=True, null=True)),
                ("calendar", models.CharField(blank=True, max_length=30)),
                ("why", models.TextField()),
                ("opened_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("told_percent", models.PositiveSmallIntegerField(default=0)),
                ("decided_at", models.DateTimeField(blank=True, null=True)),
                ("decision", models.TextField(blank=True, max_length=2000, verbose_name="reasons")),
                ("draft", models.CharField(blank=True, max_length=500)),
                ("submitted_at", models.DateTimeField(blank=True, null=True)),
                (
                    "proof_sha256",
                    models.CharField(blank=True, max_length=64, verbose_name="hash of the proof"),
                ),
                ("reference", models.CharField(blank=True, max_length=200)),
                (
                    "lateness",
                    models.CharField(blank=True, max_length=1000, verbose_name="why it was late"),
                ),
                ("confirmed_at", models.DateTimeField(blank=True, null=True)),
                ("receipt", models.CharField(blank=True, max_length=200)),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                (
                    "history_type",
                    models.CharField(
                        choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1
                    ),
                ),
                (
                    "approved_by",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "confirmed_by",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "decided_by",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "drafted_by",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "history_user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "proof",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="incidents.evidence",
                    ),
                ),
                (
                    "submitted_by",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "incident",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="incidents.incident",
                    ),
                ),
                (
                    "follows",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="incidents.obligation",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical obligation",
                "verbose_name_plural": "historical obligations",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="Received",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("ident", models.CharField(blank=True, max_length=64)),
                ("dedup", models.CharField(blank=True, max_length=64)),
                ("digest", models.CharField(max_length=64)),
                ("said", models.CharField(max_length=64)),
                ("level", models.PositiveSmallIntegerField(blank=True, null=True)),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("opened", "Opened an incident"),
                            ("updated", "Added to an incident"),
                            ("resolved", "Noted as over"),
                            ("nothing", "Over, and nothing of it was open"),
                        ],
                        max_length=8,
                    ),
                ),
                ("first_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("last_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("times", models.PositiveIntegerField(default=1)),
                (
                    "incident",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="received",
                        to="incidents.incident",
                    ),
                ),
                (
                    "key",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="received",
                        to="programs.programkey",
                    ),
                ),
            ],
            options={
                "ordering": ["-pk"],
                "indexes": [
                    models.Index(fields=["key", "dedup", "-id"], name="received_about"),
                    models.Index(fields=["key", "-last_at"], name="received_last"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("ident", ""), _negated=True),
                        fields=("key", "ident"),
                        name="received_once",
                        nulls_distinct=False,
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Refusal",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("why", models.CharField(max_length=300)),
                ("answer", models.PositiveSmallIntegerField()),
                ("first_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("last_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("times", models.PositiveIntegerField(default=1)),
                (
                    "key",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="refusals",
                        to="programs.programkey",
                    ),
                ),
            ],
            options={
                "ordering": ["-last_at"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("key", "why"), name="refused_so", nulls_distinct=False
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Relation",
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
                            ("same_cause", "Same cause"),
                            ("follow_up", "Follow-up of"),
                            ("related", "Related"),
                        ],
                        max_length=10,
                    ),
                ),
                ("made_by", models.CharField(max_length=150)),
                ("made_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                (
                    "one",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="relations_from",
                        to="incidents.incident",
                        verbose_name="incident",
                    ),
                ),
                (
                    "other",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="relations_to",
                        to="incidents.incident",
                        verbose_name="and incident",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("one", models.F("other")), _negated=True),
                        name="related_to_another",
                    ),
                    models.UniqueConstraint(
                        django.db.models.functions.comparison.Least("one", "other"),
                        django.db.models.functions.comparison.Greatest("one", "other"),
                        condition=models.Q(("ended_at", None)),
                        name="related_once",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ReportKey",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("key", models.CharField(max_length=200, unique=True)),
                ("digest", models.CharField(max_length=64)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "incident",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="report_keys",
                        to="incidents.incident",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Review",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("opened_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("due_at", models.DateTimeField(blank=True, null=True)),
                ("reminders", models.PositiveIntegerField(default=0)),
                ("published_at", models.DateTimeField(blank=True, null=True)),
                ("counts_from", models.PositiveIntegerField(default=1)),
                (
                    "incident",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="review",
                        to="incidents.incident",
                    ),
                ),
                (
                    "published_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ReviewVersion",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveIntegerField()),
                ("sections", models.JSONField(default=dict)),
                ("facts", models.JSONField(default=dict)),
                ("written_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "author",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "review",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="versions",
                        to="incidents.review",
                    ),
                ),
            ],
            options={
                "ordering": ["-number"],
                "constraints": [
                    models.UniqueConstraint(fields=("review", "number"), name="review_version_once")
                ],
            },
        ),
        migrations.AddField(
            model_name="review",
            name="published",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="incidents.reviewversion",
            ),
        ),
        migrations.CreateModel(
            name="HistoricalReview",
            fields=[
                (
                    "id",
                    models.BigIntegerField(
                        auto_created=True, blank=True, db_index=True, verbose_name="ID"
                    ),
                ),
                ("opened_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("due_at", models.DateTimeField(blank=True, null=True)),
                ("reminders", models.PositiveIntegerField(default=0)),
                ("published_at", models.DateTimeField(blank=True, null=True)),
                ("counts_from", models.PositiveIntegerField(default=1)),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                (
                    "history_type",
                    models.CharField(
                        choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1
                    ),
                ),
                (
                    "history_user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "published_by",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "incident",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="incidents.incident",
                    ),
                ),
                (
                    "published",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="incidents.reviewversion",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical review",
                "verbose_name_plural": "historical reviews",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="RoleAssignment",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("commander", "Incident commander"),
                            ("deputy", "Deputy"),
                            ("scribe", "Scribe"),
                            ("comms_lead", "Communications lead"),
                            ("privacy_lead", "Privacy lead"),
                            ("legal", "Legal counsel"),
                            ("executive_sponsor", "Executive sponsor"),
                            ("expert", "Subject-matter expert"),
                            ("custodian", "Custodian"),
                        ],
                        max_length=20,
                    ),
                ),
                ("since", models.DateTimeField(default=django.utils.timezone.now)),
                ("until", models.DateTimeField(blank=True, null=True)),
                (
                    "incident",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="roles",
                        to="incidents.incident",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(
                            ("until", None),
                            models.Q(("role__in", ["expert", "custodian"]), _negated=True),
                        ),
                        fields=("incident", "role"),
                        name="one_holder_per_role",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("until", None)),
                        fields=("incident", "role", "person"),
                        name="each_role_once_per_person",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="RuleFiring",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("rule", models.CharField(max_length=40)),
                ("rules_version", models.CharField(max_length=20)),
                ("action", models.CharField(max_length=30)),
                ("scope", models.CharField(blank=True, max_length=40)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "Waiting"),
                            ("fired", "Fired"),
                            ("vetoed", "Vetoed"),
                            ("void", "No longer due"),
                        ],
                        default="waiting",
                        max_length=7,
                    ),
                ),
                ("why", models.CharField(max_length=300)),
                ("facts", models.JSONField(default=dict)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("due_at", models.DateTimeField(blank=True, null=True)),
                ("fired_at", models.DateTimeField(blank=True, null=True)),
                ("veto_reason", models.CharField(blank=True, max_length=300)),
                (
                    "assessment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="severity.assessment",
                    ),
                ),
                (
                    "dataset",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="programs.dataset",
                    ),
                ),
                (
                    "incident",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="firings",
                        to="incidents.incident",
                    ),
                ),
                (
                    "program",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="programs.program",
                    ),
                ),
                (
                    "vetoed_by",
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
                "ordering": ["created_at", "pk"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("assessment", "rule", "action", "program", "dataset"),
                        name="each_demand_once",
                        nulls_distinct=False,
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="RunbookRun",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("runbook", models.CharField(max_length=20)),
                ("version", models.CharField(max_length=20)),
                ("title", models.CharField(max_length=200)),
                ("attached_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("attached_by", models.CharField(max_length=150)),
                (
                    "incident",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="runbooks",
                        to="incidents.incident",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("incident", "runbook"), name="runbook_attached_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="HistoricalRunbookStep",
            fields=[
                (
                    "id",
                    models.BigIntegerField(
                        auto_created=True, blank=True, db_index=True, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveSmallIntegerField()),
                ("role", models.CharField(max_length=60)),
                ("action", models.TextField()),
                ("gate", models.TextField(blank=True)),
                (
                    "gate_checks",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
                            choices=[
                                ("statement", "Somebody says how they know"),
                                ("second_person", "A second person says how they know"),
                                ("stop_proven", "Every stop of the incident is proven"),
                            ],
                            max_length=13,
                        ),
                        blank=True,
                        default=list,
                        size=None,
                    ),
                ),
                ("gate_said", models.CharField(blank=True, max_length=500)),
                ("gate_at", models.DateTimeField(blank=True, null=True)),
                (
                    "hooks",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=30),
                        blank=True,
                        default=list,
                        size=None,
                    ),
                ),
                ("due_at", models.DateTimeField(blank=True, null=True)),
                ("told_late_at", models.DateTimeField(blank=True, null=True)),
                ("told_up_at", models.DateTimeField(blank=True, null=True)),
                (
                    "state",
                    models.CharField(
                        choices=[("open", "Open"), ("done", "Done"), ("skipped", "Not needed")],
                        default="open",
                        max_length=7,
                    ),
                ),
                ("done_at", models.DateTimeField(blank=True, null=True)),
                ("note", models.CharField(blank=True, max_length=500)),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                (
                    "history_type",
                    models.CharField(
                        choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1
                    ),
                ),
                (
                    "assignee",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "done_by",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "gate_by",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "history_user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="incidents.runbookrun",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical runbook step",
                "verbose_name_plural": "historical runbook steps",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="RunbookStep",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveSmallIntegerField()),
                ("role", models.CharField(max_length=60)),
                ("action", models.TextField()),
                ("gate", models.TextField(blank=True)),
                (
                    "gate_checks",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
                            choices=[
                                ("statement", "Somebody says how they know"),
                                ("second_person", "A second person says how they know"),
                                ("stop_proven", "Every stop of the incident is proven"),
                            ],
                            max_length=13,
                        ),
                        blank=True,
                        default=list,
                        size=None,
                    ),
                ),
                ("gate_said", models.CharField(blank=True, max_length=500)),
                ("gate_at", models.DateTimeField(blank=True, null=True)),
                (
                    "hooks",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=30),
                        blank=True,
                        default=list,
                        size=None,
                    ),
                ),
                ("due_at", models.DateTimeField(blank=True, null=True)),
                ("told_late_at", models.DateTimeField(blank=True, null=True)),
                ("told_up_at", models.DateTimeField(blank=True, null=True)),
                (
                    "state",
                    models.CharField(
                        choices=[("open", "Open"), ("done", "Done"), ("skipped", "Not needed")],
                        default="open",
                        max_length=7,
                    ),
                ),
                ("done_at", models.DateTimeField(blank=True, null=True)),
                ("note", models.CharField(blank=True, max_length=500)),
                (
                    "assignee",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "done_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "gate_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="steps",
                        to="incidents.runbookrun",
                    ),
                ),
            ],
            options={
                "ordering": ["number"],
                "constraints": [
                    models.UniqueConstraint(fields=("run", "number"), name="step_once_in_run")
                ],
            },
        ),
        migrations.CreateModel(
            name="RunbookVersion",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("runbook", models.CharField(max_length=20)),
                ("number", models.PositiveIntegerField()),
                ("document", models.JSONField()),
                ("retires", models.BooleanField(default=False)),
                ("reason", models.CharField(max_length=500)),
                ("written_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "Waits for a second person"),
                            ("published", "Published"),
                            ("withdrawn", "Withdrawn"),
                        ],
                        default="waiting",
                        max_length=9,
                    ),
                ),
                ("decided_at", models.DateTimeField(blank=True, null=True)),
                (
                    "author",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "decided_by",
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
                "ordering": ["runbook", "-number"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("runbook", "number"), name="runbook_version_once"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("state", "waiting")),
                        fields=("runbook",),
                        name="one_version_waits_per_runbook",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "published"), _negated=True),
                            models.Q(
                                ("decided_by__isnull", False),
                                models.Q(("decided_by", models.F("author")), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="published_runbook_has_two_people",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SavedView",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=60)),
                ("query", models.CharField(max_length=1000)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="auth.group",
                    ),
                ),
            ],
            options={
                "ordering": ["name", "pk"],
                "constraints": [
                    models.UniqueConstraint(fields=("owner", "name"), name="saved_view_name_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="SeverityProposal",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("level", models.PositiveSmallIntegerField()),
                ("reason", models.TextField(max_length=2000)),
                ("proposed_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "Open"),
                            ("confirmed", "Confirmed"),
                            ("withdrawn", "Withdrawn"),
                        ],
                        default="open",
                        max_length=9,
                    ),
                ),
                ("decided_at", models.DateTimeField(blank=True, null=True)),
                (
                    "decided_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "incident",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="proposals",
                        to="incidents.incident",
                    ),
                ),
                (
                    "proposed_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "open")),
                        fields=("incident",),
                        name="one_open_proposal_per_incident",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Source",
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
                            ("any", "Any of these, told by what it looks like"),
                            ("alertmanager", "Prometheus Alertmanager"),
                            ("standard", "Standard Webhooks"),
                            ("cloudevents", "CloudEvents 1.0"),
                            ("mapped", "JSON of another form, read by paths"),
                        ],
                        default="any",
                        max_length=12,
                    ),
                ),
                ("must_sign", models.BooleanField(default=False)),
                ("mapping", models.JSONField(blank=True, default=dict)),
                (
                    "key",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="source",
                        to="programs.programkey",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("kind", "standard"), _negated=True),
                            ("must_sign", True),
                            _connector="OR",
                        ),
                        name="standard_webhooks_are_signed",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="StepAct",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("hook", models.CharField(max_length=30)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("sending", "Being sent"),
                            ("done", "Done"),
                            ("refused", "Refused"),
                            ("failed", "Could not be delivered"),
                        ],
                        max_length=7,
                    ),
                ),
                ("asked_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("answer", models.CharField(blank=True, max_length=500)),
                ("answered_at", models.DateTimeField(blank=True, null=True)),
                (
                    "asked_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "step",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="acts",
                        to="incidents.runbookstep",
                    ),
                ),
                (
                    "system",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="programs.hook",
                    ),
                ),
            ],
            options={
                "ordering": ["pk"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state__in", ["sending", "done"])),
                        fields=("step", "hook", "system"),
                        name="hook_of_a_step_runs_once",
                        nulls_distinct=False,
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Task",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("title", models.CharField(max_length=200)),
                ("due_at", models.DateTimeField(blank=True, null=True)),
                (
                    "state",
                    models.CharField(
                        choices=[("open", "Open"), ("done", "Done"), ("dropped", "Dropped")],
                        default="open",
                        max_length=7,
                    ),
                ),
                ("note", models.CharField(blank=True, max_length=500)),
                ("settled_at", models.DateTimeField(blank=True, null=True)),
                ("reminded_of", models.DateTimeField(blank=True, null=True)),
                ("added_by", models.CharField(max_length=150)),
                ("added_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "incident",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="tasks",
                        to="incidents.incident",
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "settled_by",
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
                "ordering": [models.OrderBy(models.F("due_at"), nulls_last=True), "pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["open", "done", "dropped"])),
                        name="task_state_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("note", ""), ("state", "dropped"), _negated=True),
                        name="task_dropped_with_a_reason",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="TimelineEntry",
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
                            ("report", "Report"),
                            ("update", "Update"),
                            ("severity", "Severity"),
                            ("status", "Status"),
                            ("pause", "Pause"),
                            ("proof", "Proof of stop"),
                            ("rule", "Rule"),
                            ("escalation", "Escalation"),
                            ("role", "Role"),
                            ("runbook", "Runbook"),
                            ("access", "Access"),
                            ("evidence", "Evidence"),
                            ("review", "Review"),
                            ("exposure", "Exposure"),
                            ("legal", "Legal clock"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "audience",
                    models.CharField(
                        choices=[
                            ("responders", "Responders"),
                            ("leadership", "Leadership"),
                            ("told", "People who were told"),
                        ],
                        default="responders",
                        max_length=10,
                    ),
                ),
                ("occurred_at", models.DateTimeField()),
                ("recorded_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("actor_name", models.CharField(max_length=150)),
                ("text", models.TextField(max_length=10000)),
                ("data", models.JSONField(blank=True, default=dict)),
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
                (
                    "incident",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="timeline",
                        to="incidents.incident",
                    ),
                ),
                (
                    "supersedes",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="superseded_by",
                        to="incidents.timelineentry",
                    ),
                ),
            ],
            options={
                "ordering": ["-occurred_at", "-pk"],
                "indexes": [
                    models.Index(
                        fields=["incident", "-occurred_at", "-id"], name="timeline_of_incident"
                    ),
                    models.Index(fields=["incident", "-recorded_at"], name="timeline_last_entry"),
                    models.Index(
                        condition=models.Q(("kind__in", ["severity", "status", "update"])),
                        fields=["recorded_at"],
                        name="timeline_of_period",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Pin",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("pinned_by", models.CharField(max_length=150)),
                ("pinned_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("unpinned_at", models.DateTimeField(blank=True, null=True)),
                (
                    "incident",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="pins",
                        to="incidents.incident",
                    ),
                ),
                (
                    "entry",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="pins",
                        to="incidents.timelineentry",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("unpinned_at", None)),
                        fields=("entry",),
                        name="pinned_once",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="HistoricalPin",
            fields=[
                (
                    "id",
                    models.BigIntegerField(
                        auto_created=True, blank=True, db_index=True, verbose_name="ID"
                    ),
                ),
                ("pinned_by", models.CharField(max_length=150)),
                ("pinned_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("unpinned_at", models.DateTimeField(blank=True, null=True)),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                (
                    "history_type",
                    models.CharField(
                        choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1
                    ),
                ),
                (
                    "history_user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "incident",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="incidents.incident",
                    ),
                ),
                (
                    "entry",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="incidents.timelineentry",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical pin",
                "verbose_name_plural": "historical pins",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.AddConstraint(
            model_name="evidence",
            constraint=models.UniqueConstraint(
                fields=("incident", "sha256"), name="same_bytes_once_per_incident"
            ),
        ),
        migrations.AddConstraint(
            model_name="evidence",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("held_at", None), ("held_by", None), ("hold_reason", "")),
                    models.Q(
                        ("held_at__isnull", False),
                        ("held_by__isnull", False),
                        models.Q(("hold_reason", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="evidence_hold_has_a_reason",
            ),
        ),
        migrations.AddConstraint(
            model_name="evidence",
            constraint=models.CheckConstraint(
                condition=models.Q(("scan__in", ["off", "waiting", "clean", "found"])),
                name="evidence_scan_known",
            ),
        ),
        migrations.AddIndex(
            model_name="accessgrant",
            index=models.Index(
                condition=models.Q(("ended_at", None)),
                fields=["expires_at"],
                name="grant_for_a_time",
            ),
        ),
        migrations.AddConstraint(
            model_name="accessgrant",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("person", None), ("team__isnull", False)),
                    models.Q(("person__isnull", False), ("team", None)),
                    _connector="OR",
                ),
                name="grant_to_a_person_or_a_team",
            ),
        ),
        migrations.AddConstraint(
            model_name="accessgrant",
            constraint=models.UniqueConstraint(
                condition=models.Q(("ended_at", None)),
                fields=("incident", "person", "team", "level"),
                name="one_grant_in_force",
                nulls_distinct=False,
            ),
        ),
        migrations.AddConstraint(
            model_name="review",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("published", None), ("published_at", None), ("published_by", None)),
                    models.Q(
                        ("published__isnull", False),
                        ("published_at__isnull", False),
                        ("published_by__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="review_published_by_somebody",
            ),
        ),
        migrations.RunSQL(
            f"""
            CREATE FUNCTION andon_asked(asked text) RETURNS tsquery LANGUAGE sql IMMUTABLE AS $$
                SELECT CASE WHEN numnode(english) > 0 THEN english ELSE simple END FROM (SELECT
                    websearch_to_tsquery('english', parts) AS english,
                    websearch_to_tsquery('simple', parts) AS simple
                FROM (SELECT {_PARTS.format(text="asked")} AS parts) one) both_ways
            $$
            """,  # noqa: S608
            "DROP FUNCTION andon_asked(text)",
        ),
        _adds("incidents_incident", _REPORT),
        _adds("incidents_timelineentry", "text"),
    ]
