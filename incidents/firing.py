"""Let the threshold rules act on an incident, once each. The only module that writes RuleFiring."""

from collections.abc import Iterator
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from accounts.actors import Actor
from audit import clockwork, history, outbox, trail
from incidents import runbooks, timeline, weighing
from incidents.models import Incident, RuleFiring, TimelineEntry
from programs import pauses
from programs.models import Dataset, Program, State
from severity import thresholds
from severity.duties import PAUSES_AT_ONCE
from severity.ladder import Sev
from severity.ruleset import RuleSet
from severity.thresholds import Demand
from severity.vocabulary import Action, Mode, Scope

Target = tuple[Program | None, Dataset | None]
_NOTHING: Target = (None, None)
LONGEST_REASON = 300


class Refused(Exception):
    """The firing cannot be vetoed; the message says why."""


def apply(incident: Incident, *, actor: Actor) -> None:
    """Do at once what the level demands at once; write down with a due time what it demands later.

    Runs in the transaction that set the level, with the incident locked.
    """
    program = incident.program
    # A level that stops a program, and nobody knows which: that is open as well, so the clock of
    # what is undetermined runs on.
    nowhere = program is None and incident.level in PAUSES_AT_ONCE
    demands = thresholds.due(
        incident.level,
        undetermined=incident.sev is None or nowhere,
        program_pause_at=Sev(program.pause_at) if program else None,
        rules=RuleSet.current(),
    )
    if not weighing.is_first(incident):
        _void_what_waits(incident, actor=actor)
    made = [
        (_firing(incident, demand, target), demand)
        for demand in demands
        for target in _targets(incident, demand)
    ]
    if made:
        history.create_all([firing for firing, _ in made], actor=actor)
    for firing, demand in made:
        if firing.state == RuleFiring.State.WAITING:
            _wait(incident, firing, demand)
        else:
            _act(incident, firing, [(firing.program, firing.dataset)])


def _void_what_waits(incident: Incident, *, actor: Actor) -> None:
    for firing in incident.firings.filter(state=RuleFiring.State.WAITING):
        firing.state = RuleFiring.State.VOID
        history.save(firing, "state", actor=actor, why="the severity was set anew")
        clockwork.cancel(prefix=_key(firing))


def _firing(incident: Incident, demand: Demand, target: Target) -> RuleFiring:
    program, dataset = target
    later = timedelta(seconds=demand.after_seconds)
    now = timezone.now()
    return RuleFiring(
        incident=incident,
        assessment=incident.assessment,
        rule=demand.rule_id,
        rules_version=demand.version,
        action=demand.action.value,
        scope=demand.scope.value if demand.scope else "",
        program=program,
        dataset=dataset,
        why=demand.why,
        facts={"level": incident.counts_as, "undetermined": incident.sev is None},
        state=RuleFiring.State.WAITING if later else RuleFiring.State.FIRED,
        due_at=now + later if later else None,
        fired_at=None if later else now,
    )


def _wait(incident: Incident, firing: RuleFiring, demand: Demand) -> None:
    clockwork.schedule(
        "incidents.fire_rule",
        key=_key(firing),
        payload={"firing": firing.pk},
        after=timedelta(seconds=demand.after_seconds),
        priority=incident.counts_as,
    )
    if demand.mode is Mode.AUTOMATIC_AFTER:
        minutes = demand.after_seconds // 60
        timeline.write(
            incident,
            TimelineEntry.Kind.RULE,
            f"{firing.dataset or firing.program} will be paused in {minutes} minutes "
            "unless somebody vetoes it.",
            actor=_by(firing),
        )


def _key(firing: RuleFiring) -> str:
    return f"firing:{firing.pk}:"


def _by(firing: RuleFiring) -> Actor:
    return Actor(name=f"rule {firing.rule} ({firing.rules_version})", via="rule")


def _targets(incident: Incident, demand: Demand) -> Iterator[Target]:
    """What a demand is aimed at.

    For a pause the programs or the dataset, else the incident alone.
    """
    if demand.action is not Action.PAUSE or demand.scope is Scope.PROGRAMS_CONCERNED:
        yield _NOTHING
        return
    if incident.program is None:
        # Nobody knows which yet. The rule for what stays undetermined stops them all in time.
        return
    if demand.scope is Scope.DATASET_OR_COLLECTORS:
        yield incident.program, incident.dataset
        return
    found = {incident.program.pk: incident.program}
    if demand.scope in (Scope.PROGRAM_AND_DERIVED, Scope.ALL_PROGRAMS_ON_THE_STORE):
        _add_derived(incident.program, found)
    if demand.scope is Scope.ALL_PROGRAMS_ON_THE_STORE:
        for program in _on_the_same_store(incident):
            _add_derived(program, found)
    # In the order of their keys, as everybody locks them, so that two incidents cannot block
    # each other.
    for pk in sorted(found):
        yield found[pk], None


def _add_derived(program: Program, found: dict[int, Program]) -> None:
    found[program.pk] = program
    for derived in program.derived_programs.all():
        if derived.pk not in found:
            _add_derived(derived, found)


