"""Hold a log of access against an exposure. The only module that writes AccessAnalysis."""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from accounts.actors import Actor
from audit import trail
from incidents import exposures, timeline
from incidents.exposures import Said
from incidents.models import AccessAnalysis, Accessed, Exposure, Incident, TimelineEntry
from programs.models import Dataset, DeclaredAudience, ReaderList, WatchSource
from programs.watch import accesslog, completeness, listing, loglines, pointing
from programs.watch.accesslog import Found, Mapping, Window
from programs.watch.completeness import Attempts
from programs.watch.connectors.taking import Canary
from severity.vocabulary import Evidence

MOST_SHOWN, LONGEST_STATED, MOST_ANALYSES = 1000, 500, 100
Verdict = AccessAnalysis.Verdict
_ACCESSED = {
    Verdict.READ: Accessed.ACCESSED,
    Verdict.NONE_COMPLETE: Accessed.NONE_LOGGED,
    Verdict.NONE_INCOMPLETE: Accessed.NONE_KNOWN,
}
_EVIDENCE = {
    # Inside or outside is for people to say: a name in a log does not tell.
    Verdict.READ: Evidence.CONFIRMED_INTERNAL,
    Verdict.NONE_COMPLETE: Evidence.NONE_LOGS_COMPLETE,
    Verdict.NONE_INCOMPLETE: Evidence.NONE_LOGS_INCOMPLETE,
}


class Refused(Exception):
    """The log cannot be read so; the message names the field and what is allowed."""


@dataclass(frozen=True)
class Log:
    """A log as it was handed in, as loglines.pieces gives it.

    `stated` says why it holds every access; empty if it may not.
    """

    name: str
    lines: Iterable[bytes]
    mapping: Mapping
    stated: str = ""


@dataclass(frozen=True)
class Told:
    """What is known of an exposure before a log is read."""

    window: Window
    meant: frozenset[str]
    attempts: Attempts


def evidence_of(row: AccessAnalysis) -> Evidence:
    """Return what an analysis counts as in an assessment."""
    return _EVIDENCE[Verdict(row.verdict)]


def read(
    exposure: Exposure,
    log: Log,
    *,
    actor: Actor,
    tell: Callable[[int], None] = lambda _rows: None,
) -> AccessAnalysis:
    """Read a log line by line, and write down who read in the window and was not declared.

    The log is read outside any transaction and not kept: add it as evidence if it must be.

    Raises:
        Refused: if the incident is over, the log cannot be read, or the exposure was corrected
            meanwhile; nothing is written then.
    """
    _check(exposure)
    _check_log(log)
    told = _told(exposure)
    digest = hashlib.sha256()
    try:
        found = accesslog.analyse(
            _digested(log.lines, digest.update),
            log.mapping,
            told.window,
            meant=told.meant,
            tried=told.attempts.near,
            tell=tell,
        )
    except loglines.Unreadable as error:
        raise Refused(str(error)) from error
    if not found.rows:
        raise Refused("file: it has no row that can be read.")
    sha256 = digest.hexdigest()
    try:
        return _write(exposure, log, found, told=told, sha256=sha256, actor=actor)
    except exposures.Refused as error:
        raise Refused(str(error)) from error


def _digested(lines: Iterable[bytes], update: Callable[[bytes], None]) -> Iterator[bytes]:
    for line in lines:
        update(line)
        yield line


def _check(exposure: Exposure) -> None:
    if exposure.incident.is_over:
        raise Refused(f"{exposure.incident.ref} is over; reopen it first.")
    if exposure.analyses.count() >= MOST_ANALYSES:
        raise Refused(f"This exposure has {MOST_ANALYSES} analyses, and that is the most.")


def _check_log(log: Log) -> None:
    if not log.mapping.who or not log.mapping.when:
        raise Refused("who: name the members that say who read and when.")
    if len(log.stated) > LONGEST_STATED:
        raise Refused(f"stated: at most {LONGEST_STATED} characters.")


def _told(exposure: Exposure) -> Told:
    window, dataset = window_of(exposure), exposure.dataset
    if dataset is None:
        return Told(window, frozenset(), Attempts(()))
    return Told(window, _meant(dataset, window), Attempts(_attempts(dataset, window)))


def window_of(exposure: Exposure) -> Window:
    """From when to when a log of it must hold every access, as is known now."""
    incident = exposure.incident
    since = exposure.since or incident.occurred_from or incident.reported_at
    return Window(since, exposure.until)


def _attempts(dataset: Dataset, window: Window) -> Iterator[tuple[str, datetime, datetime]]:
    """Each try of the watch within the window that ended in an answer, under the name of then."""
    answered = [Canary.READ, Canary.REFUSED]
    for source in dataset.watch_sources.all():
        looks = source.snapshots.filter(canary__in=answered, taken_at__gte=window.since)
        if window.until:
            looks = looks.filter(taken_at__lte=window.until)
        aims = pointing.aims(source)
        for at, took in looks.values_list("taken_at", "milliseconds").iterator():
            if name := aims.at(at).outsider:
                yield name, at - timedelta(milliseconds=took), at


