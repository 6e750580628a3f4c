"""Whom a step pages moves from the step to its targets, with the history of who changed it."""

from django.db import migrations

# A step that is gone has only its history: the rows of that get a key that no target has.
_MOVE = """
    INSERT INTO notifications_escalationtarget (step_id, kind, name, person_id, methods)
    SELECT id, CASE WHEN person_id IS NULL THEN 'function' ELSE 'person' END,
           function, person_id, '{}'
      FROM notifications_escalationstep ORDER BY id;

    INSERT INTO notifications_historicalescalationtarget
           (id, step_id, kind, name, person_id, methods,
            history_date, history_change_reason, history_type, history_user_id)
    SELECT coalesce(target.id, -was.id), was.id,
           CASE WHEN was.person_id IS NULL THEN 'function' ELSE 'person' END,
           was.function, was.person_id, '{}',
           was.history_date, was.history_change_reason, was.history_type, was.history_user_id
      FROM notifications_historicalescalationstep was
      LEFT JOIN notifications_escalationtarget target ON target.step_id = was.id
     ORDER BY was.history_id;

    UPDATE notifications_escalation run
       SET generation = taken,
           reached = EXISTS (SELECT FROM notifications_page WHERE escalation_id = run.id);

    SET CONSTRAINTS ALL IMMEDIATE;
"""


class Migration(migrations.Migration):
    dependencies = [("notifications", "0005_policies")]

    operations = [
        migrations.RunSQL(_MOVE),
        migrations.RemoveConstraint(
            model_name="escalationstep",
            name="step_names_a_function_or_a_person",
        ),
        migrations.RemoveField(
            model_name="escalationstep",
            name="function",
        ),
        migrations.RemoveField(
            model_name="escalationstep",
            name="person",
        ),
        migrations.RemoveField(
            model_name="historicalescalationstep",
            name="function",
        ),
        migrations.RemoveField(
            model_name="historicalescalationstep",
            name="person",
        ),
    ]
