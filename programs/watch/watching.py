"""Where it is looked up who can read a dataset, and when next. The only writer of WatchSource."""

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Value
from django.db.models.fields import CharField
from django.db.models.functions import Cast, Concat

from accounts import vault
from accounts.actors import Actor
from audit import clockwork, history, reconciling, trail
from audit.models import Due
from programs import lifecycle
from programs.models import Dataset, State, WatchSource
from programs.watch import awaiting
from programs.watch.connectors import postgres

LOOK = "programs.look_at_store"
LONGEST_NAME, LONGEST_SECRET, MOST_TABLES = 80, 200, 500
MOST_SOURCES = 20
SECONDS = range(15, 604_801)
_MOST_MENDED = 200


class Refused(Exception):
    """The source cannot be kept so; the message names the field and what is allowed."""


@dataclass(frozen=True)
class Terms:
    """What a source is, and how it is reached.

    Args:
        place: of a PostgreSQL: host, port, database, user, tables, sslmode; else nothing.
        password, outsider_password: None leaves what is kept, unless where it would be sent
            changes; empty for none.
        outsider: a user who must not be able to read; each look tries. Empty for none.
        expected_days: of a store that is sent to Andon, how old its last list may grow, 1 to 366;
            None if nobody is to be reminded.
    """

    name: str
    kind: WatchSource.Kind
    place: dict[str, Any] = field(default_factory=dict)
    password: str | None = None
    outsider: str = ""
    outsider_password: str | None = None
    every_seconds: int = 3600
    expected_days: int | None = None


@transaction.atomic
def add(dataset: Dataset, terms: Terms, *, actor: Actor) -> WatchSource:
    """Have it looked up who can read a dataset, now and then again and again.

    Raises:
        Refused: if no audience is declared yet, a term is wrong, or the name is taken.
    """
    program = lifecycle.lock(dataset.program)
    if program.state == State.RETIRED:
        raise Refused(f"{program.slug} has ended and is watched no more.")
    if actor.user is None:
        raise Refused("Only a person can add a source: whoever adds it answers for it.")
    if not dataset.audiences.exists():
        # Without one everybody would be too many, and the program would stop at once.
        raise Refused("Declare first who is meant to read it.")
    if dataset.watch_sources.count() >= MOST_SOURCES:
        raise Refused(f"{dataset.slug} has {MOST_SOURCES} sources, and that is the most.")
    source = WatchSource(dataset=dataset, added_by=actor.user)
    _apply(source, terms)
    _date(source)
    history.save_new(source, actor=actor)
    _record("added", source, actor=actor)
    look_soon(source, why="added")
    plan_next(source)
    return source


@transaction.atomic
def change(source: WatchSource, terms: Terms, *, actor: Actor) -> WatchSource:
    """Put a source on other terms, and look at once.

    Raises:
        Refused: if a term is wrong or the name is taken; its kind would be another; or a password
            that is kept would be sent elsewhere than where it was meant for.
    """
    source = lock(source.pk)
    if terms.kind != source.kind:
        raise Refused("kind: stays what it is; add another source.")
    _check_secrets(source, terms)
    _apply(source, terms)
    names = ["name", "place", "sealed_password", "outsider", "sealed_outsider", "every_seconds"]
    _date(source)
    history.save(source, *names, "expected_days", actor=actor)
    _record("changed", source, actor=actor)
    look_soon(source, why="changed")
    plan_next(source)
    return source


@transaction.atomic
def switch(source: WatchSource, *, on: bool, actor: Actor) -> None:
    """Look at a source, or no more. What it found stays."""
    source = lock(source.pk)
    if source.enabled == on:
        return
    source.enabled = on
    _date(source)
    history.save(source, "enabled", actor=actor)
    _record("switched_on" if on else "switched_off", source, actor=actor)
    if on:
        look_soon(source, why="switched on")
        plan_next(source)


