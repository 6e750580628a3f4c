"""Second ratings: asked for, taken, made without sight of the first, and compared after.

The only module that writes SecondRating. A rating decides nothing: it shows how far two people
who know the same come to the same level.
"""

from dataclasses import dataclass

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.actors import Actor
from accounts.functions import Function
from accounts.models import User
from audit import history, outbox, trail
from incidents import access, assessing, questions, timeline, weighing
from incidents.access import Level
from incidents.models import Incident, Look, SecondRating, Status, TimelineEntry
from severity import inforce
from severity.assessment import assess
from severity.facts import BadFact, Facts
from severity.ladder import Sev
from severity.questions import NAMES, Said
from severity.reading import BadRuleSet

LONGEST_BRIEF, LONGEST_REASON = 4000, 500
# Who knows such answers from their work. Volunteers are of these as well.
RATERS = (
    *(Function.RESPONDER, Function.COMMANDER, Function.SECURITY),
    *(Function.PRIVACY_OFFICER, Function.LEGAL),
)
# How a rater reads of an incident: noted like every look, and it shows no level.
VIA = "rating"
_WITHOUT = (Status.DISMISSED, Status.MERGED)
State = SecondRating.State


class Refused(Exception):
    """It cannot be so; the message names the field or says what is in the way."""


@dataclass(frozen=True)
class Difference:
    """One question to which both answered otherwise, in words."""

    question: str
    first: str
    second: str


@transaction.atomic
def ask(incident: Incident, *, rater: User | None, brief: str, actor: Actor) -> SecondRating:
    """Ask for a second rating of the last full assessment; the caller may manage the incident.

    Args:
        rater: who is to rate; None asks whoever volunteers.
        brief: what they are to know beside what was reported and exposed. Never a level.

    Raises:
        Refused: if there is nothing to rate, it is asked for already, or the person could know
            the level.
    """
    incident = Incident.objects.select_for_update(no_key=True).get(pk=incident.pk)
    if actor.user is None:
        raise Refused(_("Only a person can ask for a second rating."))
    first = weighing.last_full(incident)
    if first is None or incident.status in _WITHOUT:
        raise Refused(_("Assess it in full first: there is nothing to compare with."))
    if len(brief) > LONGEST_BRIEF:
        raise Refused(_("brief: at most %(n)s characters.") % {"n": LONGEST_BRIEF})
    if SecondRating.objects.filter(first=first, state__in=[State.OPEN, State.DONE]).exists():
        raise Refused(_("A second rating of this assessment is there, or asked for, already."))
    if rater is not None:
        wrong = _why_not(rater, incident, first.assessor_id)
        if wrong:
            raise Refused(f"rater: {wrong}")
    row: SecondRating = history.create(
        SecondRating,
        actor=actor,
        incident=incident,
        first=first,
        rater=rater,
        brief=brief.strip(),
        asked_by=actor.user,
    )
    _record("rating.asked", row, actor)
    whom = rater.name if rater else _("whoever volunteers")
    _tell(incident, _("%(who)s is asked for a second rating.") % {"who": whom}, actor)
    outbox.publish("rating.asked", rating=row.pk)
    return row


def _why_not(person: User, incident: Incident, assessor: int | None) -> str:
    """Why somebody cannot rate it blindly; empty if they can."""
    if not person.is_active or not person.is_any(*RATERS):
        return _("choose a responder, commander, security, privacy officer or counsel.")
    if person.pk in (assessor, incident.reporter_id):
        return _("choose somebody else than who assessed or reported it.")
    if not _is_blind(person, incident):
        return _("%(who)s may read the incident, or has read it, and could know its level.") % {
            "who": person.name
        }
    return ""


def _is_blind(person: User, incident: Incident) -> bool:
    # Whoever was let in for a while may have read it in the very hour in which they rated.
    was_in = incident.grants.filter(person=person).exists()
    looks = Look.objects.filter(incident=incident, person=person).exclude(via=VIA)
    return not was_in and not looks.exists() and not access.may(person, Level.VIEW, incident)


@transaction.atomic
def take(row: SecondRating, *, actor: Actor) -> SecondRating:
    """Volunteer for a rating that anybody may take.

    Raises:
        Refused: if somebody took it, or this person cannot rate it blindly.
    """
    row = _lock(row)
    if row.rater_id is not None or actor.user is None:
        raise Refused(_("Somebody else has taken it."))
    wrong = _why_not(actor.user, row.incident, row.first.assessor_id)
    if wrong:
        raise Refused(wrong)
    row.rater = actor.user
    history.save(row, "rater", actor=actor)
    _record("rating.taken", row, actor)
    return row