def _on_the_same_store(incident: Incident) -> Iterator[Program]:
    if incident.dataset:
        stores = [incident.dataset.store]
    else:
        stores = [dataset.store for dataset in Dataset.objects.filter(program=incident.program)]
    yield from Program.objects.filter(datasets__store__in=stores).distinct()


@transaction.atomic
def fire_due(pk: int) -> None:
    """Fire a rule whose time has come, if what it rests on still holds. Safe to call again."""
    firing = RuleFiring.objects.get(pk=pk)
    incident = Incident.objects.select_for_update(no_key=True).get(pk=firing.incident_id)
    firing = RuleFiring.objects.select_for_update().get(pk=pk)
    if firing.state != RuleFiring.State.WAITING:
        return
    if incident.is_over or incident.assessment_id != firing.assessment_id:
        firing.state = RuleFiring.State.VOID
        history.save(firing, "state", actor=_by(firing), why="no longer due")
        return
    firing.state, firing.fired_at = RuleFiring.State.FIRED, timezone.now()
    history.save(firing, "state", "fired_at", actor=_by(firing))
    _act(incident, firing, list(_targets_now(incident, firing)))


def _targets_now(incident: Incident, firing: RuleFiring) -> Iterator[Target]:
    if firing.scope != Scope.PROGRAMS_CONCERNED:
        yield firing.program, firing.dataset
    elif incident.program:
        yield incident.program, None
    else:
        running = Program.objects.filter(state=State.COLLECTING, is_drill=incident.is_drill)
        for program in running.order_by("pk"):
            yield program, None


def _act(incident: Incident, firing: RuleFiring, targets: list[Target]) -> None:
    if firing.action == Action.PAUSE:
        for program, dataset in targets:
            if program:
                _pause(incident, firing, program, dataset)
    elif firing.action == Action.ATTACH_RUNBOOK:
        runbooks.attach(incident, actor=_by(firing))
    elif firing.action == Action.ESCALATE:
        outbox.publish(
            "incident.escalate",
            priority=incident.counts_as,
            incident=incident.pk,
            # What nobody determined in time pages again, even if somebody answered before.
            again=firing.due_at is not None,
        )
    trail.record(
        "rule.fired",
        firing,
        actor=_by(firing),
        stream=trail.stream_of(incident),
        rule=firing.rule,
        version=firing.rules_version,
        action=firing.action,
        level=incident.counts_as,
    )


def _pause(
    incident: Incident, firing: RuleFiring, program: Program, dataset: Dataset | None
) -> None:
    held = pauses.held_by(incident.ref).filter(program=program, dataset=dataset)
    is_new = not held.exists()
    pauses.pause(
        program,
        holder=incident.ref,
        label=incident.codename,
        # Read by everybody who sees the program, so it holds the rule's words and none of
        # the incident's.
        reason=f"By rule: {firing.why}.",
        actor=_by(firing),
        dataset=dataset,
        rule=f"{firing.rule} {firing.rules_version}",
    )
    if is_new:
        timeline.write(
            incident,
            TimelineEntry.Kind.PAUSE,
            f"{program.name} paused by rule {firing.rule}: {firing.why}.",
            actor=_by(firing),
            audience=TimelineEntry.Audience.LEADERSHIP,
            program=program.slug,
        )


@transaction.atomic
def veto(firing: RuleFiring, *, reason: str, actor: Actor) -> None:
    """Keep a waiting rule from acting.

    Raises:
        Refused: if it acted already, waits for nothing that may be vetoed, or no reason is given.
    """
    incident = Incident.objects.select_for_update(no_key=True).get(pk=firing.incident_id)
    firing = RuleFiring.objects.select_for_update().get(pk=firing.pk)
    if firing.state != RuleFiring.State.WAITING:
        raise Refused(f"This rule is {firing.get_state_display().lower()} already.")
    if firing.scope == Scope.PROGRAMS_CONCERNED or firing.action != Action.PAUSE:
        raise Refused("This is called off by determining the severity, not by a veto.")
    if actor.user is None:
        raise Refused("Only a person can veto.")
    if not reason.strip() or len(reason) > LONGEST_REASON:
        raise Refused(
            f"reason: say why collection may go on, in at most {LONGEST_REASON} characters."
        )
    firing.state = RuleFiring.State.VETOED
    firing.vetoed_by = actor.user
    firing.veto_reason = reason
    history.save(firing, "state", "vetoed_by", "veto_reason", actor=actor)
    clockwork.cancel(prefix=_key(firing))
    trail.record(
        "rule.vetoed",
        firing,
        actor=actor,
        stream=trail.stream_of(incident),
        rule=firing.rule,
        remark=reason,
    )
    timeline.write(
        incident,
        TimelineEntry.Kind.RULE,
        f"{actor.name} vetoed the pause of {firing.dataset or firing.program}: {reason}",
        actor=actor,
        audience=TimelineEntry.Audience.LEADERSHIP,
    )
