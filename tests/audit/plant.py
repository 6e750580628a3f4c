"""Change what is kept, as only somebody with all rights on the database can."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction
from django.test import override_settings

from audit import sealing


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


class _Undone(Exception):
    """Ends a transaction whose work is to leave nothing behind."""


def lost_checkpoint(**settings: Any) -> str:
    """Return a checkpoint that was made here and of which the database knows nothing any more.

    With a SECRET_KEY it is what another installation would make.
    """
    text = ""
    try:
        with transaction.atomic(), override_settings(**settings):
            said = sealing.seal()
            assert said
            text = said.text
            raise _Undone
    except _Undone:
        return text
