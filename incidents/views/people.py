"""Who does what in an incident, and who may see it."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.http import SignedInRequest, actor_of
from incidents import access, breadth, grants, knocks, roles
from incidents.forms import response
from incidents.forms.entering import AnswerForm
from incidents.models import AccessGrant, RoleAssignment
from incidents.views.acting import carry_out
from incidents.views.detail import page

MANAGE = AccessGrant.Level.MANAGE


@require_POST
def give_role(request: SignedInRequest, number: int) -> HttpResponse:
    """Put a person into a role."""
    incident = access.get_incident(request.user, number, to=MANAGE)
    form = response.RoleForm(request.POST, user=request.user)

    def give() -> None:
        said = form.cleaned_data
        roles.give(incident, said["role"], person=said["person"], actor=actor_of(request))

    return carry_out(request, incident, give, at="roles", said=_("Role given."), form=form)


@require_POST
def leave_role(request: SignedInRequest, number: int, pk: int) -> HttpResponse:
    """End a role: one's own, or any for who runs the incident."""
    incident = access.get_incident(request.user, number)
    assignment: RoleAssignment = get_object_or_404(incident.roles, pk=pk)
    if assignment.person != request.user and not access.may(request.user, MANAGE, incident):
        raise PermissionDenied(
            _("Only the person in the role or who runs the incident may end it.")
        )
    return carry_out(
        request,
        incident,
        lambda: roles.leave(assignment, actor=actor_of(request)),
        at="roles",
        said=_("Role ended."),
    )


@require_POST
def admit(request: SignedInRequest, number: int) -> HttpResponse:
    """Let a person or a team in."""
    incident = access.get_incident(request.user, number, to=MANAGE)
    may_close = access.may(request.user, AccessGrant.Level.CLOSE, incident)
    form = response.AdmitForm(request.POST, may_close=may_close)

    def let_in() -> None:
        grants.admit(incident, **form.cleaned_data, actor=actor_of(request))

    return carry_out(request, incident, let_in, at="access", said=_("Let in."), form=form)


@require_POST
def answer_request(request: SignedInRequest, number: int, pk: int) -> HttpResponse:
    """Let in who asked, or do not."""
    incident = access.get_incident(request.user, number, to=MANAGE)
    asked = get_object_or_404(incident.access_requests, pk=pk)
    form = AnswerForm(request.POST)

    def answer() -> None:
        if form.cleaned_data["answer"] == "admit":
            knocks.admit(asked, level=form.cleaned_data["level"], actor=actor_of(request))
        else:
            knocks.decline(asked, actor=actor_of(request))

    return carry_out(request, incident, answer, at="access", said=_("Decided."), form=form)


@require_POST
def leave(request: SignedInRequest, number: int) -> HttpResponse:
    """End what lets the reader in by name."""
    incident = access.get_incident(request.user, number)
    try:
        grants.leave(incident, actor=actor_of(request))
    except grants.Refused as refusal:
        return page(request, incident, refusal=str(refusal), status=409)
    messages.success(request, _("You left."))
    return redirect("incidents:list")


@require_POST
def choose_breadth(request: SignedInRequest, number: int) -> HttpResponse:
    """Restrict the incident, or let the responders of its program read it."""
    incident = access.get_incident(request.user, number, to=MANAGE)
    form = response.BreadthForm(request.POST)

    def choose() -> None:
        breadth.choose(incident, **form.cleaned_data, actor=actor_of(request))

    refusals = (breadth.Refused,)
    return carry_out(
        request, incident, choose, at="access", said=_("Said."), form=form, refusals=refusals
    )


@require_POST
def end_access(request: SignedInRequest, number: int, pk: int) -> HttpResponse:
    """End one grant."""
    incident = access.get_incident(request.user, number, to=MANAGE)
    grant = get_object_or_404(incident.grants, pk=pk)
    return carry_out(
        request,
        incident,
        lambda: grants.end(grant, actor=actor_of(request)),
        at="access",
        said=_("Access ended."),
    )
