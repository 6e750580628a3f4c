"""Make what tests need, through the domain's own functions: no state that Andon cannot make."""

from datetime import time, timedelta
from itertools import count
from typing import Any

from django.contrib.auth.models import Group
from django.utils import timezone

from accounts.actors import Actor
from accounts.functions import Function
from accounts.models import User
from audit import history
from config import attested
from incidents import access, grants, judgement, reporting, reviewform, reviews, roles, steps
from incidents import lifecycle as status
from incidents.models import Audience, Incident, Review, Role, RunbookStep, Status, StillOpen
from notifications import contacts, policymaking, rotas, turns
from notifications.escalation import Step, Target
from notifications.models import EscalationPolicy, Method, Rota, RotaLayer
from notifications.policydraft import Draft
from programs import answering, collectors, hooks, leases, lifecycle, resuming, stops
from programs.controlset import ControlSet
from programs.evidence import Shown
from programs.models import Collector, Dataset, Hook, HookEvent, Program, ResumeRequest
from severity.ladder import Sev
from tests import replayed

_n = count(1)
SYSTEM = Actor.machine("test")
start: replayed.Start | None = None


def user(*functions: Function, **fields: Any) -> User:
    name = f"person-{next(_n)}"
    fields = {"username": name, "email": f"{name}@demo.example"} | fields
    person = User.objects.create_user(**fields)
    if functions:
        person.groups.add(*Group.objects.filter(name__in=[f.value for f in functions]))
    return person


def actor(person: User, via: str = "page") -> Actor:
    return Actor.person(person, via=via)


def officer() -> Actor:
    """A privacy officer who acts."""
    return actor(user(Function.PRIVACY_OFFICER))


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


def cleared(of: Program) -> Program:
    """The program with all shown that it needs: the one control of tests, or all by two people."""
    every = ControlSet.current().controls
    by = {}
    if any(control.blocks and not control.machine for control in every):
        officer, keeper = user(*attested.OFFICER), user(*attested.KEEPER)
        by = attested.two(officer, keeper, owner=of.owner)
    needless = [control.id for control in every if not control.blocks]
    attested.attest_all(of, by=by, shown=Shown(note="Tested."), but=needless)
    return of


def program(**fields: Any) -> Program:
    """A program that collects: as one did before it, or as the domain lets it."""
    made, officer = draft(**fields), user(Function.PRIVACY_OFFICER)
    if start and start.controls == ControlSet.current().version:
        return start.again(made, officer)
    return started(made, officer)


def started(of: Program, officer: User) -> Program:
    """A draft that the domain let collect."""
    approved = lifecycle.approve(cleared(of), actor=actor(officer))
    return lifecycle.start(approved, actor=actor(of.owner))


def watch_a_start() -> None:
    """Let `program` repeat from here on what the domain does now."""
    global start
    start = replayed.watched(lambda: started(draft(), user(Function.PRIVACY_OFFICER)))


def collector(of: Program, name: str = "", **fields: Any) -> Collector:
    name = name or f"laptop-{next(_n)}"
    return collectors.register(of, name=name, actor=SYSTEM, **fields)


def dataset(of: Program, **fields: Any) -> Dataset:
    number = next(_n)
    defaults = {"slug": f"lake-{number}", "name": f"Lake {number}", "store": f"s3://lake-{number}"}
    made: Dataset = history.create(Dataset, actor=SYSTEM, program=of, **(defaults | fields))
    return made


def hook(of: Program, **terms: Any) -> Hook:
    """Another system that is told of the program's stops; it has to confirm what it is told."""
    number = next(_n)
    defaults = {
        "name": f"Feature store {number}",
        "kind": Hook.Kind.DATASET,
        "url": f"https://store-{number}.example/hook",
        "events": [HookEvent.FREEZE],
    }
    made, _secret = hooks.add(of, hooks.Terms(**(defaults | terms)), actor=SYSTEM)
    return made


def hook_inside(of: Program, **terms: Any) -> Hook:
    """One that was kept before an address inside was refused: each of its calls is."""
    made = hook(of, **terms)
    Hook.objects.filter(pk=made.pk).update(url="https://127.0.0.1:1/hook")
    made.refresh_from_db()
    return made


def lease(of: Collector) -> bool:
    """Ask for a first lease as a gate does; True if it was granted."""
    of.program.refresh_from_db()
    ask = leases.Ask(of.pk, of.program_id, stops.generation_of(of), "test/1")
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
        # What few people see of few people's data is SEV 3.
        fields["program"] = program(participants=50 if level == Sev.SEV3 else 70_000)
    filed = reporting.file_report(report(level, **fields), reporter=reporter, actor=actor(reporter))
    return filed.incident


