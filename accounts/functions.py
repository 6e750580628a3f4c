"""What people are here for. A function is a Django group; a person without one is a reporter."""

from collections.abc import Iterable
from typing import NamedTuple

from django.db import models
from django.utils.translation import gettext_lazy as _


class Function(models.TextChoices):
    """A standing duty in the organisation. Roles in one incident are incidents.models.Role."""

    RESPONDER = "responder", _("Responder")
    COMMANDER = "commander", _("Incident commander")
    PRIVACY_OFFICER = "privacy_officer", _("Privacy officer")
    LEGAL = "legal", _("Legal counsel")
    EXECUTIVE = "executive", _("Executive")
    PROGRAM_OWNER = "program_owner", _("Program owner")
    AUDITOR = "auditor", _("Auditor")
    OPERATOR = "operator", _("Operator")
    SECURITY = "security", _("Security officer")
    DATA_STEWARD = "data_steward", _("Data steward")
    HR = "hr", _("Human resources")


EVERYBODY, NOBODY, THESE = "required", "off", "for "
_TEAM = "team:"


def named_in(rule: str) -> frozenset[Function]:
    """Return the functions that a rule such as `for commander,legal` names; `off` names none.

    Raises:
        ValueError: if the rule is none, or names what is no function.
    """
    if rule in (EVERYBODY, NOBODY):
        return frozenset()
    if not rule.startswith(THESE):
        raise ValueError(f"{rule!r} is none of: {EVERYBODY}, {NOBODY}, {THESE}FUNCTION,FUNCTION")
    return frozenset(Function(name.strip()) for name in rule.removeprefix(THESE).split(","))


class Rule(NamedTuple):
    """What one group of the single sign-on gives: a function, or the team of this name."""

    group: str
    function: Function | None = None
    team: str = ""


def by_group(rules: Iterable[str]) -> list[Rule] | None:
    """Return what groups of the single sign-on give, by rules such as `sec=security` and
    `appsec=team:Application security`.

    None if one of them is no such rule. Whether there is such a team is not asked.
    """
    read = [_rule(rule) for rule in rules]
    found = [rule for rule in read if rule]
    return found if len(found) == len(read) else None


def _rule(text: str) -> Rule | None:
    # A group may hold an equals sign, as those of LDAP do; a function and a team never do.
    group, _equals, gives = (part.strip() for part in text.rpartition("="))
    team = gives.removeprefix(_TEAM).strip() if gives.startswith(_TEAM) else ""
    # By its value alone: the settings ask, and no label can be read before them.
    if not group or team.casefold() in Function.values:
        return None
    if team:
        return Rule(group, team=team)
    return Rule(group, Function(gives)) if gives in Function.values else None


def is_function(name: str) -> bool:
    """True if this names a function, however it is written, so that no team may be called it."""
    called = name.casefold()
    return any(called in (each.value, str(each.label).casefold()) for each in Function)
