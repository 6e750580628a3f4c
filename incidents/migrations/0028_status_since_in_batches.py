"""Fill `status_since` of what was there before the column, apart from the lock that added it."""

from typing import Any

from django.db import migrations

BATCH = 5_000
# As nearly as the row itself tells: when it came to its status, else when it was reported. Only
# where no status was set since the column is there: what was is known exactly.
BACKFILL = """
WITH told AS (
    SELECT id, COALESCE(
        CASE status
            WHEN 'active' THEN declared_at
            WHEN 'contained' THEN contained_at
            WHEN 'recovered' THEN recovered_at
            WHEN 'in_review' THEN recovered_at
            WHEN 'closed' THEN closed_at
            WHEN 'triaging' THEN acknowledged_at
        END,
        reported_at
    ) AS moment
    FROM incidents_incident
    WHERE id > %(after)s AND id <= %(until)s AND status_since <= %(added)s
)
UPDATE incidents_incident AS incident SET status_since = told.moment
FROM told WHERE incident.id = told.id AND incident.status_since <= %(added)s
    AND incident.status_since <> told.moment
"""
# Written by the clock of whoever migrates, which may be behind that of the database.
ADDED = """
SELECT max(applied) + interval '1 minute' FROM django_migrations
WHERE app = 'incidents' AND name = %s
"""
END = """
SELECT max(id) FROM (
    SELECT id FROM incidents_incident WHERE id > %s ORDER BY id LIMIT %s
) AS batch
"""


def fill(_apps: Any, schema_editor: Any) -> None:
    """Each batch by itself, so that reports wait for none. Safe to run again after a crash."""
    after = 0
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(ADDED, ["0021_thresholds"])
        (added,) = cursor.fetchone()
        while added:
            cursor.execute(END, [after, BATCH])
            (until,) = cursor.fetchone()
            if until is None:
                return
            cursor.execute(BACKFILL, {"after": after, "until": until, "added": added})
            after = until


class Migration(migrations.Migration):
    # Else every row that it changes stays locked until the last one is.
    atomic = False

    dependencies = [("incidents", "0027_bundles")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
