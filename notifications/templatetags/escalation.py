"""The paging of an incident or a stop, for its page, which knows nothing of notifications."""

from typing import Any

from django import template
from django.template import RequestContext
from django.urls import reverse

from accounts.http import Fragment
from incidents.models import Incident
from notifications import answering_forms, reading
from programs.models import StopOrder

register = template.Library()


@register.inclusion_tag("notifications/_acknowledge_button.html", takes_context=True)
def acknowledge_button(context: RequestContext, incident: Incident) -> dict[str, Any]:
    return {
        "waits": reading.waits_for_an_answer(incident, context["request"].user),
        "address": reverse("acknowledge-incident", args=[incident.number]),
        "request": context["request"],
    }


@register.inclusion_tag("notifications/_panel.html", takes_context=True)
def escalation_panel(context: RequestContext, incident: Incident) -> dict[str, Any]:
    runs, may = reading.runs(incident), context["may"]
    part = {"runs": runs}
    newest = max(runs, key=lambda run: run.escalation.pk, default=None)
    fragment = Fragment.of("notifications/_escalation.html", part, context["request"])
    return {
        "address": reverse("escalation", args=[incident.number]),
        "log": reverse("incident-deliveries", args=[incident.number]),
        "fragment": fragment,
        "number": incident.number,
        "acts": answering_forms.offered(incident, newest, context.get("form"))
        if may.contribute
        else [],
    }


@register.inclusion_tag("notifications/_acknowledge_button.html", takes_context=True)
def acknowledge_stop_button(context: RequestContext, order: StopOrder) -> dict[str, Any]:
    return {
        "waits": reading.stop_waits_for_an_answer(order),
        "address": reverse("acknowledge-stop", args=[order.program.slug, order.generation]),
        "request": context["request"],
    }


@register.inclusion_tag("notifications/_panel.html", takes_context=True)
def stop_escalation_panel(context: RequestContext, order: StopOrder) -> dict[str, Any]:
    part = {"runs": reading.runs_of_stop(order), "of_a_stop": True}
    fragment = Fragment.of("notifications/_escalation.html", part, context["request"])
    of = [order.program.slug, order.generation]
    return {
        "address": reverse("stop-escalation", args=of),
        "log": reverse("stop-deliveries", args=of),
        "fragment": fragment,
    }
