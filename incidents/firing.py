"""Let the threshold rules act on an incident, once each. The only module that writes RuleFiring."""

import math
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from accounts.actors import Actor
from audit import clockwork, history, outbox, trail
from incidents import cord, duplicates, runbooks, targets, timeline, weighing
from incidents.models import DrillScope, Incident, RuleFiring, TimelineEntry
from incidents.targets import Target
from programs import lifecycle, pauses
from programs.models import Dataset, Program
from severity import thresholds
from severity.duties import PAUSES_AT_ONCE
from severity.ladder import Sev
from severity.ruleset import RuleSet
from severity.thresholds import Demand
from severity.vocabulary import Action, Mode, Scope

# What a firing demands of what: rule, action, program, dataset.
Demanded = tuple[str, str, int | None, int | None]
Waited = dict[Demanded, datetime | None]
LONGEST_REASON = 300


class Refused(Exception):
    """The firing cannot be vetoed; the message says why."""


def apply(incident: Incident, *, actor: Actor) -> None:
    """Do at once what the level demands at once; write down with a due time what it demands later.

    Runs in the transaction that set the level, with the incident locked.
    """
    waited = {} if weighing.is_first(incident) else _void_what_waits(incident, actor=actor)
    made = []
    for demand in _demands(incident):
        for target in targets.of(incident, demand):
            firing = _firing(incident, demand, target)
            _keep_the_moment(firing, waited)
            made.append((firing, demand))
    if made:
        history.create_all([firing for firing, _ in made], actor=actor)
    for firing, demand in made:
        if firing.state == RuleFiring.State.WAITING:
            _wait(incident, firing, demand)
        else:
            _act(incident, firing, [(firing.program, firing.dataset)])
    if cord.needs_executive(incident):
        # What it held before it was as grave as this.
        for holder in duplicates.holders(incident):
            pauses.demand_an_executive(holder, actor=actor)


def lock_ahead(incident: Incident, *, with_its_own: bool) -> None:
    """Lock what `apply` will pause at once for an incident that is not stored yet.

    A program may be held by others for seconds. Whoever waits for one must not hold by then
    what every report needs, such as the next number.

    Args:
        with_its_own: its own program is paused whatever the level: the cord is pulled.
    """
    found = {incident.program.pk: incident.program} if with_its_own and incident.program else {}
    for demand in _demands(incident):
        if demand.action is Action.PAUSE and not demand.after_seconds:
            for program, _dataset in targets.of(incident, demand):
                if program:
                    found[program.pk] = program
    for pk in sorted(found):
        lifecycle.lock(found[pk])


def _demands(incident: Incident) -> tuple[Demand, ...]:
    program = incident.program
    # A level that stops a program, and nobody knows which: that is open as well, so the clock of
    # what is undetermined runs on.
    nowhere = program is None and incident.level in PAUSES_AT_ONCE
    return thresholds.due(
        incident.level,
        undetermined=incident.sev is None or nowhere,
        program_pause_at=Sev(program.pause_at) if program else None,
        rules=RuleSet.current(),
    )


def _void_what_waits(incident: Incident, *, actor: Actor) -> Waited:
    """Call off what waits; return when each demand would have acted."""
    waited: Waited = {}
    for firing in incident.firings.filter(state=RuleFiring.State.WAITING):
        waited[_demanded(firing)] = firing.due_at
        firing.state = RuleFiring.State.VOID
        history.save(firing, "state", actor=actor, why="the severity was set anew")
        clockwork.cancel(prefix=_key(firing))
    return waited


def _demanded(firing: RuleFiring) -> Demanded:
    return firing.rule, firing.action, firing.program_id, firing.dataset_id


def _keep_the_moment(firing: RuleFiring, waited: Waited) -> None:
    # Else whoever answers again every few minutes puts a pause off for ever.
    before = waited.get(_demanded(firing))
    if firing.due_at and before and before < firing.due_at:
        firing.due_at = before


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
        created_at=now,
        due_at=now + later if later else None,
        fired_at=None if later else now,
    )


def _wait(incident: Incident, firing: RuleFiring, demand: Demand) -> None:
    assert firing.due_at
    # By the database's clock, as everything that is due.
    left = firing.due_at - firing.created_at
    clockwork.schedule(
        "incidents.fire_rule",
        key=_key(firing),
        payload={"firing": firing.pk},
        after=left,
        priority=incident.counts_as,
    )
    if demand.mode is Mode.AUTOMATIC_AFTER:
        minutes = max(0, math.ceil(left.total_seconds() / 60))
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
    _act(incident, firing, list(targets.now(incident, firing)))


def _act(incident: Incident, firing: RuleFiring, aims: list[Target]) -> None:
    if firing.action == Action.PAUSE:
        for program, dataset in aims:
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
    hold = pauses.pause(
        program,
        holder=incident.ref,
        label=incident.codename,
        # Read by everybody who sees the program, so it holds the rule's words and none of
        # the incident's.
        reason=f"By rule: {firing.why}.",
        actor=_by(firing),
        dataset=dataset,
        drill_only=incident.drill_scope == DrillScope.COLLECTORS,
        is_drill=bool(incident.drill_scope),
        needs_executive=cord.needs_executive(incident),
        rule=f"{firing.rule} {firing.rules_version}",
    )
    if is_new:
        timeline.write(
            incident,
            TimelineEntry.Kind.PAUSE,
            f"{cord.outcome(hold)} by rule {firing.rule}: {firing.why}.",
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
