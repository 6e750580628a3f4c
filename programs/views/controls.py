"""The page of one control of a program: what must be shown, what was, and who agrees."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.functions import Function
from accounts.http import SignedInRequest, actor_of
from programs import access, attestation, controlling, evidence, waivers
from programs.control_forms import (
    AttestForm,
    RejectForm,
    RevokeForm,
    WaiverForm,
    WaiverRefusalForm,
)
from programs.controlset import Control, ControlSet
from programs.forms import PanelForm
from programs.models import Program, Waiver

_MOST_SHOWN = 50
# It is opened by nobody's browser here: no script, no form, no frame of it runs on our address.
_SANDBOX = "sandbox; default-src 'none'"


@require_safe
def control(request: SignedInRequest, slug: str, control: str) -> HttpResponse:
    return _page(request, *find(request, slug, control))


def find(request: SignedInRequest, slug: str, id_: str) -> tuple[Program, Control]:
    """Return a program that the reader may know of, and one of the controls in force."""
    program = access.get_program(request.user, slug)
    found = ControlSet.current().get(id_)
    if found is None:
        raise Http404(_("No such control."))
    return program, found


def _page(
    request: SignedInRequest,
    program: Program,
    control: Control,
    *,
    bound: PanelForm | None = None,
    refusal: str = "",
    status: int = 200,
) -> HttpResponse:
    sent = {bound.at: bound} if bound else {}
    user = request.user
    standing = controlling.standing(program, control)
    past = program.attestations.filter(control=control.id).order_by("-pk")
    if standing.waiting:
        past = past.exclude(pk=standing.waiting.pk)
    context: dict[str, Any] = {
        "program": program,
        "control": control,
        "standing": standing,
        "form": bound,
        "refusal": refusal,
        "owner": Function(control.owner.value).label,
        "approvers": [Function(duty.value).label for duty in control.approvers],
        "sees_evidence": access.sees_evidence(user, program),
        "can_attest": access.may_attest(user, program, control),
        "can_decide": access.may_decide(user, program, control),
        "rows": past.select_related("attested_by", "decided_by").prefetch_related(
            "approvals__person"
        )[:_MOST_SHOWN],
        "attest_form": sent.get("attest") or AttestForm(),
        "reject_form": sent.get("reject") or RejectForm(),
        "revoke_form": sent.get("revoke") or RevokeForm(),
        **_waiving(request, program, control, sent),
    }
    return render(request, "programs/control.html", context, status=status)


def _waiving(
    request: SignedInRequest, program: Program, control: Control, sent: dict[str, PanelForm]
) -> dict[str, Any]:
    asked = program.waivers.filter(control=control.id).select_related("asked_by")
    return {
        "waivers": asked.prefetch_related("approvals__person").order_by("-pk")[:_MOST_SHOWN],
        "may_waive": access.may_waive(request.user, program, control),
        "waiver_form": sent.get("waive") or WaiverForm(),
        "refusal_form": sent.get("refuse") or WaiverRefusalForm(),
        "waiver_waits": asked.filter(state=Waiver.State.OPEN).exists(),
    }


def carry_out(
    request: SignedInRequest,
    program: Program,
    control: Control,
    act: Callable[[], object],
    *,
    said: str,
    form: PanelForm | None = None,
) -> HttpResponse:
    """Do one thing and lead back; a refusal shows the page with its sentence, as 409."""
    if form and not form.is_valid():
        return _page(request, program, control, bound=form, status=422)
    try:
        act()
    except (evidence.Refused, waivers.Refused) as refusal:
        if form:
            form.blame(str(refusal))
            return _page(request, program, control, bound=form, status=409)
        return _page(request, program, control, refusal=str(refusal), status=409)
    messages.success(request, said)
    return redirect("programs:control", slug=program.slug, control=control.id)


@require_POST
def attest(request: SignedInRequest, slug: str, control: str) -> HttpResponse:
    """Hand in evidence."""
    program, found = find(request, slug, control)
    if not access.may_attest(request.user, program, found):
        raise PermissionDenied(_("Only the control's owner and who runs the program may attest."))
    form = AttestForm(request.POST, request.FILES)

    def hand_in() -> None:
        if evidence.TOO_LARGE in request.META:
            raise evidence.Refused(evidence.at_most())
        attestation.attest(program, found, form.shown(), actor=actor_of(request))

    said = _("Handed in. Somebody else must agree.")
    return carry_out(request, program, found, hand_in, said=said, form=form)


@require_POST
def approve(request: SignedInRequest, slug: str, control: str) -> HttpResponse:
    """Agree to the attestation that the reader saw, and to no other."""
    program, found = find(request, slug, control)
    row = _named(request, program, found)
    if not access.may_decide(request.user, program, found):
        raise PermissionDenied(_("You may see this control but not decide on it."))

    def agree() -> None:
        attestation.approve(row, actor=actor_of(request))

    return carry_out(request, program, found, agree, said=_("You have agreed."))


@require_POST
def reject(request: SignedInRequest, slug: str, control: str) -> HttpResponse:
    """Turn an attestation down, or take one's own back."""
    program, found = find(request, slug, control)
    row = _named(request, program, found)
    if request.user.pk != row.attested_by_id and not access.may_decide(
        request.user, program, found
    ):
        raise PermissionDenied(_("You may see this control but not decide on it."))
    form = RejectForm(request.POST)

    def turn_down() -> None:
        attestation.reject(row, reason=form.cleaned_data["reason"], actor=actor_of(request))

    return carry_out(request, program, found, turn_down, said=_("Turned down."), form=form)


def _named(request: SignedInRequest, program: Program, control: Control) -> Any:
    return get_object_or_404(
        program.attestations, pk=key(request, "attestation"), control=control.id
    )


def key(request: SignedInRequest, field: str) -> int:
    """Return the key that a form sent, 0 if it is none."""
    sent = request.POST.get(field, "")
    # 18 digits: any more, and PostgreSQL would refuse the number.
    return int(sent) if sent.isascii() and sent.isdigit() and len(sent) <= 18 else 0


@require_POST
def revoke(request: SignedInRequest, slug: str, control: str) -> HttpResponse:
    """Say that a control is met no longer."""
    program, found = find(request, slug, control)
    user = request.user
    if not (access.may_attest(user, program, found) or access.may_decide(user, program, found)):
        raise PermissionDenied(_("You may see this control but not decide on it."))
    form = RevokeForm(request.POST)

    def end() -> None:
        reason = form.cleaned_data["reason"]
        attestation.revoke(program, found, reason=reason, actor=actor_of(request))

    said = _("It counts no longer.")
    return carry_out(request, program, found, end, said=said, form=form)


@require_safe
def evidence_file(request: SignedInRequest, slug: str, pk: int) -> HttpResponseBase:
    """Hand out a file, never to be opened in the page's own origin."""
    program = access.get_program(request.user, slug, to="evidence")
    row = get_object_or_404(program.attestations.exclude(file=""), pk=pk)
    try:
        file = evidence.open_unchanged(row.file, sha256=row.sha256)
    except evidence.Refused as refusal:
        return _page(
            request, program, attestation.control_of(row.control), refusal=str(refusal), status=409
        )
    answer = FileResponse(
        file, as_attachment=True, filename=row.file_name, content_type=row.file_type
    )
    answer["Content-Security-Policy"] = _SANDBOX
    return answer
