"""What people do to a program: stop it, approve it, start it, end it."""

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.http import SignedInRequest, actor_of
from programs import access, forms, lifecycle, pauses
from programs.views.detail import carry_out


@require_POST
def pause(request: SignedInRequest, slug: str) -> HttpResponse:
    """Stop collection. Everybody who may know of the program may do it."""
    program = access.get_program(request.user, slug)
    form = forms.PauseForm(request.POST)

    def stop() -> None:
        reason = form.cleaned_data["reason"]
        pauses.pull_the_cord(program, reason=reason, actor=actor_of(request))

    return carry_out(request, program, stop, said=_("The stop is ordered."), form=form)


@require_POST
def approve(request: SignedInRequest, slug: str) -> HttpResponse:
    program = access.get_program(request.user, slug, to="approve")
    return carry_out(
        request,
        program,
        lambda: lifecycle.approve(program, actor=actor_of(request)),
        said=_("Approved. Its owner may start it."),
    )


@require_POST
def start(request: SignedInRequest, slug: str) -> HttpResponse:
    program = access.get_program(request.user, slug, to="run")
    return carry_out(
        request,
        program,
        lambda: lifecycle.start(program, actor=actor_of(request)),
        said=_("It may collect now."),
    )


@require_POST
def retire(request: SignedInRequest, slug: str) -> HttpResponse:
    program = access.get_program(request.user, slug, to="run")
    form = forms.RetireForm(request.POST)

    def end() -> None:
        pauses.retire(program, reason=form.cleaned_data["reason"], actor=actor_of(request))

    return carry_out(request, program, end, said=_("The program has ended."), form=form)
