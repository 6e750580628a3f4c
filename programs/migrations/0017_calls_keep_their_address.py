from django.db import migrations, models

FILL = """
    UPDATE programs_hookcall AS c SET url = h.url FROM programs_hook AS h WHERE h.id = c.hook_id
"""


class Migration(migrations.Migration):
    dependencies = [
        ("programs", "0016_waivers"),
    ]

    operations = [
        migrations.AddField(
            model_name="hookcall",
            name="url",
            field=models.CharField(default="", max_length=500),
            preserve_default=False,
        ),
        # What is older went to the address that the hook has now, as far as anybody knows.
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
    ]
