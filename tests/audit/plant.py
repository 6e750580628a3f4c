"""Change what is kept, as only somebody with all rights on the database can."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection


@contextmanager
def behind_the_triggers() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        yield
        cursor.execute("SET session_replication_role = DEFAULT")


def sql(statement: str, *values: Any) -> None:
    """Run one statement with the triggers out of the way."""
    with behind_the_triggers(), connection.cursor() as cursor:
        cursor.execute(statement, values)
