"""A world to knock at: one hidden incident with a word in every text, its program, and the people.

The word may reach nobody who was not let in. `CANARY` stands where people write; `BAIT` beside it
is what a stranger may search for.
"""

from dataclasses import dataclass, field
from datetime import timedelta
from io import BytesIO
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from accounts.actors import Actor
from accounts.functions import Function
from audit.models import Due
from incidents import (
    cord,
    drafts,
    drills,
    evidence,
    exposures,
    filings,
    glass,
    grants,
    holds,
    importing,
    items,
    judgement,
    knocks,
    legalevents,
    lifecycle,
    ratings,
    relations,
    reviews,
    roles,
    saved_views,
    tasking,
    timeline,
)
from incidents.models import AccessGrant, DrillScope, Incident, Role, SavedView, Status
from notifications import (
    broadcasts,
    paging,
    policies,
    stakeholders,
)
from programs import collectors, keys, waivers
from programs.attestation import attest, control_of
from programs.evidence import Shown
from programs.models import Program
from severity.ladder import Sev
from severity.questions import Said, answers_of
from tests import make
from tests.doors import planted
from tests.severity.given import facts
from tests.web.conftest import Reader

CANARY, BAIT = "kookaburra7f3a", "zyzzyva"
WORDS = f"{BAIT} {CANARY}"
Level = AccessGrant.Level
LEVELS = {level.name.lower(): level for level in Level}


@dataclass
class World:
    """Everything that stands behind a door, and who knocks.

    `people` are readers by the name of what they are to the hidden incident and its program.
    """

    incident: Incident
    other: Incident
    program: Program
    people: dict[str, Reader] = field(default_factory=dict)
    ids: dict[str, Any] = field(default_factory=dict)


def build() -> World:
    program = make.program()
    machines = _machines(program)
    reporter = make.user()
    incident = make.incident(
        Sev.SEV2,
        reporter=reporter,
        program=program,
        title=f"Title {WORDS}",
        detail=f"Detail {WORDS}",
        reference=f"Reference {WORDS}",
        found_how=f"Found {WORDS}",
    )
    world = World(incident, make.incident(Sev.SEV3), program, ids=machines)
    _people(world, reporter)
    _story(world)
    _stop(world)
    world.ids["page"] = _page(incident)
    world.ids["policy"] = policies.for_level(2, None).pk
    world.ids |= planted.connection(world)
    world.ids |= planted.rota(world.people["responder"].person)
    world.ids |= planted.runbook(make.actor(world.people["security"].person))
    world.ids |= planted.threshold(make.actor(world.people["security"].person))
    for name in ("view", "stranger"):
        planted.subscribed(world.people[name].person)
    world.ids |= _told_outside(world)
    world.ids["checkpoint"] = planted.sealed()
    world.ids["board"] = planted.board(world.people["executive"].person)
    world.ids |= _draft(incident, make.actor(world.people["commander"].person))
    world.ids["import"] = _import(make.actor(world.people["privacy_officer"].person))
    incident.refresh_from_db()
    return world


def _told_outside(world: World) -> dict[str, int]:
    """An update that nobody approved, and one that was approved and says nothing."""
    by = make.actor(world.people["contribute"].person)
    outside = stakeholders.add("Council", "council@demo.example", actor=make.SYSTEM)
    to = {"people": [world.people["stranger"].person], "stakeholders": [outside]}
    said = broadcasts.Said(f"Subject {WORDS}", f"Text {WORDS}", **to, subscribers=True)
    waiting = broadcasts.draft(world.incident, said, actor=by)
    plain = broadcasts.draft(
        world.incident, broadcasts.Said("We look", "More soon", **to), actor=by
    )
    officer = make.actor(world.people["privacy_officer"].person)
    broadcasts.approve(plain, version=1, actor=officer)
    return {"broadcast": waiting.pk, "stakeholder": outside.pk}


def _draft(incident: Incident, by: Actor) -> dict[str, int]:
    made = drafts.begin(incident, "authority", actor=by)
    drafts.write(made.draft, f"# Text {WORDS}", based_on=1, actor=by)
    return {"draft": made.draft_id, "first": 1}


def _import(by: Actor) -> int:
    """A file of the past that nobody confirmed."""
    text = f"source_id,title,reported_at\n1,{CANARY},2025-01-01\n".encode()
    return importing.take_in(importing.File(BytesIO(text), "a.csv", "csv", "Old"), actor=by).pk


