"""Very many incidents, and people who may see few, half or all of them, for measurements.

Written in sets by the database itself: one by one a million reports would take a day. So nothing
fires, nobody is paged, and the record says only that they were made.
"""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import Group
from django.db import connection, transaction

from accounts.actors import Actor
from accounts.models import User
from audit import people, trail
from incidents.models import (
    AccessGrant,
    Incident,
    IncidentGroupPermission,
    IncidentUserPermission,
    TimelineEntry,
)
from programs import lifecycle as programs
from programs.models import Program

MAKER = Actor(name="seed_scale", via="command")
MOST = 5_000_000
BEGINS = "Scale "
PROGRAMS, TEAMS, CROWD = 20, 12, 200


class Refused(Exception):
    """They cannot be made here; the message says why."""


@dataclass(frozen=True)
class Kind:
    """One kind of person: what they see, by grants in person or by those of their team.

    `seen` is a condition on `n`, which counts the incidents from 1, and on `{total}`.
    """

    name: str
    seen: str
    by_team: bool = False


KINDS = (
    Kind("one-in-100", "hashint4(n) %% 100 = 0"),
    Kind("half", "hashint4(n) %% 2 = 0"),
    Kind("all", "true"),
    Kind("team-one-in-100", "hashint4(n) %% 100 = 0", by_team=True),
    Kind("team-half", "hashint4(n) %% 2 = 0", by_team=True),
    Kind("team-all", "true", by_team=True),
    Kind("oldest", "n <= greatest({total} / 100, 1)"),
    Kind("team-oldest", "n <= greatest({total} / 100, 1)", by_team=True),
)
# In three teams, with grants of their own; with no grant at all; and by the right of programs.
ORDINARY, NOBODY, RESPONDER = "ordinary", "nobody", "responder"
NAMES = (*(kind.name for kind in KINDS), ORDINARY, NOBODY, RESPONDER)


def username(kind: str) -> str:
    return f"scale-{kind}"


def seed(total: int, *, beside: bool = False, say: Callable[[str], Any] = print) -> None:
    """Make `total` incidents and the people of NAMES, all or nothing.

    Args:
        beside: also where there are incidents that this did not make.
        say: told after each step.

    Raises:
        Refused: if the number is not allowed, they are there already, or others are.
    """
    _check(total, beside=beside)
    steps = _Steps(say)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        made = _Making(cursor, total, _first_number(cursor, total))
        made.who_there_is()
        steps.done("people, teams and programs")
        made.incidents()
        steps.done(f"{total:,} incidents, each with an entry on its timeline")
        for kind in KINDS:
            steps.done(f"{made.grants_of(kind):,} grants: {kind.name}")
        steps.done(f"{made.grants_of_the_crowd():,} grants: the crowd")
        nobody = User.objects.get(username=username(NOBODY))
        trail.record("scale.seeded", nobody, actor=MAKER, incidents=total)


def tidy() -> None:
    """Have the database note what was seeded, as it does by itself in time. In no transaction."""
    models = (
        *(Incident, TimelineEntry, AccessGrant),
        *(IncidentUserPermission, IncidentGroupPermission),
    )
    tables = ", ".join(model._meta.db_table for model in models)
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        cursor.execute(f"VACUUM ANALYZE {tables}")
        cursor.execute("RESET statement_timeout")


def _check(total: int, *, beside: bool) -> None:
    if not 1 <= total <= MOST:
        raise Refused(f"incidents: {total:,} is not between 1 and {MOST:,}.")
    if User.objects.filter(username=username(NOBODY)).exists():
        raise Refused("This database was seeded already. Give a new one in DATABASE_URL.")
    if not beside and Incident.objects.exists():
        raise Refused(
            "This database holds incidents that somebody reported. Give an empty one in"
            " DATABASE_URL, or say --beside to make them beside those."
        )


