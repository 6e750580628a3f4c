"""Who is behind a target of a step at a moment, and by which ways they are paged. Reads only."""

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from accounts.functions import Function
from accounts.models import User
from audit.gathering import known, once
from incidents.models import Incident, Role
from notifications import oncall
from notifications.escalation import Plan, Target
from notifications.models import Rota
from notifications.ways import Way, read_for, ways


@dataclass(frozen=True)
class Situation:
    """What decides who is behind a target. A stop has no incident, and no roles."""

    at: datetime
    plan: Plan
    incident: Incident | None = None
    # Of the run: what wants quiet, or graver things alone, depends on it.
    level: int = 0
    # They are up: what they want quiet at is used as well.
    awake: bool = False


@dataclass
class Reached:
    """A person who is paged, by which ways and for which targets."""

    person: User
    ways: list[Way] = field(default_factory=list)
    targets: list[Target] = field(default_factory=list)


def reached(targets: Iterable[Target], situation: Situation) -> list[Reached]:
    """Return everybody whom these targets reach, each once, in the order of targets and names.

    Whoever cannot be reached by any way is left out.
    """
    found: dict[int, Reached] = {}
    for target in targets:
        for person in once(_place(target, situation), partial(_read, target, situation)):
            one = found.setdefault(person.pk, Reached(person))
            one.targets.append(target)
            found_ways = fitting(person, target, situation.level, at=situation.at)
            if situation.awake:
                found_ways = [way._replace(held_until=None) for way in found_ways]
            one.ways += [way for way in found_ways if way not in one.ways]
    return [one for one in found.values() if one.ways]


def read_ahead(targets: Iterable[Target]) -> None:
    """Read at once the people whom many steps name, where they are gathered."""
    named = {target for target in targets if target.kind == "person"}
    found = _listed(Q(pk__in={target.person for target in named}))
    read_for(found)
    by_key = {person.pk: [person] for person in found}
    known({_place(target): by_key.get(target.person or 0, []) for target in named})


def _place(target: Target, situation: Situation | None = None) -> tuple[Hashable, ...]:
    # Of many steps that are taken at once, those for the same people ask for them once.
    if target.kind in ("function", "team", "person", "rota") or situation is None:
        return ("reached", target)
    return ("reached", target, situation.plan, situation.incident and situation.incident.pk)


def _read(target: Target, situation: Situation) -> list[User]:
    found = people(target, situation)
    read_for(found)
    return found


def people(target: Target, situation: Situation) -> list[User]:
    """Return the active people behind a target, in the order of their names."""
    return BY_KIND[target.kind](target, situation)


def _group(target: Target, _situation: Situation) -> list[User]:
    return _listed(Q(groups__name=target.name))


def _person(target: Target, _situation: Situation) -> list[User]:
    return _listed(Q(pk=target.person))


def _role(target: Target, situation: Situation) -> list[User]:
    if situation.incident is None:
        return []
    held = situation.incident.roles.filter(role=target.name, until=None)
    return _listed(Q(pk__in=held.values("person")))


def _rota(target: Target, situation: Situation) -> list[User]:
    # Whoever is on call when the step is taken, not when the run began.
    return oncall.on_call(target.rota, situation.at) if target.rota else []


def _fallback(_target: Target, situation: Situation) -> list[User]:
    # A plan holds those it falls back on already resolved: none of them is a fallback.
    named = [people(target, situation) for target in situation.plan.fallback]
    return list(dict.fromkeys(person for some in named for person in some))


BY_KIND: dict[str, Callable[[Target, Situation], list[User]]] = {
    "function": _group,
    "team": _group,
    "person": _person,
    "role": _role,
    "rota": _rota,
    "fallback": _fallback,
}


def _listed(who: Q) -> list[User]:
    found: QuerySet[User] = User.objects.filter(who, is_active=True)
    return list(found.distinct().order_by("username"))


def fitting(
    person: User, target: Target, level: int = 0, *, at: datetime | None = None
) -> list[Way]:
    """Return the ways that a target asks for; all the person has if there is none of these.

    A page by another way is better than none.
    """
    every = ways(person, level=level, at=at)
    return [way for way in every if way[0] in target.methods] or every


@dataclass(frozen=True)
class Names:
    """What people and rotas that targets name are called, by key."""

    persons: dict[int, str]
    rotas: dict[int, str]


def names(wanted: Iterable[Target]) -> Names:
    """Return the names of all that these targets name, asked for once."""
    every = list(wanted)
    persons = User.objects.in_bulk([each.person for each in every if each.person])
    rotas = Rota.objects.in_bulk([each.rota for each in every if each.rota])
    return Names(
        {pk: person.name for pk, person in persons.items()},
        {pk: rota.name for pk, rota in rotas.items()},
    )


def called(target: Target, known: Names) -> str:
    """Return how people call a target."""
    if target.kind == "person":
        return known.persons.get(target.person or 0) or _("nobody")
    if target.kind == "team":
        return _("team %(name)s") % {"name": target.name}
    if target.kind == "role":
        return _("%(role)s of the incident") % {"role": Role(target.name).label}
    if target.kind == "rota":
        return _("on call in %(rota)s") % {"rota": known.rotas.get(target.rota or 0) or _("nobody")}
    if target.kind == "fallback":
        return _("those it falls back on")
    return str(Function(target.name).label) if target.name in Function.values else _("nobody")