@transaction.atomic
def rate(row: SecondRating, said: Said, *, actor: Actor) -> SecondRating:
    """Take the answers of the second rater.

    Raises:
        Refused: if it is not theirs to rate, or is settled.
        BadFact: if an answer is none, absurd, or contradicts another.
    """
    row = _lock(row)
    if actor.user is None or row.rater_id != actor.user.pk:
        raise Refused(_("Only who was asked can rate."))
    worked = assessing.work_out(row.incident, said)
    fields = worked.row()
    row.said, row.facts = said.plain(), fields["facts"]
    row.rules_version = fields["rules_version"]
    row.score, row.index = worked.weighed.result.se, worked.weighed.result.osi
    row.level = worked.level.value
    row.is_blind = _is_blind(actor.user, row.incident)
    _settle(row, State.DONE, "", actor)
    first = by_rules(row)
    facts = {"level": worked.level.label, "first": first.label}
    _tell(row.incident, _("Second rating: %(level)s; the first: %(first)s.") % facts, actor)
    outbox.publish("rating.done", rating=row.pk)
    return row


@transaction.atomic
def decline(row: SecondRating, *, reason: str, actor: Actor) -> None:
    """Say no to a rating that one was asked for.

    Raises:
        Refused: if it is not theirs, is settled, or no reason is given.
    """
    row = _lock(row)
    if actor.user is None or row.rater_id != actor.user.pk:
        raise Refused(_("Only who was asked can decline."))
    _need(reason)
    _settle(row, State.DECLINED, reason.strip(), actor)
    _tell(row.incident, _("The second rating was declined. %(why)s") % {"why": row.why}, actor)


@transaction.atomic
def call_off(row: SecondRating, *, reason: str, actor: Actor) -> None:
    """Ask for it no longer; the caller may manage the incident.

    Raises:
        Refused: if it is settled, or no reason is given.
    """
    row = _lock(row)
    _need(reason)
    _settle(row, State.CALLED_OFF, reason.strip(), actor)
    _tell(row.incident, _("The second rating was called off. %(why)s") % {"why": row.why}, actor)


def _lock(row: SecondRating) -> SecondRating:
    incident = Incident.objects.select_for_update(no_key=True).get(pk=row.incident_id)
    rows = SecondRating.objects.select_for_update(of=("self",)).select_related("first")
    row = rows.get(pk=row.pk)
    row.incident = incident
    if not row.is_open:
        said = _("This rating is %(state)s already.")
        raise Refused(said % {"state": row.get_state_display().lower()})
    return row


def _need(reason: str) -> None:
    if not 0 < len(reason.strip()) <= LONGEST_REASON or "\0" in reason:
        facts = {"n": LONGEST_REASON}
        raise Refused(_("reason: say why, in at most %(n)s characters.") % facts)


def _settle(row: SecondRating, state: State, why: str, actor: Actor) -> None:
    row.state, row.settled_at, row.why = state, timezone.now(), why
    kept = ("said", "facts", "rules_version", "score", "index", "level", "is_blind")
    history.save(row, "state", "settled_at", "why", *kept, actor=actor)
    _record(f"rating.{state}", row, actor)


def _record(act: str, row: SecondRating, actor: Actor) -> None:
    stream = trail.stream_of(row.incident)
    trail.record(act, row, actor=actor, stream=stream, level=row.level, blind=row.is_blind)


def _tell(incident: Incident, text: str, actor: Actor) -> None:
    timeline.write(incident, TimelineEntry.Kind.SEVERITY, text, actor=actor)


def by_rules(row: SecondRating) -> Sev:
    """The level that the first rater's answers have, whatever a person set instead.

    By the rules that weighed the second's: two people must not differ because rules changed.
    """
    first = row.first
    if row.rules_version and row.rules_version != first.rules_version:
        try:
            rules = inforce.of(row.rules_version)
            return assess(Facts.from_mapping(weighing.stated(first), rules), rules).sev
        except (BadFact, BadRuleSet):
            # Answers that those rules do not know keep the level that they had.
            pass
    return Sev(first.facts.get("by_rules", first.level))


def differences(row: SecondRating) -> list[Difference]:
    """Return the questions to which both answered otherwise; none until both have."""
    if row.said is None:
        return []
    first = Said.from_plain(row.first.facts.get("said", {})).answers
    second = Said.from_plain(row.said).answers
    return [
        Difference(
            str(questions.ALL[name].short),
            questions.in_short(name, first.get(name)),
            questions.in_short(name, second.get(name)),
        )
        for name in NAMES
        if first.get(name) != second.get(name)
    ]


def of(incident: Incident) -> list[SecondRating]:
    """Every second rating of an incident, the newest first."""
    rows = incident.second_ratings.select_related("rater", "asked_by", "first")
    return list(rows)


def mine(person: User) -> QuerySet[SecondRating]:
    """What a person was asked to rate, the newest first; only who is asked may know of it."""
    rows = SecondRating.objects.filter(rater=person).exclude(state=State.CALLED_OFF)
    return rows.select_related("incident", "incident__program", "first")


def offered(person: User) -> list[SecondRating]:
    """What a volunteer may take: of incidents that they know nothing of but the codename."""
    if not person.is_any(*RATERS):
        return []
    rows = SecondRating.objects.filter(Q(rater=None), state=State.OPEN)
    rows = rows.select_related("incident", "first").order_by("pk")[:50]
    return [row for row in rows if not _why_not(person, row.incident, row.first.assessor_id)]
