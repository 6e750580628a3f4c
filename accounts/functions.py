"""What people are here for. A function is a Django group; a person without one is a reporter."""

from collections.abc import Iterable

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


def by_group(rules: Iterable[str]) -> dict[str, Function] | None:
    """Return which function each group of the single sign-on gives, by rules like `sec=security`.

    None if one of them is no such rule.
    """
    found = {}
    for rule in rules:
        # A group may hold an equals sign, as those of LDAP do; a function never does.
        group, _equals, function = rule.rpartition("=")
        if not group.strip() or function.strip() not in Function.values:
            return None
        found[group.strip()] = Function(function.strip())
    return found
