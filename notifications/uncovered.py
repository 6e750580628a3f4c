"""Look for times in which a policy reaches nobody in any step; who answers for it is told ahead.

A rota with a gap makes them: where another step reaches somebody, that one is taken at once.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from accounts.models import User
from audit import clockwork
from notifications import noting, oncall, planning, policymail, reach, targets, ways
from notifications.escalation import Plan, Target
from notifications.models import EscalationPolicy, PolicyGap
from notifications.targets import Situation

LOOK, REMIND = "notifications.look_for_uncovered", "notifications.tell_of_uncovered"


def look_soon(rota_pk: int, *, mark: str) -> None:
    """Have the policies looked at that page a rota, once for each mark."""
    named = EscalationPolicy.objects.filter(active=True, steps__targets__rota=rota_pk)
    for pk in named.values_list("pk", flat=True).distinct():
        # To the minute: whichever rota asks for this look, one is enough.
        key = f"policy-gaps:{pk}:{mark[:16]}"
        clockwork.schedule(LOOK, key=key, payload={"policy": pk})


def look(payload: dict[str, Any]) -> None:
    """Note when a policy reaches nobody, and have it told of if that is soon."""
    if policy := _locked(payload["policy"]):
        note(policy, planning.plan(policy), clockwork.now())


def _locked(pk: int) -> EscalationPolicy | None:
    locked = EscalationPolicy.objects.select_for_update(no_key=True, of=("self",))
    return locked.filter(pk=pk, active=True).first()


def note(policy: EscalationPolicy, plan: Plan, now: datetime) -> list[noting.Gap]:
    """The same of a policy that is locked; return what was told of."""
    found = times(plan, now, now + noting.AHEAD) if policy.active else []
    fresh = noting.note(policy, found, now, remind=REMIND)
    soon = [gap for gap in fresh if noting.is_soon(gap, now)]
    if soon:
        _tell(policy, plan, soon, mark=f"gap-{soon[0].pk}-found")
    return soon


def times(plan: Plan, start: datetime, end: datetime) -> list[noting.Times]:
    """Return when whoever is on call is nobody, and no step reaches anybody else for sure.

    None for a policy that pages no rota: whom that reaches does not change with the hour.
    """
    named = list(reach.flat((target for step in plan.steps for target in step.targets), plan))
    rotas = {target.rota for target in named if target.rota}
    others = [target for target in named if not target.rota]
    if not rotas or reach.behind(others, plan, start).sure:
        return []
    left = noting.uncovered(_covered(rotas, start, end), start, end)
    return list(_within_hours(left, plan, end))


def _covered(
    rotas: Iterable[int], start: datetime, end: datetime
) -> list[tuple[datetime, datetime]]:
    spans = [span for some in oncall.between_all(rotas, start, end).values() for span in some]
    there = oncall.people({pk for span in spans for pk in span.who})
    sure = {person.pk for person in there if ways.is_sure(person)}
    return [(span.start, span.end) for span in spans if sure & set(span.who)]


def _within_hours(
    found: Iterable[noting.Times], plan: Plan, until: datetime
) -> Iterator[noting.Times]:
    for start, end in found:
        # What begins at night waits for the morning, and then pages whoever is on call.
        first = plan.moment(start)
        if first < (end or until):
            yield first, end


def remind(payload: dict[str, Any]) -> None:
    """Tell whoever answers for a policy that it reaches nobody soon, unless that is filled.

    What begins within a day of it is told in the same mail.
    """
    gap = PolicyGap.objects.get(pk=payload["gap"])
    policy = _locked(gap.policy_id)
    if policy is None:
        return
    plan = planning.plan(policy)
    told = note(policy, plan, clockwork.now())
    if due := noting.to_tell(policy, gap, payload["hours"], remind=REMIND, told=told):
        _tell(policy, plan, due, mark=f"gap-{due[0].pk}-{payload['hours']}")


def _tell(policy: EscalationPolicy, plan: Plan, gaps: Sequence[noting.Gap], *, mark: str) -> None:
    policymail.tell(
        _who_answers_for(policy, Situation(gaps[0].starts_at, plan)),
        policy,
        mark=mark,
        said="no step reaches anybody for sure at these times. Those it falls back on, and "
        "operators, would be paged instead.",
        times=[(gap.starts_at, gap.ends_at) for gap in gaps],
    )


def _who_answers_for(policy: EscalationPolicy, situation: Situation) -> list[User]:
    """The owner of its program, and those on whom it falls back: operators always."""
    found = targets.people(Target("fallback"), situation)
    return [*([policy.program.owner] if policy.program else []), *found]


def coming(policy: EscalationPolicy) -> list[PolicyGap]:
    """Return the times to come in which it reaches nobody, the earliest first."""
    return list(policy.gaps.filter(over_at=None).order_by("starts_at"))
