"""Whether a policy may be as somebody wants it: what it names is there, no level has two.

Reads only; policymaking asks it under its lock.
"""

from collections.abc import Callable, Iterator

from django.db.models import QuerySet

from accounts.functions import Function
from accounts.models import User
from audit import teams
from incidents.models import Role
from notifications import policydraft
from notifications.escalation import Target
from notifications.models import EscalationPolicy, Method, Rota
from notifications.policydraft import Draft, Fault
from programs.models import Program, State

# For whoever writes a policy, or takes away what one may name. Two new policies have no row in
# common, and could claim the same level at once.
LOCK = "policies"


class Refused(Exception):
    """A policy cannot be so. Each of `faults` has the field, and what is allowed there."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__(" ".join(str(fault) for fault in faults))
        self.faults = faults


def faults(draft: Draft, *, of: EscalationPolicy | None) -> list[Fault]:
    """Return everything that is wrong with a draft.

    Args:
        of: the policy that it would change; None for a new one.
    """
    found = policydraft.faults(draft)
    # What is no name or level is not looked up.
    odd = {fault.field for fault in found}
    return [
        *found,
        *([] if "name" in odd else _of_name(draft, of)),
        *([] if "levels" in odd else _of_scope(draft, of)),
        *_of_fallback(draft, of),
        *_of_targets(draft),
    ]


def _others(of: EscalationPolicy | None) -> QuerySet[EscalationPolicy]:
    active = EscalationPolicy.objects.filter(active=True)
    return active.exclude(pk=of.pk) if of else active


def _of_name(draft: Draft, of: EscalationPolicy | None) -> Iterator[Fault]:
    if _others(of).filter(name=draft.name).exists():
        yield Fault("name", f"there is a policy {draft.name!r} already; choose another name.")


def _of_scope(draft: Draft, of: EscalationPolicy | None) -> Iterator[Fault]:
    programs = Program.objects.exclude(state=State.RETIRED)
    if draft.program is not None and not programs.filter(pk=draft.program).exists():
        yield Fault("program", "there is no such program, or it is retired.")
        return
    levels = list(draft.levels)
    rivals = _others(of).filter(program=draft.program, levels__overlap=levels)
    for other in rivals.order_by("name") if levels else ():
        twice = " and ".join(str(each) for each in sorted(levels) if each in other.levels)
        scope = other.program.name if other.program else "all programs"
        yield Fault("levels", f"SEV {twice} of {scope} is for {other.name} already.")


def _of_fallback(draft: Draft, of: EscalationPolicy | None) -> Iterator[Fault]:
    if draft.fallback is None:
        return
    after = EscalationPolicy.objects.filter(pk=draft.fallback, active=True).first()
    if after is None:
        yield Fault("fallback", "there is no such policy, or it is retired.")
        return
    seen, way = {of.pk if of else 0}, [draft.name]
    while after:
        way.append(after.name)
        if after.pk in seen:
            yield Fault("fallback", f"that is a loop: {' → '.join(way)}.")
            return
        seen.add(after.pk)
        after = after.fallback


def _of_targets(draft: Draft) -> Iterator[Fault]:
    for number, step in enumerate(draft.steps[: policydraft.MOST_STEPS], 1):
        for target in step.targets:
            check = _BY_KIND.get(target.kind)
            said = check(target) if check else f"{target.kind!r} is none of: {', '.join(_BY_KIND)}."
            if said:
                yield Fault("targets", said, number)
            if wrong := set(target.methods) - set(Method.values):
                odd = ", ".join(sorted(wrong))
                yield Fault("methods", f"{odd}: each of {', '.join(Method.values)}.", number)


def _why_not_function(target: Target) -> str:
    if target.name not in Function.values:
        return f"there is no function {target.name!r}; one of {', '.join(Function.values)}."
    return _only(target, Target("function", target.name))


def _why_not_team(target: Target) -> str:
    if not teams.known().filter(name=target.name).exists():
        return f"there is no team {target.name!r}."
    return _only(target, Target("team", target.name))


def _why_not_role(target: Target) -> str:
    if target.name not in Role.values:
        return f"there is no role {target.name!r} in incidents; one of {', '.join(Role.values)}."
    return _only(target, Target("role", target.name))


def _why_not_person(target: Target) -> str:
    person = User.objects.filter(pk=target.person or 0).first()
    if person is None:
        return "there is no such person."
    if not person.is_active:
        return f"{person.name} is deactivated."
    return _only(target, Target("person", person=target.person))


def _why_not_rota(target: Target) -> str:
    rota = Rota.objects.filter(pk=target.rota or 0).first()
    if rota is None:
        return "there is no such rota."
    if rota.retired_at:
        return f"the rota {rota.name} is retired."
    return _only(target, Target("rota", rota=target.rota))


def _only(target: Target, wanted: Target) -> str:
    """A target names one thing: what else it names would be lost without a word."""
    named = (target.name, target.person, target.rota)
    if named == (wanted.name, wanted.person, wanted.rota):
        return ""
    return f"a target of the kind {target.kind} names nothing else."


_BY_KIND: dict[str, Callable[[Target], str]] = {
    "function": _why_not_function,
    "team": _why_not_team,
    "person": _why_not_person,
    "role": _why_not_role,
    "rota": _why_not_rota,
    "fallback": lambda target: _only(target, Target("fallback")),
}
