"""What a run keeps of a policy: its steps, whom it falls back on, its hours. Reads only."""

from datetime import timedelta

from notifications.escalation import NOBODY, OPERATORS, Plan, Step, Target
from notifications.hours import Hours
from notifications.models import EscalationPolicy, EscalationTarget
from notifications.policydraft import Draft


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
        fallback=fallback(policy.fallback, but=policy),
        hours=_hours(policy),
    )


def _target(row: EscalationTarget) -> Target:
    return Target(row.kind, row.name, row.person_id, tuple(row.methods), row.rota_id)


def fallback(
    first: EscalationPolicy | None, *, but: EscalationPolicy | None = None
) -> tuple[Target, ...]:
    """Return everybody of a policy and of those it falls back on, and whoever runs Andon.

    Args:
        first: the policy that is fallen back on.
        but: the one that falls back; its own targets are none of them.
    """
    found: list[Target] = []
    seen = {but.pk} if but else set()
    after = first
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


def draft(policy: EscalationPolicy) -> Draft:
    """Return a policy as somebody could have written it."""
    now = plan(policy)
    return Draft(
        name=policy.name,
        levels=tuple(policy.levels),
        steps=now.steps,
        program=policy.program_id,
        repeats=policy.repeats,
        repeat_after=now.repeat_after,
        fallback=policy.fallback_id,
        hours=now.hours,
    )


def of_draft(wanted: Draft) -> Plan:
    """Return the plan that a policy would have."""
    after = EscalationPolicy.objects.filter(pk=wanted.fallback).first() if wanted.fallback else None
    return Plan(
        name=wanted.name,
        steps=wanted.steps,
        repeats=wanted.repeats,
        repeat_after=wanted.repeat_after,
        fallback=fallback(after),
        hours=wanted.hours,
    )
