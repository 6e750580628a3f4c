"""Break the glass: open an incident at once, with a reason, for an hour, in sight of others.

The only module that writes GlassBreak.
"""

from datetime import timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.actors import Actor
from accounts.functions import Function
from accounts.models import User
from audit import clockwork, history, outbox, trail
from incidents import access, grants, timeline
from incidents.access import Level
from incidents.grants import LONGEST_REASON, Refused
from incidents.models import GlassBreak, Incident, TimelineEntry

# Those who may have to act on what nobody thought to let them in to. Source: NIST SP 800-53
# AC-3(10), audited override.
MAY_BREAK = (Function.SECURITY, Function.COMMANDER, Function.OPERATOR, Function.PRIVACY_OFFICER)
MAY_REVIEW = (Function.PRIVACY_OFFICER, Function.AUDITOR)
LASTS = timedelta(minutes=60)
REVIEWED_WITHIN = timedelta(days=7)
SHORTEST_REASON = 20
# Whoever has broken it so often waits for somebody to look at one of them.
MOST_UNREVIEWED = 5


def may_break(person: User) -> bool:
    """True for those on duty, and for superusers, who see nothing without it."""
    return person.is_any(*MAY_BREAK) or (person.is_active and person.is_superuser)


@transaction.atomic
def smash(number: int, *, reason: str, actor: Actor) -> GlassBreak:
    """Let oneself in to read an incident for an hour; its commander and privacy officers hear.

    Raises:
        Refused: if this person may not, says too little, sees it anyway, or there is none.
    """
    person, reason = actor.user, reason.strip()
    if person is None or not may_break(person):
        raise Refused("Only security, commanders, operators and privacy officers can do this.")
    if not SHORTEST_REASON <= len(reason) <= LONGEST_REASON:
        raise Refused(
            f"reason: say what you must see and why now, in {SHORTEST_REASON} to"
            f" {LONGEST_REASON} characters."
        )
    _check_number_of(person)
    incident = Incident.objects.select_for_update(no_key=True).filter(number=number).first()
    if incident is None:
        raise Refused(f"number: there is no INC-{number}.")
    if access.may(person, Level.VIEW, incident):
        raise Refused(f"number: you may read {incident.ref} already.")
    until = timezone.now() + LASTS
    grant = grants.admit_through_glass(incident, person=person, until=until, actor=actor)
    made: GlassBreak = history.create(
        GlassBreak, actor=actor, grant=grant, incident=incident, person=person, reason=reason
    )
    trail.record("access.glass_broken", incident, actor=actor, remark=reason)
    timeline.write(
        incident,
        TimelineEntry.Kind.ACCESS,
        f"{person.name} broke the glass to read this until {until:%H:%M} UTC: {reason}",
        actor=actor,
    )
    outbox.publish("access.glass_broken", priority=0, glass=made.pk)
    clockwork.schedule(
        "incidents.glass_not_reviewed",
        key=f"glass:{made.pk}:review",
        payload={"glass": made.pk},
        after=REVIEWED_WITHIN,
    )
    return made


def _check_number_of(person: User) -> None:
    # Locked, so that several at once do not each count the others out.
    User.objects.select_for_update(no_key=True).get(pk=person.pk)
    if GlassBreak.objects.filter(person=person, verdict="").count() >= MOST_UNREVIEWED:
        raise Refused(
            f"You broke the glass {MOST_UNREVIEWED} times and nobody has looked at it yet: have a"
            " privacy officer or an auditor do so first."
        )


@transaction.atomic
def review(made: GlassBreak, *, justified: bool, note: str, actor: Actor) -> GlassBreak:
    """Say whether it was right. A second person does; what was not ends at once.

    Raises:
        Refused: if it was looked at already, by oneself, by nobody whose duty it is, or without a
            note where it was not right.
    """
    made = GlassBreak.objects.select_for_update(of=("self",)).get(pk=made.pk)
    person, note = actor.user, note.strip()
    if person is None or not person.is_any(*MAY_REVIEW):
        raise Refused("Only privacy officers and auditors look at who broke the glass.")
    if person.pk == made.person_id:
        raise Refused("You broke the glass yourself; another person must look at it.")
    if made.verdict:
        raise Refused(f"This was found {made.get_verdict_display().lower()} already.")
    if len(note) > LONGEST_REASON or not (note or justified):
        raise Refused(f"note: say what was not right, in at most {LONGEST_REASON} characters.")
    verdict = GlassBreak.Verdict.JUSTIFIED if justified else GlassBreak.Verdict.UNJUSTIFIED
    made.verdict, made.note = verdict, note
    made.reviewed_by, made.reviewed_at = person, timezone.now()
    history.save(made, "verdict", "note", "reviewed_by", "reviewed_at", actor=actor)
    trail.record("access.glass_reviewed", made.incident, actor=actor, remark=note, verdict=verdict)
    clockwork.cancel(prefix=f"glass:{made.pk}:")
    if not justified:
        grants.end(made.grant, actor=actor)
    return made


def all_of_them() -> QuerySet[GlassBreak]:
    """Return every break, what nobody has looked at first. For those in MAY_REVIEW."""
    return GlassBreak.objects.select_related("incident", "person", "reviewed_by").order_by(
        "verdict", "-broken_at"
    )


def open_now(incident: Incident) -> QuerySet[GlassBreak]:
    """Return who reads an incident through broken glass at this moment."""
    return incident.glass_breaks.filter(grant__ended_at=None).select_related("person", "grant")


def remind(pk: int) -> None:
    """Tell that nobody has looked at it for a week, each week."""
    if not GlassBreak.objects.filter(pk=pk, verdict="").exists():
        return
    today = f"{timezone.now():%Y%m%d}"
    outbox.publish("access.glass_not_reviewed", glass=pk, day=today)
    clockwork.schedule(
        "incidents.glass_not_reviewed",
        key=f"glass:{pk}:review:{today}",
        payload={"glass": pk},
        after=REVIEWED_WITHIN,
    )