def _page(incident: Incident) -> int:
    policies.ensure_general_policies(actor=make.SYSTEM)
    run = paging.open_for(incident.pk, again=True)
    assert run
    paging.take_step(run.pk, run.generation)
    return run.pages.first().pk


def _people(world: World, reporter: Any) -> None:
    people = world.people
    people["reporter"] = Reader(reporter)
    people["owner"] = Reader(world.program.owner)
    people["stranger"] = Reader(make.user())
    people["superuser"] = Reader(make.user(is_superuser=True))
    for function in Function:
        people[function.value] = Reader(make.user(function))
    # Somebody who may do everything in another incident.
    elsewhere = make.user()
    _let_in(world.other, elsewhere, Level.CLOSE, reason="Theirs.")
    people["elsewhere"] = Reader(elsewhere)
    for name, level in LEVELS.items():
        people[name] = Reader(make.user())
        _let_in(world.incident, people[name].person, level)
    people["let out"] = Reader(make.user())
    grants.end(_let_in(world.incident, people["let out"].person, Level.CLOSE), actor=make.SYSTEM)
    people["run out"] = Reader(make.user())
    run_out = _let_in(world.incident, people["run out"].person, Level.CLOSE)
    AccessGrant.objects.filter(pk=run_out.pk).update(
        expires_at=timezone.now() - timedelta(minutes=1)
    )
    for reader in people.values():
        reader.signs_in()
    gone = people["deactivated"] = Reader(make.user())
    _let_in(world.incident, gone.person, Level.CLOSE)
    gone.person.is_active = False
    gone.person.save()


def _let_in(
    incident: Incident, person: Any, level: str, reason: str = f"Helps {WORDS}"
) -> AccessGrant:
    return grants.admit(incident, person=person, level=level, reason=reason, actor=make.SYSTEM)


def _story(world: World) -> None:
    """Whatever people can write into an incident, with the word in it."""
    incident, people = world.incident, world.people
    commander = make.actor(people["commander"].person)
    officer = make.actor(people["privacy_officer"].person)
    lifecycle.move(incident, Status.TRIAGING, actor=commander, reason=WORDS)
    held = roles.give(incident, Role.EXPERT, person=people["contribute"].person, actor=commander)
    roles.give(incident, Role.COMMANDER, person=people["commander"].person, actor=commander)
    written = timeline.write(incident, "update", f"Wrong {WORDS}", actor=commander)
    entry = timeline.correct(written, text=f"Right {WORDS}", actor=commander)
    lifecycle.decide_awareness(
        incident, aware_at=timezone.now(), rationale=f"Because {WORDS}", actor=officer
    )
    legalevents.set_event(
        incident, "suspected", timezone.now(), rationale=f"Event {WORDS}", actor=commander
    )
    duty = incident.obligations.get()
    filings.decide(duty, reportable=True, reason=f"Decided {WORDS}", actor=officer)
    filings.draft(duty, where=f"Draft {WORDS}", actor=officer)
    upload = SimpleUploadedFile(f"{CANARY}.log", f"{BAIT} {CANARY}\n".encode(), "text/plain")
    kept = evidence.add(incident, upload, note=f"Note {WORDS}", actor=commander)
    holds.hold(kept, reason=f"Hold {WORDS}", actor=commander)
    exposed = exposures.add(
        incident,
        exposures.Said(what=f"What {WORDS}", location=f"s3://{CANARY}", declared_audience=WORDS),
        actor=commander,
    )
    tasking.add(incident, title=f"Task {WORDS}", actor=commander)
    related = relations.relate(incident, world.other, "related", actor=commander)
    world.ids |= {
        "entry": entry.pk,
        "evidence": kept.pk,
        "exposure": exposed.pk,
        "clock": duty.pk,
        "role": held.pk,
        "relation": related.pk,
    }
    _judged(world, commander)


