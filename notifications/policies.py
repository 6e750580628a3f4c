"""Which policy an incident is escalated by, what a run keeps of it, and the ways to a person."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections, transaction

from accounts.actors import Actor
from accounts.functions import Function
from audit import history, trail
from audit.models import Entry
from incidents.models import Incident
from notifications.escalation import NOBODY, OPERATORS, Plan, Step, Target
from notifications.hours import Hours
from notifications.models import (
    EscalationPolicy,
    EscalationStep,
    EscalationTarget,
)
from programs.models import StopOrder
from severity.ladder import Sev

# A stop that is not answered is paged for like an incident of this level, once its owner has had
# the time to answer.
STOP_LEVEL = Sev.SEV2
OWNER_HAS = timedelta(minutes=10)


def for_incident(incident: Incident) -> EscalationPolicy | None:
    """Return the policy for the incident's level: the program's own, else the general one."""
    fitting = EscalationPolicy.objects.filter(active=True, levels__contains=[incident.counts_as])
    own = fitting.filter(program=incident.program)
    return own.order_by("pk").first() or fitting.filter(program=None).order_by("pk").first()


def for_stop(order: StopOrder) -> EscalationPolicy | None:
    """Return the policy that follows after the owner: as for an incident of STOP_LEVEL."""
    fitting = EscalationPolicy.objects.filter(active=True, levels__contains=[STOP_LEVEL.value])
    own = fitting.filter(program=order.program)
    return own.order_by("pk").first() or fitting.filter(program=None).order_by("pk").first()


def plan_for_stop(order: StopOrder, policy: EscalationPolicy | None) -> Plan:
    """Return the plan for a stop that is not answered: its owner at once, then the policy."""
    after = plan(policy)
    owner = Step(timedelta(0), (Target("person", person=order.program.owner_id),))
    first, *rest = after.steps or (None,)
    later = (replace(first, wait=max(first.wait, OWNER_HAS)), *rest) if first else ()
    return replace(
        after, name=f"owner of {order.program.slug}, {after.name}", steps=(owner, *later)
    )


def plan(policy: EscalationPolicy | None) -> Plan:
    """Return a policy as it is now, free of later edits."""
    if policy is None:
        return NOBODY
    steps = policy.steps.prefetch_related("targets")
    return Plan(
        name=policy.name,
        repeats=policy.repeats,
        repeat_after=timedelta(seconds=policy.repeat_after_seconds),
        steps=tuple(
            Step(timedelta(seconds=step.after_seconds), tuple(map(_target, step.targets.all())))
            for step in steps
        ),
        fallback=_fallback(policy),
        hours=_hours(policy),
    )


def _target(row: EscalationTarget) -> Target:
    return Target(row.kind, row.name, row.person_id, tuple(row.methods))


def _fallback(policy: EscalationPolicy) -> tuple[Target, ...]:
    """Everybody of the policies that follow, at once, and whoever runs Andon."""
    found: list[Target] = []
    seen = {policy.pk}
    after = policy.fallback
    # Loops are refused when a policy is saved. Should there be one, it must not hang an escalation.
    while after and after.pk not in seen:
        seen.add(after.pk)
        rows = EscalationTarget.objects.filter(step__policy=after).order_by("step__number", "pk")
        found += [_target(row) for row in rows if row.kind != EscalationTarget.Kind.FALLBACK]
        after = after.fallback
    return tuple(dict.fromkeys([*found, OPERATORS]))


def _hours(policy: EscalationPolicy) -> Hours | None:
    if not policy.days or policy.opens is None or policy.closes is None:
        return None
    return Hours(policy.zone, tuple(policy.days), policy.opens, policy.closes)


def install(using: str, **_: Any) -> None:
    """Make the general policies after `migrate`: a new installation pages people from the start.

    Doing it again changes nothing, and never what people changed or switched off.
    """
    # `migrate` runs for one app too, or backwards, and then the tables are not all there.
    wanted = {model._meta.db_table for model in (EscalationTarget, Entry)}
    there = set(connections[using].introspection.table_names())
    if using == DEFAULT_DB_ALIAS and wanted <= there:
        ensure_general_policies(actor=Actor.machine("installation"))


@transaction.atomic
def ensure_general_policies(*, actor: Actor) -> None:
    """Make sure that there is a policy for every level that pages. Keeps what is there."""
    wanted = [
        ("SEV 0 and 1", [0, 1], [(0, "commander"), (0, "privacy_officer"), (300, "executive")]),
        ("SEV 2 and 3", [2, 3], [(0, "commander"), (600, "privacy_officer"), (900, "executive")]),
    ]
    for name, levels, steps in wanted:
        if EscalationPolicy.objects.filter(program=None, levels__overlap=levels).exists():
            continue
        policy: EscalationPolicy = history.create(
            EscalationPolicy, actor=actor, name=name, levels=levels
        )
        for number, (after, function) in enumerate(steps):
            step = history.create(
                EscalationStep, actor=actor, policy=policy, number=number, after_seconds=after
            )
            history.create(
                EscalationTarget,
                actor=actor,
                step=step,
                kind=EscalationTarget.Kind.FUNCTION,
                name=Function(function).value,
            )
        trail.record("policy.made", policy, actor=actor, name=name, levels=levels)
