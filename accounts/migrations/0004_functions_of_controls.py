"""Groups for the functions that own controls."""

from django.db import migrations

FUNCTIONS = ["security", "data_steward", "hr"]


def add_groups(apps, schema_editor):
    group = apps.get_model("auth", "Group")
    for name in FUNCTIONS:
        group.objects.get_or_create(name=name)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_zone_of_the_house")]
    operations = [migrations.RunPython(add_groups, migrations.RunPython.noop)]
