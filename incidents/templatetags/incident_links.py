"""Incidents on the pages of programs, which know none: only those that the reader may know of."""

from collections.abc import Iterable
from typing import Any

from django import template
from django.template import RequestContext
from django.utils.translation import gettext as _

from incidents import access, duplicates, search
from incidents.models import Incident, RuleFiring
from incidents.search import Wanted
from programs.models import Pause, Program

register = template.Library()
_SHOWN = 20


@register.simple_tag(takes_context=True)
def incidents_of(context: RequestContext, program: Program) -> list[Incident]:
    """The newest incidents of a program."""
    wanted = Wanted(program=program.slug)
    return list(search.find(context["request"].user, wanted)[:_SHOWN])


@register.simple_tag(takes_context=True)
def seen_holders(context: RequestContext, pauses: Iterable[Pause]) -> dict[int, Incident]:
    """The incident behind each pause, by the pause's key. One query for all of them."""
    pauses = list(pauses)
    visible = access.visible_to(context["request"].user, named=True)
    held = visible.filter(codename__in={hold.label for hold in pauses})
    by_ref = {incident.ref: incident for incident in held}
    return {hold.pk: by_ref[hold.holder] for hold in pauses if hold.holder in by_ref}


@register.filter
def aim(firing: RuleFiring) -> str:
    """What an act of a rule is aimed at, as far as all who see the incident may know."""
    return duplicates.aim_of(firing)


@register.filter
def occasion(firing: RuleFiring) -> str:
    """For what an act of a rule was made once, as `aim`."""
    return duplicates.occasion_of(firing)


@register.filter
def behind(pause: Pause, seen: dict[int, Incident]) -> Any:
    """The incident behind a pause; None for who may not know of it."""
    return seen.get(pause.pk)


@register.filter
def told_why(pause: Pause, seen: dict[int, Incident]) -> str:
    """Why it was paused; a rule's reason names the level, which not everybody may know."""
    if pause.rule and not pause.is_controls and pause.pk not in seen:
        return _("A rule of the organisation stopped it.")
    return pause.reason