def _first_number(cursor: Any, total: int) -> int:
    cursor.execute(
        "INSERT INTO incidents_counter AS c (name, last) VALUES ('incident', %s)"
        " ON CONFLICT (name) DO UPDATE SET last = c.last + %s RETURNING last",
        [total, total],
    )
    return int(cursor.fetchone()[0]) - total + 1


class _Steps:
    def __init__(self, say: Callable[[str], Any]) -> None:
        self.say, self.begun = say, time.monotonic()

    def done(self, what: str) -> None:
        self.say(f"{time.monotonic() - self.begun:6.1f} s  {what}")


class _Making:
    """The statements, over the numbers from `first` on."""

    def __init__(self, cursor: Any, total: int, first: int) -> None:
        self.cursor, self.total, self.first = cursor, total, first
        self.crowd: list[int] = []
        self.teams: list[int] = []
        self.programs: list[int] = []

    def who_there_is(self) -> None:
        everybody = {name: _person(name) for name in NAMES}
        for kind in (kind for kind in KINDS if kind.by_team):
            everybody[kind.name].groups.add(Group.objects.create(name=username(kind.name)))
        made = [
            User(username=username(f"crowd-{n}"), password="!")  # noqa: S106
            for n in range(CROWD)
        ]
        self.crowd = [person.pk for person in User.objects.bulk_create(made)]
        teams = [Group.objects.create(name=username(f"team-{n}")) for n in range(TEAMS)]
        self.teams = [team.pk for team in teams]
        everybody[ORDINARY].groups.add(*teams[:3])
        self.reporter = everybody[NOBODY].pk
        self.ordinary = everybody[ORDINARY].pk
        for n in range(PROGRAMS):
            self.programs.append(_program(n, everybody[NOBODY]).pk)
        self._run(
            "UPDATE programs_program SET responders_read = true WHERE id = ANY(%(made)s)",
            made=self.programs,
        )
        self._run(
            "INSERT INTO programs_programuserpermission"
            " (user_id, permission_id, content_object_id)"
            " SELECT %(responder)s, p.id, unnest(%(some)s::bigint[]) FROM auth_permission p"
            " WHERE p.codename = 'respond_program'",
            responder=everybody[RESPONDER].pk,
            some=self.programs[:2],
        )

    def incidents(self) -> None:
        self._run(_INCIDENTS, programs=self.programs, reporter=self.reporter)
        self._run(_ENTRIES)

    def grants_of(self, kind: Kind) -> int:
        to = "team" if kind.by_team else "person"
        whose = Group.objects.get(name=username(kind.name)) if kind.by_team else None
        pk = whose.pk if whose else User.objects.get(username=username(kind.name)).pk
        seen = kind.seen.format(total=self.total)
        return self._grant(to, f"SELECT id, {pk} FROM made WHERE {seen}")  # noqa: S608

    def grants_of_the_crowd(self) -> int:
        one_each = "SELECT id, (%(crowd)s::int[])[1 + n %% %(people)s] FROM made"
        few = "SELECT id, %(ordinary)s FROM made WHERE hashint4(n) %% %(apart)s = 0"
        team = "SELECT id, (%(teams)s::int[])[1 + n %% %(many)s] FROM made WHERE n %% 4 = 0"
        return (
            self._grant("person", one_each, crowd=self.crowd, people=CROWD)
            # Some two hundred, however many there are: nobody is let in to thousands by hand.
            + self._grant("person", few, ordinary=self.ordinary, apart=max(self.total // 200, 1))
            + self._grant("team", team, teams=self.teams, many=TEAMS)
        )

    def _grant(self, to: str, which: str, **params: Any) -> int:
        whose = "user" if to == "person" else "group"
        return self._run(_GRANTS.format(to=to, whose=whose, which=which), **params)

    def _run(self, sql: str, **params: Any) -> int:
        self.cursor.execute(sql, {"first": self.first, "total": self.total, **params})
        return int(self.cursor.rowcount)


def _person(kind: str) -> User:
    return people.add(
        username(kind),
        email=f"{username(kind)}@demo.example",
        password=secrets.token_urlsafe(24),
        functions=[],
        actor=MAKER,
    )


def _program(n: int, owner: User) -> Program:
    return programs.draft(
        slug=f"scale-{n}",
        name=f"{BEGINS}program {n}",
        purpose="To be counted.",
        categories=["keystrokes"],
        declared_audience="Nobody",
        owner=owner,
        actor=MAKER,
    )


# One in fifty is not over; a third is not restricted; most are over soon, few late. Words of two
# lists of different length meet in every way, so that what is searched for is found here and there.
_INCIDENTS = """
INSERT INTO incidents_incident (number, uuid, codename, title, detail, kind, reference, found_how,
    program_id, audience, still_open, status, sev, counts_as, peak_sev, restricted, is_drill,
    drill_scope, reporter_id, reported_at, aware_rationale,
    occurred_from, acknowledged_at, contained_at, recovered_at)
SELECT %(first)s + n - 1, gen_random_uuid(), 'Scale ' || (%(first)s + n - 1),
    initcap(what[1 + n %% 11]) || ' readable by ' || who[1 + n %% 7]
        || ' in ' || place[1 + n %% 13],
    'Seen in ' || place[1 + n %% 13] || ', case ' || md5(n::text), 'exposure', '', '',
    (%(programs)s::bigint[])[1 + n %% cardinality(%(programs)s::bigint[])], 'unknown', 'no',
    CASE WHEN n %% 50 = 0 THEN 'active' ELSE 'closed' END, n %% 6, n %% 6, n %% 6,
    n %% 3 <> 0, false, '', %(reporter)s,
    now() - make_interval(mins => %(total)s - n), '',
    now() - make_interval(mins => %(total)s - n + length / 2),
    now() - make_interval(mins => %(total)s - n) + make_interval(secs => length),
    now() - make_interval(mins => %(total)s - n) + make_interval(mins => 5 + length),
    now() - make_interval(mins => %(total)s - n) + make_interval(mins => 60 + 3 * length)
FROM generate_series(1, %(total)s) n,
  LATERAL (SELECT exp(random() * 7 + n %% 1)::int) took(length), (SELECT
    '{keystrokes,transcripts,"mouse movements",conversations,recordings,"performance records",
      "screen contents",typing,"call logs",messages,drafts}'::text[] what,
    '{everyone,contractors,"another team","a vendor",managers,"former staff",visitors}'::text[] who,
    '{"a bucket","the lake","a dashboard","an export","a backup","a share","a queue","a notebook",
      "a ticket","the archive","a cache","a mirror","staging"}'::text[] place) words
ORDER BY n
"""
_ENTRIES = """
INSERT INTO incidents_timelineentry
    (incident_id, kind, audience, occurred_at, recorded_at, actor_name, text, data)
SELECT id, 'update', 'responders', reported_at, reported_at, 'seed_scale',
    'Access to ' || codename || ' was closed; log ' || md5(codename), '{}'
FROM incidents_incident WHERE number BETWEEN %(first)s AND %(first)s + %(total)s - 1
"""
_GRANTS = """
WITH made AS (
    SELECT id, (number - %(first)s + 1)::int AS n FROM incidents_incident
    WHERE number BETWEEN %(first)s AND %(first)s + %(total)s - 1 ORDER BY number),
given (incident_id, grantee) AS ({which}),
seen AS (
    INSERT INTO incidents_incident{whose}permission ({whose}_id, permission_id, content_object_id)
    SELECT grantee, p.id, incident_id FROM given, auth_permission p
    WHERE p.codename = 'view_incident' ON CONFLICT DO NOTHING)
INSERT INTO incidents_accessgrant
    (incident_id, {to}_id, level, reason, granted_by, granted_at, by_rule)
SELECT incident_id, grantee, 'view', 'For a measurement.', 'seed_scale', now(), false FROM given
ON CONFLICT DO NOTHING
"""
