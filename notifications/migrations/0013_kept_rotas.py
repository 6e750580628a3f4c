"""The address of a calendar is sealed; gaps that were told; what comes of a swap too late."""

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

from notifications import hints, vault


def seal(apps, schema_editor):
    calendars = apps.get_model("notifications", "RotaCalendar").objects
    for calendar in calendars.exclude(sealed_address="").iterator():
        address = calendar.sealed_address
        calendars.filter(pk=calendar.pk).update(
            sealed_address=vault.seal(address), hint=hints.hint(address)
        )


def unseal(apps, schema_editor):
    calendars = apps.get_model("notifications", "RotaCalendar").objects
    for calendar in calendars.exclude(sealed_address="").iterator():
        calendars.filter(pk=calendar.pk).update(
            sealed_address=vault.unseal(calendar.sealed_address)
        )


_HINT = models.CharField(blank=True, default="", max_length=100)
_STATE = models.CharField(
    choices=[
        ("asked", "Waits for an answer"),
        ("accepted", "Accepted"),
        ("declined", "Declined"),
        ("withdrawn", "Withdrawn"),
        ("expired", "Not answered in time"),
    ],
    default="asked",
    max_length=9,
)


class Migration(migrations.Migration):
    dependencies = [("notifications", "0012_policies_by_people")]

    operations = [
        migrations.AlterField(
            model_name="rotacalendar",
            name="address",
            field=models.TextField(blank=True, default=""),
        ),
        migrations.RenameField(
            model_name="rotacalendar", old_name="address", new_name="sealed_address"
        ),
        migrations.AddField(model_name="rotacalendar", name="hint", field=_HINT),
        migrations.AddField(model_name="historicalrotacalendar", name="hint", field=_HINT),
        migrations.AddField(
            model_name="rotacalendar",
            name="failures",
            field=models.PositiveSmallIntegerField(default=0),
        ),
        migrations.RunPython(seal, unseal),
        migrations.RemoveField(model_name="historicalrotacalendar", name="failure"),
        migrations.RemoveField(model_name="historicalrotacalendar", name="read_at"),
        migrations.RemoveField(model_name="historicalrotacalendar", name="unknown"),
        migrations.AlterField(model_name="swap", name="state", field=_STATE),
        migrations.AlterField(model_name="historicalswap", name="state", field=_STATE),
        migrations.CreateModel(
            name="RotaGap",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("starts_at", models.DateTimeField()),
                ("ends_at", models.DateTimeField(blank=True, null=True)),
                ("found_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("over_at", models.DateTimeField(blank=True, null=True)),
                (
                    "rota",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="gaps",
                        to="notifications.rota",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("over_at", None)), fields=["rota"], name="gap_of_rota"
                    )
                ],
            },
        ),
    ]
