import django.contrib.postgres.fields
import django.core.validators
import django.db.models.deletion
import django.db.models.functions.datetime
import django.utils.timezone
import programs.models.collecting
import programs.models.governing
import simple_history.models
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    replaces = [
        ("programs", "0001_initial"),
        ("programs", "0002_no_idle_switch"),
        ("programs", "0003_gate_process"),
        ("programs", "0004_attestations"),
        ("programs", "0005_parts_and_stages"),
        ("programs", "0006_program_keys"),
        ("programs", "0007_drills"),
        ("programs", "0008_participant_choices"),
        ("programs", "0009_ingest_keys"),
        ("programs", "0010_resume_by_criteria"),
        ("programs", "0011_hooks_and_proof"),
        ("programs", "0012_refused_stamps"),
        ("programs", "0013_fewer_indexes"),
        ("programs", "0014_seats_kept_while_paused"),
        ("programs", "0015_controls_that_end"),
        ("programs", "0016_waivers"),
        ("programs", "0017_calls_keep_their_address"),
        ("programs", "0018_step_hooks"),
    ]

    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [
        migrations.CreateModel(
            name="Collector",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "name",
                    models.CharField(
                        max_length=80,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[a-z0-9][a-z0-9._-]*$",
                                "Use small letters, digits, dots, dashes and underscores.",
                            )
                        ],
                    ),
                ),
                (
                    "seat",
                    models.PositiveSmallIntegerField(default=programs.models.collecting._draw_seat),
                ),
                ("is_drill", models.BooleanField(default=False)),
                ("registered_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("retired_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "ordering": ["name"],
            },
        ),
        migrations.CreateModel(
            name="Dataset",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("slug", models.SlugField(max_length=60)),
                ("name", models.CharField(max_length=120)),
                ("store", models.CharField(max_length=200)),
                ("declared_audience", models.CharField(blank=True, max_length=200)),
                ("frozen_at", models.DateTimeField(blank=True, null=True)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                "ordering": ["slug"],
            },
        ),
        migrations.CreateModel(
            name="GateProcess",
            fields=[
                ("ident", models.UUIDField(primary_key=True, serialize=False)),
                ("url", models.CharField(max_length=200)),
                ("host", models.CharField(max_length=100)),
                ("started_at", models.DateTimeField()),
                ("seen_at", models.DateTimeField()),
                ("streams", models.PositiveIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name="CollectorKey",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("key_id", models.CharField(max_length=32, unique=True)),
                ("secret_hash", models.CharField(max_length=64)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("expires_at", models.DateTimeField()),
                ("revoked_at", models.DateTimeField(blank=True, null=True)),
                (
                    "collector",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="keys",
                        to="programs.collector",
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.AddField(
            model_name="collector",
            name="dataset",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="collectors",
                to="programs.dataset",
            ),
        ),
        migrations.CreateModel(
            name="HistoricalCollectorKey",
            fields=[
                (
                    "id",
                    models.BigIntegerField(
                        auto_created=True, blank=True, db_index=True, verbose_name="ID"
                    ),
                ),
                ("key_id", models.CharField(db_index=True, max_length=32)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("expires_at", models.DateTimeField()),
                ("revoked_at", models.DateTimeField(blank=True, null=True)),
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
                    "collector",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="programs.collector",
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
                "verbose_name": "historical collector key",
                "verbose_name_plural": "historical collector keys",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalProgram",
            fields=[
                (
                    "id",
                    models.BigIntegerField(
                        auto_created=True, blank=True, db_index=True, verbose_name="ID"
                    ),
                ),
                ("slug", models.SlugField(max_length=60)),
                ("name", models.CharField(max_length=120)),
                ("purpose", models.TextField(max_length=2000)),
                (
                    "categories",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
                            choices=[
                                ("keystrokes", "Keystrokes"),
                                ("mouse_movements", "Mouse movements"),
                                ("conversations", "Conversations"),
                                ("transcripts", "Transcripts"),
                                ("performance_records", "Performance records"),
                                ("screenshots", "Screenshots"),
                                ("recordings", "Voice or picture recordings"),
                                ("browsing", "Browsing"),
                                ("location", "Location"),
                                ("contact_details", "Contact details"),
                                ("identity_documents", "Identity documents"),
                                ("payment", "Payment data"),
                                ("health", "Health"),
                                ("beliefs", "Beliefs"),
                                ("biometrics", "Biometrics"),
                                ("minors", "Data of minors"),
                                ("credentials", "Credentials"),
                            ],
                            max_length=30,
                        ),
                        default=list,
                        size=None,
                    ),
                ),
                ("declared_audience", models.CharField(max_length=200)),
                ("declared_audience_size", models.PositiveIntegerField(blank=True, null=True)),
                ("participants", models.PositiveIntegerField(blank=True, null=True)),
                (
                    "jurisdictions",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=8),
                        blank=True,
                        default=list,
                        size=None,
                    ),
                ),
                ("pause_at", models.PositiveSmallIntegerField(default=2)),
                (
                    "lease_seconds",
                    models.PositiveSmallIntegerField(
                        default=10,
                        validators=[
                            django.core.validators.MinValueValidator(3),
                            django.core.validators.MaxValueValidator(60),
                        ],
                    ),
                ),
                ("of_workers", models.BooleanField(blank=True, null=True)),
                ("codetermination", models.BooleanField(blank=True, null=True)),
                ("ai_in_eu", models.BooleanField(blank=True, null=True)),
                ("has_processors", models.BooleanField(blank=True, null=True)),
                ("trains_models", models.BooleanField(blank=True, null=True)),
                ("is_drill", models.BooleanField(default=False)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("draft", "Draft"),
                            ("approved", "Approved"),
                            ("collecting", "Collecting"),
                            ("paused", "Paused"),
                            ("resuming", "Resuming"),
                            ("retired", "Ended"),
                        ],
                        default="draft",
                        max_length=10,
                    ),
                ),
                ("generation", models.BigIntegerField(default=1)),
                ("whole_generation", models.BigIntegerField(default=1)),
                ("open_seats", models.PositiveIntegerField(default=10000)),
                ("controls_end_at", models.DateTimeField(blank=True, null=True)),
                ("controls_due_at", models.DateTimeField(blank=True, null=True)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("started_at", models.DateTimeField(blank=True, null=True)),
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
            ],
            options={
                "verbose_name": "historical program",
                "verbose_name_plural": "historical programs",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="Hook",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=80)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("dataset_freeze", "Dataset freeze"),
                            ("training_job", "Training job"),
                            ("other", "Other system"),
                        ],
                        max_length=14,
                    ),
                ),
                ("url", models.CharField(max_length=500)),
                (
                    "events",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
                            choices=[
                                ("pause", "Pause"),
                                ("freeze", "Freeze"),
                                ("resume", "Resume"),
                                ("step", "Step of a runbook"),
                            ],
                            max_length=6,
                        ),
                        size=None,
                    ),
                ),
                ("secret", models.CharField(max_length=100)),
                ("confirms", models.BooleanField(default=True)),
                ("confirm_seconds", models.PositiveIntegerField(default=300)),
                ("enabled", models.BooleanField(default=True)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "dataset",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="hooks",
                        to="programs.dataset",
                    ),
                ),
            ],
            options={
                "ordering": ["name"],
            },
        ),
        migrations.CreateModel(
            name="HookCall",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "event",
                    models.CharField(
                        choices=[
                            ("pause", "Pause"),
                            ("freeze", "Freeze"),
                            ("resume", "Resume"),
                            ("step", "Step of a runbook"),
                        ],
                        max_length=6,
                    ),
                ),
                ("generation", models.BigIntegerField()),
                ("name", models.CharField(max_length=80)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("dataset_freeze", "Dataset freeze"),
                            ("training_job", "Training job"),
                            ("other", "Other system"),
                        ],
                        max_length=14,
                    ),
                ),
                ("url", models.CharField(max_length=500)),
                ("must_confirm", models.BooleanField()),
                ("confirm_by", models.DateTimeField(blank=True, null=True)),
                ("late_at", models.DateTimeField(blank=True, null=True)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "Waiting to be sent"),
                            ("sent", "Sent, not answered"),
                            ("answered", "Answered"),
                            ("failed", "Could not be delivered"),
                        ],
                        default="waiting",
                        max_length=8,
                    ),
                ),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("sent_at", models.DateTimeField(blank=True, null=True)),
                ("answered_at", models.DateTimeField(blank=True, null=True)),
                ("answer", models.CharField(blank=True, max_length=200)),
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
                    "hook",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="calls",
                        to="programs.hook",
                    ),
                ),
            ],
            options={
                "ordering": ["pk"],
            },
        ),
        migrations.CreateModel(
            name="HookConfirmation",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("frozen", "Frozen"),
                            ("stopped", "Stopped"),
                            ("resumed", "Resumed"),
                            ("nothing_to_do", "Nothing to do"),
                        ],
                        max_length=13,
                    ),
                ),
                ("detail", models.CharField(blank=True, max_length=500)),
                ("count", models.PositiveIntegerField(blank=True, null=True)),
                ("confirmed_at", models.DateTimeField()),
                (
                    "by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "call",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="confirmation",
                        to="programs.hookcall",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Program",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("slug", models.SlugField(max_length=60, unique=True)),
                ("name", models.CharField(max_length=120)),
                ("purpose", models.TextField(max_length=2000)),
                (
                    "categories",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
                            choices=[
                                ("keystrokes", "Keystrokes"),
                                ("mouse_movements", "Mouse movements"),
                                ("conversations", "Conversations"),
                                ("transcripts", "Transcripts"),
                                ("performance_records", "Performance records"),
                                ("screenshots", "Screenshots"),
                                ("recordings", "Voice or picture recordings"),
                                ("browsing", "Browsing"),
                                ("location", "Location"),
                                ("contact_details", "Contact details"),
                                ("identity_documents", "Identity documents"),
                                ("payment", "Payment data"),
                                ("health", "Health"),
                                ("beliefs", "Beliefs"),
                                ("biometrics", "Biometrics"),
                                ("minors", "Data of minors"),
                                ("credentials", "Credentials"),
                            ],
                            max_length=30,
                        ),
                        default=list,
                        size=None,
                    ),
                ),
                ("declared_audience", models.CharField(max_length=200)),
                ("declared_audience_size", models.PositiveIntegerField(blank=True, null=True)),
                ("participants", models.PositiveIntegerField(blank=True, null=True)),
                (
                    "jurisdictions",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=8),
                        blank=True,
                        default=list,
                        size=None,
                    ),
                ),
                ("pause_at", models.PositiveSmallIntegerField(default=2)),
                (
                    "lease_seconds",
                    models.PositiveSmallIntegerField(
                        default=10,
                        validators=[
                            django.core.validators.MinValueValidator(3),
                            django.core.validators.MaxValueValidator(60),
                        ],
                    ),
                ),
                ("of_workers", models.BooleanField(blank=True, null=True)),
                ("codetermination", models.BooleanField(blank=True, null=True)),
                ("ai_in_eu", models.BooleanField(blank=True, null=True)),
                ("has_processors", models.BooleanField(blank=True, null=True)),
                ("trains_models", models.BooleanField(blank=True, null=True)),
                ("is_drill", models.BooleanField(default=False)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("draft", "Draft"),
                            ("approved", "Approved"),
                            ("collecting", "Collecting"),
                            ("paused", "Paused"),
                            ("resuming", "Resuming"),
                            ("retired", "Ended"),
                        ],
                        default="draft",
                        max_length=10,
                    ),
                ),
                ("generation", models.BigIntegerField(default=1)),
                ("whole_generation", models.BigIntegerField(default=1)),
                ("open_seats", models.PositiveIntegerField(default=10000)),
                ("subjects_version", models.BigIntegerField(default=0)),
                ("controls_end_at", models.DateTimeField(blank=True, null=True)),
                ("controls_due_at", models.DateTimeField(blank=True, null=True)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("started_at", models.DateTimeField(blank=True, null=True)),
                (
                    "derived_from",
                    models.ManyToManyField(
                        blank=True, related_name="derived_programs", to="programs.program"
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="owned_programs",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["slug"],
                "permissions": [
                    ("run_program", "May change the program and its collectors"),
                    ("respond_program", "May see the program's unrestricted incidents"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "state__in",
                                [
                                    "draft",
                                    "approved",
                                    "collecting",
                                    "paused",
                                    "resuming",
                                    "retired",
                                ],
                            )
                        ),
                        name="program_state_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("pause_at__gte", 2), ("pause_at__lte", 5)),
                        name="program_cannot_loosen_the_floor",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("lease_seconds__gte", 3), ("lease_seconds__lte", 60)),
                        name="program_lease_short",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("open_seats", 10000),
                            models.Q(
                                ("open_seats__lt", 10000), ("state__in", ["resuming", "paused"])
                            ),
                            _connector="OR",
                        ),
                        name="program_opens_in_stages_only_while_resuming",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Pause",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("drill_only", models.BooleanField(default=False)),
                ("holder", models.CharField(max_length=80)),
                ("is_drill", models.BooleanField(default=False)),
                ("label", models.CharField(max_length=80)),
                ("reason", models.TextField(max_length=2000)),
                ("rule", models.CharField(blank=True, max_length=80)),
                ("needs_executive", models.BooleanField(default=False)),
                ("since", models.DateTimeField(default=django.utils.timezone.now)),
                ("lifted_at", models.DateTimeField(blank=True, null=True)),
                (
                    "dataset",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="pauses",
                        to="programs.dataset",
                    ),
                ),
                (
                    "program",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="pauses",
                        to="programs.program",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ParticipantChoice",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "tag",
                    models.CharField(
                        max_length=64,
                        validators=[django.core.validators.RegexValidator("^[0-9a-f]{64}$")],
                    ),
                ),
                ("key_print", models.CharField(max_length=16)),
                (
                    "kind",
                    models.CharField(
                        choices=[("break", "Break"), ("opt_out", "Opt Out")], max_length=7
                    ),
                ),
                ("until", models.DateTimeField(blank=True, null=True)),
                (
                    "made_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                ),
                (
                    "program",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="participant_choices",
                        to="programs.program",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("program", "tag"), name="one_choice_of_a_participant"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("kind", "break"), ("until__isnull", False)),
                            models.Q(("kind", "opt_out"), ("until__isnull", True)),
                            _connector="OR",
                        ),
                        name="only_a_break_ends",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Lease",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("generation", models.BigIntegerField()),
                ("granted_at", models.DateTimeField()),
                ("renewed_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("revoked_at", models.DateTimeField(blank=True, null=True)),
                ("version", models.CharField(blank=True, max_length=80)),
                (
                    "collector",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="leases",
                        to="programs.collector",
                    ),
                ),
                (
                    "program",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="leases",
                        to="programs.program",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["program", "generation"], name="lease_of_generation")
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("collector", "generation"), name="one_lease_per_generation"
                    )
                ],
            },
        ),
        migrations.AddField(
            model_name="hook",
            name="program",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="hooks",
                to="programs.program",
            ),
        ),
        migrations.CreateModel(
            name="HistoricalWaiver",
            fields=[
                (
                    "id",
                    models.BigIntegerField(
                        auto_created=True, blank=True, db_index=True, verbose_name="ID"
                    ),
                ),
                ("control", models.CharField(max_length=3)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "Waits for approval"),
                            ("granted", "Granted"),
                            ("refused", "Refused"),
                        ],
                        default="open",
                        max_length=7,
                    ),
                ),
                ("reason", models.TextField(max_length=2000)),
                ("days", models.PositiveSmallIntegerField()),
                ("asked_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("closed_at", models.DateTimeField(blank=True, null=True)),
                ("refusal", models.TextField(blank=True, max_length=2000)),
                ("good_until", models.DateTimeField(blank=True, null=True)),
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
                    "asked_by",
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
            ],
            options={
                "verbose_name": "historical waiver",
                "verbose_name_plural": "historical waivers",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalStopOrder",
            fields=[
                (
                    "id",
                    models.BigIntegerField(
                        auto_created=True, blank=True, db_index=True, verbose_name="ID"
                    ),
                ),
                ("drill_only", models.BooleanField(default=False)),
                ("generation", models.BigIntegerField()),
                ("resumed_generation", models.BigIntegerField(blank=True, null=True)),
                ("ordered_at", models.DateTimeField()),
                ("counted_at", models.DateTimeField(blank=True, null=True)),
                ("deadline_at", models.DateTimeField()),
                (
                    "proof",
                    models.CharField(
                        choices=[
                            ("pausing", "Pause sent, not confirmed"),
                            ("paused_unproven", "Paused, not proven"),
                            ("paused_proven", "Paused, proven"),
                        ],
                        default="pausing",
                        max_length=15,
                    ),
                ),
                ("settled_at", models.DateTimeField(blank=True, null=True)),
                ("proven_at", models.DateTimeField(blank=True, null=True)),
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
            ],
            options={
                "verbose_name": "historical stop order",
                "verbose_name_plural": "historical stop orders",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalResumeRequest",
            fields=[
                (
                    "id",
                    models.BigIntegerField(
                        auto_created=True, blank=True, db_index=True, verbose_name="ID"
                    ),
                ),
                ("reason", models.TextField(max_length=2000)),
                ("criteria_version", models.CharField(blank=True, default="", max_length=12)),
                ("answers", models.JSONField(default=list)),
                ("requested_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "Open"),
                            ("granted", "Granted"),
                            ("withdrawn", "Withdrawn"),
                        ],
                        default="open",
                        max_length=9,
                    ),
                ),
                ("closed_at", models.DateTimeField(blank=True, null=True)),
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
                    "requested_by",
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
            ],
            options={
                "verbose_name": "historical resume request",
                "verbose_name_plural": "historical resume requests",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalProgramKey",
            fields=[
                (
                    "id",
                    models.BigIntegerField(
                        auto_created=True, blank=True, db_index=True, verbose_name="ID"
                    ),
                ),
                ("key_id", models.CharField(db_index=True, max_length=32)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("expires_at", models.DateTimeField()),
                ("revoked_at", models.DateTimeField(blank=True, null=True)),
                (
                    "kind",
                    models.CharField(
                        choices=[("w", "Monitor"), ("i", "Where records come in")], max_length=1
                    ),
                ),
                ("label", models.CharField(max_length=80)),
                ("worst", models.PositiveSmallIntegerField(blank=True, null=True)),
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
                    "issued_by",
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
            ],
            options={
                "verbose_name": "historical program key",
                "verbose_name_plural": "historical program keys",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalProgram_derived_from",
            fields=[
                (
                    "id",
                    models.BigIntegerField(
                        auto_created=True, blank=True, db_index=True, verbose_name="ID"
                    ),
                ),
                ("m2m_history_id", models.AutoField(primary_key=True, serialize=False)),
                (
                    "history",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        to="programs.historicalprogram",
                    ),
                ),
                (
                    "from_program",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_tablespace="",
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="programs.program",
                    ),
                ),
                (
                    "to_program",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_tablespace="",
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="programs.program",
                    ),
                ),
            ],
            options={
                "verbose_name": "HistoricalProgram_derived_from",
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalHook",
            fields=[
                (
                    "id",
                    models.BigIntegerField(
                        auto_created=True, blank=True, db_index=True, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=80)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("dataset_freeze", "Dataset freeze"),
                            ("training_job", "Training job"),
                            ("other", "Other system"),
                        ],
                        max_length=14,
                    ),
                ),
                ("url", models.CharField(max_length=500)),
                (
                    "events",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
                            choices=[
                                ("pause", "Pause"),
                                ("freeze", "Freeze"),
                                ("resume", "Resume"),
                                ("step", "Step of a runbook"),
                            ],
                            max_length=6,
                        ),
                        size=None,
                    ),
                ),
                ("confirms", models.BooleanField(default=True)),
                ("confirm_seconds", models.PositiveIntegerField(default=300)),
                ("enabled", models.BooleanField(default=True)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
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
            ],
            options={
                "verbose_name": "historical hook",
                "verbose_name_plural": "historical hooks",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalDataset",
            fields=[
                (
                    "id",
                    models.BigIntegerField(
                        auto_created=True, blank=True, db_index=True, verbose_name="ID"
                    ),
                ),
                ("slug", models.SlugField(max_length=60)),
                ("name", models.CharField(max_length=120)),
                ("store", models.CharField(max_length=200)),
                ("declared_audience", models.CharField(blank=True, max_length=200)),
                ("frozen_at", models.DateTimeField(blank=True, null=True)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
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
            ],
            options={
                "verbose_name": "historical dataset",
                "verbose_name_plural": "historical datasets",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalCollector",
            fields=[
                (
                    "id",
                    models.BigIntegerField(
                        auto_created=True, blank=True, db_index=True, verbose_name="ID"
                    ),
                ),
                (
                    "name",
                    models.CharField(
                        max_length=80,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[a-z0-9][a-z0-9._-]*$",
                                "Use small letters, digits, dots, dashes and underscores.",
                            )
                        ],
                    ),
                ),
                (
                    "seat",
                    models.PositiveSmallIntegerField(default=programs.models.collecting._draw_seat),
                ),
                ("is_drill", models.BooleanField(default=False)),
                ("registered_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("retired_at", models.DateTimeField(blank=True, null=True)),
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
            ],
            options={
                "verbose_name": "historical collector",
                "verbose_name_plural": "historical collectors",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalAttestation",
            fields=[
                (
                    "id",
                    models.BigIntegerField(
                        auto_created=True, blank=True, db_index=True, verbose_name="ID"
                    ),
                ),
                ("control", models.CharField(max_length=3)),
                ("controls_version", models.CharField(max_length=12)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("submitted", "Waits for approval"),
                            ("approved", "Approved"),
                            ("rejected", "Rejected"),
                        ],
                        default="submitted",
                        max_length=9,
                    ),
                ),
                ("note", models.TextField(blank=True, max_length=2000)),
                ("link", models.URLField(blank=True, max_length=500)),
                ("file", models.TextField(blank=True, max_length=200)),
                ("file_name", models.CharField(blank=True, max_length=150)),
                ("file_type", models.CharField(blank=True, max_length=40)),
                ("file_size", models.PositiveIntegerField(default=0)),
                ("sha256", models.CharField(blank=True, max_length=64)),
                ("as_of", models.DateTimeField()),
                ("attested_as", models.CharField(max_length=200)),
                ("attested_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("decided_at", models.DateTimeField(blank=True, null=True)),
                ("reason", models.TextField(blank=True, max_length=2000)),
                ("good_until", models.DateTimeField(blank=True, null=True)),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                ("ended_why", models.CharField(blank=True, max_length=300)),
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
                    "attested_by",
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
            ],
            options={
                "verbose_name": "historical attestation",
                "verbose_name_plural": "historical attestations",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.AddField(
            model_name="dataset",
            name="program",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="datasets",
                to="programs.program",
            ),
        ),
        migrations.AddField(
            model_name="collector",
            name="program",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="collectors",
                to="programs.program",
            ),
        ),
        migrations.CreateModel(
            name="Attestation",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("control", models.CharField(max_length=3)),
                ("controls_version", models.CharField(max_length=12)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("submitted", "Waits for approval"),
                            ("approved", "Approved"),
                            ("rejected", "Rejected"),
                        ],
                        default="submitted",
                        max_length=9,
                    ),
                ),
                ("note", models.TextField(blank=True, max_length=2000)),
                ("link", models.URLField(blank=True, max_length=500)),
                (
                    "file",
                    models.FileField(
                        blank=True, max_length=200, upload_to=programs.models.governing._place
                    ),
                ),
                ("file_name", models.CharField(blank=True, max_length=150)),
                ("file_type", models.CharField(blank=True, max_length=40)),
                ("file_size", models.PositiveIntegerField(default=0)),
                ("sha256", models.CharField(blank=True, max_length=64)),
                ("as_of", models.DateTimeField()),
                ("attested_as", models.CharField(max_length=200)),
                ("attested_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("decided_at", models.DateTimeField(blank=True, null=True)),
                ("reason", models.TextField(blank=True, max_length=2000)),
                ("good_until", models.DateTimeField(blank=True, null=True)),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                ("ended_why", models.CharField(blank=True, max_length=300)),
                (
                    "attested_by",
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
                    "program",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="attestations",
                        to="programs.program",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["program", "control"], name="attestation_of_control")
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("ended_at", None), ("state", "submitted")),
                        fields=("program", "control"),
                        name="one_attestation_waits_per_control",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("ended_at", None), ("state", "approved")),
                        fields=("program", "control"),
                        name="one_attestation_counts_per_control",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "approved"), _negated=True),
                            models.Q(("decided_at__isnull", False), ("good_until__isnull", False)),
                            _connector="OR",
                        ),
                        name="approved_attestation_has_an_end",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ProgramGroupPermission",
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
                        on_delete=django.db.models.deletion.CASCADE, to="programs.program"
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
            name="ProgramKey",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("key_id", models.CharField(max_length=32, unique=True)),
                ("secret_hash", models.CharField(max_length=64)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("expires_at", models.DateTimeField()),
                ("revoked_at", models.DateTimeField(blank=True, null=True)),
                (
                    "kind",
                    models.CharField(
                        choices=[("w", "Monitor"), ("i", "Where records come in")], max_length=1
                    ),
                ),
                ("label", models.CharField(max_length=80)),
                ("worst", models.PositiveSmallIntegerField(blank=True, null=True)),
                ("last_used_at", models.DateTimeField(blank=True, null=True)),
                (
                    "issued_by",
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
                        related_name="keys",
                        to="programs.program",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("kind", "w"), ("worst__gte", 0), ("worst__lte", 5)),
                            models.Q(("kind", "i"), ("worst", None)),
                            _connector="OR",
                        ),
                        name="program_key_on_ladder",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ProgramUserPermission",
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
                        on_delete=django.db.models.deletion.CASCADE, to="programs.program"
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
            name="ResumeRequest",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("reason", models.TextField(max_length=2000)),
                ("criteria_version", models.CharField(blank=True, default="", max_length=12)),
                ("answers", models.JSONField(default=list)),
                ("requested_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "Open"),
                            ("granted", "Granted"),
                            ("withdrawn", "Withdrawn"),
                        ],
                        default="open",
                        max_length=9,
                    ),
                ),
                ("closed_at", models.DateTimeField(blank=True, null=True)),
                (
                    "holds",
                    models.ManyToManyField(related_name="resume_requests", to="programs.pause"),
                ),
                (
                    "program",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="resume_requests",
                        to="programs.program",
                    ),
                ),
                (
                    "requested_by",
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
                        fields=("program",),
                        name="one_open_resume_request",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ResumeApproval",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("function", models.CharField(max_length=20)),
                ("approved_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "request",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="approvals",
                        to="programs.resumerequest",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="StopOrder",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("drill_only", models.BooleanField(default=False)),
                ("generation", models.BigIntegerField()),
                ("resumed_generation", models.BigIntegerField(blank=True, null=True)),
                ("ordered_at", models.DateTimeField()),
                ("counted_at", models.DateTimeField(blank=True, null=True)),
                ("deadline_at", models.DateTimeField()),
                (
                    "proof",
                    models.CharField(
                        choices=[
                            ("pausing", "Pause sent, not confirmed"),
                            ("paused_unproven", "Paused, not proven"),
                            ("paused_proven", "Paused, proven"),
                        ],
                        default="pausing",
                        max_length=15,
                    ),
                ),
                ("settled_at", models.DateTimeField(blank=True, null=True)),
                ("proven_at", models.DateTimeField(blank=True, null=True)),
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
                    "program",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="stop_orders",
                        to="programs.program",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("proof", "pausing")),
                        fields=["program"],
                        name="stop_under_way",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("program", "generation"), name="one_stop_order_per_generation"
                    )
                ],
            },
        ),
        migrations.AddField(
            model_name="pause",
            name="order",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="pauses",
                to="programs.stoporder",
            ),
        ),
        migrations.AddField(
            model_name="hookcall",
            name="order",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="calls",
                to="programs.stoporder",
            ),
        ),
        migrations.CreateModel(
            name="HistoricalPause",
            fields=[
                (
                    "id",
                    models.BigIntegerField(
                        auto_created=True, blank=True, db_index=True, verbose_name="ID"
                    ),
                ),
                ("drill_only", models.BooleanField(default=False)),
                ("holder", models.CharField(max_length=80)),
                ("is_drill", models.BooleanField(default=False)),
                ("label", models.CharField(max_length=80)),
                ("reason", models.TextField(max_length=2000)),
                ("rule", models.CharField(blank=True, max_length=80)),
                ("needs_executive", models.BooleanField(default=False)),
                ("since", models.DateTimeField(default=django.utils.timezone.now)),
                ("lifted_at", models.DateTimeField(blank=True, null=True)),
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
            ],
            options={
                "verbose_name": "historical pause",
                "verbose_name_plural": "historical pauses",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="StopProof",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("unknown", "Not heard yet"),
                            ("acknowledged", "Acknowledged"),
                            ("expired", "Lease ran out"),
                            ("violation", "Violation"),
                        ],
                        default="unknown",
                        max_length=12,
                    ),
                ),
                ("lease_ends_at", models.DateTimeField()),
                ("stopped_at", models.DateTimeField(blank=True, null=True)),
                ("settled_at", models.DateTimeField(blank=True, null=True)),
                ("expired_at", models.DateTimeField(blank=True, null=True)),
                ("buffer", models.CharField(blank=True, max_length=10)),
                ("counter", models.BigIntegerField(blank=True, null=True)),
                ("refused", models.PositiveIntegerField(db_default=0)),
                ("violations", models.PositiveIntegerField(db_default=0)),
                (
                    "collector",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="programs.collector",
                    ),
                ),
                (
                    "order",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="proofs",
                        to="programs.stoporder",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("order", "collector"), name="one_proof_per_collector"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="RefusedStamp",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("digest", models.CharField(max_length=64, unique=True)),
                ("captured_at", models.DateTimeField()),
                ("received_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "proof",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="refused_stamps",
                        to="programs.stopproof",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Waiver",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("control", models.CharField(max_length=3)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "Waits for approval"),
                            ("granted", "Granted"),
                            ("refused", "Refused"),
                        ],
                        default="open",
                        max_length=7,
                    ),
                ),
                ("reason", models.TextField(max_length=2000)),
                ("days", models.PositiveSmallIntegerField()),
                ("asked_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("closed_at", models.DateTimeField(blank=True, null=True)),
                ("refusal", models.TextField(blank=True, max_length=2000)),
                ("good_until", models.DateTimeField(blank=True, null=True)),
                (
                    "asked_by",
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
                        related_name="waivers",
                        to="programs.program",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "open")),
                        fields=("program", "control"),
                        name="one_waiver_waits_per_control",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "granted"), _negated=True),
                            ("good_until__isnull", False),
                            _connector="OR",
                        ),
                        name="granted_waiver_has_an_end",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="WaiverApproval",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("approved_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "waiver",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="approvals",
                        to="programs.waiver",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("waiver", "person"), name="one_approval_per_person_and_waiver"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="AttestationApproval",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("function", models.CharField(max_length=20)),
                ("approved_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "attestation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="approvals",
                        to="programs.attestation",
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
                        fields=("attestation", "person"),
                        name="one_approval_per_person_and_attestation",
                    )
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="hook",
            constraint=models.UniqueConstraint(
                fields=("program", "name"), name="hook_once_in_program"
            ),
        ),
        migrations.AddConstraint(
            model_name="hook",
            constraint=models.CheckConstraint(
                condition=models.Q(("confirm_seconds__gte", 10), ("confirm_seconds__lte", 86400)),
                name="hook_confirms_within_a_day",
            ),
        ),
        migrations.AddIndex(
            model_name="dataset",
            index=models.Index(fields=["store"], name="dataset_store"),
        ),
        migrations.AddConstraint(
            model_name="dataset",
            constraint=models.UniqueConstraint(
                fields=("program", "slug"), name="dataset_once_in_program"
            ),
        ),
        migrations.AddConstraint(
            model_name="collector",
            constraint=models.UniqueConstraint(
                fields=("program", "name"), name="collector_once_in_program"
            ),
        ),
        migrations.AddConstraint(
            model_name="pause",
            constraint=models.UniqueConstraint(
                condition=models.Q(("lifted_at", None)),
                fields=("program", "dataset", "drill_only", "holder"),
                name="one_pause_in_force_per_holder",
                nulls_distinct=False,
            ),
        ),
        migrations.AddConstraint(
            model_name="hookcall",
            constraint=models.UniqueConstraint(
                fields=("hook", "event", "generation"), name="hook_called_once_per_event"
            ),
        ),
        migrations.AddConstraint(
            model_name="hookcall",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("must_confirm", False), ("confirm_by__isnull", False), _connector="OR"
                ),
                name="what_must_be_confirmed_has_a_time",
            ),
        ),
    ]
