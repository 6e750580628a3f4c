"""Which incidents a person's grants and programs open, found in the database at little cost.

Reads only, for incidents.access alone. A person sees by grantees: themselves, each of their
teams, and each program whose incidents they respond to. What each of them opens stands in order
in an index, so a page is the highest keys of each, merged, however many there are.
"""

import re
from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import connection
from django.db.models import BigIntegerField, BooleanField, F, Func, Q, Value

from accounts.models import User
from programs import access as program_access

# Who sees no more than this has it read at once; for the others each incident is asked for.
FEW = 5_000


@dataclass(frozen=True)
class Sight:
    """Whose grants count: the keys of a person, of their teams, of programs they respond for."""

    person: int
    teams: tuple[int, ...]
    programs: tuple[int, ...]


def of(user: User) -> Sight:
    teams = user.groups.values_list("pk", flat=True)
    programs = program_access.open_to_responder(user).values_list("pk", flat=True)
    return Sight(user.pk, tuple(teams), tuple(programs))


# By the clock of the database, as what is due is. Nobody has to come by for a grant to be over.
_RUN_OUT = """
  SELECT {columns} FROM incidents_accessgrant g
  WHERE g.ended_at IS NULL AND g.expires_at <= statement_timestamp() AND {whose}
    AND NOT EXISTS (
      SELECT 1 FROM incidents_accessgrant o
      WHERE o.incident_id = g.incident_id AND o.{grantee} = g.{grantee} AND o.ended_at IS NULL
        AND (o.expires_at IS NULL OR o.expires_at > statement_timestamp()))
"""
_VIEW = """(
  SELECT p.id FROM auth_permission p JOIN django_content_type t ON t.id = p.content_type_id
  WHERE t.app_label = 'incidents' AND t.model = 'incident' AND p.codename = 'view_incident')"""
_THEIRS = _RUN_OUT.format(
    columns="g.incident_id", whose="g.person_id = %(person)s", grantee="person_id"
)
_TEAMS = _RUN_OUT.format(
    columns="g.team_id, g.incident_id", whose="g.team_id = ANY(%(teams)s)", grantee="team_id"
)
_OWN = f"""incidents_incidentuserpermission u
  WHERE u.user_id = %(person)s AND u.permission_id = {_VIEW}
    AND u.content_object_id NOT IN ({_THEIRS})"""
_BY_TEAM = f"""incidents_incidentgrouppermission t
  WHERE t.group_id = {{team}} AND t.permission_id = {_VIEW}
    AND (t.group_id, t.content_object_id) NOT IN ({_TEAMS})"""
_BY_PROGRAM = "incidents_incident i WHERE i.program_id = {program} AND NOT i.restricted"

_MERGED = f"""
SELECT DISTINCT pk FROM (
  (SELECT u.content_object_id AS pk FROM {_OWN} {{u}})
  UNION ALL
  SELECT each.pk FROM unnest(%(teams)s::int[]) team(pk) CROSS JOIN LATERAL
    (SELECT t.content_object_id AS pk FROM {_BY_TEAM.format(team="team.pk")} {{t}}) each
  UNION ALL
  SELECT each.pk FROM unnest(%(programs)s::bigint[]) program(pk) CROSS JOIN LATERAL
    (SELECT i.id AS pk FROM {_BY_PROGRAM.format(program="program.pk")} {{i}}) each
) opened {{end}}
"""  # noqa: S608
_ANY_ORDER = _MERGED.format(**dict.fromkeys(("u", "t", "i", "end"), "LIMIT %(limit)s"))


def _in_order(beyond: str, order: str) -> str:
    ends = {"u": "u.content_object_id", "t": "t.content_object_id", "i": "i.id"}
    parts = {
        name: f"AND {key} {beyond} %(bound)s ORDER BY {key} {order} LIMIT %(limit)s"
        for name, key in ends.items()
    }
    return _MERGED.format(**parts, end=f"ORDER BY pk {order} LIMIT %(limit)s")


_NEWEST_FIRST, _OLDEST_FIRST = _in_order("<", "DESC"), _in_order(">", "ASC")
_BEFORE_ALL, _AFTER_ALL = 0, 2**63 - 1


def newest(sight: Sight, *, limit: int, below: int | None = None) -> list[int]:
    """Return the highest keys of incidents that are open to them, of those below a key."""
    return _keys(_NEWEST_FIRST, sight, limit, _AFTER_ALL if below is None else below)


def oldest(sight: Sight, *, limit: int, above: int | None = None) -> list[int]:
    """Return the lowest keys of incidents that are open to them, of those above a key."""
    return _keys(_OLDEST_FIRST, sight, limit, _BEFORE_ALL if above is None else above)


def all_if_few(sight: Sight) -> list[int] | None:
    """Return the keys of every incident that is open to them; None if those are more than FEW."""
    found = _keys(_ANY_ORDER, sight, FEW + 1)
    return found if len(found) <= FEW else None


def statement(sight: Sight, *, limit: int, below: int | None = None) -> tuple[str, dict[str, Any]]:
    """Return what `newest` asks, for whoever measures it."""
    bound = _AFTER_ALL if below is None else below
    return _NEWEST_FIRST, {**_params(sight), "limit": limit, "bound": bound}


def _keys(sql: str, sight: Sight, limit: int, bound: int = 0) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(sql, {**_params(sight), "limit": limit, "bound": bound})
        return [pk for (pk,) in cursor]


def _params(sight: Sight) -> dict[str, Any]:
    return {
        "person": sight.person,
        "teams": list(sight.teams),
        "programs": list(sight.programs),
    }


def one_of(keys: list[int]) -> Q:
    """The condition that an incident is one of these."""
    # As one array: a placeholder for each takes Django longer than the database needs for all.
    return Q(_OneOf(F("pk"), Value(keys, ArrayField(BigIntegerField()))))


def each(sight: Sight) -> Q:
    """The condition that an incident is open to them, asked for one incident after the other."""
    unrestricted = Q(restricted=False, program__in=sight.programs)
    return Q(_Granted(F("pk"), sight=sight)) | unrestricted


class _OneOf(Func):
    template, arg_joiner = "%(expressions)s)", " = ANY("
    output_field = BooleanField()


class _Granted(Func):
    """True where a grant opens the incident.

    PostgreSQL makes no hash table of a union, so it cannot choose to read every grant first.
    """

    output_field = BooleanField()

    def __init__(self, key: Any, *, sight: Sight) -> None:
        super().__init__(key)
        self.sight = sight

    def as_postgresql(self, compiler: Any, _connection: Any) -> tuple[str, list[Any]]:
        key, _none = compiler.compile(self.get_source_expressions()[0])
        by_team = _BY_TEAM.format(team="ANY(%(teams)s)")
        sql = f"""EXISTS (
          SELECT 1 FROM {_OWN} AND u.content_object_id = {key}
          UNION ALL
          SELECT 1 FROM {by_team} AND t.content_object_id = {key})"""  # noqa: S608
        params = _params(self.sight)
        return _NAMED.sub("%s", sql), [params[name] for name in _NAMED.findall(sql)]


_NAMED = re.compile(r"%\((\w+)\)s")
