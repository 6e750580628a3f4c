"""Read the catalogs of a PostgreSQL that say who may read what. Each that is refused is a gap."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import psycopg

# From this version on each membership says by itself what it gives.
MEMBERSHIPS_SAY = 160_000
_RELATION = """
    SELECT c.oid, n.oid, n.nspname, c.relname, c.relkind::text, c.relowner, c.relrowsecurity,
           CASE WHEN c.relkind IN ('r', 'm') THEN pg_relation_size(c.oid) > 0 END,
           coalesce(c.reloptions::text[] && ARRAY['security_invoker=true', 'security_invoker=on',
                    'security_invoker=1', 'security_invoker=yes'], false)
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
"""
_WANTED = (
    _RELATION
    + """
     WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')
       AND (n.nspname = ANY(%(schemas)s) OR n.nspname || '.' || c.relname = ANY(%(tables)s))
"""
)
# What lies in parts, and every view that shows something of what is wanted, views on views too.
_BEHIND = """
    WITH RECURSIVE seen(oid) AS (
           SELECT unnest(%(wanted)s::oid[])
            UNION
           SELECT found.oid FROM seen CROSS JOIN LATERAL (
                  SELECT i.inhrelid AS oid FROM pg_inherits i WHERE i.inhparent = seen.oid
                   UNION ALL
                  SELECT r.ev_class FROM pg_depend d JOIN pg_rewrite r ON r.oid = d.objid
                   WHERE d.refobjid = seen.oid AND d.refclassid = 'pg_class'::regclass
                     AND d.classid = 'pg_rewrite'::regclass) AS found)
"""
_ROLES = "SELECT oid, rolname, rolcanlogin, rolsuper, rolinherit, rolreplication FROM pg_roles"
_MEMBERS = "SELECT roleid, member, inherit_option, set_option FROM pg_auth_members"
_OLD_MEMBERS = "SELECT roleid, member, true, true FROM pg_auth_members"
_GRANTS = """
    SELECT c.oid, a.grantee, '' FROM pg_class c,
           aclexplode(coalesce(c.relacl, acldefault('r', c.relowner))) a
     WHERE c.oid = ANY(%(oids)s::oid[]) AND a.privilege_type = 'SELECT'
    UNION ALL
    SELECT t.attrelid, a.grantee, t.attname::text FROM pg_attribute t, aclexplode(t.attacl) a
     WHERE t.attrelid = ANY(%(oids)s::oid[]) AND t.attacl IS NOT NULL AND NOT t.attisdropped
       AND a.privilege_type = 'SELECT'
"""
_USAGE = """
    SELECT n.oid, a.grantee FROM pg_namespace n,
           aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) a
     WHERE n.oid = ANY(%(schemas)s::oid[]) AND a.privilege_type = 'USAGE'
"""
_CONNECT = """
    SELECT a.grantee, d.datdba FROM pg_database d,
           aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) a
     WHERE d.datname = current_database() AND a.privilege_type = 'CONNECT'
    UNION ALL SELECT datdba, datdba FROM pg_database WHERE datname = current_database()
"""
_DEFAULTS = """
    SELECT n.oid, n.nspname, a.grantee, d.defaclrole FROM pg_default_acl d
      JOIN pg_namespace n ON n.oid = d.defaclnamespace OR d.defaclnamespace = 0,
           aclexplode(d.defaclacl) a
     WHERE d.defaclobjtype = 'r' AND n.oid = ANY(%(schemas)s::oid[])
       AND a.privilege_type = 'SELECT' AND a.grantee <> d.defaclrole
"""


@dataclass(frozen=True)
class Relation:
    """A table, a part of one, or a view; `filled` is None where its size says nothing."""

    oid: int
    schema_oid: int
    schema: str
    name: str
    kind: str
    owner: int
    row_security: bool
    filled: bool | None
    as_reader: bool

    @property
    def full_name(self) -> str:
        return f"{self.schema}.{self.name}"


class DatabaseRole(NamedTuple):
    """A role of the server. `copies`: it may take a copy of all of it (REPLICATION)."""

    oid: int
    name: str
    signs_in: bool
    is_super: bool
    inherits: bool
    copies: bool


@dataclass
class Catalog:
    """What the catalogs say."""

    version: int = 0
    roles: list[DatabaseRole] = field(default_factory=list)
    # role, member, inherits, may become it
    members: list[tuple[int, int, bool, bool]] = field(default_factory=list)
    relations: list[Relation] = field(default_factory=list)
    wanted: set[int] = field(default_factory=set)
    grants: list[tuple[int, int, str]] = field(default_factory=list)
    usage: list[tuple[int, int]] = field(default_factory=list)
    connect: list[tuple[int, int]] = field(default_factory=list)
    defaults: list[tuple[int, str, int, int]] = field(default_factory=list)
    gaps: list[str] = field(default_factory=list)


def read(line: psycopg.Connection[Any], tables: Sequence[str]) -> Catalog:
    """Read what says who may read these tables.

    Raises:
        psycopg.Error: if the store broke off; what is only refused is a gap.
    """
    found = Catalog(version=line.info.server_version)

    def ask(what: str, query: str, **given: Any) -> list[Any]:
        try:
            with line.transaction():
                return line.execute(query, given).fetchall()
        except psycopg.errors.InsufficientPrivilege:
            found.gaps.append(f"It may not be read {what}: grant the watch's role that right.")
        except psycopg.errors.QueryCanceled:
            found.gaps.append(f"It took too long to read {what}.")
        return []

    rows = ask("which roles there are", _ROLES)
    found.roles = [DatabaseRole(*row) for row in rows]
    says = found.version >= MEMBERSHIPS_SAY
    found.members = ask("who is in which role", _MEMBERS if says else _OLD_MEMBERS)
    _relations(found, ask, tables)
    _rights(found, ask)
    return found


Ask = Callable[..., list[Any]]


def _relations(found: Catalog, ask: Ask, tables: Sequence[str]) -> None:
    schemas = [name.removesuffix(".*") for name in tables if name.endswith(".*")]
    plain = [name for name in tables if not name.endswith(".*")]
    wanted = [
        Relation(*row)
        for row in ask("which tables there are", _WANTED, schemas=schemas, tables=plain)
    ]
    found.wanted = {each.oid for each in wanted}
    behind = ask(
        "which views show them",
        f"{_BEHIND} {_RELATION} JOIN seen ON seen.oid = c.oid"
        " WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')",
        wanted=sorted(found.wanted),
    )
    by_oid = {each.oid: each for each in [*wanted, *(Relation(*row) for row in behind)]}
    found.relations = sorted(by_oid.values(), key=lambda each: (each.full_name, each.oid))
    there = {each.full_name for each in wanted}
    filled = {each.schema for each in wanted}
    gone = [name for name in plain if name not in there]
    found.gaps += [f"{name} is not there: was it renamed or dropped?" for name in gone]
    found.gaps += [f"{name}.* holds no table." for name in schemas if name not in filled]


def _rights(found: Catalog, ask: Ask) -> None:
    oids = [each.oid for each in found.relations]
    schemas = sorted({each.schema_oid for each in found.relations})
    wanted = sorted({each.schema_oid for each in found.relations if each.oid in found.wanted})
    found.grants = ask("what is granted on tables and columns", _GRANTS, oids=oids)
    found.usage = ask("who may use the schemas", _USAGE, schemas=schemas)
    found.connect = ask("who may connect", _CONNECT)
    found.defaults = ask("what is granted on later tables", _DEFAULTS, schemas=wanted)
