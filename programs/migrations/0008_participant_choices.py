import django.core.validators
import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("programs", "0007_drills"),
    ]

    operations = [
        migrations.AddField(
            model_name="program",
            name="subjects_version",
            field=models.BigIntegerField(default=0),
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
    ]
