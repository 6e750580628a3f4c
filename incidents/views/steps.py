"""What responders do with the steps of a runbook. htmx gets the runbook alone."""

from collections.abc import Callable
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from django_htmx.http import trigger_client_event

from accounts.http import SignedInRequest, actor_of
from incidents import access, runbooks, stepping, steps
from incidents.forms.steps import AssignForm, AttachForm, GateForm, HookForm, NoteForm, StepForm
from incidents.models import AccessGrant, Incident, RunbookStep
from incidents.views import runs
from incidents.views.acting import carry_out
from incidents.views.room import Room
from programs.forms import PanelForm

Act = Callable[[RunbookStep, dict[str, Any]], object]


@require_POST
def attach(request: SignedInRequest, number: int) -> HttpResponse:
    """Attach one more runbook."""
    incident = access.get_incident(request.user, number, to=AccessGrant.Level.MANAGE)
    form = AttachForm(request.POST)

    def act() -> None:
        said = form.cleaned_data
        runbooks.attach_by_hand(
            incident, said["runbook"], reason=said["reason"], actor=actor_of(request)
        )

    return carry_out(request, incident, act, at="runbook", said=_("Attached."), form=form)


@require_POST
def mark(request: SignedInRequest, number: int, pk: int) -> HttpResponse:
    """Mark a step as done, as not needed, or as open again."""

    def act(step: RunbookStep, said: dict[str, Any]) -> object:
        words = {"note": said["note"], "statement": said["statement"]}
        return steps.mark(step, said["to"], **words, actor=actor_of(request))

    return _carry_out(request, number, pk, form=StepForm(request.POST), act=act)


@require_POST
def assign(request: SignedInRequest, number: int, pk: int) -> HttpResponse:
    """Give a step to somebody, or to nobody in particular."""

    def act(step: RunbookStep, said: dict[str, Any]) -> object:
        return steps.assign(step, said["person"], actor=actor_of(request))

    return _carry_out(request, number, pk, form=AssignForm(request.POST), act=act)


@require_POST
def gate(request: SignedInRequest, number: int, pk: int) -> HttpResponse:
    """Say how one knows that a gate is met."""

    def act(step: RunbookStep, said: dict[str, Any]) -> object:
        return steps.confirm_gate(step, said["statement"], actor=actor_of(request))

    return _carry_out(request, number, pk, form=GateForm(request.POST), act=act)


@require_POST
def note(request: SignedInRequest, number: int, pk: int) -> HttpResponse:
    """Write a word beside a step."""

    def act(step: RunbookStep, said: dict[str, Any]) -> object:
        return steps.take_note(step, said["note"], actor=actor_of(request))

    return _carry_out(request, number, pk, form=NoteForm(request.POST), act=act)


@require_POST
def run(request: SignedInRequest, number: int, pk: int) -> HttpResponse:
    """Set off a hook of a step. What the domain says against it stands at the step."""

    def act(step: RunbookStep, said: dict[str, Any]) -> object:
        try:
            return stepping.run(
                step,
                said["hook"],
                confirmed=said["confirm"],
                reason=said["reason"],
                actor=actor_of(request),
            )
        except stepping.NotAllowed as refusal:
            raise PermissionDenied(str(refusal)) from refusal

    # Whoever may only read may still have the right for one of them, such as a legal hold.
    form = HookForm(request.POST)
    return _carry_out(request, number, pk, form=form, act=act, level=AccessGrant.Level.VIEW)


def _carry_out(
    request: SignedInRequest,
    number: int,
    pk: int,
    *,
    form: PanelForm,
    act: Act,
    level: AccessGrant.Level = AccessGrant.Level.CONTRIBUTE,
) -> HttpResponse:
    incident = access.get_incident(request.user, number, to=level)
    step = get_object_or_404(RunbookStep.objects.filter(run__incident=incident), pk=pk)
    if request.htmx:
        return _for_htmx(request, incident, step, form=form, act=act)
    return carry_out(
        request,
        incident,
        lambda: act(step, form.cleaned_data),
        at=f"step-{pk}",
        said=_("Noted."),
        form=form,
    )


def _for_htmx(
    request: SignedInRequest, incident: Incident, step: RunbookStep, *, form: PanelForm, act: Act
) -> HttpResponse:
    refusal, status = "", 200
    try:
        if form.is_valid():
            act(step, form.cleaned_data)
        else:
            refusal, status = _first_error(form), 422
    except steps.Refused as refused:
        refusal, status = str(refused), 409
    room = Room(incident, request.user)
    context = runs.runbook(room) | {
        "may": room.may,
        "refused_step": step.pk if refusal else None,
        "refusal": refusal,
    }
    answer = render(request, "incidents/_runbook.html", context, status=status)
    return trigger_client_event(answer, "andon:changed", {})


def _first_error(form: PanelForm) -> str:
    if "to" in form.errors:
        return _("Choose what became of the step.")
    return next(str(error) for errors in form.errors.values() for error in errors)
