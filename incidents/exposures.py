"""Write down what an incident exposed, and correct it. The only module that writes Exposure."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.actors import Actor
from audit import history, outbox, trail
from incidents import embargo, meanwhile, moments, timeline
from incidents.models import Accessed, Audience, Exposure, Incident, TimelineEntry, Whose
from programs.models import Category, Dataset
from severity.facts import MOST_PEOPLE

MOST = 100
LONGEST_WHAT, LONGEST_AUDIENCE, LONGEST_SOURCE, LONGEST_LOCATION = 300, 200, 300, 500
LONGEST_REASON = 500
_CHOICES = {
    "whose": Whose.values,
    "effective_audience": Audience.values,
    "accessed": Accessed.values,
}
_LONGEST = {
    "what": LONGEST_WHAT,
    "declared_audience": LONGEST_AUDIENCE,
    "accessed_source": LONGEST_SOURCE,
    "location": LONGEST_LOCATION,
}


class Refused(Exception):
    """This cannot be written; the message names the field and what is allowed."""


@dataclass(frozen=True)
class Said:
    """What is known of an exposure; what is not known stays as it is here.

    Args:
        kinds: values of programs.models.Category.
        since, until: in UTC or any zone; `until` is when it was closed.
        files: keys of evidence of the same incident.
        location: where the data lie. None leaves what is stored as it is, which whoever may
            not read it must.
    """

    dataset: Dataset | None = None
    what: str = ""
    kinds: tuple[str, ...] = ()
    whose: str = Whose.UNKNOWN
    people_min: int | None = None
    people_known: int | None = None
    people_max: int | None = None
    declared_audience: str = ""
    effective_audience: str = Audience.UNKNOWN
    since: datetime | None = None
    since_is_estimate: bool = False
    until: datetime | None = None
    until_is_estimate: bool = False
    accessed: str = Accessed.UNKNOWN
    accessed_source: str = ""
    files: tuple[int, ...] = ()
    location: str | None = None


@transaction.atomic
def add(incident: Incident, said: Said, *, actor: Actor) -> Exposure:
    """Write down an exposure.

    Raises:
        Refused: if the incident is over or has too many, or something said cannot be so.
    """
    incident = _lock(incident.pk)
    if incident.exposures.count() >= MOST:
        raise Refused(_("This incident has %(n)s exposures, and that is the most.") % {"n": MOST})
    _check(incident, said)
    values = _values(said) | {"location": said.location or ""}
    located_by = actor.user if values["location"] else None
    row: Exposure = history.create(
        Exposure,
        actor=actor,
        incident=incident,
        located_by=located_by,
        added_by=actor.name,
        **values,
    )
    words = _("Exposure added: %(what)s.") % {"what": row}
    _tell(row, "added", words, actor=actor)
    outbox.publish("incident.exposure_added", **_news(row))
    return row


def of_the_past(said: Sequence[tuple[Incident, Said]], *, actor: Actor) -> list[Exposure]:
    """Write down what imported incidents exposed; the importer has checked it."""
    rows = [
        Exposure(incident=incident, added_by=actor.name, **_values(each) | {"location": ""})
        for incident, each in said
    ]
    if rows:
        history.create_in_set(rows, actor=actor)
    return rows


@transaction.atomic
def correct(
    exposure: Exposure, said: Said, *, reason: str, actor: Actor, read: Said | None = None
) -> Exposure:
    """Correct what is known. Every former value stays in the history.

    What changes where the data lie, or when it was closed, must be verified anew. Two who correct
    different parts at once both do.

    Args:
        read: what was known when they read it; without it all of `said` counts.

    Raises:
        Refused: if the incident is over, no reason is given, nothing changes, the place is named
            by who may not read it, or something said cannot be so.
        meanwhile.Clash: if somebody corrected the same part since `read`.
    """
    incident = _lock(exposure.incident_id)
    row = Exposure.objects.select_for_update().get(pk=exposure.pk)
    _need(reason, "reason", _("say why it is corrected"))
    if said.location is not None and not embargo.may_say(actor.user, row):
        raise Refused(f"location: {embargo.WITHHELD}.")
    if read is not None:
        said = _upon(said, said_of(row), read)
    _check(incident, said, known=row)
    changes = {name: value for name, value in _values(said).items() if getattr(row, name) != value}
    if not changes:
        raise Refused(_("Nothing was changed."))
    changed = sorted(changes)
    if "location" in changes:
        changes["located_by"] = actor.user
    if row.verified_at and {"location", "until"} & changes.keys():
        changes |= {"verified_at": None, "verified_by": None, "verified_how": ""}
    _save(row, changes, actor=actor, why=reason)
    words = _("Exposure corrected: %(what)s. %(reason)s") % {"what": row, "reason": reason}
    _tell(row, "corrected", words, actor=actor, remark=reason, fields=changed)
    outbox.publish("incident.exposure_corrected", **_news(row))
    return row


@transaction.atomic
def verify(exposure: Exposure, *, how: str, actor: Actor) -> Exposure:
    """Say that the fix was checked and holds. From now on everybody reads where the data lay.

    Raises:
        Refused: if the incident is over, it is still open or verified already, or nobody says how.
    """
    _lock(exposure.incident_id)
    row = Exposure.objects.select_for_update().get(pk=exposure.pk)
    if actor.user is None:
        raise Refused(_("Only a person can verify that it is closed."))
    if row.until is None:
        raise Refused(_("It is still open: correct it first, and say when it was closed."))
    if row.verified_at:
        raise Refused(_("It is verified already."))
    _need(how, "how", _("say how it was checked"))
    changes = {"verified_at": timezone.now(), "verified_by": actor.user, "verified_how": how}
    _save(row, changes, actor=actor, why=how)
    words = _("Exposure verified as closed: %(what)s. %(how)s") % {"what": row, "how": how}
    _tell(row, "verified", words, actor=actor, remark=how)
    outbox.publish("incident.exposure_verified", **_news(row))
    return row


def _upon(said: Said, stands: Said, read: Said) -> Said:
    """What they want otherwise than they read, and all else as it stands."""
    wanted = _plain(said)
    if said.location is None:
        del wanted["location"]
    told = {"read": _plain(read), "stands": _plain(stands)}
    asked = meanwhile.changed(wanted, **told, withheld=("location",))
    return replace(stands, **{"location": None} | {name: wanted[name] for name in asked})


def _plain(said: Said) -> dict[str, Any]:
    """What is said by field, such that what means the same is equal."""
    kinds, files = tuple(sorted(said.kinds)), tuple(sorted(said.files))
    return meanwhile.parts(said) | {"kinds": kinds, "files": files}


def said_of(row: Exposure) -> Said:
    """Return what is known of an exposure, or was in one of its versions."""
    found = {field.name: getattr(row, field.name) for field in fields(Said)}
    return Said(**found | {"kinds": tuple(row.kinds), "files": tuple(row.files)})


def _lock(pk: int) -> Incident:
    incident = Incident.objects.select_for_update(no_key=True).get(pk=pk)
    if incident.is_over:
        said = _("%(ref)s is %(status)s; reopen it to change its exposures.")
        raise Refused(said % {"ref": incident.ref, "status": incident.get_status_display().lower()})
    return incident


def _values(said: Said) -> dict[str, Any]:
    """The columns; those of JSON as they are read again."""
    found = _plain(said) | {"kinds": sorted(said.kinds), "files": sorted(said.files)}
    if said.location is None:
        del found["location"]
    return found


def _save(row: Exposure, changes: dict[str, Any], *, actor: Actor, why: str) -> None:
    for name, value in changes.items():
        setattr(row, name, value)
    history.save(row, *changes, actor=actor, why=why)


def _tell(
    row: Exposure, act: str, words: str, *, actor: Actor, remark: str = "", **facts: Any
) -> None:
    incident = row.incident
    # Names of fields and no values: what is withheld on the page must not stand in the record.
    trail.record(
        f"exposure.{act}",
        row,
        actor=actor,
        stream=trail.stream_of(incident),
        remark=remark,
        **facts,
    )
    timeline.write(incident, TimelineEntry.Kind.EXPOSURE, words, actor=actor, exposure=row.pk)


def _check(incident: Incident, said: Said, *, known: Exposure | None = None) -> None:
    if said.dataset is None and not said.what.strip():
        raise Refused(_("what: choose the dataset, or say in words what was exposed."))
    kept = known.dataset_id if known else None
    # One that was named before the incident's program was corrected may stay.
    foreign = said.dataset and said.dataset.program_id != incident.program_id
    if said.dataset and foreign and said.dataset.pk != kept:
        raise Refused(_("dataset: must be one of the incident's program."))
    _check_words(said)
    _check_people(said)
    _check_times(said)
    _check_files(incident, said.files)


def _check_words(said: Said) -> None:
    for name, longest in _LONGEST.items():
        if len(getattr(said, name) or "") > longest:
            raise Refused(_("%(field)s: at most %(n)s characters.") % {"field": name, "n": longest})
    wanted = [(name, [getattr(said, name)], known) for name, known in _CHOICES.items()]
    for name, given, known in [*wanted, ("kinds", said.kinds, Category.values)]:
        for value in (each for each in given if each not in known):
            facts = {"field": name, "value": value, "known": ", ".join(known)}
            raise Refused(_("%(field)s: “%(value)s” is none of %(known)s.") % facts)


def _check_people(said: Said) -> None:
    counts = [(n, getattr(said, n)) for n in ("people_min", "people_known", "people_max")]
    given = [(name, count) for name, count in counts if count is not None]
    for name, count in given:
        if not 0 <= count <= MOST_PEOPLE:
            raise Refused(
                _("%(field)s: from 0 to %(n)s; more people do not live.")
                % {"field": name, "n": MOST_PEOPLE}
            )
    for (_smaller, less), (larger, more) in zip(given, given[1:], strict=False):
        if more < less:
            facts = {"field": larger, "more": more, "less": less}
            raise Refused(
                _("%(field)s: %(more)s is fewer than %(less)s; at least ≤ known ≤ at most.") % facts
            )


def _check_times(said: Said) -> None:
    now = timezone.now()
    for name, moment in (("since", said.since), ("until", said.until)):
        wrong = moments.why_not(moment, now=now) if moment else ""
        if wrong:
            raise Refused(f"{name}: {wrong}")
    if said.since and said.until and said.until < said.since:
        raise Refused(_("until: lies before it began; give a time from then until now."))


def _check_files(incident: Incident, files: tuple[int, ...]) -> None:
    known = set(incident.evidence.filter(pk__in=files).values_list("pk", flat=True))
    for pk in files:
        # Of another incident or of none: one sentence, so that nobody learns which there are.
        if pk not in known:
            raise Refused(_("files: this incident keeps no evidence no. %(n)s.") % {"n": pk})


def _need(text: str, name: str, words: str) -> None:
    if not text.strip() or len(text) > LONGEST_REASON:
        facts = {"field": name, "words": words, "n": LONGEST_REASON}
        raise Refused(_("%(field)s: %(words)s, in at most %(n)s characters.") % facts)


def _news(row: Exposure) -> dict[str, int]:
    """What an event about an exposure carries: keys alone, and how urgent it is."""
    return {"priority": row.incident.counts_as, "incident": row.incident_id, "exposure": row.pk}
