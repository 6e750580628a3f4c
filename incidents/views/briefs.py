"""The story of an incident for those who lead: slides to read and print, and two in figures."""

import re
from datetime import timedelta

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.http import SignedInRequest
from audit import clockwork
from incidents import access, briefs, leadtiles, looks, retelling
from incidents.briefs import Brief, Redaction
from incidents.forms.briefs import BriefForm, CompareForm
from incidents.models import Incident

_BEHIND = {
    "detect": "exposures/",
    "acknowledge": "timeline/?kind=escalation",
    "pause": "timeline/?kind=pause&kind=proof",
    "contain": "timeline/?kind=status",
    "recover": "timeline/?kind=status",
}
_NUMBER = re.compile(r"\s*(?:inc-?)?\s*([1-9]\d{0,8})\s*", re.IGNORECASE)


@require_safe
def brief(request: SignedInRequest, number: int) -> HttpResponse:
    """The story, as of now or of any moment since the report."""
    incident = access.get_incident(request.user, number)
    looks.note(incident, request.user, via="page")
    form = BriefForm(request.GET)
    told = _told(request, incident, form)
    context = {"incident": incident, "form": form, "brief": told}
    if told:
        context |= {"lengths": _lengths(told), "leads": told.redaction != Redaction.OUTSIDE}
    status = 422 if form.errors else 200
    return render(request, "incidents/brief.html", context, status=status)


@require_safe
def compare(request: SignedInRequest, number: int) -> HttpResponse:
    """Two stories beside each other, in figures."""
    incident = access.get_incident(request.user, number)
    looks.note(incident, request.user, via="page")
    form = CompareForm(request.GET)
    mine = _told(request, incident, form)
    other = _other(request, incident, form)
    theirs = None
    if other:
        looks.note(other, request.user, via="page")
        theirs = _told(request, other, form)
    context = {
        "incident": incident,
        "form": form,
        "briefs": [each for each in (mine, theirs) if each],
        "lengths": [
            (leadtiles.TITLES[name], [each.lengths[name] for each in (mine, theirs) if each])
            for name in (mine.lengths if mine else ())
        ],
    }
    status = 422 if form.errors else 200
    return render(request, "incidents/compare.html", context, status=status)


def _lengths(told: Brief) -> list[tuple[str | Promise, timedelta | None, str]]:
    """Each length of time with its title, and where what it was reckoned from stands."""
    # What people outside are told may be sent to them, and a link would name the incident.
    leads = told.redaction != Redaction.OUTSIDE
    home = reverse("incidents:detail", args=[told.incident.number])
    return [
        (
            leadtiles.TITLES[name],
            span,
            f"{home}{_BEHIND[name]}" if leads else "",
        )
        for name, span in told.lengths.items()
    ]


def _told(request: SignedInRequest, incident: Incident, form: BriefForm) -> Brief | None:
    """The story that is asked for; None if it is refused, and the form says why."""
    form.is_valid()
    try:
        at = briefs.parse(form.cleaned_data.get("at", ""))
        return retelling.of(
            request.user, incident, redaction=form.how_much(), at=at, now=clockwork.now()
        )
    except briefs.Refused as refusal:
        form.add_error("at", str(refusal))
        return None


def _other(request: SignedInRequest, incident: Incident, form: CompareForm) -> Incident | None:
    said = form.cleaned_data.get("other", "")
    if not said:
        return None
    number = _NUMBER.fullmatch(said)
    try:
        found = access.get_incident(request.user, int(number[1])) if number else None
    except Http404:
        found = None
    if found is None:
        form.add_error("other", _("other: no incident of this number that you may read."))
    elif found.pk == incident.pk:
        form.add_error("other", _("other: name another incident than this one."))
        return None
    return found
