from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("notifications", "0021_policy_gaps"),
    ]

    operations = [
        migrations.AddField(
            model_name="connection",
            name="failing_since",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="connection",
            name="test_failure",
            field=models.CharField(blank=True, default="", max_length=200),
        ),
        migrations.AddField(
            model_name="connection",
            name="tested_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="room",
            name="failing_since",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="room",
            name="tested_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
    ]
