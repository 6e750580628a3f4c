"""Who may write to the record: Andon as a role of its own, that owns none of these tables.

The owner of a table can take its guards off. So the tables may belong to one role, as which only
`migrate` is run, and Andon work as another, that ANDON_RECORD_ROLE names.
"""

from django.db.backends.base.base import BaseDatabaseWrapper

from accounts.kept import REFUSED
from audit.models import Entry, Head

# Moved by `andon_chain` alone, which has the rights of its owner.
_HEAD = ("INSERT", "UPDATE")
_ROWS = "SELECT, INSERT, UPDATE, DELETE"


def give(connection: BaseDatabaseWrapper, role: str, *, tables: set[str]) -> None:
    """Let a role work with all tables of this schema, and change nothing that is kept.

    Args:
        tables: those that are there.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT quote_ident(current_schema()), quote_ident(%s)", [role])
        schema, role = cursor.fetchone()
        rows, later = _ROWS, f"ALTER DEFAULT PRIVILEGES IN SCHEMA {schema}"
        cursor.execute(
            f"GRANT USAGE ON SCHEMA {schema} TO {role};"
            f"GRANT {rows} ON ALL TABLES IN SCHEMA {schema} TO {role};"
            f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA {schema} TO {role};"
            f"{later} GRANT {rows} ON TABLES TO {role};"
            f"{later} GRANT USAGE, SELECT ON SEQUENCES TO {role}"
        )
        for table in sorted(tables & set(_refused())):
            refused = _refused()[table]
            cursor.execute(f"REVOKE {', '.join(refused)} ON {table} FROM {role}")


def _refused() -> dict[str, tuple[str, ...]]:
    kept = {model._meta.db_table: (*refused, "TRUNCATE") for model, refused in REFUSED.items()}
    head = Head._meta.db_table
    return kept | {head: (*kept[head], *_HEAD)}


_HELD = """
    SELECT c.relname, coalesce(r.rolname, 'PUBLIC'), array_agg(a.privilege_type ORDER BY 1)
      FROM pg_class AS c
      JOIN pg_namespace AS n ON n.oid = c.relnamespace AND n.nspname = current_schema()
     CROSS JOIN aclexplode(c.relacl) AS a
      LEFT JOIN pg_roles AS r ON r.oid = a.grantee
     WHERE c.relname = ANY(%s) AND a.grantee <> c.relowner
     GROUP BY 1, 2 ORDER BY 1, 2
"""


def wrong(connection: BaseDatabaseWrapper) -> list[tuple[str, str]]:
    """Return (table, what is wrong) for each right to change what is kept; owners aside."""
    refused = _refused()
    with connection.cursor() as cursor:
        cursor.execute(_HELD, [sorted(refused)])
        held = cursor.fetchall()
    return [
        (table, f"the role {role} may {', '.join(too_much)} there")
        for table, role, rights in held
        if (too_much := sorted(set(rights) & {*refused[table], "TRIGGER"}))
    ]


def notes(connection: BaseDatabaseWrapper) -> list[str]:
    """Say where the role that we work as could take the guards off."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_user, pg_has_role(relowner, 'USAGE') FROM pg_class"
            " WHERE oid = to_regclass(%s)",
            [Entry._meta.db_table],
        )
        role, owns = cursor.fetchone()
    if not owns:
        return []
    return [
        f"Andon works as the role {role}, which owns the record and could take its guards off;"
        " give it one that does not (ANDON_RECORD_ROLE)."
    ]
