"""The paging of an incident, for its page. Here, as incidents knows nothing of notifications."""

from typing import Any

from django import template
from django.template import RequestContext

from accounts.http import Fragment
from incidents.models import Incident
from notifications import reading

register = template.Library()


@register.inclusion_tag("notifications/_acknowledge_button.html", takes_context=True)
def acknowledge_button(context: RequestContext, incident: Incident) -> dict[str, Any]:
    waits = reading.waits_for_an_answer(incident)
    return {"incident": incident, "waits": waits, "request": context["request"]}


@register.inclusion_tag("notifications/_panel.html", takes_context=True)
def escalation_panel(context: RequestContext, incident: Incident) -> dict[str, Any]:
    part = {"runs": reading.runs(incident)}
    fragment = Fragment.of("notifications/_escalation.html", part, context["request"])
    return {"incident": incident, "fragment": fragment}
