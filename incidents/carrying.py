"""Do what a rule demands, and say in a sentence what came of it. firing decides when."""

from collections.abc import Callable

from accounts.actors import Actor
from accounts.functions import Function
from audit import clockwork, outbox, trail
from incidents import cord, duplicates, obligations, runbooks, timeline
from incidents.models import DrillScope, Incident, RuleFiring, TimelineEntry
from incidents.targets import Target
from programs import pauses
from programs.models import Dataset, Program
from severity.facts import BadFact
from severity.vocabulary import Action

Aims = list[Target]
LONGEST_OUTCOME = 300
RECKON = "incidents.reckon_by_rule"


def by(firing: RuleFiring) -> Actor:
    """Return the actor that a rule is on the record."""
    return Actor(name=f"rule {firing.rule} ({firing.rules_version})", via="rule")


def act(incident: Incident, firing: RuleFiring, aims: Aims) -> str:
    """Do it; return what came of it, in a sentence of at most 300 characters."""
    outcome = _ACTS[Action(firing.action)](incident, firing, aims)
    trail.record(
        "rule.fired",
        firing,
        actor=by(firing),
        stream=trail.stream_of(incident),
        rule=firing.rule,
        version=firing.rules_version,
        action=firing.action,
        level=incident.counts_as,
    )
    return outcome[:LONGEST_OUTCOME]


def _pauses(incident: Incident, firing: RuleFiring, aims: Aims) -> str:
    done = [_pause(incident, firing, program, dataset) for program, dataset in aims if program]
    return " ".join(done) or "No program is known, so nothing was paused."


def _pause(
    incident: Incident, firing: RuleFiring, program: Program, dataset: Dataset | None
) -> str:
    held = pauses.held_by(incident.ref).filter(program=program, dataset=dataset)
    is_new = not held.exists()
    hold = pauses.pause(
        program,
        holder=incident.ref,
        label=incident.codename,
        # Read by everybody who sees the program, so it holds the rule's words and none of
        # the incident's.
        reason=f"By rule: {firing.why}.",
        actor=by(firing),
        dataset=dataset,
        drill_only=incident.drill_scope == DrillScope.COLLECTORS,
        is_drill=bool(incident.drill_scope),
        needs_executive=cord.needs_executive(incident),
        rule=f"{firing.rule} {firing.rules_version}",
    )
    if not is_new:
        return f"{duplicates.named(incident, program, dataset)} was held by it already."
    said = cord.outcome(incident, hold)
    timeline.write(
        incident,
        TimelineEntry.Kind.PAUSE,
        f"{said} by rule {firing.rule}: {firing.why}.",
        actor=by(firing),
        audience=TimelineEntry.Audience.LEADERSHIP,
        program=program.slug if duplicates.tells(incident, program) else "",
    )
    return f"{said}."


def _attach(incident: Incident, firing: RuleFiring, _aims: Aims) -> str:
    if firing.name:
        made = runbooks.attach_named(incident, firing.name, actor=by(firing))
    else:
        made = runbooks.attach(incident, actor=by(firing))
    if not made:
        return "No runbook was attached: it has it already, or there is none any more."
    return f"Attached: {', '.join(run.title for run in made)}."


def _escalate(incident: Incident, firing: RuleFiring, _aims: Aims) -> str:
    outbox.publish(
        "incident.escalate",
        priority=incident.counts_as,
        incident=incident.pk,
        # What nobody determined in time pages again, even if somebody answered before. So does
        # a policy that a rule names: it may reach others.
        again=firing.due_at is not None or bool(firing.name),
        policy=int(firing.name) if firing.name else None,
    )
    return "Handed over to be paged for."


def _require_review(_incident: Incident, _firing: RuleFiring, _aims: Aims) -> str:
    return "It ends with a review."


def _open_obligations(incident: Incident, firing: RuleFiring, _aims: Aims) -> str:
    # By the engine: a report must not wait for it, nor be lost with facts that contradict.
    key, payload = f"reckon:{firing.pk}", {"firing": firing.pk}
    clockwork.schedule(RECKON, key=key, payload=payload, priority=incident.counts_as)
    return "Handed over: the legal clocks are reckoned."


def reckon(incident: Incident, firing: RuleFiring) -> str:
    """Reckon the legal clocks of an incident, which the caller has locked; say what came of it."""
    try:
        changes = obligations.update(incident, actor=by(firing))
    except BadFact as fault:
        return f"No clock was reckoned: {fault}"[:LONGEST_OUTCOME]
    return f"Legal clocks reckoned: {len(changes)} opened or moved."


def _notify(incident: Incident, firing: RuleFiring, _aims: Aims) -> str:
    outbox.publish("incident.rule_notifies", priority=incident.counts_as, firing=firing.pk)
    return f"Handed over to be told: {Function(firing.name).label}."


_ACTS: dict[Action, Callable[[Incident, RuleFiring, Aims], str]] = {
    Action.PAUSE: _pauses,
    Action.ATTACH_RUNBOOK: _attach,
    Action.ESCALATE: _escalate,
    Action.REQUIRE_REVIEW: _require_review,
    Action.OPEN_OBLIGATIONS: _open_obligations,
    Action.NOTIFY: _notify,
}
