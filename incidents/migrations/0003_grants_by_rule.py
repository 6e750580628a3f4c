from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def mark(apps: Apps, _schema_editor: BaseDatabaseSchemaEditor) -> None:
    # Until now the reason alone told them apart.
    grants = apps.get_model("incidents", "AccessGrant").objects
    grants.filter(person=None, reason__startswith="By rule: ").update(by_rule=True)


class Migration(migrations.Migration):
    dependencies = [("incidents", "0002_initial")]

    operations = [
        migrations.AddField("accessgrant", "by_rule", models.BooleanField(default=False)),
        migrations.AddField("historicalaccessgrant", "by_rule", models.BooleanField(default=False)),
        migrations.RunPython(mark, migrations.RunPython.noop),
    ]
