"""Review an incident: write, publish as a second person, correct, and be reminded until it is done.

The only module that writes Review and makes ReviewVersion.
"""

from collections.abc import Mapping
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from accounts.actors import Actor
from audit import clockwork, history, outbox, trail
from incidents import access, reviewfacts, reviewform, timeline
from incidents.access import Level
from incidents.models import Incident, Review, ReviewVersion, Status, TimelineEntry
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

    A level that nobody determined demands none; one that somebody lowered later does.
    """
    if incident.is_drill:
        return False
    fired = incident.firings.filter(action=Action.REQUIRE_REVIEW.value)
    return any(not firing.facts.get("undetermined") for firing in fired)


def why_not_closed(incident: Incident) -> str:
    """Say what is missing of the review before the incident is closed; empty if nothing is."""
    if not is_demanded(incident):
        return ""
    review = Review.objects.filter(incident=incident).first()
    if review and review.published_id:
        return ""
    return "The review is not published yet: write it, and have a second person publish it."


@transaction.atomic
def begin(incident_pk: int) -> None:
    """Open the review of an incident that is recovered, with the time it is due. Safe to repeat."""
    incident = Incident.objects.select_for_update(no_key=True).get(pk=incident_pk)
    if incident.recovered_at is None or incident.is_drill:
        return
    review = _of(incident, actor=ENGINE)
    due_at = reviewform.due(incident.recovered_at, _level(incident))
    if review.published_id or due_at is None or review.due_at == due_at:
        return
    first = review.due_at is None
    review.due_at = due_at
    history.save(review, "due_at", actor=ENGINE)
    said = f"The review is due {due_at:%Y-%m-%d %H:%M} UTC."
    timeline.write(incident, TimelineEntry.Kind.REVIEW, said, actor=ENGINE)
    if first:
        _plan(review, 0, after=max(due_at - AHEAD - timezone.now(), timedelta(0)))


def _level(incident: Incident) -> int:
    # What demanded it counts, however mild it was called afterwards.
    fired = incident.firings.filter(action=Action.REQUIRE_REVIEW.value)
    levels: list[int] = [
        each.facts["level"] for each in fired if not each.facts.get("undetermined")
    ]
    return min([incident.counts_as, *levels])


def _of(incident: Incident, *, actor: Actor) -> Review:
    found = Review.objects.filter(incident=incident).first()
    if found:
        return found
    made: Review = history.create(Review, actor=actor, incident=incident)
    return made


def _plan(review: Review, number: int, *, after: timedelta) -> None:
    clockwork.schedule(
        REMIND,
        key=f"review:{review.pk}:remind:{number}",
        payload={"review": review.pk, "number": number},
        after=after,
    )


@transaction.atomic
def remind(review_pk: int, number: int) -> None:
    """Ask for a review a day before it is due, when it is, and each week after. Once each."""
    pk = Review.objects.values_list("incident", flat=True).get(pk=review_pk)
    incident = Incident.objects.select_for_update(no_key=True).get(pk=pk)
    review = Review.objects.select_for_update().get(pk=review_pk)
    gone = incident.status in (Status.DISMISSED, Status.MERGED)
    if review.published_id or gone or review.reminders != number or review.due_at is None:
        return
    review.reminders = number + 1
    history.save(review, "reminders", actor=ENGINE)
    if incident.status in _ASKED:
        outbox.publish("review.reminded", review=review.pk, number=number)
    _plan(review, number + 1, after=AHEAD if number == 0 else WEEK)


@transaction.atomic
def write(
    incident: Incident, sections: Mapping[str, str], *, based_on: int, actor: Actor
) -> ReviewVersion:
    """Write the next version; the ones before stay.

    Args:
        sections: Markdown by the key of its section.
        based_on: the number of the version that the author read; 0 for the first.

    Raises:
        Refused: if a section is too long or unknown, nothing is changed, or somebody wrote
            meanwhile.
    """
    incident = Incident.objects.select_for_update(no_key=True).get(pk=incident.pk)
    author = actor.user
    if author is None or not access.may(author, Level.CONTRIBUTE, incident):
        raise Refused("Only who contributes to the incident writes its review.")
    if incident.status in (Status.DISMISSED, Status.MERGED):
        raise Refused(f"{incident.ref} is {incident.status} and has no review.")
    _check(sections)
    review = _of(incident, actor=actor)
    last = review.versions.select_related("author").first()
    if (last.number if last else 0) != based_on:
        assert last
        raise Refused(
            f"{last.author.name} wrote version {last.number} at {last.written_at:%Y-%m-%d %H:%M:%S}"
            " UTC, after you opened this. What you wrote is kept below: read theirs, then save."
        )
    written = {key: text.strip() for key, text in sections.items() if text.strip()}
    if last and last.sections == written:
        # Else a second name could stand under what one person alone wrote, who then publishes it.
        raise Refused(f"Nothing is changed: it reads as version {last.number}.")
    version = ReviewVersion.objects.create(
        review=review,
        number=based_on + 1,
        sections=written,
        facts=reviewfacts.of(incident),
        author=author,
    )
    said = f"Review, version {version.number}: written."
    _tell(incident, version, "review.written", said=said, actor=actor)
    return version


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
        Refused: if the person wrote it or may not, a needed section is empty, it is published
            already, or something newer was written.
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
    missing = [
        s.title for s in reviewform.current().sections if s.needed and not last.sections.get(s.key)
    ]
    if missing:
        raise Refused(f"Something must stand under: {', '.join(missing)}.")
    review.published, review.published_by, review.published_at = last, actor.user, timezone.now()
    history.save(review, "published", "published_by", "published_at", actor=actor)
    said = f"Review, version {last.number}: published."
    _tell(incident, last, "review.published", said=said, actor=actor)
    outbox.publish("review.published", incident=incident.pk, version=last.number)
    return review


def _tell(incident: Incident, version: ReviewVersion, act: str, *, said: str, actor: Actor) -> None:
    stream = trail.stream_of(incident)
    trail.record(act, version, actor=actor, stream=stream, number=version.number)
    audience = TimelineEntry.Audience.LEADERSHIP
    timeline.write(incident, TimelineEntry.Kind.REVIEW, said, actor=actor, audience=audience)
