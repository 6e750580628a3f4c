"""Leave a control aside for a time: ask, agree, turn down."""

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.http import SignedInRequest, actor_of
from programs import access, waivers
from programs.control_forms import WaiverForm, WaiverRefusalForm
from programs.controlset import Control
from programs.models import Program, Waiver
from programs.views.controls import carry_out, find, key


@require_POST
def ask(request: SignedInRequest, slug: str, control: str) -> HttpResponse:
    program, found = find(request, slug, control)
    if not access.may_attest(request.user, program, found):
        raise PermissionDenied(_("Only the control's owner and who runs the program may ask."))
    form = WaiverForm(request.POST)

    def wish() -> None:
        waivers.ask(program, found, **form.cleaned_data, actor=actor_of(request))

    said = _("Asked. Two others must agree.")
    return carry_out(request, program, found, wish, said=said, form=form)


@require_POST
def agree(request: SignedInRequest, slug: str, control: str) -> HttpResponse:
    program, found = find(request, slug, control)
    waiver = _named(request, program, found)
    if not access.may_waive(request.user, program, found):
        raise PermissionDenied(_("You may see this control but not waive it."))

    def yes() -> None:
        waivers.agree(waiver, actor=actor_of(request))

    return carry_out(request, program, found, yes, said=_("You have agreed."))


@require_POST
def refuse(request: SignedInRequest, slug: str, control: str) -> HttpResponse:
    """Turn a waiver down, or take one's own back."""
    program, found = find(request, slug, control)
    waiver = _named(request, program, found)
    own = request.user.pk == waiver.asked_by_id
    if not own and not access.may_waive(request.user, program, found):
        raise PermissionDenied(_("You may see this control but not waive it."))
    form = WaiverRefusalForm(request.POST)

    def no() -> None:
        waivers.refuse(waiver, reason=form.cleaned_data["reason"], actor=actor_of(request))

    return carry_out(request, program, found, no, said=_("Turned down."), form=form)


def _named(request: SignedInRequest, program: Program, control: Control) -> Waiver:
    return get_object_or_404(program.waivers, pk=key(request, "waiver"), control=control.id)
