"""Take participants' choices: a break, an opt-out, going on. Only writer of ParticipantChoice.

A participant is known by a pseudonym alone, and that is turned into a tag before anything is
stored, recorded or told. Who chose is nowhere, not even where the choice was made on a page.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Count, F, Q
from django.db.models.functions import Now

from accounts.actors import Actor
from audit import clockwork, trail
from programs import lifecycle, news, signing
from programs.models import ParticipantChoice, Program

BREAK = ParticipantChoice.Kind.BREAK
OPT_OUT = ParticipantChoice.Kind.OPT_OUT
GO_ON = "go_on"
LONGEST_SUBJECT = 200
SHORTEST_BREAK = 60
LONGEST_BREAK = 2_592_000
# Never the person who is signed in: that would be a list of who did.
PARTICIPANT = Actor(name="a participant", via="participation")


class Refused(Exception):
    """The choice cannot be taken so; the message names the field and what is allowed."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What is in force now; `version` is that of the program's list that first says so."""

    choice: str
    until: datetime | None
    version: int


@dataclass(frozen=True, slots=True)
class Counts:
    """How many, and never who."""

    on_break: int
    opted_out: int


def take_break(program_id: int, subject: str, *, seconds: int) -> Kept:
    """Leave a participant alone for so long, instead of what was chosen before.

    Args:
        subject: the pseudonym, 1 to 200 printable characters.
        seconds: 60 to 2,592,000, which is 30 days.

    Raises:
        Refused: if one of them is not.
    """
    if type(seconds) is not int or not SHORTEST_BREAK <= seconds <= LONGEST_BREAK:
        raise Refused(f"seconds: a whole number from {SHORTEST_BREAK} to {LONGEST_BREAK}.")
    return _choose(program_id, subject, BREAK, seconds=seconds)


def opt_out(program_id: int, subject: str) -> Kept:
    """Leave a participant alone for good.

    Raises:
        Refused: if the pseudonym is none.
    """
    return _choose(program_id, subject, OPT_OUT)


def go_on(program_id: int, subject: str) -> Kept:
    """Forget what a participant chose.

    Raises:
        Refused: if the pseudonym is none.
    """
    return _choose(program_id, subject, GO_ON)


def counts(program: Program) -> Counts:
    """Count who is left alone now."""
    found = program.participant_choices.aggregate(
        on_break=Count("pk", filter=Q(kind=BREAK, until__gt=Now())),
        opted_out=Count("pk", filter=Q(kind=OPT_OUT)),
    )
    return Counts(**found)


def sweep(program_id: int) -> None:
    """Delete the breaks that are over. Each has ended by itself wherever it is known."""
    ParticipantChoice.objects.filter(program=program_id, kind=BREAK, until__lt=Now()).delete()


@transaction.atomic
def _choose(program_id: int, subject: str, choice: str, *, seconds: int = 0) -> Kept:
    if not subject.isprintable() or not 0 < len(subject) <= LONGEST_SUBJECT:
        raise Refused(f"subject: 1 to {LONGEST_SUBJECT} printable characters.")
    key = signing.subject_key_for(signing.master_from(settings.SECRET_KEY), program_id=program_id)
    # The lock keeps versions in the order of their commits: a list that says 7 has all of 1 to 7.
    program = lifecycle.lock(Program.objects.get(pk=program_id))
    chosen = program.participant_choices.filter(tag=signing.tag_of(subject, key=key)).first()
    until = None
    if choice == GO_ON:
        changed = bool(chosen and chosen.delete())
    elif choice == OPT_OUT and chosen and chosen.kind == OPT_OUT:
        changed = False
    else:
        changed = True
        until = _store(program, subject, choice, key=key, seconds=seconds)
    if changed:
        _tell(program, choice)
    return Kept(choice, until, program.subjects_version)


def _store(
    program: Program, subject: str, choice: str, *, key: bytes, seconds: int
) -> datetime | None:
    until = Now() + timedelta(seconds=seconds) if choice == BREAK else None
    chosen, _ = ParticipantChoice.objects.update_or_create(
        program=program,
        tag=signing.tag_of(subject, key=key),
        defaults={
            "kind": choice,
            "until": until,
            "key_print": signing.print_of(key),
            "made_at": Now(),
        },
    )
    chosen.refresh_from_db()
    if chosen.until:
        _sweep_after(program, chosen.until)
    return chosen.until


def _sweep_after(program: Program, until: datetime) -> None:
    # One sweep for all breaks of an hour.
    hour = until.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    clockwork.schedule(
        "programs.sweep_breaks",
        key=f"program:{program.pk}:breaks:{hour:%Y-%m-%dT%H}",
        payload={"program": program.pk},
        due_at=hour,
    )


def _tell(program: Program, choice: str) -> None:
    # An UPDATE, as the history of the program is not to have a row for each choice.
    Program.objects.filter(pk=program.pk).update(subjects_version=F("subjects_version") + 1)
    program.subjects_version += 1
    now = counts(program)
    trail.record(
        f"participant.{choice}",
        program,
        actor=PARTICIPANT,
        version=program.subjects_version,
        on_break=now.on_break,
        opted_out=now.opted_out,
    )
    news.announce(program)
