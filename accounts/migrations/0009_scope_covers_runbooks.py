"""What the scope to write rules is called: it covers runbooks too."""

import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0008_scope_to_write_rules"),
    ]

    operations = [
        migrations.AlterField(
            model_name="apitoken",
            name="scopes",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(
                    choices=[
                        ("incidents:report", "Report incidents"),
                        ("incidents:read", "Read incidents and programs"),
                        ("incidents:respond", "Acknowledge and change incidents"),
                        ("programs:pause", "Pause programs"),
                        ("programs:attest", "Attest controls that a machine measures"),
                        ("policies:write", "Make and change escalation policies"),
                        (
                            "rules:write",
                            "Write and publish threshold rules, severity rules and runbooks",
                        ),
                    ],
                    max_length=40,
                ),
                default=list,
                size=None,
            ),
        ),
        migrations.AlterField(
            model_name="historicalapitoken",
            name="scopes",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(
                    choices=[
                        ("incidents:report", "Report incidents"),
                        ("incidents:read", "Read incidents and programs"),
                        ("incidents:respond", "Acknowledge and change incidents"),
                        ("programs:pause", "Pause programs"),
                        ("programs:attest", "Attest controls that a machine measures"),
                        ("policies:write", "Make and change escalation policies"),
                        (
                            "rules:write",
                            "Write and publish threshold rules, severity rules and runbooks",
                        ),
                    ],
                    max_length=40,
                ),
                default=list,
                size=None,
            ),
        ),
    ]