@transaction.atomic
def look_now(source: WatchSource, *, actor: Actor) -> None:
    """Have a source looked at, for a person who wants to see.

    Raises:
        Refused: if it is switched off, or is none that Andon looks at by itself.
    """
    source = lock(source.pk)
    if not source.is_pulled:
        raise Refused(f"{source.name} is sent to Andon: send it again.")
    if not source.enabled:
        raise Refused(f"{source.name} is switched off; switch it on first.")
    if not is_watched(source):
        raise Refused(f"{source.dataset.program.slug} has ended and is watched no more.")
    look_soon(source, why=actor.name)


def is_watched(source: WatchSource) -> bool:
    """True if a source is looked at: switched on, and of a program that has not ended."""
    return source.enabled and source.dataset.program.state != State.RETIRED


def lock(pk: int) -> WatchSource:
    """Return a source as it is now, held until the transaction ends."""
    return WatchSource.objects.select_for_update(no_key=True).get(pk=pk)


def look_soon(source: WatchSource, *, why: str, at: datetime | None = None, **more: Any) -> None:
    """Have a source looked at once, beside its usual turns; `at` some moment, else now."""
    if source.is_pulled:
        _schedule(source, f"watch:{source.pk}:once:{uuid.uuid4()}", why=why, at=at, **more)


def plan_next(source: WatchSource) -> None:
    """Plan the next usual look, or until when a list is owed; what was planned before ends."""
    if not source.is_pulled:
        awaiting.plan(source)
    if not (source.is_pulled and is_watched(source)):
        return
    # Without a history: it counts looks, and each would be a row.
    WatchSource.objects.filter(pk=source.pk).update(turn=F("turn") + 1)
    source.refresh_from_db(fields=["turn"])
    at = clockwork.now() + timedelta(seconds=source.every_seconds)
    key = f"watch:{source.pk}:turn:{source.turn}"
    _schedule(source, key, why="", at=at, turn=source.turn)


def _schedule(source: WatchSource, key: str, *, why: str, at: datetime | None, **more: Any) -> None:
    lane = f"watch-{source.dataset_id}"
    payload = {"source": source.pk, "why": why[:200], "lane": lane, **more}
    clockwork.schedule(LOOK, key=key, payload=payload, due_at=at, priority=3)


@reconciling.check("exposure watch forgotten")
def forgotten() -> Iterator[reconciling.Found]:
    """Sources that are switched on and that nobody would ever look at again."""
    begun = Concat(Value("watch:"), Cast(OuterRef("pk"), CharField()), Value(":turn:"))
    waits = Due.objects.waiting().filter(kind=LOOK, key__startswith=begun)
    pulled = WatchSource.objects.filter(enabled=True, kind=WatchSource.Kind.POSTGRES)
    watched = pulled.exclude(dataset__program__state=State.RETIRED)
    for source in watched.filter(~Exists(waits)).order_by("pk")[:_MOST_MENDED]:
        plan_next(source)
        yield reconciling.Found(str(source.pk), f"{source} had no next look", mended=True)


def _apply(source: WatchSource, terms: Terms) -> None:
    _check(source, terms)
    wrong = awaiting.why_not(terms.expected_days, of=terms.kind)
    if wrong:
        raise Refused(wrong)
    source.name, source.kind = terms.name.strip(), terms.kind
    source.place, source.every_seconds = dict(terms.place), terms.every_seconds
    source.expected_days = terms.expected_days
    source.outsider = terms.outsider
    if terms.password is not None:
        source.sealed_password = vault.seal(terms.password)
    if terms.outsider_password is not None or not terms.outsider:
        source.sealed_outsider = vault.seal(terms.outsider_password or "")


