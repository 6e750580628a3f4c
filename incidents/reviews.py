"""Review an incident: write, publish as a second person, correct, and be reminded until it is done.

The only module that writes Review and makes ReviewVersion.
"""

from collections.abc import Iterable, Mapping
from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts.actors import Actor
from accounts.models import User
from audit import clockwork, history, outbox, trail
from incidents import access, reviewfacts, reviewform, timeline
from incidents.access import Level
from incidents.models import Incident, Review, ReviewVersion, RuleFiring, Status, TimelineEntry
from severity.vocabulary import Action

REMIND = "incidents.remind_of_review"
LONGEST_SECTION = 20_000
AHEAD = timedelta(days=1)
WEEK = timedelta(days=7)
ENGINE = Actor.machine("engine")
# While it is open nobody writes its review, and nobody is asked for it.
_ASKED = (Status.RECOVERED, Status.IN_REVIEW, Status.CLOSED)


class Refused(Exception):
    """This cannot be done to the review; the message names the field and what is allowed."""


def is_demanded(incident: Incident) -> bool:
    """True if an incident cannot be closed without a published review.

    A level that nobody determined demands none; one that somebody lowered later does, and so does
    one of what was merged into it.
    """
    return not incident.is_drill and bool(_demanded_at(incident))


def _demanded_at(incident: Incident) -> list[int]:
    """The levels that demanded a review, of it and of what was merged into it."""
    fired = RuleFiring.objects.filter(
        Q(incident=incident) | Q(incident__duplicate_of=incident),
        action=Action.REQUIRE_REVIEW.value,
    ).exclude(Q(of_house=True) & ~Q(state=RuleFiring.State.FIRED))
    return [each.facts["level"] for each in fired if not each.facts.get("undetermined")]


def why_not_closed(incident: Incident) -> str:
    """Say what is missing of the review before the incident is closed; empty if nothing is."""
    if not is_demanded(incident):
        return ""
    review = Review.objects.select_related("published").filter(incident=incident).first()
    if review and review.stands:
        return ""
    if review and review.published:
        return (
            "The review was written before the incident was opened again, or took in another one:"
            " write what came since, and have a second person publish it."
        )
    return "The review is not published yet: write it, and have a second person publish it."


def is_written(incident: Incident) -> bool:
    """True if somebody wrote of it already."""
    return ReviewVersion.objects.filter(review__incident=incident).exists()


@transaction.atomic
def ask_anew(incident: Incident, *, actor: Actor, why: str) -> None:
    """Let what was written of an incident so far no longer count: more happened since."""
    incident = Incident.objects.select_for_update(no_key=True).get(pk=incident.pk)
    review = Review.objects.select_for_update().filter(incident=incident).first()
    last = review.versions.first() if review else None
    if review and last and review.counts_from <= last.number:
        review.counts_from, review.due_at = last.number + 1, None
        history.save(review, "counts_from", "due_at", actor=actor, why=why[:80])


@transaction.atomic
def begin(incident_pk: int) -> None:
    """Open the review of an incident that is recovered, with the time it is due. Safe to repeat.

    Called again when it was merged with one, or recovered anew: it may be due otherwise then.
    """
    incident = Incident.objects.select_for_update(no_key=True).get(pk=incident_pk)
    if incident.recovered_at is None or incident.is_drill:
        return
    review = _of(incident, actor=ENGINE)
    # What demanded it counts, however mild it was called afterwards.
    level = min([incident.counts_as, *_demanded_at(incident)])
    due_at = reviewform.due(incident.recovered_at, level)
    if review.stands or due_at is None or review.due_at == due_at:
        return
    review.due_at, review.reminders = due_at, review.reminders + 1
    history.save(review, "due_at", "reminders", actor=ENGINE)
    said = f"The review is due {due_at:%Y-%m-%d %H:%M} UTC."
    timeline.write(incident, TimelineEntry.Kind.REVIEW, said, actor=ENGINE)
    # Under a number of its own: what was planned for another day finds that it is not wanted.
    _plan(review, after=max(due_at - AHEAD - timezone.now(), timedelta(0)), ahead=True)


def _of(incident: Incident, *, actor: Actor) -> Review:
    found = Review.objects.filter(incident=incident).first()
    if found:
        return found
    made: Review = history.create(Review, actor=actor, incident=incident)
    return made


def _plan(review: Review, *, after: timedelta, ahead: bool = False) -> None:
    clockwork.schedule(
        REMIND,
        key=f"review:{review.pk}:remind:{review.reminders}",
        payload={"review": review.pk, "number": review.reminders, "ahead": ahead},
        after=after,
    )


@transaction.atomic
def remind(review_pk: int, number: int, *, ahead: bool = False) -> None:
    """Ask for a review a day before it is due, when it is, and each week after. Once each.

    Args:
        number: of the reminder; any but the next one does nothing.
        ahead: this is the one of the day before.
    """
    pk = Review.objects.values_list("incident", flat=True).get(pk=review_pk)
    incident = Incident.objects.select_for_update(no_key=True).get(pk=pk)
    review = Review.objects.select_for_update().get(pk=review_pk)
    gone = incident.status in (Status.DISMISSED, Status.MERGED)
    if review.stands or gone or review.reminders != number or review.due_at is None:
        return
    review.reminders = number + 1
    history.save(review, "reminders", actor=ENGINE)
    if incident.status in _ASKED:
        outbox.publish("review.reminded", review=review.pk, number=number, ahead=ahead)
    _plan(review, after=AHEAD if ahead else WEEK)


