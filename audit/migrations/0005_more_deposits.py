from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0004_checkpoints"),
    ]

    operations = [
        migrations.AlterField(
            model_name="deposit",
            name="place",
            field=models.CharField(
                choices=[
                    ("file", "file"),
                    ("mail", "mail"),
                    ("webhook", "webhook"),
                    ("stamp", "time stamp"),
                    ("storage", "object store"),
                    ("postgres", "another PostgreSQL"),
                ],
                max_length=8,
            ),
        ),
    ]