def sees(person: User, incident: Incident) -> bool:
    """True if the person, read afresh, may know of the incident."""
    person = User.objects.get(pk=person.pk)
    return access.visible_to(person).filter(pk=incident.pk).exists()


def undetermined(**fields: Any) -> Incident:
    """An incident whose reporter could not say who sees the data."""
    return incident(Sev.SEV1, audience=Audience.UNKNOWN, **fields)


def judged(of: Incident, level: Sev, *, by: User | None = None) -> Incident:
    """The incident after a person set its level, or proposed a lower one."""
    return judgement.set_level(of, level, reason="The logs say so.", actor=actor(by or user()))


def active(level: Sev = Sev.SEV3, **fields: Any) -> Incident:
    """An incident that somebody commands."""
    made = incident(level, **fields)
    commander = user(Function.COMMANDER)
    made = status.move(made, Status.TRIAGING, actor=actor(commander))
    roles.give(made, Role.COMMANDER, person=commander, actor=actor(commander))
    return status.move(made, Status.ACTIVE, actor=actor(commander))


def settled(of: Incident, by: User | None = None) -> Incident:
    """The incident with every step of its runbooks done."""
    for step in RunbookStep.objects.filter(run__incident=of, state="open"):
        steps.mark(step, "done", statement="The logs show it.", actor=actor(by or user()))
    return of


def reviewed(of: Incident, *causes: str) -> Review:
    """The published review of an incident, which names these causes."""
    needed = [each.key for each in reviewform.current().sections if each.needed]
    by, second = user(), user()
    for person in (by, second):
        grants.admit(of, level="manage", person=person, reason="Reviews.", actor=SYSTEM)
    said = dict.fromkeys(needed, "Said.")
    version = reviews.write(of, said, causes=causes, based_on=0, actor=actor(by))
    return reviews.publish(version, actor=actor(second))


def answers(**changed: dict[str, str]) -> dict[str, dict[str, str]]:
    """Every criterion answered so that a request may be sent, but for what is changed."""
    met = {"state": "met", "note": "The logs show it.", "link": ""}
    return {criterion.id: met for criterion in answering.current()} | changed


def wish(of: Program, *, by: User | None = None, **fields: Any) -> ResumeRequest:
    """A request that a paused program goes on."""
    fields = {"reason": "Fixed and checked.", "answers": answers()} | fields
    return resuming.request(of, actor=actor(by or user()), **fields)


def agreed(of: ResumeRequest, by: User, **fields: Any) -> ResumeRequest:
    """The request after a person who has read it agreed."""
    fields = {"read": resuming.digest(of)} | fields
    return resuming.approve(of, actor=actor(by), **fields)


def rota(*owners: User, **fields: Any) -> Rota:
    """A rota in Berlin without a layer."""
    owners = owners or (user(Function.RESPONDER),)
    defaults = {"name": f"Data response {next(_n)}", "zone": "Europe/Berlin"}
    said = rotas.About(**(defaults | fields), owners=owners)
    return rotas.make(said, actor=actor(owners[0]))


def terms(*people: User, **fields: Any) -> turns.Terms:
    """Turns of a day that begin at midnight of the present day in UTC."""
    defaults = {
        "name": "First line",
        "rank": 10,
        "zone": "UTC",
        "unit": RotaLayer.Unit.DAYS,
        "starts_on": timezone.now().date(),
        "handover": time(0),
    }
    return turns.Terms(**(defaults | fields), people=people)


def layer(of: Rota, *people: User, **fields: Any) -> RotaLayer:
    return turns.add(of, terms(*people, **fields), actor=SYSTEM)


def wanted(*targets: Target, **fields: Any) -> Draft:
    """A policy for SEV 2 of one step, whoever that reaches."""
    steps = (Step(timedelta(0), targets),)
    return Draft(**({"name": f"Ours {next(_n)}", "levels": (2,), "steps": steps} | fields))


def reachable(*functions: Function, **fields: Any) -> User:
    """A person with a verified way."""
    person = user(*functions, **fields)
    terms = contacts.Terms()
    way = contacts.add(person, Method.EMAIL, person.email, terms=terms, actor=actor(person))
    contacts.verify(way, actor=actor(person))
    return person


def policy(*targets: Target, **fields: Any) -> EscalationPolicy:
    """A policy for SEV 2; without targets it pages a reachable person."""
    targets = targets or (Target("person", person=reachable().pk),)
    return policymaking.make(wanted(*targets, **fields), reason="Agreed.", actor=SYSTEM)


def resumed(of: Program) -> Program:
    """A paused program that people of three functions let go on."""
    request = wish(of)
    for function in (Function.LEGAL, Function.OPERATOR, Function.EXECUTIVE):
        request.refresh_from_db()
        if request.state == request.State.OPEN:
            agreed(request, user(function))
    of.refresh_from_db()
    return of
