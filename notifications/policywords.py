"""A policy in lines of words, and how two versions of one differ. Reads only."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.utils.dates import WEEKDAYS_ABBR
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from accounts.models import User
from incidents.library import Line, apart
from notifications import access, targets
from notifications.escalation import Step, Target
from notifications.hours import Hours
from notifications.models import EscalationPolicy, Method, PolicyVersion
from notifications.policydraft import MINUTE, Draft
from notifications.targets import Names
from programs import access as program_access

_HIDDEN = lazy("one that you may not know of")


@dataclass(frozen=True)
class Words:
    """What is called how: people, rotas, programs and policies, by key."""

    known: Names
    programs: dict[int, str]
    policies: dict[int, str]


def words(drafts: Iterable[Draft], reader: User) -> Words:
    """Return the names of all that these drafts name and the reader may know of, asked once."""
    every = list(drafts)
    programs = program_access.visible_to(reader).in_bulk(
        [each.program for each in every if each.program]
    )
    policies = access.policies_for(reader).in_bulk(
        [each.fallback for each in every if each.fallback]
    )
    return Words(
        targets.names(target for each in every for step in each.steps for target in step.targets),
        {pk: program.name for pk, program in programs.items()},
        {pk: policy.name for pk, policy in policies.items()},
    )


def lines(draft: Draft, said: Words) -> list[str]:
    """Return a draft as lines to read and to compare."""
    return list(_lines(draft, said))


def _lines(draft: Draft, said: Words) -> Iterator[str]:
    yield _("Name: %(name)s") % {"name": draft.name}
    yield _("For: %(levels)s, %(scope)s") % {
        "levels": levels_in_words(draft.levels),
        "scope": said.programs.get(draft.program, _HIDDEN) if draft.program else _("all programs"),
    }
    for number, step in enumerate(draft.steps, 1):
        yield f"{number}. {_step(step, said.known)}"
    yield _("Again %(n)s times, %(minutes)s min after a pass") % {
        "n": draft.repeats,
        "minutes": draft.repeat_after // MINUTE,
    }
    last = said.policies.get(draft.fallback, _HIDDEN) if draft.fallback else ""
    yield _("Falls back on: %(whom)s") % {
        "whom": _("%(policy)s, operators") % {"policy": last} if last else _("operators")
    }
    if draft.hours:
        yield _("Hours: %(hours)s") % {"hours": hours_in_words(draft.hours)}


def _step(step: Step, known: Names) -> str:
    minutes = step.wait // MINUTE
    when = _("after %(minutes)s min") % {"minutes": minutes} if minutes else _("at once")
    return f"{when}: {', '.join(_target(target, known) for target in step.targets)}"


def _target(target: Target, known: Names) -> str:
    ways = [str(Method(each).label) for each in target.methods if each in Method.values]
    return targets.called(target, known) + (f" ({', '.join(ways)})" if ways else "")


def levels_in_words(levels: Iterable[int]) -> str:
    """Return levels such as SEV 0, 1; a policy without any is only there to fall back on."""
    named = ", ".join(str(level) for level in sorted(levels))
    return f"SEV {named}" if named else _("no level: others fall back on it")


def hours_in_words(hours: Hours) -> str:
    days = ", ".join(str(WEEKDAYS_ABBR[day]) for day in sorted(hours.days))
    return f"{days} {hours.opens:%H:%M}–{hours.closes:%H:%M} {hours.zone}"


@dataclass(frozen=True)
class Change:
    """One version, and what it changed against the one before; all of it if it is the first."""

    version: PolicyVersion
    changes: list[Line]


def history(policy: EscalationPolicy, *, reader: User, most: int) -> list[Change]:
    """Return the newest versions of a policy, the newest first, each with what it changed."""
    # One more than is shown, for what the last of them changed.
    rows = list(policy.versions.select_related("author")[: most + 1])
    drafts = [Draft.from_plain(row.document) for row in rows]
    said = words(drafts, reader)
    read = [lines(draft, said) for draft in drafts]
    older = [*read[1:], []]
    return [
        Change(row, apart(before, now)) for row, now, before in zip(rows, read, older, strict=True)
    ][:most]
