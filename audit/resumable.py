"""What migrations do to large tables without a lock that anybody waits for.

An index is built beside what goes on (CONCURRENTLY), which no transaction may hold. So a migration
that breaks off leaves behind what it did, and has to be able to run again.
"""

from typing import Any

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations


class AddField(migrations.AddField):
    """Add a column, unless a run that broke off has added it."""

    def database_forwards(
        self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any
    ) -> None:
        model = to_state.apps.get_model(app_label, self.model_name)
        wanted = model._meta.get_field(self.name).column
        connection = schema_editor.connection
        with connection.cursor() as cursor:
            found = connection.introspection.get_table_description(cursor, model._meta.db_table)
        if wanted not in {column.name for column in found}:
            super().database_forwards(app_label, schema_editor, from_state, to_state)


class AddIndex(AddIndexConcurrently):
    """Build an index; what a run that broke off left of it is invalid, and goes first."""

    def database_forwards(
        self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any
    ) -> None:
        self._ensure_not_in_transaction(schema_editor)
        name = schema_editor.quote_name(self.index.name)
        schema_editor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
        super().database_forwards(app_label, schema_editor, from_state, to_state)
