"""The story of an incident as a text to keep: what a bundle holds to read. Reads only.

What retelling knows, in plain lines; all of the timeline, however long it is.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from django.utils import timezone

from accounts.models import User
from audit.chain import stamp
from incidents import retelling
from incidents.briefs import Brief, Duty, Exposed, Line, Redaction, Stop
from incidents.models import Incident


def of(incident: Incident, *, reader: User) -> str:
    """Return the whole story as far as a person may read it, in Markdown."""
    told = retelling.of(reader, incident, redaction=Redaction.WHOLE, at=None, now=timezone.now())
    parts = [
        ("What was exposed", map(_exposed, told.exposed)),
        ("What stopped, and the proof", map(_stop, told.stops)),
        ("What is due by law", map(_duty, told.duties)),
        ("What was decided", map(_decided, told.decided)),
        ("What happened", _happened(incident)),
    ]
    lines = [*_head(incident, told)]
    for title, each in parts:
        lines += ["", f"## {title}", "", *(_listed(each) or ["Nothing was written down."])]
    return "\n".join([*lines, ""])


def _head(incident: Incident, told: Brief) -> Iterator[str]:
    yield from (f"# {incident.ref} {incident.codename}", "", incident.title, "")
    yield f"- level: {told.level.label}, at its worst {told.peak.label}"
    yield f"- status: {told.status}"
    yield f"- program: {told.program or 'not known'}"
    yield f"- reported: {stamp(incident.reported_at)}"
    for name, span in told.lengths.items():
        yield f"- time to {name}: {_span(span)}"


def _listed(lines: Iterable[str]) -> list[str]:
    return [f"- {' '.join(line.split())}" for line in lines]


def _exposed(each: Exposed) -> str:
    least, known, most = each.people
    people = known if known is not None else f"{_or(least)} to {_or(most)}"
    return (
        f"{each.what}: {', '.join(each.kinds) or 'kinds not known'}; {each.whose};"
        f" people: {people}; meant for {each.declared or 'nobody named'},"
        f" open to {each.effective}; from {_at(each.since)} to {_at(each.until)}; {each.accessed}"
    )


def _stop(each: Stop) -> str:
    return (
        f"{each.program}: ordered {_at(each.ordered)}; {each.proof}; proven {_at(each.proven)},"
        f" {_span(each.took)} after the report{'; lifted since' if each.lifted else ''}"
    )


def _duty(each: Duty) -> str:
    late = "; late" if each.is_late else ""
    return (
        f"{each.cited}, to {each.recipient}: {each.state}; due {_at(each.due)},"
        f" submitted {_at(each.submitted)}{late}"
    )


def _decided(each: Line) -> str:
    return f"{_at(each.at)} {each.kind}, {each.who}: {each.text}"


def _happened(incident: Incident) -> Iterator[str]:
    entries = incident.timeline.filter(superseded_by=None).order_by("occurred_at", "pk")
    for entry in entries.iterator():
        at, kind = stamp(entry.occurred_at), entry.get_kind_display()
        yield f"{at} {kind}, {entry.actor_name}: {entry.text}"


def _at(moment: datetime | None) -> str:
    return stamp(moment) if moment else "–"


def _span(span: timedelta | None) -> str:
    return "not known" if span is None else f"{round(span.total_seconds())} s"


def _or(number: int | None) -> str:
    return "?" if number is None else str(number)