def _meant(dataset: Dataset, window: Window) -> frozenset[str]:
    """Names of who was declared all through the window: themselves, and who read through them.

    Nothing that is declared, or said of a store, once something is exposed makes a read right.
    """
    versions = _in_force(dataset, window)
    if not versions:
        return frozenset()
    groups = _in_each([*each.teams, *each.roles] for each in versions)
    meant = _in_each(each.people for each in versions) | groups
    for source in dataset.watch_sources.all():
        if kept := _seen(source, window):
            meant |= {
                name.casefold()
                for name, why in listing.names(bytes(kept.packed))
                if groups.intersection(part.casefold() for part in why)
            }
    return meant


def _in_force(dataset: Dataset, window: Window) -> list[DeclaredAudience]:
    """The versions that held at some moment of the window; none if it began before the first."""
    rows = dataset.audiences.filter(declared_at__lte=window.until or timezone.now())
    before = rows.filter(declared_at__lte=window.since).order_by("-version").first()
    return list(rows.filter(version__gte=before.version)) if before else []


def _in_each(lists: Iterable[list[str]]) -> frozenset[str]:
    return frozenset.intersection(
        *(frozenset(name.casefold() for name in names) for names in lists)
    )


def _seen(source: WatchSource, window: Window) -> ReaderList | None:
    """Who read before the window began. Failing that, what Andon itself saw first in it."""
    looks = source.snapshots.exclude(listed=None).select_related("listed")
    row = looks.filter(taken_at__lte=window.since).order_by("-pk").first()
    if row is None and source.is_pulled:
        row = looks.filter(taken_at__lte=window.until or timezone.now()).order_by("pk").first()
    return row.listed if row else None


def _lock(exposure: Exposure, told: Told) -> Exposure:
    """Return the exposure as it is now, if what was read still is of it: reading takes long."""
    incident = Incident.objects.select_for_update(no_key=True).get(pk=exposure.incident_id)
    row = incident.exposures.select_for_update(of=("self",)).get(pk=exposure.pk)
    row.incident = incident
    _check(row)
    if window_of(row) != told.window or row.dataset_id != exposure.dataset_id:
        raise Refused("The exposure was corrected meanwhile; have the log read again.")
    return row


@transaction.atomic
def _write(
    exposure: Exposure, log: Log, found: Found, *, told: Told, sha256: str, actor: Actor
) -> AccessAnalysis:
    exposure = _lock(exposure, told)
    lacks = completeness.why_incomplete(
        found,
        told.window,
        stated=bool(log.stated.strip()),
        tried=bool(told.attempts),
        now=timezone.now(),
    )
    busiest = sorted(found.readers.items(), key=lambda each: (-each[1].rows, each[0]))
    none = Verdict.NONE_INCOMPLETE if lacks else Verdict.NONE_COMPLETE
    row = AccessAnalysis.objects.create(
        exposure=exposure,
        name=log.name[:200],
        sha256=sha256,
        mapping={k: sorted(v) if k == "reads" else v for k, v in asdict(log.mapping).items()},
        since=told.window.since,
        until=told.window.until,
        rows=found.rows,
        in_window=found.in_window,
        meant=found.meant,
        unmeant=found.unmeant,
        canary=found.canary,
        bad=found.bad,
        bad_lines=found.bad_lines,
        readers=[reader.plain(name) for name, reader in busiest[:MOST_SHOWN]],
        readers_count=len(found.readers),
        stated_complete=log.stated.strip(),
        lacks=lacks,
        verdict=Verdict.READ if found.unmeant else none,
        made_by=actor.name,
    )
    _tell(row, actor=actor)
    return row


def _tell(row: AccessAnalysis, *, actor: Actor) -> None:
    incident = row.exposure.incident
    trail.record(
        "exposure.log_read",
        row,
        actor=actor,
        stream=trail.stream_of(incident),
        verdict=str(row.verdict),
        sha256=row.sha256,
        rows=row.rows,
        in_window=row.in_window,
        unmeant=row.unmeant,
    )
    words = {
        Verdict.READ: f"{row.unmeant} rows of {row.readers_count} who were not declared",
        Verdict.NONE_COMPLETE: "nobody else read, and the log is complete",
        Verdict.NONE_INCOMPLETE: "no sign of others, but the log has gaps",
    }[Verdict(row.verdict)]
    text = f"A log of {row.rows} rows was read for {row.exposure}: {words}."
    timeline.write(incident, TimelineEntry.Kind.EXPOSURE, text, actor=actor)
    _note_on_exposure(row, actor=actor)


def _note_on_exposure(row: AccessAnalysis, *, actor: Actor) -> None:
    """Let the exposure say so; what is known to be read is not taken back by a milder log."""
    exposure = row.exposure
    accessed = _ACCESSED[Verdict(row.verdict)]
    if exposure.accessed == Accessed.ACCESSED:
        return
    kept = exposures.said_of(exposure)
    source = f"log {row.name}, analysis {row.pk}"[: exposures.LONGEST_SOURCE]
    said: Said = replace(kept, accessed=accessed, accessed_source=source, location=None)
    exposures.correct(exposure, said, reason=f"Log analysis {row.pk}.", actor=actor)
