"""What contributed to an incident: named by reviews, and counted."""

import django.contrib.postgres.fields
from django.db import migrations, models

from audit import resumable

# Reviews that stand already name none; they are counted as reviewed.
COUNT = """
UPDATE incidents_measure AS measure SET causes = version.causes
FROM incidents_review AS review
JOIN incidents_reviewversion AS version
    ON version.id = review.published_id AND version.number >= review.counts_from
WHERE review.incident_id = measure.incident_id
"""


class Migration(migrations.Migration):
    # The table is large: its index is built beside what goes on. Safe to run again after a crash.
    atomic = False

    dependencies = [
        ("incidents", "0028_status_since_in_batches"),
    ]

    operations = [
        resumable.AddField(
            model_name="reviewversion",
            name="causes",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=20), db_default=[], default=list, size=None
            ),
        ),
        resumable.AddField(
            model_name="measure",
            name="causes",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=20), null=True, size=None
            ),
        ),
        migrations.RunSQL(COUNT, migrations.RunSQL.noop),
        resumable.AddIndex(
            model_name="measure",
            index=models.Index(
                condition=models.Q(("causes__isnull", False)),
                fields=["day"],
                name="measure_of_review",
            ),
        ),
    ]
