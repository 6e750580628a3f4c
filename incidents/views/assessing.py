"""Assess an incident in full: question by question, with what would follow before it is kept."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.http import SignedInRequest, actor_of
from incidents import (
    access,
    assessing,
    foresight,
    judgement,
    logsays,
    looks,
    questions,
    weighing,
)
from incidents.assessing import Worked
from incidents.forms.assessing import AssessForm
from incidents.models import AccessGrant, Incident, SeverityProposal
from incidents.views.room import May
from severity.facts import BadFact
from severity.ladder import Sev
from severity.questions import NAMES
from severity.telling import whom_to_tell

CONTRIBUTE = AccessGrant.Level.CONTRIBUTE
WEIGH = "weigh"


@require_http_methods(["GET", "HEAD", "POST"])
def assess(request: SignedInRequest, number: int) -> HttpResponse:
    """Show the questions, weigh what was answered, or put it in force."""
    incident = access.get_incident(request.user, number, to=CONTRIBUTE)
    looks.note(incident, request.user, via="page")
    may_set = May.of(request, incident).manage
    if request.method != "POST":
        said = assessing.said_before(incident)
        return _page(request, incident, AssessForm(may_set=may_set, said=said))
    form = AssessForm(request.POST, may_set=may_set)
    if request.POST.get("act") == WEIGH:
        return _page(request, incident, form, asks_all=False)
    if not form.is_valid():
        return _page(request, incident, form, status=422)
    try:
        judgement.assess(
            incident,
            form.said(),
            judged=form.judged(),
            after=form.cleaned_data["after"],
            actor=actor_of(request),
        )
    except BadFact as fault:
        form.blame_fact(fault)
        return _page(request, incident, form, status=409)
    except judgement.Refused as refusal:
        incident = access.get_incident(request.user, number, to=CONTRIBUTE)
        form.blame(str(refusal))
        return _page(request, incident, form, status=409)
    messages.success(request, _said(incident))
    return redirect(f"{reverse('incidents:detail', args=[number])}#severity")


def _said(incident: Incident) -> str:
    if incident.proposals.filter(state=SeverityProposal.State.OPEN).exists():
        return _("Assessed. A second person must confirm the milder level before it counts.")
    return _("Assessed.")


def _page(
    request: SignedInRequest,
    incident: Incident,
    form: AssessForm,
    *,
    asks_all: bool = True,
    status: int = 200,
) -> HttpResponse:
    result = _result(incident, form)
    if form.is_bound and not asks_all:
        # Only weighed so far: what is missing is no fault yet.
        for name in [name for name in form.errors if not form[name].value()]:
            del form.errors[name]
    worked = result["worked"]
    counted = worked.weighed.counted if worked else {}
    proposals = incident.proposals.filter(state=SeverityProposal.State.OPEN)
    context = {
        **result,
        "incident": incident,
        "form": form,
        "steps": list(form.steps(counted)),
        "held": incident.assessment_id,
        "proposal": proposals.select_related("proposed_by").first(),
        "before": weighing.last_full(incident),
        "logs": logsays.of(incident),
    }
    return render(request, "incidents/assess.html", context, status=status)


@require_POST
def weigh(request: SignedInRequest, number: int) -> HttpResponse:
    """Say what the answers so far would lead to; nothing is kept."""
    incident = access.get_incident(request.user, number, to=CONTRIBUTE)
    form = AssessForm(request.POST, may_set=May.of(request, incident).manage)
    return render(request, "incidents/_assessed.html", _result(incident, form) | {"live": True})


def _result(incident: Incident, form: AssessForm) -> dict[str, Any]:
    """What the answers lead to and what follows; where they make no sense, why not."""
    said = form.said() if form.is_bound else (assessing.said_before(incident) or None)
    found: dict[str, Any] = {
        "incident": incident,
        "answered": form.answered,
        "asked": len(NAMES),
        "worked": None,
        "nonsense": form.nonsense() if form.is_bound else [],
    }
    judged = form.judged() if form.is_bound else None
    try:
        worked = assessing.work_out(incident, said or assessing.NOTHING, judged)
    except BadFact as fault:
        return found | {"nonsense": [*found["nonsense"], f"{fault}."]}
    return found | _followed(incident, worked)


def _followed(incident: Incident, worked: Worked) -> dict[str, Any]:
    weighed = worked.weighed
    told = whom_to_tell(weighed.facts, weighed.result)
    return {
        "worked": worked,
        "assumed": questions.counted(weighed.unknown, weighed.counted),
        "trace": weighed.result.plain()["trace"],
        "bearings": questions.in_words(assessing.what_would_change(weighed)),
        "effects": foresight.effects(incident, worked.level, undetermined=worked.undetermined),
        "telling": [(_("The authority"), told.authority), (_("The people"), told.individuals)],
        "only_proposes": judgement.only_proposes(incident, Sev(worked.level)),
    }
