"""A group for each function, and the table of the cache, which holds the throttles of sign-in."""

from django.core.management import call_command
from django.db import migrations

FUNCTIONS = [
    "responder",
    "commander",
    "privacy_officer",
    "legal",
    "executive",
    "program_owner",
    "auditor",
    "operator",
]


def add_groups(apps, schema_editor):
    group = apps.get_model("auth", "Group")
    for name in FUNCTIONS:
        group.objects.get_or_create(name=name)


def add_cache_table(apps, schema_editor):
    call_command("createcachetable", database=schema_editor.connection.alias, verbosity=0)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]
    operations = [
        migrations.RunPython(add_groups, migrations.RunPython.noop),
        migrations.RunPython(add_cache_table, migrations.RunPython.noop),
    ]
