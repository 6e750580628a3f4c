"""The triggers that chain entries. Their text is in audit.triggers, where it is also compared."""

from django.db import migrations

from audit import guards, triggers


def tie(apps, schema_editor):
    guards.put(schema_editor.connection, triggers.CHAIN)


def untie(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        for table, name in triggers.CHAIN:
            cursor.execute(f"DROP TRIGGER {name} ON {table}")
            cursor.execute(f"DROP FUNCTION {name}()")


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]
    operations = [migrations.RunPython(tie, untie)]
