"""Make what tests need, through the domain's own functions: a test cannot make a state that Andon cannot."""

from itertools import count
from typing import Any

from django.contrib.auth.models import Group

from accounts.actors import Actor
from accounts.functions import Function
from accounts.models import User
from audit import history
from incidents import access, reporting
from incidents.models import Audience, Incident, StillOpen
from programs import collectors, leases, lifecycle
from programs.models import Collector, Dataset, Program
from severity.ladder import Sev

_n = count(1)
SYSTEM = Actor.machine("test")


def user(*functions: Function, **fields: Any) -> User:
    name = f"person-{next(_n)}"
    fields = {"username": name, "email": f"{name}@demo.example"} | fields
    person = User.objects.create_user(**fields)
    person.groups.set(Group.objects.filter(name__in=[f.value for f in functions]))
    return person


def actor(person: User, via: str = "page") -> Actor:
    return Actor.person(person, via=via)


def draft(**fields: Any) -> Program:
    number = next(_n)
    owner = fields.pop("owner", None) or user(Function.PROGRAM_OWNER)
    defaults = {
        "slug": f"keystrokes-{number}",
        "name": f"Keystroke study {number}",
        "purpose": "Learn how people write.",
        "categories": ["keystrokes", "conversations", "performance_records", "transcripts"],
        "declared_audience": "The study team",
        "declared_audience_size": 12,
        "participants": 70_000,
    }
    return lifecycle.draft(owner=owner, actor=actor(owner), **(defaults | fields))


def program(**fields: Any) -> Program:
    """A program that collects."""
    made = draft(**fields)
    made = lifecycle.approve(made, actor=actor(user(Function.PRIVACY_OFFICER)))
    return lifecycle.start(made, actor=actor(made.owner))


def collector(of: Program, name: str = "", **fields: Any) -> Collector:
    name = name or f"laptop-{next(_n)}"
    return collectors.register(of, name=name, actor=SYSTEM, **fields)


def dataset(of: Program, **fields: Any) -> Dataset:
    number = next(_n)
    defaults = {"slug": f"lake-{number}", "name": f"Lake {number}", "store": f"s3://lake-{number}"}
    made: Dataset = history.create(Dataset, actor=SYSTEM, program=of, **(defaults | fields))
    return made


def lease(of: Collector) -> bool:
    """Ask for a first lease as a gate does; True if it was granted."""
    of.program.refresh_from_db()
    ask = leases.Ask(of.pk, of.program_id, of.program.generation, "test/1")
    return of.pk in leases.grant([ask])


# The answers that lead to each level for the program that `program()` makes.
ANSWERS = {
    Sev.SEV1: (Audience.OUTSIDE, StillOpen.YES),
    Sev.SEV2: (Audience.EVERYONE, StillOpen.YES),
    Sev.SEV3: (Audience.FEW, StillOpen.NO),
}


def report(level: Sev = Sev.SEV3, **fields: Any) -> reporting.Report:
    audience, still_open = ANSWERS[level]
    defaults = {
        "title": f"Transcripts readable by all staff {next(_n)}",
        "audience": audience,
        "still_open": still_open,
    }
    return reporting.Report(**(defaults | fields))


def incident(level: Sev = Sev.SEV3, *, reporter: User | None = None, **fields: Any) -> Incident:
    reporter = reporter or user()
    if "program" not in fields:
        fields["program"] = program()
    filed = reporting.file_report(report(level, **fields), reporter=reporter, actor=actor(reporter))
    return filed.incident


def sees(person: User, incident: Incident) -> bool:
    """True if the person, read afresh, may know of the incident."""
    person = User.objects.get(pk=person.pk)
    return access.visible_to(person).filter(pk=incident.pk).exists()