@transaction.atomic
def write(
    incident: Incident,
    sections: Mapping[str, str],
    *,
    causes: Iterable[str] = (),
    based_on: int,
    actor: Actor,
) -> ReviewVersion:
    """Write the next version; the ones before stay.

    Args:
        sections: Markdown by the key of its section.
        causes: what contributed, by the keys of the form.
        based_on: the number of the version that the author read; 0 for the first.

    Raises:
        Refused: if a section is too long or unknown, a cause is none of the form, nothing is
            changed, or somebody wrote meanwhile.
    """
    incident = Incident.objects.select_for_update(no_key=True).get(pk=incident.pk)
    author = _author(incident, actor)
    if incident.status in (Status.DISMISSED, Status.MERGED):
        raise Refused(f"{incident.ref} is {incident.status} and has no review.")
    _check(sections)
    review = _of(incident, actor=actor)
    written = {key: text.strip() for key, text in sections.items() if text.strip()}
    named = _named(causes)
    _follows(review, written, named, based_on)
    version = ReviewVersion.objects.create(
        review=review,
        number=based_on + 1,
        sections=written,
        facts=reviewfacts.of(incident),
        causes=named,
        author=author,
    )
    said = f"Review, version {version.number}: written."
    _tell(incident, version, "review.written", said=said, actor=actor)
    return version


def _author(incident: Incident, actor: Actor) -> User:
    if actor.user is None or not access.may(actor.user, Level.CONTRIBUTE, incident):
        raise Refused("Only who contributes to the incident writes its review.")
    return actor.user


def _named(causes: Iterable[str]) -> list[str]:
    """The causes in the order of the form, each once."""
    keys = set(causes)
    known = [each.key for each in reviewform.current().causes]
    for key in sorted(keys - set(known)):
        raise Refused(f"causes: {key!r} is none of: {', '.join(known)}.")
    if reviewform.NOT_KNOWN in keys and len(keys) > 1:
        raise Refused(f"causes: {reviewform.NOT_KNOWN} stands alone; leave it out, or the others.")
    return [key for key in known if key in keys]


def _follows(review: Review, written: Mapping[str, str], named: list[str], based_on: int) -> None:
    last = review.versions.select_related("author").first()
    if (last.number if last else 0) != based_on:
        assert last
        raise Refused(
            f"{last.author.name} wrote version {last.number} at {last.written_at:%Y-%m-%d %H:%M:%S}"
            " UTC, after you opened this. What you wrote is kept below: read theirs, then save."
        )
    if last and (last.sections, last.causes) == (written, named):
        # Else a second name could stand under what one person alone wrote, who then publishes it.
        raise Refused(f"Nothing is changed: it reads as version {last.number}.")


def _check(sections: Mapping[str, str]) -> None:
    known = [section.key for section in reviewform.current().sections]
    for key, text in sections.items():
        if key not in known:
            raise Refused(f"sections: {key!r} is none of: {', '.join(known)}.")
        if len(text) > LONGEST_SECTION:
            raise Refused(f"{key}: at most {LONGEST_SECTION} characters are allowed.")


@transaction.atomic
def publish(version: ReviewVersion, *, actor: Actor) -> Review:
    """Publish what was written last, as a second person. A correction is published in its turn.

    Raises:
        Refused: if the person wrote it or may not, a needed section is empty or no cause is named,
            it is published already, or something newer was written.
    """
    pk = Review.objects.values_list("incident", flat=True).get(pk=version.review_id)
    incident = Incident.objects.select_for_update(no_key=True).get(pk=pk)
    review = Review.objects.select_for_update().get(pk=version.review_id)
    if actor.user is None or not access.may(actor.user, Level.MANAGE, incident):
        raise Refused("Only who manages the incident publishes its review.")
    last = review.versions.select_related("author").first()
    assert last
    if last.number != version.number:
        raise Refused(f"{last.author.name} wrote version {last.number} meanwhile; read it first.")
    if review.published_id == version.pk:
        raise Refused(f"Version {version.number} is published already.")
    if last.author == actor.user:
        raise Refused("You wrote this version; a second person must publish it.")
    _refuse_missing(last)
    review.published, review.published_by, review.published_at = last, actor.user, timezone.now()
    history.save(review, "published", "published_by", "published_at", actor=actor)
    said = f"Review, version {last.number}: published."
    _tell(incident, last, "review.published", said=said, actor=actor)
    outbox.publish("review.published", incident=incident.pk, version=last.number)
    return review


def _refuse_missing(version: ReviewVersion) -> None:
    sections = [each for each in reviewform.current().sections if each.needed]
    missing = [each.title for each in sections if not version.sections.get(each.key)]
    if not version.causes:
        missing.append("What contributed")
    if missing:
        raise Refused(f"Something must stand under: {', '.join(missing)}.")


def _tell(incident: Incident, version: ReviewVersion, act: str, *, said: str, actor: Actor) -> None:
    stream = trail.stream_of(incident)
    trail.record(act, version, actor=actor, stream=stream, number=version.number)
    audience = TimelineEntry.Audience.LEADERSHIP
    timeline.write(incident, TimelineEntry.Kind.REVIEW, said, actor=actor, audience=audience)