def _check(source: WatchSource, terms: Terms) -> None:
    name = terms.name.strip()
    if not 0 < len(name) <= LONGEST_NAME or not name.isprintable():
        raise Refused(f"name: say what it is, in at most {LONGEST_NAME} characters.")
    if terms.every_seconds not in SECONDS:
        raise Refused(f"every_seconds: from {SECONDS[0]} to {SECONDS[-1]}, which is a week.")
    for label, secret in (
        ("password", terms.password),
        ("outsider_password", terms.outsider_password),
    ):
        if secret and (len(secret) > LONGEST_SECRET or "\0" in secret):
            raise Refused(f"{label}: at most {LONGEST_SECRET} characters.")
    others = WatchSource.objects.filter(dataset=source.dataset_id, name=name).exclude(pk=source.pk)
    if others.exists():
        raise Refused(f"name: there is a source {name!r} already; choose another.")
    if terms.kind == WatchSource.Kind.POSTGRES:
        _check_postgres(terms)
    elif terms.place or terms.outsider:
        raise Refused("place: only a PostgreSQL has one; this is sent to Andon.")


def _check_secrets(source: WatchSource, terms: Terms) -> None:
    """Whoever changes where a password is sent must know it: it could be read there."""
    if not source.is_pulled:
        return
    before, after = place_of(source.place), place_of(terms.place)
    if replace(before, tables=()) == replace(after, tables=()):
        return
    where = "give it again, as host, port, database, user or encryption change."
    if source.sealed_password and terms.password is None:
        raise Refused(f"password: {where}")
    if source.sealed_outsider and terms.outsider and terms.outsider_password is None:
        raise Refused(f"outsider_password: {where}")


def _check_postgres(terms: Terms) -> None:
    place = place_of(terms.place)
    words = {"host": place.host, "database": place.database, "user": place.user}
    for label, word in words.items():
        if not 0 < len(word) <= 200 or not word.isprintable() or " " in word:
            raise Refused(f"{label}: say which, in at most 200 characters without spaces.")
    if place.host.startswith(("/", "@")) or "," in place.host:
        raise Refused("host: the name or address of one machine; no path to a socket.")
    if f"{place.host}:{place.port}" not in settings.ENVIRONMENT.internal_hosts:
        raise Refused(
            f"host: an operator must list {place.host}:{place.port} in ANDON_INTERNAL_HOSTS first."
        )
    if place.sslmode not in postgres.SSL_MODES:
        raise Refused(f"sslmode: one of {', '.join(postgres.SSL_MODES)}.")
    if terms.outsider and terms.outsider == place.user:
        raise Refused("outsider: somebody else than the user that looks.")
    _check_tables(place.tables)


def _check_tables(tables: Sequence[str]) -> None:
    if not 0 < len(tables) <= MOST_TABLES:
        raise Refused(f"tables: name at least one and at most {MOST_TABLES}.")
    for table in tables:
        schema, dot, name = table.partition(".")
        if not (schema and dot and name) or not table.isprintable() or len(table) > 130:
            raise Refused(f"tables: {table[:60]!r} must be schema.table, or schema.* for all.")


def place_of(place: dict[str, Any]) -> postgres.Place:
    """Return how a PostgreSQL is reached.

    Raises:
        Refused: if something is missing or is of another type.
    """
    try:
        return postgres.Place(
            host=str(place["host"]),
            port=int(place["port"]),
            database=str(place["database"]),
            user=str(place["user"]),
            tables=tuple(str(name) for name in place["tables"]),
            sslmode=str(place.get("sslmode", "prefer")),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise Refused("place: give host, port, database, user and tables.") from error


def _date(source: WatchSource) -> None:
    # By the clock of the looks, so that each can be held against what the source was at it.
    source._history_date = clockwork.now()  # type: ignore[attr-defined]


def _record(act: str, source: WatchSource, *, actor: Actor) -> None:
    program = source.dataset.program
    facts: dict[str, Any] = {
        "dataset": source.dataset.slug,
        "source": source.name,
        "kind": str(source.kind),
    }
    # Where it looks, as the page shows it: whoever points it elsewhere is named with that.
    facts |= {"place": source.place, "outsider": source.outsider}
    trail.record(f"watch.{act}", source, actor=actor, stream=trail.stream_of(program), **facts)
