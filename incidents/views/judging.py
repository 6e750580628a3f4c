"""How bad it is, as responders judge it, and what rules may not do."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.http import SignedInRequest, actor_of
from incidents import access, judgement, objecting
from incidents.forms import response
from incidents.models import AccessGrant
from incidents.views.acting import carry_out

CONTRIBUTE, MANAGE = AccessGrant.Level.CONTRIBUTE, AccessGrant.Level.MANAGE


@require_POST
def level(request: SignedInRequest, number: int) -> HttpResponse:
    """Set the severity by a person's judgement."""
    incident = access.get_incident(request.user, number, to=MANAGE)
    form = response.LevelForm(request.POST)

    def set_level() -> None:
        said = form.cleaned_data
        judgement.set_level(incident, said["level"], reason=said["reason"], actor=actor_of(request))

    return carry_out(
        request,
        incident,
        set_level,
        at="severity",
        said=_("Your judgement is recorded."),
        form=form,
    )


@require_POST
def answers(request: SignedInRequest, number: int) -> HttpResponse:
    """Take better answers to the triage questions."""
    incident = access.get_incident(request.user, number, to=CONTRIBUTE)
    form = response.AnswersForm(request.POST, incident=incident, user=request.user)

    def answer() -> None:
        judgement.answer_again(incident, form.answered(), actor=actor_of(request))

    return carry_out(
        request, incident, answer, at="severity", said=_("The answers are recorded."), form=form
    )


@require_POST
def decide(request: SignedInRequest, number: int, pk: int, how: str) -> HttpResponse:
    """Confirm or withdraw a proposed lower severity."""
    incident = access.get_incident(request.user, number, to=MANAGE)
    proposal = get_object_or_404(incident.proposals, pk=pk)
    act = judgement.confirm if how == "confirm" else judgement.withdraw
    said = _("Confirmed.") if how == "confirm" else _("Withdrawn.")
    return carry_out(
        request, incident, lambda: act(proposal, actor=actor_of(request)), at="severity", said=said
    )


@require_POST
def veto(request: SignedInRequest, number: int, pk: int) -> HttpResponse:
    """Keep a waiting rule from pausing."""
    incident = access.get_incident(request.user, number, to=MANAGE)
    row = get_object_or_404(incident.firings, pk=pk)
    form = response.VetoForm(request.POST)

    def refuse() -> None:
        objecting.veto(row, reason=form.cleaned_data["reason"], actor=actor_of(request))

    return carry_out(request, incident, refuse, at="waiting", said=_("Vetoed."), form=form)
