"""Make principals, groups, grants and doors of what the catalogs of a PostgreSQL say."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from programs.watch.connectors.catalog import Catalog, Relation
from programs.watch.connectors.taking import Taken, short
from programs.watch.graph import Area, Grant, Kind, Member, Principal, Store

PUBLIC = "0"
_READS_ALL, _OWNS_DATABASE = "pg_read_all_data", "pg_database_owner"
# Who is in one of these reads the files that tables lie in, whatever is granted.
_READ_FILES = ("pg_read_server_files", "pg_execute_server_program")
_MOST_NOTES = 20


def taken(catalog: Catalog, tables: Sequence[str]) -> Taken:
    """Return who may read, from what the catalogs said."""
    store = Store(
        principals=_principals(catalog),
        members=_members(catalog),
        areas=_rooms(catalog),
        everyone=PUBLIC,
    )
    gaps = list(catalog.gaps)
    if not tables:
        gaps.append("No table is named.")
    return Taken(store, short(gaps), tuple(_notes(catalog)), _has_data(catalog))


def _principals(catalog: Catalog) -> dict[str, Principal]:
    found = {PUBLIC: Principal("PUBLIC", Kind.EVERYONE, reads=True)}
    for role in catalog.roles:
        kind = Kind.ACCOUNT if role.signs_in else Kind.GROUP
        found[str(role.oid)] = Principal(role.name, kind, reads=role.signs_in)
    return found


def _members(catalog: Catalog) -> dict[str, list[Member]]:
    inherits = {role.oid: role.inherits for role in catalog.roles}
    by_name = {role.name: role.oid for role in catalog.roles}
    found: dict[str, list[Member]] = defaultdict(list)
    for role, member, by_itself, may_become in sorted(catalog.members):
        plainly = by_itself and (catalog.version >= 160_000 or inherits.get(member, True))
        if plainly or may_become:
            # Whoever may become a role reads what it reads, with one command more.
            found[str(role)].append(Member(str(member), "" if plainly else "by SET ROLE"))
    owners = {owner for _grantee, owner in catalog.connect}
    if _OWNS_DATABASE in by_name:
        found[str(by_name[_OWNS_DATABASE])] += [Member(str(owner)) for owner in sorted(owners)]
    return dict(found)


def _rooms(catalog: Catalog) -> list[Area]:
    everywhere = list(_everywhere(catalog))
    above = {grant.to for grant in everywhere}
    read_all = {str(role.oid) for role in catalog.roles if role.name == _READS_ALL}
    connect = frozenset({str(grantee) for grantee, _owner in catalog.connect} | above)
    usage: dict[int, set[str]] = defaultdict(lambda: above | read_all)
    for schema, grantee in catalog.usage:
        usage[schema].add(str(grantee))
    by_schema: dict[int, list[Grant]] = defaultdict(list)
    relations = {each.oid: each for each in catalog.relations}
    for relation in catalog.relations:
        by_schema[relation.schema_oid] += _by_itself(relation, read_all)
    for oid, grantee, column in catalog.grants:
        relation = relations[oid]
        if not relation.as_reader:
            by_schema[relation.schema_oid].append(_grant(relation, grantee, column))
    for schema, name, grantee, _role in catalog.defaults:
        why = f"SELECT on tables made later in {name}"
        by_schema[schema].append(Grant(str(grantee), why, later=True))
    names = {each.schema_oid: each.schema for each in catalog.relations}
    return [
        Area(names[schema], [*everywhere, *grants], (connect, frozenset(usage[schema])))
        for schema, grants in sorted(by_schema.items(), key=lambda each: names[each[0]])
    ]


def _everywhere(catalog: Catalog) -> Iterator[Grant]:
    """Whom no grant and no schema holds back."""
    for role in catalog.roles:
        if role.is_super:
            yield Grant(str(role.oid), "superuser, reads everything")
        elif role.copies and role.signs_in:
            yield Grant(str(role.oid), "may copy the whole server (REPLICATION)")
        elif role.name in _READ_FILES:
            yield Grant(str(role.oid), "reads files of the server")


def _by_itself(relation: Relation, read_all: set[str]) -> list[Grant]:
    """Who reads a relation without a grant of its own."""
    if relation.as_reader:
        return []
    owns = Grant(str(relation.owner), f"owns {_called(relation)}")
    return [owns, *(Grant(role, "reads all tables") for role in read_all)]


def _grant(relation: Relation, grantee: int, column: str) -> Grant:
    of = f" (column {column})" if column else ""
    return Grant(str(grantee), f"SELECT on {_called(relation)}{of}")


def _called(relation: Relation) -> str:
    shows = relation.kind in ("v", "m")
    return f"{'view ' if shows else ''}{relation.full_name}"


def _notes(catalog: Catalog) -> list[str]:
    secured = [each.full_name for each in catalog.relations if each.row_security]
    notes = [
        f"{name} has row security: who may read a part counts as who reads all."
        for name in secured[:_MOST_NOTES]
    ]
    if catalog.version < 160_000:
        notes.append("Before PostgreSQL 16 every member of a role may become it, and counts so.")
    return notes


def _has_data(catalog: Catalog) -> bool | None:
    sizes = [each.filled for each in catalog.relations if each.kind in ("r", "m")]
    others = [each for each in catalog.relations if each.kind == "f"]
    if any(sizes):
        return True
    # Of a view alone nobody can tell: what it shows may lie anywhere.
    return None if others or None in sizes or not sizes else False
