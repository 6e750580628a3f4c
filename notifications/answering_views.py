"""Hand over, put off, escalate, page a person: the acts by hand on the page of an incident."""

from collections.abc import Callable

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.http import SignedInRequest, actor_of
from incidents import access
from incidents.models import AccessGrant, Incident
from incidents.views.acting import REFUSALS, carry_out
from notifications import answering, reading, summoning
from notifications.answering_forms import (
    ByHandForm,
    EscalateForm,
    HandOverForm,
    PagePersonForm,
    SnoozeForm,
    longest,
)


@require_POST
def hand_over(request: SignedInRequest, number: int) -> HttpResponse:
    """Ask a person to take over the answer."""
    incident, form = _incident(request, number), HandOverForm(request.POST)

    def ask() -> None:
        to, reason = form.cleaned_data["person"], form.cleaned_data["reason"]
        answering.hand_over(incident, to, reason=reason, actor=actor_of(request))

    to_me = form.is_valid() and form.cleaned_data["person"] == request.user
    said = _("You are on it.") if to_me else _("They are asked to take over.")
    return _done(request, incident, ask, said=said, form=form)


@require_POST
def snooze(request: SignedInRequest, number: int) -> HttpResponse:
    """Put the paging off."""
    incident = _incident(request, number)
    form = SnoozeForm(request.POST, most=longest(incident, reading.newest(incident)))

    def put_off() -> None:
        answering.snooze(incident, **form.cleaned_data, actor=actor_of(request))

    return _done(request, incident, put_off, said=_("The paging is put off."), form=form)


@require_POST
def escalate(request: SignedInRequest, number: int) -> HttpResponse:
    """Take the next step now, or the one that is named."""
    incident = _incident(request, number)
    form = EscalateForm(request.POST, run=reading.newest(incident))

    def go() -> None:
        step, reason = form.cleaned_data["step"], form.cleaned_data["reason"]
        summoning.escalate(incident, reason=reason, number=step, actor=actor_of(request))

    return _done(request, incident, go, said=_("The step is taken now."), form=form)


@require_POST
def page_person(request: SignedInRequest, number: int) -> HttpResponse:
    """Page one person now."""
    incident, form = _incident(request, number), PagePersonForm(request.POST)

    def summon() -> None:
        person, reason = form.cleaned_data["person"], form.cleaned_data["reason"]
        summoning.page_person(incident, person, reason=reason, actor=actor_of(request))

    return _done(request, incident, summon, said=_("They are paged now."), form=form)


def _incident(request: SignedInRequest, number: int) -> Incident:
    return access.get_incident(request.user, number, to=AccessGrant.Level.CONTRIBUTE)


def _done(
    request: SignedInRequest,
    incident: Incident,
    act: Callable[[], object],
    *,
    said: str,
    form: ByHandForm,
) -> HttpResponse:
    refusals = (*REFUSALS, answering.Refused)
    return carry_out(
        request, incident, act, at="escalation", said=said, form=form, refusals=refusals
    )
