"""Keep a rule from acting, or agree to what it asks for."""

from typing import Protocol

from django.db import transaction

from accounts.actors import Actor
from audit import clockwork, history, trail
from incidents import duplicates, timeline
from incidents import firing as firings
from incidents.models import Incident, RuleFiring, TimelineEntry
from severity.vocabulary import Action, Scope

LONGEST_REASON = 300


class Act(Protocol):
    """Decide of what waits, with a reason."""

    def __call__(self, firing: RuleFiring, /, *, reason: str, actor: Actor) -> None: ...


class Refused(Exception):
    """That cannot be decided so; the message says why."""


@transaction.atomic
def veto(firing: RuleFiring, *, reason: str, actor: Actor) -> None:
    """Keep a waiting rule from acting.

    Raises:
        Refused: if it acted already, waits for nothing that may be vetoed, or no reason is given.
    """
    incident, firing = _waits(firing)
    overdue = firing.scope == Scope.PROGRAMS_CONCERNED or firing.action != Action.PAUSE
    if overdue and not firing.of_house:
        raise Refused("This is called off by determining the severity, not by a veto.")
    _checked(reason, actor, "say why collection may go on" if not firing.of_house else "say why")
    firing.state = RuleFiring.State.VETOED
    firing.vetoed_by = actor.user
    firing.veto_reason = reason
    history.save(firing, "state", "vetoed_by", "veto_reason", actor=actor)
    clockwork.cancel(prefix=firings.key_of(firing))
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
        f"{actor.name} vetoed {_object(firing)}: {reason}",
        actor=actor,
        audience=TimelineEntry.Audience.LEADERSHIP,
    )


def _object(firing: RuleFiring) -> str:
    if firing.action == Action.PAUSE:
        return f"the pause of {duplicates.aim_of(firing) or 'what collects'}"
    return f"what rule {firing.rule} demands ({firing.action.replace('_', ' ')})"


@transaction.atomic
def allow(firing: RuleFiring, *, reason: str, actor: Actor) -> None:
    """Let a rule do what it asks for.

    Raises:
        Refused: if it asks no more, by its state or as the rule is by now, the incident is over,
            or no reason is given.
    """
    incident, firing = _waits(firing)
    if firing.state != RuleFiring.State.ASKED:
        raise Refused("This rule asks nobody: it acts by itself when its time has come.")
    if incident.is_over:
        raise Refused(f"{incident.ref} is {incident.status}; nothing is done to it by rule.")
    if not firings.still_applies(incident, firing):
        raise Refused("The rule asks for it no more: it was changed, or does not apply by now.")
    _checked(reason, actor, "say why")
    firing.allowed_by = actor.user
    firings.fire(incident, firing, actor=actor, why=reason)
    facts = {"rule": firing.rule, "remark": reason}
    trail.record("rule.allowed", firing, actor=actor, stream=trail.stream_of(incident), **facts)
    said = f"{actor.name} agreed to {_object(firing)}: {reason}"
    timeline.write(
        incident,
        TimelineEntry.Kind.RULE,
        said,
        actor=actor,
        audience=TimelineEntry.Audience.LEADERSHIP,
    )


def _waits(firing: RuleFiring) -> tuple[Incident, RuleFiring]:
    incident = Incident.objects.select_for_update(no_key=True).get(pk=firing.incident_id)
    firing = RuleFiring.objects.select_for_update().get(pk=firing.pk)
    if firing.state not in firings.OPEN:
        raise Refused(f"This rule is {firing.get_state_display().lower()} already.")
    return incident, firing


def _checked(reason: str, actor: Actor, what: str) -> None:
    if actor.user is None:
        raise Refused("Only a person can decide that.")
    if not reason.strip() or len(reason) > LONGEST_REASON:
        raise Refused(f"reason: {what}, in at most {LONGEST_REASON} characters.")
