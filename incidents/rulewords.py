"""A threshold rule in lines of words, and how two versions of one differ. Reads only."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import ngettext

from incidents import rulebook
from incidents.library import Line, apart
from incidents.models import Audience, Kind, Status, StillOpen
from programs.models import Category
from severity.duties import Threshold
from severity.houserules import Act, BadRule, Rule, read
from severity.vocabulary import Action, Mode, Scope

SCOPES = {
    Scope.PROGRAM: lazy("the program"),
    Scope.PROGRAM_AND_DERIVED: lazy("the program and what is derived from it"),
    Scope.DERIVED: lazy("what is derived from the program, training included"),
    Scope.DATASET_OR_COLLECTORS: lazy("the dataset or its collectors"),
    Scope.ALL_PROGRAMS_ON_THE_STORE: lazy("every program on the store"),
    Scope.PROGRAMS_CONCERNED: lazy("the programs concerned"),
}
ACTIONS = {
    Action.PAUSE: lazy("Pause"),
    Action.ESCALATE: lazy("Page the people on call"),
    Action.ATTACH_RUNBOOK: lazy("Attach the fitting runbook"),
    Action.OPEN_OBLIGATIONS: lazy("Reckon the legal clocks"),
    Action.REQUIRE_REVIEW: lazy("Require a review"),
    Action.NOTIFY: lazy("Tell"),
}
MODES = {
    Mode.AUTOMATIC: lazy("At once"),
    Mode.AUTOMATIC_AFTER: lazy("After a time to veto it"),
    Mode.ASK: lazy("After somebody agrees"),
    Mode.OVERDUE: lazy("When it is overdue"),
}
_CHOICES: tuple[tuple[str, Any, Any], ...] = (
    ("categories", lazy("Kind of data"), Category),
    ("kinds", lazy("Kind of incident"), Kind),
    ("audiences", lazy("Who can see it"), Audience),
    ("still_open", lazy("Still open"), StillOpen),
    ("statuses", lazy("Status"), Status),
)


def lines(rule: Rule, names: Mapping[str, Mapping[str, str]]) -> list[str]:
    """Return a rule as lines to read and to compare; `names` is what rulebook.names gives."""
    return [
        _("Name: %(name)s") % {"name": rule.name},
        _("Why: %(why)s") % {"why": rule.why},
        *conditions(rule),
        *(_("Then: %(act)s") % {"act": act(each, names)} for each in rule.acts),
        mode(rule.mode, rule.minutes * 60),
    ]


def conditions(rule: Rule) -> list[str]:
    """Return what a rule asks for, a line for each condition."""
    return list(_conditions(rule)) or [_("Every incident")]


def _conditions(rule: Rule) -> Iterator[str]:
    when = rule.when
    if when.levels:
        levels = ", ".join(level.label for level in when.levels)
        said = _("Peak level: %(levels)s") if when.by_peak else _("Level now: %(levels)s")
        yield said % {"levels": levels}
    if when.programs:
        yield _("Program: %(programs)s") % {"programs": ", ".join(when.programs)}
    for field, label, words in _CHOICES:
        if chosen := getattr(when, field):
            yield f"{label}: {', '.join(str(words(word).label) for word in chosen)}"
    if when.undetermined is not None:
        yield _("Severity undetermined") if when.undetermined else _("Severity determined")
    if when.people_over is not None:
        yield _("More than %(n)s people in the program") % {"n": when.people_over}
    if when.minutes:
        yield ngettext(
            "For %(n)s minute in that status", "For %(n)s minutes in that status", when.minutes
        ) % {"n": when.minutes}


def act(each: Act, names: Mapping[str, Mapping[str, str]]) -> str:
    """Return one action in words."""
    said = str(ACTIONS[each.action])
    if each.scope:
        return f"{said}: {SCOPES[each.scope]}"
    if each.name:
        return f"{said}: {names.get(each.action, {}).get(each.name, each.name)}"
    return said


def mode(how: Mode, seconds: int) -> str:
    """Return how a rule acts."""
    if how is Mode.AUTOMATIC_AFTER:
        return _("After %(n)s minutes, unless somebody vetoes it") % {"n": seconds // 60}
    if how is Mode.OVERDUE:
        return _("After %(n)s minutes, unless the severity is determined") % {"n": seconds // 60}
    return str(MODES[how])


def floor(each: Threshold) -> dict[str, str]:
    """Return a rule of the floor in words."""
    if each.own_threshold:
        asks = _("A level at which the program itself wants to stop")
    elif each.undetermined:
        asks = _("Severity undetermined")
    else:
        asks = ", ".join(level.label for level in sorted(each.levels))
    return {
        "id": each.id,
        "asks": asks,
        "does": act(Act(each.action, each.scope), {}),
        "how": mode(each.mode, each.seconds),
        "why": each.why,
    }


def compare(rule: str, before: Mapping[str, Any] | None, after: Mapping[str, Any]) -> list[Line]:
    """Return how two documents of a rule differ, line by line."""
    names = rulebook.names()
    old, new = (_read(rule, each, names) for each in (before, after))
    return apart(old, new)


def _read(
    rule: str, document: Mapping[str, Any] | None, names: Mapping[str, Mapping[str, str]]
) -> list[str]:
    try:
        return lines(read(rule, "", document), names) if document else []
    except BadRule as bad:
        return [str(bad)]