def _judged(world: World, commander: Actor) -> None:
    """What is decided of it, who asks to be let in, and all that can be named of it by now."""
    incident, people = world.incident, world.people
    _rated(world, commander)
    judgement.set_level(incident, Sev.SEV1, reason=f"Worse {WORDS}", actor=commander)
    judgement.set_level(incident, Sev.SEV3, reason=f"Better {WORDS}", actor=commander)
    cord.pull(incident, reason=f"Cord {WORDS}", actor=commander)
    asks = make.user()
    knocks.take_up(incident.number, reason=f"Let me {WORDS}", actor=make.actor(asks))
    broken = glass.smash(
        incident.number,
        # Read by those who review it, and they need not be let in.
        reason="The export runs tonight and must be stopped.",
        actor=make.actor(make.user(Function.SECURITY)),
    )
    world.ids |= _review(incident, commander)
    world.ids |= {
        "number": incident.number,
        "uuid": incident.uuid,
        "step": _step(incident),
        "proposal": incident.proposals.latest("pk").pk,
        "firing": incident.firings.latest("pk").pk,
        "grant": incident.grants.filter(person=people["view"].person).get().pk,
        "request": incident.access_requests.get().pk,
        "glass": broken.pk,
        "task": incident.tasks.get().pk,
        "view": (saved := _saved(people["view"].person)).pk,
        "team": saved.team_id,
        "person": people["stranger"].person.pk,
        "due": Due.objects.earliest("pk").pk,
    }


def _rated(world: World, commander: Actor) -> None:
    """A second rating that somebody outside was asked for, and one that a volunteer may take."""
    grave = {"dpc": ["behavioural", 1], "cb": [0.25, 0, 0, 0], "people": "le_1m", "ongoing": True}
    milder = grave | {"audience": "team_le_50", "evidence": "none_logs_complete"}
    rater = world.people["rater"] = Reader(make.user(Function.RESPONDER)).signs_in()
    for incident, key, person, told in (
        (world.incident, "rating", rater.person, grave),
        (world.other, "offered", None, milder),
    ):
        judgement.assess(incident, Said(answers_of(facts(**told))), actor=make.actor(make.user()))
        row = ratings.ask(incident, rater=person, brief=f"Brief {WORDS}", actor=commander)
        world.ids[key] = row.pk


def _saved(person: Any) -> SavedView:
    """A view that a team has of its owner, and may not change."""
    team = person.groups.create(name="storage")
    team.user_set.add(*type(person).objects.filter(groups__name="auditor"))
    kept = {"name": "Severe", "query": "sev=1", "team": team}
    return saved_views.keep(person, actor=make.actor(person), **kept)


def _review(incident: Incident, by: Any) -> dict[str, int]:
    """What is written of it, and what is to be done afterwards."""
    written = reviews.write(incident, {"summary": f"Summary {WORDS}"}, based_on=0, actor=by)
    said = items.Said(
        what=f"Item {WORDS}",
        kind="prevent",
        owner=by.user,
        due_on=timezone.now().date(),
        test=WORDS,
    )
    return {"written": written.number, "item": items.add(incident, said, actor=by).pk}


def _step(incident: Incident) -> int:
    return incident.runbooks.get().steps.order_by("number")[0].pk


def _machines(program: Program) -> dict[str, Any]:
    """What a program has while it runs: a collector, keys, another system, what was attested."""
    key, _secret = keys.issue_for_ingest(program, label="lake", actor=make.actor(program.owner))
    by = make.actor(program.owner)
    monitor, _text = keys.issue_for_monitor(program, label="scan", worst=Sev.SEV3, actor=by)
    collector = make.collector(program)
    shown = Shown(file=ContentFile(b"%PDF-1.7", "report.pdf"))
    guard = make.actor(make.user(Function.SECURITY))
    attested = attest(program, control_of("G22"), shown, actor=guard)
    drill = drills.plan(
        program,
        DrillScope.WHOLE,
        at=timezone.now() + timedelta(days=1),
        window_minutes=5,
        actor=make.actor(program.owner),
    )
    return {
        "slug": program.slug,
        "collector": collector.pk,
        "collector_key": collectors.issue_key(collector, actor=make.SYSTEM)[0].pk,
        "key": key.pk,
        "monitor": monitor.pk,
        # It need not confirm, or the stop would not be proven and nobody could ask to go on.
        "hook": make.hook(program, confirms=False).pk,
        "control": "T01",
        "attestation": attested.pk,
        "attested": "G22",
        "waiver": waivers.ask(
            program, control_of("G22"), reason="r", days=3, actor=make.actor(program.owner)
        ).pk,
        "drill": drill.pk,
        **planted.watched(program),
    }


def _stop(world: World) -> None:
    order = world.program.stop_orders.latest("generation")
    wish = make.wish(world.program, by=world.program.owner)
    world.ids["stop_page"] = planted.page_of_stop(order)
    world.ids |= {"generation": order.generation, "call": order.calls.get().pk, "wish": wish.pk}
